"""What somebody may do in a channel, in words that can be compared and shown, and as Discord's two numbers.

One word for each permission, with + for allowed and - for denied: ``+history +view -write``. What is not named is
left to the server's roles. Permissions without a word of ours go by Discord's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import discord

PERMISSIONS: Final[Mapping[str, str]] = {
    "view": "view_channel",
    "history": "read_message_history",
    # in a forum: start a post
    "write": "send_messages",
    "answer": "send_messages_in_threads",
    "threads": "create_public_threads",
    "private_threads": "create_private_threads",
    "files": "attach_files",
    "links": "embed_links",
    "react": "add_reactions",
    "pin": "pin_messages",
    "remove": "manage_messages",
    "manage_threads": "manage_threads",
    "manage_channel": "manage_channels",
    "manage_access": "manage_roles",
    "webhooks": "manage_webhooks",
}
"""Our words, and what Discord calls them."""

_NUMBER: Final = "bit_"
"""Begins the word for a permission that is younger than the library."""


def _flags() -> dict[str, int]:
    flags = {name: getattr(discord.Permissions, name).flag for name in discord.Permissions.VALID_FLAGS}
    return {word: flags[name] for word, name in PERMISSIONS.items()} | {
        # of several names for the same, the last in the alphabet is Discord's own
        name: flag
        for flag, name in sorted((flag, name) for name, flag in flags.items())
        if name not in PERMISSIONS.values()
    }


_FLAGS: Final = _flags()
_WORDS: Final = {
    **{flag: word for word, flag in _FLAGS.items() if word not in PERMISSIONS},
    **{flag: word for word, flag in _FLAGS.items() if word in PERMISSIONS},
}


def in_words(allow: int, deny: int) -> str:
    """Return Discord's two numbers in words; what is both allowed and denied is allowed, as Discord reads it."""
    said = {word_of(bit): "+" for bit in _bits(allow)} | {word_of(bit): "-" for bit in _bits(deny & ~allow)}
    return " ".join(sign + word for word, sign in sorted(said.items()))


def in_numbers(words: str) -> tuple[int, int]:
    """Return what to allow and what to deny. Raises ValueError for a word that means nothing."""
    allow = deny = 0
    for said in words.split():
        sign, word = said[0], said[1:]
        if sign == "+":
            allow |= flag_of(word)
        elif sign == "-":
            deny |= flag_of(word)
        else:
            raise ValueError("neither allowed nor denied")
    return allow, deny


def said(**words: bool) -> str:
    """Return words from what is allowed and denied: ``said(view=True, write=False)``."""
    return " ".join(("+" if allowed else "-") + word for word, allowed in sorted(words.items()))


def permissions_in(words: str) -> frozenset[str]:
    """Return the permissions that are named, by Discord's own names: who gives or takes them must have them."""
    return frozenset(PERMISSIONS.get(each[1:], each[1:]) for each in words.split())


def flag_of(word: str) -> int:
    """Return a permission's number. Raises ValueError for a word that means nothing."""
    if word.startswith(_NUMBER) and word.removeprefix(_NUMBER).isdecimal():
        return 1 << int(word.removeprefix(_NUMBER))
    if word not in _FLAGS:
        raise ValueError("no such permission")
    return _FLAGS[word]


def word_of(flag: int) -> str:
    """Return the word for a single permission."""
    return _WORDS.get(flag, f"{_NUMBER}{flag.bit_length() - 1}")


def _bits(number: int) -> list[int]:
    return [1 << place for place in range(number.bit_length()) if number >> place & 1]
