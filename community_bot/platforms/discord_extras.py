"""What a joined channel can do without, permission by permission, and what then does not cross.

Copies go through webhooks, which ask for none of these, nor for Attach Files and Embed Links. What the bot's own
account does besides (``bridges.ends.discord_deeds``) asks for them, and is left out where they are missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class Extra:
    """One thing that is carried besides words. ``names`` are the permissions, of which any one will do.

    ``words`` is the first of them as Discord's own settings call it; ``lost`` is a sentence without its full stop.
    """

    names: tuple[str, ...]
    words: str
    lost: str
    in_forums: bool = True


EXTRAS = (
    Extra(("add_reactions",), "Add Reactions", "no reaction crosses to here"),
    Extra(
        ("use_external_emojis",),
        "Use External Emoji",
        "no reaction crosses to here with the emoji of another server",
    ),
    # a post is begun by the webhook, and nothing hangs from a message in one
    Extra(
        ("create_public_threads",),
        "Create Public Threads",
        "what is said in a thread elsewhere stands here beside everything else",
        in_forums=False,
    ),
    Extra(
        ("send_messages_in_threads", "manage_threads"),
        "Send Messages in Threads",
        "no edit, reaction or pin crosses into a thread that was archived here",
    ),
    Extra(("pin_messages",), "Pin Messages", "no pin crosses to here"),
    Extra(
        ("manage_messages",),
        "Manage Messages",
        "a copy stays when its message is deleted, if somebody took the webhook away that said it",
    ),
    Extra(
        ("send_messages",),
        "Send Messages",
        "nobody here is told with which places the channel is joined, nor after a long silence what was missed",
    ),
)


def extras_lacking(allowed: discord.Permissions, *, forum: bool) -> list[Extra]:
    """Return what is not carried with these permissions."""
    return [
        extra
        for extra in EXTRAS
        if (extra.in_forums or not forum) and not any(getattr(allowed, name) for name in extra.names)
    ]


def what_is_lost(extras: Iterable[Extra]) -> str:
    """Say what does not cross, one sentence on a line each."""
    return "\n".join(f"Without {extra.words} {extra.lost}." for extra in extras)
