"""The parts of a Discord message that are written as a whole: ``<…>``, links as they are, masked links."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bridges.markup.tree import Emoji, Inline, Link, Mention, Mentioned, Moment, Text

ANGLE = re.compile(
    r"<(?:"
    r"@!?(?P<person>[0-9]{1,20})"
    r"|@&(?P<role>[0-9]{1,20})"
    r"|\#(?P<place>[0-9]{1,20})"
    r"|(?P<animated>a)?:(?P<emoji>[A-Za-z0-9_]{1,32}):(?P<emoji_id>[0-9]{1,20})"
    r"|t:(?P<time>-?[0-9]{1,17})(?::(?P<style>[tTdDfFRsS]))?"
    r"|/(?P<command>[^\s:<>/]{1,32}(?:\ [^\s:<>/]{1,32}){0,2}):(?P<command_id>[0-9]{1,20})"
    r"|id:(?P<part>customize|browse|guide|home|linked-roles)(?::[0-9]{1,20})?"
    r"|(?P<address>https?://[^\s<>]+)"
    r"|(?:mailto:)?(?P<mail>[^\s<>@:/]+@[^\s<>@:/]+\.[^\s<>@:/.]+)"
    r"|(?:(?:tel|sms):)?(?P<phone>\+[0-9][0-9().\-\ ]{2,30})"
    r")>"
)
# not beyond "](": what looks like a masked link and is none would become one long address
BARE = re.compile(r"https?://(?:[^\s<\]]++|\](?!\())++")
AFTER_SENTENCES = ".,:;\"']"
LABEL = re.compile(r"\[((?:[^\[\]\\]++|\\.|\[(?:[^\[\]\\]++|\\.)*+\])++)\]\(", re.DOTALL)
TARGET = re.compile(
    r"\s*(?:<(?P<hidden>[^\s<>]+)>|(?P<shown>(?:[^\s()\\<>]++|\\.|\([^\s()]*+\))++))"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
)
LINKED = re.compile(r"https?://[^\s/]|mailto:[^\s@]+@|tel:\+?[0-9]", re.IGNORECASE)
BACKSLASHED = re.compile(r"\\([^0-9A-Za-z\s])")
PARTS = {
    "customize": "Channels & Roles",
    "browse": "Browse Channels",
    "guide": "Server Guide",
    "home": "Server Guide",
    "linked-roles": "Linked Roles",
}
"""What Discord calls the parts of a server that are not channels."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEMS = ("https", "http")


def read_angle(text: str, here: int, end: int, *, links: bool) -> tuple[Inline, int] | None:
    """Read what stands in ``<…>`` at ``here``: a mention, an emoji, a time, an address that shows no preview.

    Source: Discord's reference, "Message Formatting", and what its clients link (mail, telephone).
    """
    match = ANGLE.match(text, here, end)
    if match is None:
        return None
    node = _angle_node(match, links)
    return None if node is None else (node, match.end())


def _angle_node(match: re.Match[str], links: bool) -> Inline | None:  # noqa: PLR0911 one line for each kind
    kind = match.lastgroup
    if kind == "person":
        return Mention(Mentioned.PERSON, match["person"])
    if kind == "role":
        return Mention(Mentioned.ROLE, match["role"])
    if kind == "place":
        return Mention(Mentioned.PLACE, match["place"])
    if kind == "emoji_id":
        return Emoji(match["emoji"], match["emoji_id"], bool(match["animated"]))
    if kind in ("time", "style"):
        try:
            return Moment(EPOCH + timedelta(seconds=int(match["time"])), match["style"] or "f")
        except OverflowError:  # before year 1 or after 9999: Discord shows it as it stands, and so do we
            return None
    if kind == "command_id":
        return Mention(Mentioned.COMMAND, match["command_id"], match["command"])
    if kind == "part":
        return Mention(Mentioned.PLACE, f"id:{match['part']}", PARTS[match["part"]])
    if not links:
        return None
    if kind == "address":
        return Link(match["address"], (), preview=False)
    if kind == "mail":
        return Link(f"mailto:{match['mail']}", (Text(match["mail"]),))
    number = re.sub(r"[^+0-9]", "", match["phone"])
    return Link(f"tel:{number}", (Text(match["phone"]),))


def read_bare_link(text: str, start: int, colon: int, end: int) -> tuple[int, tuple[Inline, int] | None]:
    """Read the address around the ``://`` at ``colon``; return where it begins, and it.

    Nothing before ``start`` belongs to it. What ends a sentence is not part of it, nor is the closing bracket
    around it.
    """
    stem = next((stem for stem in STEMS if text.startswith(stem, max(colon - len(stem), start), colon)), None)
    match = BARE.match(text, colon - len(stem), end) if stem else None
    if match is None:
        return colon, None
    address = match[0].rstrip(AFTER_SENTENCES)
    if address.endswith(")") and (surplus := address.count(")") - address.count("(")) > 0:
        brackets = len(address) - len(address.rstrip(")"))
        address = address[: len(address) - min(surplus, brackets)].rstrip(AFTER_SENTENCES)
    if len(address) <= colon + 3 - match.start():
        return colon, None
    return match.start(), (Link(address), match.start() + len(address))


def read_masked_link(text: str, here: int, end: int) -> tuple[tuple[int, int], Link, int] | None:
    """Read ``[label](address "title")`` at ``here``: where the label stands, the link without it, where it ends.

    As Discord's clients do, a label that itself holds an address is not taken: it could say another one.
    """
    label = LABEL.match(text, here, end)
    if label is None or not label[1].strip() or "://" in label[1]:
        return None
    target = TARGET.match(text, label.end(), end)
    if target is None:
        return None
    address = target["hidden"] or BACKSLASHED.sub(r"\1", target["shown"])
    if not LINKED.match(address):
        return None
    return label.span(1), Link(address, (), preview=target["hidden"] is None), target.end()
