"""Builds everything, owns start and stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial

import aiohttp
import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from bridges.bridge import Bridge
from bridges.metrics import BridgeMetrics
from community_bot.arrangements import guild_homes
from community_bot.bridgework import Bridgework
from community_bot.community import Community
from community_bot.conversations import Conversations, settled_conversations, settled_terms
from community_bot.crew import Crew, Job
from community_bot.encrypted_rooms import give_keys
from community_bot.errors import OperatorError
from community_bot.logs import watch_loop
from community_bot.memory import give_back
from community_bot.platforms.discord import CommunityBot, DiscordConnection, point_at
from community_bot.platforms.matrix import MatrixConnection
from community_bot.upkeep import open_database
from community_bot.web.health import Check, HealthServer
from config import Settings
from config.models import DiscordSettings
from db.alone import alone
from db.bridge_rows import Platform
from db.key_rotation import require_key
from db.keys import NetworkKeys
from db.schema import require_current

log = structlog.get_logger("app")

SWITCH_SECONDS = 0.0005
"""How long a thread that has something to do waits for another: every message waits for the database's."""
FINISH_SECONDS = 5.0
"""How long lanes may take for the message at hand when the bot stops."""
HEARING = (
    "discord-connection",
    "matrix-connection",
    "matrix-sync",
    "matrix-face",
    "matrix-join",
    "matrix-follow",
)
"""The jobs through which something is heard."""


