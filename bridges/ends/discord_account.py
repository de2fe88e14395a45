"""What the ends of one Discord account share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from discord.ext import commands

from bridges.ends.discord_places import Places
from bridges.ends.discord_reading import DiscordReader
from bridges.ends.discord_rendering import no_link, own_avatar
from bridges.ends.discord_roots import Roots
from bridges.media.carrying import Carrier
from bridges.media.file import Attachment
from bridges.message import Author, Message
from db.bridge_store import BridgeStore


@dataclass(frozen=True, slots=True)
class Account:
    """The account, what it serves, and how it reads. ``connected``: the gateway was reached at least once."""

    bot: commands.Bot
    store: BridgeStore
    places: Places
    reader: DiscordReader
    roots: Roots
    connected: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Options:
    """What the bridge may lack: ``carrier`` brings files, ``links`` gives the address of one that is too large,
    ``avatars`` that of an author's picture (empty: none)."""

    carrier: Carrier | None = None
    links: Callable[[Message, Attachment], str | None] = no_link
    avatars: Callable[[Author], str] = own_avatar
