"""Addresses on Discord: which of them pass, how they are written, and when their words would deceive."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from bridges.markup.discord_tokens import read_bare_link
from bridges.markup.tree import Mark

NOT_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f-\xa0\s<>\"\\^`{|}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
MAIL = re.compile(r"mailto:([^\s<>@:/?]+@[^\s<>@:/?]+\.[^\s<>@:/.?]+)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
PHONE = re.compile(r"tel:(\+[0-9][0-9().\- ]{2,30})", re.IGNORECASE)
WEB = re.compile(r"https?://[^\s/<>?#]", re.IGNORECASE)
MATRIX = re.compile(r"matrix:(u|user|r|room|roomid)/([^/?#]+)(?:/(?:e|event)/([^/?#]+))?", re.IGNORECASE)
SIGILS = {"u": "@", "user": "@", "r": "#", "room": "#", "roomid": "!"}
PLACE_NAME = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}")
SWALLOWED = re.compile(r"[.,:;\"')]*(?:\s|\Z)")
"""What may stand behind an address as it is without being taken for a part of it."""
ENCODED = {"*": "%2A", "_": "%5F", "~": "%7E", "(": "%28", ")": "%29"}
SIGNS = {Mark.BOLD: "*", Mark.ITALIC: "*", Mark.UNDERLINE: "_", Mark.STRIKE: "~"}
"""What would end a mark, were it in an address."""


def web_address(address: str) -> str | None:
    """Return ``address`` as one that Discord makes a link of, None when it is of another kind.

    What an address may not hold is percent-encoded (RFC 3986), so that it cannot break out. A ``matrix:`` address
    becomes its ``https://matrix.to`` form, which Discord knows how to open.
    """
    if matrix := MATRIX.match(address):
        kind, name, event = matrix.groups()
        tail = f"/${event}" if event else ""
        address = f"https://matrix.to/#/{SIGILS[kind.lower()]}{name}{tail}"
    if not WEB.match(address):
        return None
    scheme, rest = address.split(":", 1)
    return f"{scheme.lower()}:{NOT_IN_ADDRESSES.sub(_percent, rest)}"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def personal_address(address: str) -> str | None:
    """Return what Discord links between angle brackets: a mail address, or a telephone number with its ``+``."""
    if mail := MAIL.fullmatch(address):
        return mail[1]
    phone = PHONE.fullmatch(address)
    return phone[1] if phone else None


def within(address: str, marks: frozenset[Mark]) -> str:
    """Return ``address`` without the signs that would end one of ``marks`` around it."""
    for sign in {SIGNS[mark] for mark in marks}:
        address = address.replace(sign, ENCODED[sign])
    return address


def in_brackets(address: str) -> str:
    """Return ``address`` without round brackets, which would end a masked link."""
    return address.replace("(", ENCODED["("]).replace(")", ENCODED[")"])


def stands_bare(address: str) -> bool:
    """Say whether Discord reads ``address`` as a whole when it stands by itself."""
    _, found = read_bare_link(address, 0, address.find("://"), len(address))
    return found is not None and found[1] == len(address)


def deceives(label: str, address: str) -> bool:
    """Say whether ``label`` looks like an address of another place than ``address``.

    Looked at as people see it: wide letters as plain ones, without what is invisible.
    """
    shown = unicodedata.normalize("NFKC", label)
    shown = "".join(character for character in shown if unicodedata.category(character) != "Cf").lower()
    return any(_place(found) != _host(address) for found in PLACE_NAME.findall(shown))


def _host(address: str) -> str:
    try:
        return _place(urlsplit(address).hostname or "")
    except ValueError:  # no host can be made out: then nothing that looks like one is it
        return ""


def _place(name: str) -> str:
    return name.lower().removeprefix("www.")