class App:
    """One running bot. :meth:`run` returns when it was told to stop; the database is at the right version."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._database = open_database(settings)
        self._crew = Crew(self._give_up)
        self._stop = asyncio.Event()
        self._fatal: OperatorError | None = None
        self._bot: CommunityBot | None = None
        self._discord: DiscordConnection | None = None
        self._matrix: MatrixConnection | None = None
        self._bridge: Bridge | None = None
        self._work: Bridgework | None = None
        self._community: Community | None = None
        self._conversations: Conversations | None = None
        self.health: HealthServer | None = None

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stop.set()

    async def run(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Run until :meth:`stop`, SIGINT or SIGTERM; ``on_ready`` gets the health pages' address.

        Raises :class:`OperatorError` or :class:`db.errors.DatabaseError` when only the operator can help.
        """
        loop = asyncio.get_running_loop()
        watch_loop(loop)
        sys.setswitchinterval(SWITCH_SECONDS)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        async with aiohttp.ClientSession() as session, alone(self._database):
            try:
                await require_current(self._database)
                await require_key(self._database, NetworkKeys(self._settings.secrets.network_key_bytes()))
                await self._start(session)
                log.info("running", conversations=self._conversations.count if self._conversations else 0)
                if on_ready is not None and self.health is not None:
                    on_ready(self.health.url)
                await self._stop.wait()
                log.info("stopping")
            finally:
                await self._shut_down()
        if self._fatal is not None:
            raise self._fatal

    # ── start

    async def _start(self, session: aiohttp.ClientSession) -> None:
        settings = self._settings
        if settings.discord is not None:
            self._discord = self._discord_connection(settings.discord)
        if settings.matrix is not None:
            self._matrix = matrix_connection(settings)
            give_keys(self._matrix, settings, self._database)
        self._community = Community(settings, self._database, bot=self._bot, matrix=self._matrix)
        self._work = work = Bridgework(
            settings,
            self._database,
            session=session,
            bot=self._bot,
            matrix=self._matrix,
            community=self._community,
            metrics=BridgeMetrics(self._registry),
            crew=self._crew,
            failed=self._community.bridge_desk.failed,
            missed=self._community.missed,
        )
        self._bridge = work.bridge
        self._community.bridge_desk.open(work.bridge)
        work.bridge.on_move = self._community.conversations_changed
        self._conversations = Conversations(
            settled_conversations(settings),
            self._community.network,
            platforms=work.homes.keys(),
            settle=self._bridge.settle,
            terms=settled_terms(settings),
            names=self._community.names,
            changed=self._community.conversations_changed,
        )
        await self._conversations.look()
        self.health = HealthServer(
            settings.web.host, settings.web.port, self._checks(), self._registry, passing=self._check_ends
        )
        await self._open_pages(self.health)
        self._bridge.start()
        await work.start()
        self._crew.keep("conversations", self._conversations.run)
        self._crew.keep("memory", give_back)
        self._crew.keep_all(self._community.jobs())
        if self._discord is not None:
            self._crew.keep_all(work.jobs(Platform.DISCORD))
            self._crew.keep("discord-connection", self._discord.run)
        if self._matrix is not None:
            jobs = {**work.jobs(Platform.MATRIX), **self._community.matrix_jobs()}
            self._crew.keep("matrix-connection", partial(self._connect_matrix, self._matrix, jobs))

    async def _open_pages(self, health: HealthServer) -> None:
        web = self._settings.web
        try:
            await health.start()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "another program listens there" if taken else error.strerror or type(error).__name__
            raise OperatorError(
                "web.address",
                f"The bot's own pages cannot be served on {web.host}, port {web.port}: {reason}.",
                "Stop the other program, if it is another copy of this bot, or choose another web.port."
                if taken
                else "Correct web.host and web.port.",
            ) from error

    def _discord_connection(self, settings: DiscordSettings) -> DiscordConnection:
        token = self._settings.secrets.discord_token
        assert token is not None
        point_at(settings.api_base, settings.gateway, settings.cdn_base)
        self._bot = CommunityBot(newcomers=bool(guild_homes(self._settings)))
        return DiscordConnection(self._bot, token.get_secret_value())

    async def _connect_matrix(self, connection: MatrixConnection, jobs: Mapping[str, Job]) -> None:
        await connection.log_in()
        self._crew.keep_all(jobs)

    def _give_up(self, error: OperatorError) -> None:
        """End the bot: only the operator can help."""
        self._fatal = self._fatal or error
        self._stop.set()

    # ── state

    def _checks(self) -> dict[str, Callable[[], Check]]:
        checks: dict[str, Callable[[], Check]] = {"database": self._check_database, "tasks": self._check_tasks}
        if (discord := self._discord) is not None:
            checks["discord"] = lambda: Check(discord.state == "live", discord.state)
        if (matrix := self._matrix) is not None:
            checks["matrix"] = lambda: Check(matrix.state == "live", matrix.state)
        if (work := self._work) is not None:
            for name in work.problems():
                checks[name] = partial(_check_problem, work.problems, name)
        if (community := self._community) is not None:
            for name in community.problems():
                checks[f"community:{name}"] = partial(_check_problem, community.problems, name)
        return checks

    def _check_ends(self) -> dict[str, Check]:
        """Say how each end is that the bridge serves at this moment."""
        reports = [self._bridge.report(end) for end in self._bridge.ends] if self._bridge is not None else []
        return {f"bridge:{each.label}": Check(each.problem is None, each.problem or "ok") for each in reports}

    def _check_database(self) -> Check:
        stalled = self._bridge is not None and self._bridge.database_stalled
        return Check(not stalled, "database.stalled" if stalled else "ok")

    def _check_tasks(self) -> Check:
        troubled = any(report.troubled for report in self._crew.report())
        return Check(not troubled, "task.failing" if troubled else "ok")

    # ── stop

    async def _shut_down(self) -> None:
        """End in the order in which nothing is lost: hearing, each lane after the message at hand, writing.

        The connections close last, because lanes speak through them.
        """
        if self._bridge is not None and self._crew.names:
            for name in ("conversations", *HEARING):
                await self._crew.release(name)
            if self._work is not None:
                await self._work.deafen()
            self._bridge.finish()
            lanes = [name for name in self._crew.names if name.startswith("lane:")]
            await self._crew.wait_for(lanes, FINISH_SECONDS)
            await self._bridge.close()
        await self._crew.close()
        if self._work is not None:
            await self._work.close()
        for connection in (self._discord, self._matrix):
            if connection is not None:
                await connection.close()
        if self.health is not None:
            await self.health.stop()
        await self._database.close()


def _check_problem(problems: Callable[[], Mapping[str, str | None]], name: str) -> Check:
    problem = problems().get(name)
    return Check(problem is None, problem or "ok")


def matrix_connection(settings: Settings) -> MatrixConnection:
    """Return the Matrix connection of the settings, not yet logged in."""
    matrix, secrets = settings.matrix, settings.secrets
    assert matrix is not None
    return MatrixConnection(
        matrix.homeserver,
        matrix.user_id,
        matrix.device_id,
        access_token=secrets.matrix_access_token.get_secret_value() if secrets.matrix_access_token else None,
        password=secrets.matrix_password.get_secret_value() if secrets.matrix_password else None,
    )
