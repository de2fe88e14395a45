"""The community on its platforms: the capabilities, a face on each, and what the network does there by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from community_bot.cogs.arrivals import DiscordArrivals
from community_bot.cogs.face import DiscordFace
from community_bot.cogs.incoming import GuildHome
from community_bot.composition import compose
from community_bot.domain.account import PlatformName
from community_bot.domain.regions import country_pack_of
from community_bot.locales import Language, catalogues
from community_bot.logs import get_logger
from community_bot.matrix.face import MatrixFace, MatrixHomes
from community_bot.matrix.sync import MatrixSync
from community_bot.platforms.discord import CommunityBot
from community_bot.platforms.discord_port import DiscordPort
from community_bot.platforms.matrix import MatrixConnection
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_port import MatrixPort
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import PlatformPort
from community_bot.services.network import Network, Rules, SpaceDoor
from community_bot.upkeep import member_keys_file
from config import Settings
from config.country_packs import load_country_pack
from db.dialogue_store import DialogueStore
from db.engine import Database
from db.keys import NetworkKeys

log = get_logger(__name__)

Job = Callable[[], Awaitable[None]]

LONGEST_NAP = 3600.0
"""Seconds after which the clock is looked at anew, so that a machine that slept is not a day late."""


class Community:
    """Builds the community part of the bot. ``bot`` and ``matrix`` are connections the bridge shares."""

    def __init__(
        self, settings: Settings, database: Database, *, bot: CommunityBot | None, matrix: MatrixConnection | None
    ) -> None:
        keys = NetworkKeys(settings.secrets.network_key_bytes())
        texts = catalogues()
        self._capabilities = compose(
            database, keys, rules_of(settings), texts, keys_file=member_keys_file(settings)
        )
        self._ports: dict[PlatformName, PlatformPort] = {}
        self._jobs: dict[str, Job] = {}
        self._discord_arrivals: DiscordArrivals | None = None
        self._matrix_face: MatrixFace | None = None
        self._matrix_sync: MatrixSync | None = None
        desk, arrivals = self._capabilities.desk, self._capabilities.arrivals
        if bot is not None:
            port = DiscordPort(bot, texts)
            self._ports["discord"] = port
            homes = guild_homes(settings)
            face = DiscordFace(bot, desk, texts, homes=homes, spell=port.spell)
            self._discord_arrivals = DiscordArrivals(bot, homes, arrivals)
            self._jobs |= {"discord-commands": face.sync, **self._discord_arrivals.jobs()}
        if matrix is not None:
            homeserver = Homeserver(matrix.client)
            rooms = PrivateRooms(homeserver, keys.lookup)
            matrix_port = MatrixPort(homeserver, rooms, texts)
            self._ports["matrix"] = matrix_port
            notes = DialogueStore(database, keys)
            self._matrix_face = MatrixFace(
                homeserver,
                rooms,
                desk,
                texts,
                notes,
                spell=matrix_port.spell,
                homes=matrix_homes(settings),
                arrivals=arrivals,
            )
            self._matrix_sync = MatrixSync(homeserver, notes, self._matrix_face)
        self._effects = self._capabilities.effects(self._ports, texts)

    @property
    def network(self) -> Network:
        return self._capabilities.network

    def is_for_the_bot(self, text: str) -> bool:
        """Say whether something said in a shared Matrix room is a command."""
        return self._matrix_face is not None and self._matrix_face.is_for_the_bot(text)

    def jobs(self) -> Mapping[str, Job]:
        """Return what runs from the start, by name."""
        return {
            **self._jobs,
            "effects": self._effects.run,
            "retention": self._retain,
            "erasures": self._erase_in_time,
        }

    def matrix_jobs(self) -> Mapping[str, Job]:
        """Return what runs once the Matrix account is logged in."""
        return {} if self._matrix_sync is None else {"matrix-face": self._matrix_sync.run}

    def problems(self) -> Mapping[str, str | None]:
        """Return what is wrong with each part, None where all is well."""
        found: dict[str, str | None] = {}
        if self._discord_arrivals is not None:
            found |= self._discord_arrivals.problems()
        if self._matrix_sync is not None:
            found["matrix-face"] = None if self._matrix_sync.state == "live" else self._matrix_sync.state
        return found

    async def _retain(self) -> None:
        """Remove what has expired: at the start, and after each midnight of the network."""
        network = self._capabilities.network
        done: object = None
        while True:
            today = await network.look(lambda unit: unit.today)
            if today != done:
                await self._capabilities.retention.run_daily()
                done = today
            await asyncio.sleep(LONGEST_NAP / 4)

    async def _erase_in_time(self) -> None:
        """Destroy what a member asked to have destroyed when its time has come, not at the next midnight."""
        network, retention = self._capabilities.network, self._capabilities.retention
        bell = network.bell("erasures")
        while True:
            bell.clear()
            await retention.run_due()
            due: datetime | None = await retention.next_due()
            wait = LONGEST_NAP
            if due is not None:
                wait = min(wait, max(0.1, (due - network.clock()).total_seconds()))
            try:
                async with asyncio.timeout(wait):
                    await bell.wait()
            except TimeoutError:
                # something became due, or an hour has passed
                continue


def rules_of(settings: Settings) -> Rules:
    """Return what the operator decided, as the services' values."""
    members = settings.members
    return Rules(
        name=settings.network.name,
        language=settings.network.language,
        zone=settings.network.time_zone,
        country_pack=country_pack_of(load_country_pack(settings.network.country).model_dump()),
        vouchers=members.vouchers,
        invite_only=members.invite_only,
        probation_days=members.probation_days,
        erase_hours=members.erase_hours,
        keep_days=members.keep_days,
        spaces=tuple(
            SpaceDoor(
                space.key,
                _titles({"th": space.title_th, "en": space.title_en, "es": space.title_es}),
                {
                    "discord": tuple(str(channel) for channel in space.discord_channels),
                    "matrix": space.matrix_rooms,
                },
                space.vouchers,
            )
            for space in settings.spaces
        ),
    )


def _titles(given: Mapping[Language, str | None]) -> Mapping[Language, str]:
    return {language: title for language, title in given.items() if title is not None}


def guild_homes(settings: Settings) -> tuple[GuildHome, ...]:
    """Return the Discord servers where people arrive."""
    return tuple(
        GuildHome(home.discord_server, home.discord_channel, home.language)
        for home in settings.homes
        if home.discord_server is not None and home.discord_channel is not None
    )


def matrix_homes(settings: Settings) -> MatrixHomes:
    """Return the Matrix rooms where people arrive, and the others that are the network's."""
    lobbies = {home.matrix_room: home.language for home in settings.homes if home.matrix_room is not None}
    spaces = {room for space in settings.spaces for room in space.matrix_rooms}
    bridged = {room for conversation in settings.conversations for room in conversation.matrix_rooms}
    return MatrixHomes(lobbies, (spaces | bridged) - lobbies.keys(), (spaces | lobbies.keys()) - bridged)
