"""A card as Discord messages: plain words with buttons below.

The light markup is Discord's own as it stands. Plain content is chosen over the newer layouts because it reads well
on a narrow screen, is found by search, and is shown in notifications.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Final

import discord

from bridges.split import split
from community_bot.platforms.port import Attachment, Button, Card

LONGEST: Final = 2000
"""Characters in one message (resources/message.mdx)."""
LONGEST_LABEL: Final = 80
LONGEST_ALT: Final = 1024
"""Characters that describe a file to who does not see it."""

_CUSTOM_ID = re.compile(r"act:(?P<action>[^:]+):(?P<argument>.*)")
_STYLES: Final = {
    "main": discord.ButtonStyle.primary,
    "plain": discord.ButtonStyle.secondary,
    "danger": discord.ButtonStyle.danger,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One message of those that a card takes; buttons and files come with the last."""

    text: str
    buttons: tuple[Button, ...] = ()
    files: tuple[Attachment, ...] = ()

    def view(self) -> discord.ui.View | None:
        """Return its buttons, None where there are none.

        discord.py is not to remember them: they are known by their ids alone, also after a restart. It remembers no
        view that is finished already.
        """
        if not self.buttons:
            return None
        shown = discord.ui.View(timeout=None)
        for button in self.buttons:
            label, style = button.label[:LONGEST_LABEL], _STYLES[button.weight]
            shown.add_item(discord.ui.Button(label=label, style=style, custom_id=custom_id(button)))
        shown.stop()
        return shown

    def uploads(self) -> list[discord.File]:
        """Return its files, to be sent once."""
        return [_upload(file) for file in self.files]


def _upload(file: Attachment) -> discord.File:
    description = file.description[:LONGEST_ALT] or None
    return discord.File(io.BytesIO(file.content), file.filename, description=description)


def parts_of(card: Card) -> list[Part]:
    """Cut a card into messages, where a reader would cut. Raises ValueError for a card that shows nothing."""
    texts = split(card.text, LONGEST)
    if not texts and not card.files:
        raise ValueError("a card without words and files shows nothing")
    first, last = texts[:-1], (texts or [""])[-1]
    return [*map(Part, first), Part(last, card.buttons, card.files)]


def custom_id(button: Button) -> str:
    """Return what Discord hands back when the button is pressed."""
    return f"act:{button.action}:{button.argument}"


def pressed(custom_id: str) -> tuple[str, str] | None:
    """Return the action and argument of a button by its id, None for one that is not of this kind."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    return None if match is None else (match["action"], match["argument"])
