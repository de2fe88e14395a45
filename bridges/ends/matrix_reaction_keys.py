"""How a reaction is written in Matrix, and how all ends know it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridges.ends.matrix_events import mapping
from bridges.markup.matrix_links import is_mxc
from bridges.markup.tree import Emoji
from bridges.plain_text import plain_text

AS_EMOJI = "\ufe0f"
LONGEST_KEY = 64
"""UTF-16 units: the longest emoji have fewer than thirty; some clients send words."""
CUSTOM = re.compile(r":([^:\s]{1,64}):((?:mxc://|[0-9])\S+)")
SHORTCODES = ("shortcode", "com.beeper.reaction.shortcode")
ASKED = "org.community_bot.reaction"
"""Says as which reaction ours was given, so that a picture of another platform is known again."""
WRITTEN_AS_TEXT = """
    a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 2328 23cf 23ed-23ef 23f1-23f2 23f8-23fa 24c2 25aa-25ab 25b6 25c0
    25fb-25fc 2600-2604 260e 2611 2618 261d 2620 2622-2623 2626 262a 262e-262f 2638-263a 2640 2642 265f-2660 2663
    2665-2666 2668 267b 267e 2692 2694-2697 2699 269b-269c 26a0 26a7 26b0-26b1 26c8 26cf 26d1 26d3 26e9 26f0-26f1
    26f4 26f7-26f9 2702 2708-2709 270c-270d 270f 2712 2714 2716 271d 2721 2733-2734 2744 2747 2763-2764 27a1
    2934-2935 2b05-2b07 3030 303d 3297 3299 1f170-1f171 1f17e-1f17f 1f202 1f237 1f321 1f324-1f32c 1f336 1f37d
    1f396-1f397 1f399-1f39b 1f39e-1f39f 1f3cb-1f3ce 1f3d4-1f3df 1f3f3 1f3f5 1f3f7 1f43f 1f441 1f4fd 1f549-1f54a
    1f56f-1f570 1f573-1f579 1f587 1f58a-1f58d 1f590 1f5a5 1f5a8 1f5b1-1f5b2 1f5bc 1f5c2-1f5c4 1f5d1-1f5d3
    1f5dc-1f5de 1f5e1 1f5e3 1f5e8 1f5ef 1f5f3 1f5fa 1f6cb 1f6cd-1f6cf 1f6e0-1f6e5 1f6e9 1f6f0 1f6f3
"""
"""Emoji that are shown as text unless VARIATION SELECTOR-16 follows (Emoji=Yes, Emoji_Presentation=No; UTS #51)."""


def _characters(ranges: str) -> frozenset[str]:
    found: set[str] = set()
    for span in ranges.split():
        first, _, last = span.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


TEXTUAL = _characters(WRITTEN_AS_TEXT)
SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
KEYCAP = "\u20e3"


def fully_qualified(emoji: str) -> str:
    """Return an emoji as keyboards and Discord write it: the selector where it is needed, and nowhere else.

    Clients differ, and two spellings of one heart would be two reactions.
    """
    bare = emoji.replace(AS_EMOJI, "")
    written = []
    for number, character in enumerate(bare):
        written.append(character)
        behind = bare[number + 1 : number + 2]
        if behind == KEYCAP or (character in TEXTUAL and behind not in SKIN_TONES):
            written.append(AS_EMOJI)
    return "".join(written)


def reaction_of(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what an ``m.reaction`` reacts to, and how all ends know the reaction; None for what is none."""
    content = mapping(event, "content")
    relation = mapping(content, "m.relates_to")
    target, key = relation.get("event_id"), relation.get("key")
    if relation.get("rel_type") != "m.annotation" or not isinstance(target, str) or not isinstance(key, str):
        return None
    if not key or len(key) > 255 or plain_text(key) != key:
        return None
    return target, _neutral(content, key)


def asked_of(event: Mapping[str, Any]) -> str | None:
    """Return as which reaction one of ours was given."""
    asked = mapping(event, "content").get(ASKED)
    return asked if isinstance(asked, str) else None


def _neutral(content: Mapping[str, Any], key: str) -> str:
    if not is_mxc(key):
        return fully_qualified(key)
    name = next((content[each] for each in SHORTCODES if isinstance(content.get(each), str)), "")
    name = "".join(each for each in name if each.isalnum() or each in "_-~")[:32] or "emoji"
    return f":{name}:{key}"


def custom_of(reaction: str) -> Emoji | None:
    """Return the custom emoji that a reaction is, None for one of Unicode."""
    found = CUSTOM.fullmatch(reaction)
    return Emoji(found[1], found[2]) if found is not None else None


def reaction_content(target: str, reaction: str, picture: str | None) -> dict[str, Any]:
    """Return the content that gives a reaction; ``picture`` is the ``mxc://`` address of a custom one (MSC4027)."""
    emoji = custom_of(reaction)
    key = reaction if emoji is None else picture
    content: dict[str, Any] = {
        "m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": key},
        ASKED: reaction,
    }
    if emoji is not None:
        content |= dict.fromkeys(SHORTCODES, f":{emoji.name}:")
    return content
