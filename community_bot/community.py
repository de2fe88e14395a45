"""The community on its platforms: the capabilities, a face on each, and what the network does there by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from community_bot.arrangements import guild_homes, matrix_homes, rules_of
from community_bot.bridge_desk import BridgeDesk
from community_bot.cogs.arrivals import DiscordArrivals
from community_bot.cogs.face import DiscordFace
from community_bot.composition import compose
from community_bot.domain.account import PlatformName
from community_bot.locales import catalogues
from community_bot.logs import get_logger
from community_bot.matrix.face import MatrixFace
from community_bot.matrix.sync import MatrixSync
from community_bot.place_names import PlaceNames
from community_bot.platforms.builder import Builder
from community_bot.platforms.discord import CommunityBot
from community_bot.platforms.discord_builder import DiscordBuilder
from community_bot.platforms.discord_port import DiscordPort
from community_bot.platforms.matrix import MatrixConnection
from community_bot.platforms.matrix_builder import MatrixBuilder
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_port import MatrixPort
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import PlatformPort
from community_bot.services.network import Network
from community_bot.services.space_upkeep import run_daily as look_after_spaces
from community_bot.upkeep import member_keys_file
from config import Settings
from db.bridge_rows import Place
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
        builders: dict[PlatformName, Builder] = {}
        if bot is not None:
            builders["discord"] = DiscordBuilder(bot, texts)
        homeserver = None if matrix is None else Homeserver(matrix.client, road=matrix.road)
        if homeserver is not None:
            builders["matrix"] = MatrixBuilder(homeserver, lookup=keys.lookup)
        self.bridge_desk = BridgeDesk(database)
        self.names = PlaceNames(bot, homeserver, live=lambda: matrix is not None and matrix.state == "live")
        self._capabilities = compose(
            database,
            keys,
            rules_of(settings),
            texts,
            keys_file=member_keys_file(settings),
            builders=builders,
            bridge=self.bridge_desk,
            names=self.names,
        )
        self.bridge_desk.on_failure = self._capabilities.bridge_failures.uncrossed
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
        if homeserver is not None:
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
                knocked=self._capabilities.knocking.knocked,
                doors=self._capabilities.knocking.doors,
            )
            self._matrix_sync = MatrixSync(homeserver, notes, self._matrix_face)
        self._effects = self._capabilities.effects(self._ports, texts)
        self._progress = self._capabilities.progress(self._ports, texts)

    @property
    def network(self) -> Network:
        return self._capabilities.network

    async def missed(self, place: Place, count: int, first: datetime, last: datetime) -> str:
        """Say to a place how many messages came too late for it (:data:`bridges.commons.Missed`)."""
        return await self._capabilities.room_notices.missed(place, count, first, last)

    def conversations_changed(self) -> None:
        """Take in that other places are joined now: their people are told soon."""
        self._capabilities.room_notices.look_soon()

    def is_for_the_bot(self, text: str) -> bool:
        """Say whether something said in a shared Matrix room is a command."""
        return self._matrix_face is not None and self._matrix_face.is_for_the_bot(text)

    def jobs(self) -> Mapping[str, Job]:
        """Return what runs from the start, by name."""
        return {
            **self._jobs,
            "effects": self._effects.run,
            "building": self._capabilities.building.run,
            "progress": self._progress.run,
            "retention": self._retain,
            "erasures": self._erase_in_time,
            "votes": self._close_votes_in_time,
            "bridge-failures": self._capabilities.bridge_failures.run,
            "bridge-watch": self._capabilities.bridge_watch.run,
            "room-notices": self._capabilities.room_notices.run,
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
                await look_after_spaces(network)
                done = today
            await asyncio.sleep(LONGEST_NAP / 4)

    async def _erase_in_time(self) -> None:
        """Destroy what a member asked to have destroyed when its time has come, not at the next midnight."""
        retention = self._capabilities.retention
        await self._in_time("erasures", retention.run_due, retention.next_due)

    async def _close_votes_in_time(self) -> None:
        """Count what was voted once the window is over."""
        votes = self._capabilities.votes
        await self._in_time("votes", votes.run_due, votes.next_due)

    async def _in_time(
        self,
        bell_name: str,
        run_due: Callable[[], Awaitable[object]],
        next_due: Callable[[], Awaitable[datetime | None]],
    ) -> None:
        """Do what is due whenever something is, and look again whenever something was done that may matter."""
        network = self._capabilities.network
        bell = network.bell(bell_name)
        while True:
            bell.clear()
            await run_due()
            due = await next_due()
            wait = LONGEST_NAP
            if due is not None:
                wait = min(wait, max(0.1, (due - network.clock()).total_seconds()))
            try:
                async with asyncio.timeout(wait):
                    await bell.wait()
            except TimeoutError:
                # something became due, or an hour has passed
                continue
