"""Names as Discord keeps them, so that what is asked for and what is read back are the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from community_bot.domain.graphemes import shorten

LONGEST_NAME: Final = 100
"""Characters in the name of a channel, a category or a role (resources/channel.mdx, resources/guild.mdx)."""
FORBIDDEN: Final = frozenset({"everyone", "here", "@everyone", "@here"})
"""Names of categories and roles that read as a call to everybody."""

_JOINER: Final = "\u200d"
"""Joins the parts of one emoji."""


def channel_name(text: str) -> str:
    """Return a text as the name of a channel: small letters, hyphens for white space, no punctuation.

    Letters and marks of every script, digits, and emoji stay. Empty when nothing is left to be seen. Doing it twice
    changes nothing.
    """
    words = unicodedata.normalize("NFC", re.sub(r"\s+", "-", text.strip())).lower()
    kept = unicodedata.normalize("NFC", "".join(each for each in words if _stays(each)))
    name = _trimmed(shorten(_trimmed(kept), LONGEST_NAME, ellipsis=""))
    return name if any(_is_seen(each) for each in name) else ""


def title(text: str) -> str:
    """Return a text as the name of a category or a role: one line, as long as Discord takes it."""
    words = " ".join(text.split())
    visible = "".join(each for each in words if unicodedata.category(each) not in ("Cc", "Cs"))
    return shorten(" ".join(visible.split()), LONGEST_NAME)


def _trimmed(name: str) -> str:
    return re.sub(r"-{2,}", "-", name).strip("-")


def _stays(character: str) -> bool:
    return character in ("-", "_", _JOINER) or unicodedata.category(character)[0] in "LNM" or _is_picture(character)


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" or _is_picture(character)


def _is_picture(character: str) -> bool:
    # the skin tones of emoji are modifier symbols
    return not character.isascii() and unicodedata.category(character) in ("So", "Sk")
