"""Between Discord's messages and ours."""

from __future__ import annotations

import re

import discord

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
REFUSED_IN_NAMES = re.compile(r"(d)(iscord)|(c)(lyde)", re.IGNORECASE)
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
        text=CUSTOM_EMOJI.sub(r"\1", message.clean_content),
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
    name = " ".join("".join(c for c in name if c.isprintable() or c in "\u200c\u200d ").split())
    name = REFUSED_IN_NAMES.sub(lambda m: WORD_JOINER.join(g for g in m.groups() if g), name)
    return split(name, NAME_LIMIT)[0] if name else "…"
