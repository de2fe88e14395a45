"""Addresses as Matrix writes them: links, pills, and what a bare address in a text is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from bridges.markup.tree import Mention, Mentioned

PERMALINK = "https://matrix.to/#/"
LINKED = re.compile(r"(?:https?://[^\s/?#]|mailto:[^\s]|tel:[+\d]|matrix:[^\s])", re.IGNORECASE)
"""What may be linked to. What a script or a file could hide behind is not in it."""
NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\xa0<>\"\\\u2000-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff]")
"""Characters that end an address somewhere, or that nobody sees in it."""
OUTER_SPACE = re.compile(r"^[\x00-\x20]+|[\x00-\x20]+$")
DROPPED_SPACE = re.compile(r"[\t\r\n]")
"""What browsers drop out of an address, so that no scheme can hide behind it (WHATWG URL, "basic URL parser")."""
BARE = re.compile(r"https?://[^\s<>\"\x00-\x20\u200b\ufeff]+|(?<![\w@/])@room(?!\w)", re.IGNORECASE)
"""An address written as it is, or the word that calls a whole room."""
CLOSERS = {")": "(", "]": "[", "}": "{"}
TRAILING = ".,;:!?'\"*_~…。，、»”’"

URI_KINDS = {"u": "@", "r": "#", "roomid": "!"}
"""The path's first word in ``matrix:`` addresses, and the sigil it stands for (spec 1.12, "Matrix URI scheme")."""
ID = re.compile(r"[@#!][^\s/?\x00-\x1f\x7f]{1,254}")
EVENT = re.compile(r"\$[^\s/?\x00-\x1f\x7f]{1,254}")
MXC = re.compile(r"mxc://[^/\s\"<>?#]{1,255}/[\w~.-]{1,255}")


def safe_address(address: str) -> str | None:
    """Return an address that can be linked to, with what would break out of it percent-encoded; else None."""
    address = DROPPED_SPACE.sub("", OUTER_SPACE.sub("", address))
    if LINKED.match(address) is None:
        return None
    return NOT_IN_ADDRESS.sub(lambda found: quote(found[0], safe=""), address)


def mentioned_at(address: str) -> Mention | None:
    """Return what a permalink or a ``matrix:`` address points at; None when it is another link.

    The reference of a message is ``!room:server/$event``, and it has no name. The name of a person or a room is the
    id without its sigil, which is how it reads as long as nobody knows another.
    """
    if address[: len(PERMALINK)].lower() == PERMALINK:
        path = address[len(PERMALINK) :].partition("?")[0].split("/")
        parts = [unquote(part) for part in path if part]
    elif address[:7].lower() == "matrix:":
        words = address[7:].partition("?")[0].strip("/").split("/")
        if len(words) not in (2, 4) or words[0] not in URI_KINDS or (len(words) == 4 and words[2] != "e"):
            return None
        parts = [URI_KINDS[words[0]] + unquote(words[1])]
        parts += ["$" + unquote(words[3])] if len(words) == 4 else []
    else:
        return None
    if not parts or len(parts) > 2 or ID.fullmatch(parts[0]) is None:
        return None
    if len(parts) == 2:
        if parts[0][0] == "@" or EVENT.fullmatch(parts[1]) is None:
            return None
        return Mention(Mentioned.MESSAGE, f"{parts[0]}/{parts[1]}", "", address)
    return Mention(Mentioned.PERSON if parts[0][0] == "@" else Mentioned.PLACE, parts[0], parts[0][1:], address)


def permalink(ref: str) -> str | None:
    """Return the address of a person, a room or a message by its Matrix reference; None when it is none."""
    id_, slash, event = ref.partition("/")
    if ID.fullmatch(id_) is None or ":" not in id_ or (slash and EVENT.fullmatch(event) is None):
        return None
    return PERMALINK + quote(id_, safe="@#!:$") + (f"/{quote(event, safe='$:')}" if slash else "")


def is_mxc(ref: str) -> bool:
    """Say whether it is the address of something a homeserver keeps."""
    return MXC.fullmatch(ref) is not None


def same_address(words: str, address: str) -> bool:
    """Say whether the words of a link are its address, perhaps without the scheme."""
    short = address.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").removeprefix("tel:")
    if words.strip().rstrip("/") in (address.rstrip("/"), short.rstrip("/")):
        return True
    # what is read keeps the characters that are percent-encoded in the address
    encoded = safe_address(words)
    return encoded is not None and encoded == safe_address(address)


def deceives(words: str, address: str) -> bool:
    """Say whether the words of a link look like another address than the one it leads to."""
    if "://" not in words and "www." not in words.lower():
        return False
    return not same_address(words, address)


def bare_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Find the addresses written as they are, and each ``@room``, as (begin, end). Linear in the text's length."""
    for found in BARE.finditer(text):
        begin, end = found.span()
        if found[0][0] != "@":
            end = _end_of_address(text, begin, end)
            if LINKED.match(text[begin:end]) is None:
                continue
        yield begin, end


def _end_of_address(text: str, begin: int, end: int) -> int:
    """Leave out what belongs to the sentence around an address: a full stop, a bracket opened before it."""
    address = text[begin:end]
    spare = {closer: address.count(closer) - address.count(opener) for closer, opener in CLOSERS.items()}
    while end > begin:
        last = text[end - 1]
        if spare.get(last, 0) > 0:
            spare[last] -= 1
        elif last not in TRAILING:
            break
        end -= 1
    return end
