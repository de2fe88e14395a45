"""Between Discord's messages and ours."""

from __future__ import annotations

import re
import unicodedata

import discord

from bridges.ends.plain_text import plain_name, plain_text
from bridges.ends.port import Outgoing, copy_key
from bridges.message import Author, Message
from bridges.split import split
from db.bridge_rows import Place
from db.ids import EndId

CONTENT_LIMIT = 2000
NAME_LIMIT = 80
SPOKEN = (discord.MessageType.default, discord.MessageType.reply)
"""The kinds of message that a person wrote; joins, pins and boosts stay home."""
CUSTOM_EMOJI = re.compile(r"<a?(:[A-Za-z0-9_]{2,32}:)\d{15,21}>")
REFUSED_IN_NAMES = re.compile("discord|clyde", re.IGNORECASE)
WORD_JOINER = "\u2060"


def read_message(message: discord.Message, *, end: EndId, place: Place, name: str | None = None) -> Message:
    """Turn Discord's message into ours; ``name`` stands over the one that came with it."""
    notes = [f"📎 {attachment.filename}" for attachment in message.attachments]
    notes += [f"🏷️ {sticker.name}" for sticker in message.stickers]
    return Message(
        end=end,
        place=place,
        ref=str(message.id),
        author=Author(str(message.author.id), name or message.author.display_name),
        text=plain_text(CUSTOM_EMOJI.sub(r"\1", message.clean_content)),
        sent_at=message.created_at,
        notes=tuple(notes),
    )


def write_message(message: Message, place: Place) -> list[Outgoing]:
    """Turn a message into parts that Discord takes; none when there is nothing to say."""
    parts = split(message.full_text(), CONTENT_LIMIT)
    name = webhook_name(message.author.name)
    return [Outgoing(number, copy_key(message, number, place), name, text) for number, text in enumerate(parts)]


def webhook_name(name: str) -> str:
    """Make a name that Discord takes for a webhook: 1 to 80 characters, without two words it refuses.

    Source: resources/webhook, "Create Webhook". A refused name would refuse the whole message.
    """
    name = plain_name(name, NAME_LIMIT)
    if found := list(REFUSED_IN_NAMES.finditer("".join(map(_plain_letter, name)))):
        for match in reversed(found):
            name = name[: match.start() + 1] + WORD_JOINER + name[match.start() + 1 :]
        name = split(name, NAME_LIMIT)[0]
    return name


def _plain_letter(character: str) -> str:
    """Return the plain form of a wide, bold or circled letter, in case Discord looks through those."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
