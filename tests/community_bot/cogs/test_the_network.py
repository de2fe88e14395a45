"""Everything that the network really offers, on a Discord that checks what it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from community_bot.cogs.incoming import GuildHome
from community_bot.composition import Capabilities, compose
from community_bot.errors import OperatorError
from community_bot.locales import catalogues
from community_bot.platforms.discord import CommunityBot, DiscordConnection
from community_bot.services.network import Rules
from db.engine import Database
from db.keys import NetworkKeys
from sandbox.discord import SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.community_bot.cogs.conftest import Running, connected
from tests.databases import close
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract

pytestmark = pytest.mark.network


@pytest.fixture
def capabilities(sqlite_database: Database) -> Capabilities:
    return compose(
        sqlite_database, NetworkKeys(b"thirty-two bytes of a made up key"), Rules("Riverside"), catalogues()
    )


@pytest.fixture
async def community(
    sim: SimulatedDiscord,
    home: GuildHome,
    capabilities: Capabilities,
    point_at: Callable[[SimulatedDiscord], None],
) -> AsyncIterator[Running]:
    point_at(sim)
    async with connected(sim, capabilities.desk, catalogues(), home, capabilities.arrivals) as started:
        yield started
    assert sim.unsupported == []
    if DOCUMENT.exists():
        contract = DiscordContract.load()
        assert sorted({problem for record in sim.requests for problem in contract.check(record)}) == []


@pytest.mark.parametrize(
    ("locale", "shown"),
    [("th", "ข้อมูลของฉัน"), ("en-US", "privacy"), ("es-419", "privacidad"), ("es-ES", "privacidad")],
)
async def test_all_commands_are_taken_and_offered_in_each_language(
    community: Running, lobby: SimChannel, mali: SimMember, locale: str, shown: str
) -> None:
    offered = mali.with_locale(locale).commands(lobby)
    assert {command.name for command in offered} >= {"start", "help", "me show", "privacy show"}
    assert shown in {command.shown.split()[0] for command in offered}


async def test_a_newcomer_becomes_a_member_with_one_press_and_one_form(
    community: Running, guild: SimGuild, lobby: SimChannel
) -> None:
    ploy = guild.add_member("ploy", locale="th")
    [greeting] = await lobby.wait_for(bool)
    form = (await ploy.click(lobby, greeting.id, label=greeting.buttons[0].label)).form
    assert form is not None
    for field in form.fields:
        if field.kind == "checkboxes":
            field.put([choice.value for choice in field.choices])
    form.fill("language", "th")
    refused = await form.submit({"alias": "ploy"})
    assert len(refused.buttons) == 1, "an alias that is the account's own name is refused"
    again = (await refused.click(label=refused.buttons[0].label)).form
    assert again is not None
    assert again.field("alias").value == "ploy"
    welcomed = await again.submit({"alias": "ต้นกล้า"})
    assert "ต้นกล้า" in welcomed.content
    shown = await ploy.slash(lobby, "me show")
    assert "ต้นกล้า" in shown.content
    assert shown.ephemeral
    assert [message.id for message in lobby.messages()] == [greeting.id], "nobody else has seen any of it"


async def test_without_a_database_a_person_is_told_that_it_is_our_fault(
    sim: SimulatedDiscord,
    home: GuildHome,
    mali: SimMember,
    tmp_path: Path,
    point_at: Callable[[SimulatedDiscord], None],
) -> None:
    point_at(sim)
    empty = Database(f"sqlite+aiosqlite:///{tmp_path}/nothing.db")
    nothing = compose(empty, NetworkKeys(b"thirty-two bytes of a made up key"), Rules("Riverside"), catalogues())
    async with connected(sim, nothing.desk, catalogues(), home):
        answer = await mali.slash(mali.private_channel(), "start")
        assert (answer.acknowledged, answer.ephemeral) == (True, True)
        assert "no such table" not in answer.content
        assert answer.content
    await close(empty)


async def test_what_was_said_of_commands_in_the_catalogues_can_be_typed(community: Running) -> None:
    assert community.port.spell("me link", "en") == "/me link"
    assert community.port.spell("me", "th") == "/ฉัน"


async def test_a_portal_that_does_not_let_us_hear_who_joins_is_named(
    sim: SimulatedDiscord, point_at: Callable[[SimulatedDiscord], None]
) -> None:
    point_at(sim)
    sim.allow_intents("message_content")
    connection = DiscordConnection(CommunityBot(newcomers=True), sim.token)
    with pytest.raises(OperatorError) as refused:
        await connection.run()
    await connection.close()
    assert "Server Members Intent" in refused.value.cure


def _beating(bot: CommunityBot) -> list[KeepAliveHandler]:
    """Return the heartbeat threads of a bot that were not told to stop."""
    threads = (each for each in threading.enumerate() if isinstance(each, KeepAliveHandler))
    return [each for each in threads if each.ws._connection is bot._connection and not each._stop_ev.is_set()]


async def test_a_connection_that_is_cut_off_while_it_introduces_itself_leaves_no_heartbeat_behind(
    sim: SimulatedDiscord, point_at: Callable[[SimulatedDiscord], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(sim)
    bot, greeted = CommunityBot(), asyncio.Event()

    async def never(_socket: DiscordWebSocket) -> None:
        greeted.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(DiscordWebSocket, "identify", never)
    connection = DiscordConnection(bot, sim.token)
    task = asyncio.create_task(connection.run())
    async with asyncio.timeout(5):
        await greeted.wait()
    before = len(_beating(bot))
    task.cancel()
    await asyncio.wait([task])
    await connection.close()
    assert (before, len(_beating(bot))) == (1, 0)
