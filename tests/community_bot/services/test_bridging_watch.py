"""An end that is held up for long is told to who looks after it, once; every reason has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridges.ends.port import BlockedError
from community_bot.domain.account import Account
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.services.bridging_words import SENTENCES, reason_key, said_of_reason
from db.engine import Database
from tests.bridges.memory_home import joining
from tests.bridges.test_lanes import until
from tests.community_bot.joined_town import HILL, OF_RADIO, RIVER, JoinedTown

BOTH = joining(garden="d1 m1")
BRIDGES = Path(__file__).parent.parent.parent.parent / "bridges"


@pytest.fixture
def town(sqlite_database: Database) -> JoinedTown:
    return JoinedTown(sqlite_database, spaces=(OF_RADIO,))


async def block(town: JoinedTown, reason: str) -> None:
    """Let the hill's room refuse everything until :func:`mend`."""
    town.at(HILL).troubles.append((BlockedError(reason, retry_after=100_000), False))
    await town.write(RIVER, f"while {reason} {len(town.at(HILL).texts())}", town.stranger())
    await until(lambda: any(each.reason == reason for each in town.bridge.standings()))


async def mend(town: JoinedTown) -> None:
    said = len(town.at(HILL).texts())
    for lane in town.bridge._lanes.values():
        lane.look_again()
    await until(lambda: len(town.at(HILL).texts()) > said)


async def looked(town: JoinedTown, account: Account, **time: float) -> list[str]:
    town.clock.pass_by(**time)
    await town.watch.look()
    await town.run_effects()
    return [text for text in town.discord.inbox(account) if "/" in text and "ten minutes" in text]


async def test_who_looks_after_a_place_is_told_once_and_again_only_after_it_was_well(town: JoinedTown) -> None:
    heron = await town.join("Heron", role=Role.MODERATOR, scope="radio")
    otter = await town.join("Otter", role=Role.MODERATOR, scope="garden")
    async with town.joined(BOTH):
        await block(town, "matrix.not_invited")
        assert await looked(town, heron) == []
        assert await looked(town, heron, minutes=9) == []
        (said,) = await looked(town, heron, minutes=1)
        assert "nothing from the places joined with it has come to **Radio de la colina**; 1 message waits." in said
        assert "The bot is not in that room. Invite it." in said
        assert "`/en:bridge-status`" in said
        assert len(await looked(town, heron, minutes=30)) == 1
        await mend(town)
        await looked(town, heron)
        await block(town, "matrix.not_invited")
        await looked(town, heron)
        assert len(await looked(town, heron, minutes=10)) == 2
        assert await looked(town, otter) == []


async def test_what_passes_by_and_what_is_the_operators_is_told_to_nobody(town: JoinedTown) -> None:
    heron = await town.join("Heron", role=Role.MODERATOR)
    async with town.joined(BOTH):
        await block(town, "matrix.login_lost")
        await looked(town, heron)
        assert await looked(town, heron, hours=1) == []


async def test_where_nobody_else_looks_after_it_a_network_admin_is_told(town: JoinedTown) -> None:
    admin = await town.join("Egret", role=Role.NETWORK_ADMIN)
    async with town.joined(BOTH):
        await block(town, "matrix.encrypted_room")
        await looked(town, admin)
        assert len(await looked(town, admin, minutes=11)) == 1


OF_NO_PLACE = {
    # of a copy, an emoji, a thread that is there already: what is done about them is seen where they are
    "discord.copy_gone",
    "discord.message_gone",
    "discord.thread_exists",
    "discord.unknown_emoji",
    "matrix.message_gone",
    "matrix.no_such_emoji",
    # of a ghost: the bot speaks instead
    "matrix.ghost_gone",
    # said in the log, or to the room itself
    "matrix.bad_key",
    "matrix.encryption_ends_here",
    # inside the client, never told on
    "matrix.done",
    "matrix.missing",
    "matrix.taken",
}


def test_every_code_of_the_bridge_has_a_sentence() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in BRIDGES.rglob("*.py"))
    codes = set(re.findall(r'"((?:discord|matrix|bridge|media)\.[a-z_]+)"', sources))
    assert len(codes) > 30
    assert {code for code in codes - OF_NO_PLACE if reason_key(code) is None} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_can_be_said_in_every_language(language: Language) -> None:
    t = catalogues().translator(language)
    for code in (*SENTENCES, "discord.limit_shared"):
        assert code not in said_of_reason(t, code)
    assert "`matrix.something_new`" in said_of_reason(t, "matrix.something_new")
