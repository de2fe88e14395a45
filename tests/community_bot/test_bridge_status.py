"""`community-bot bridge status`: what the running bot and the database say of each end, without any id."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from bridges.ends.port import BlockedError
from bridges.metrics import BridgeMetrics
from community_bot.bridge_status import HEADINGS, BridgeStatus, row_of, status_of
from community_bot.web.health import Check, HealthServer
from config import Settings
from config.values import generate_network_key
from db.bridge_rows import Place, Platform
from db.engine import Database
from tests.bridges.test_lanes import until
from tests.community_bot.joined_town import JoinedTown

RIVER, HILL = Place(Platform.DISCORD, "1100000000000000001"), Place(Platform.MATRIX, "!hill:example.org")
BOTH = {"garden": [RIVER, HILL]}


def settings_for(folder: Path, port: int) -> Settings:
    return Settings.model_validate(
        {
            "network": {"name": "River"},
            "database": {"url": f"sqlite+aiosqlite:///{folder}/sqlite.db"},
            "discord": {},
            "matrix": {"homeserver": "https://example.org", "user_id": "@bot:example.org"},
            "ends": [{"place": HILL.ref, "title": "The Hill"}],
            "web": {"port": port},
            "secrets": {
                "network_key": generate_network_key(),
                "discord_token": "sample",
                "matrix_access_token": "sample",
            },
        }
    )


@asynccontextmanager
async def pages(town: JoinedTown, registry: CollectorRegistry) -> AsyncIterator[int]:
    """Serve what the running bot serves; give the port."""

    def ends() -> dict[str, Check]:
        reports = [town.bridge.report(end) for end in town.bridge.ends]
        return {f"bridge:{each.label}": Check(each.problem is None, each.problem or "ok") for each in reports}

    server = HealthServer("127.0.0.1", 0, {}, registry, passing=ends)
    await server.start()
    try:
        yield int(server.url.rpartition(":")[2])
    finally:
        await server.stop()


async def ask(folder: Path, port: int) -> BridgeStatus:
    """Ask as the command line does: from another thread, with a loop and a connection of its own."""
    return await asyncio.to_thread(lambda: asyncio.run(status_of(settings_for(folder, port))))


def joined_town(database: Database) -> tuple[JoinedTown, CollectorRegistry]:
    registry = CollectorRegistry()
    return JoinedTown(database, metrics=BridgeMetrics(registry)), registry


async def test_each_end_is_shown_by_its_name_with_what_it_waits_for(
    sqlite_database: Database, tmp_path: Path
) -> None:
    town, registry = joined_town(sqlite_database)
    async with town.joined(BOTH), pages(town, registry) as port:
        writer = town.stranger()
        await town.write(HILL, "first words", writer)
        await until(lambda: town.at(RIVER).texts() == ["first words"])
        town.at(HILL).troubles.append((BlockedError("matrix.forbidden", retry_after=3600), False))
        await town.write(RIVER, "second words", writer)
        await until(lambda: any(each.reason == "matrix.forbidden" for each in town.bridge.standings()))
        found = await ask(tmp_path, port)
        river, hill = sorted(found.ends, key=lambda each: each.end)
        assert (river.end, river.well, river.state, river.reason, river.sent) == (
            "garden:discord1",
            True,
            "idle",
            "",
            1,
        )
        assert (hill.end, hill.title, hill.well) == ("garden:matrix1", "The Hill", False)
        assert (hill.state, hill.reason, hill.waiting, hill.sent) == ("blocked", "matrix.forbidden", 1, 0)
        assert not found.ok
        shown = found.json() + "".join(cell for line in found.ends for cell in row_of(line))
        for hidden in (RIVER.ref, HILL.ref, "words", writer.user_id, *(end for end in town.bridge.ends)):
            assert hidden not in shown
        assert json.loads(found.json())["ends"][0].keys() >= {"end", "well", "state", "waiting", "oldest_seconds"}
        assert all(len(row_of(line)) == len(HEADINGS) for line in found.ends)


async def test_all_is_well_when_every_end_is(sqlite_database: Database, tmp_path: Path) -> None:
    town, registry = joined_town(sqlite_database)
    async with town.joined(BOTH), pages(town, registry) as port:
        await until(lambda: all(each.state == "idle" for each in town.bridge.standings()))
        (river, _) = await town.bridge_desk.report()
        await town.bridge.pause(river.id, paused=True)
        found = await ask(tmp_path, port)
        assert found.ok, "an end that pauses is as people want it"
        assert [row_of(each)[3] for each in found.ends].count("paused") == 1


async def test_what_waits_is_told_of_a_bot_that_is_down(sqlite_database: Database, tmp_path: Path) -> None:
    town, registry = joined_town(sqlite_database)
    async with pages(town, registry) as port:
        pass
    async with town.joined(BOTH):
        town.at(HILL).troubles.append((BlockedError("matrix.forbidden", retry_after=3600), False))
        await town.write(RIVER, "words", town.stranger())
    found = await ask(tmp_path, port)
    assert not found.running
    assert not found.ok
    assert {each.end: (each.well, each.state, each.waiting) for each in found.ends} == {
        "garden:discord1": (None, "unknown", 0),
        "garden:matrix1": (None, "unknown", 1),
    }


async def test_something_else_that_listens_there_is_no_bot(sqlite_database: Database, tmp_path: Path) -> None:
    async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n<html>hello</html>")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    async with server:
        found = await ask(tmp_path, server.sockets[0].getsockname()[1])
    assert (found.running, found.ends) == (False, ())
