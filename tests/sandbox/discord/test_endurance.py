"""The simulated Discord outlives crowds, crashes and clients that vanish."""

import asyncio

import pytest

from sandbox.discord import SimChannel, SimMember, SimulatedDiscord
from tests.sandbox.discord.support import BotProcess, Rest, Watcher

pytestmark = pytest.mark.network


async def test_a_bot_in_its_own_process_repeats_two_hundred_messages_said_at_once(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember
) -> None:
    bot = await BotProcess.start(sim)
    try:
        await bot.until(lambda: ("ready", "") in bot.seen)
        await mali.say(lobby, "repeat first")
        await lobby.wait_for(lambda messages: len(messages) == 2)  # the webhook is there
        said = [f"repeat {number}" for number in range(200)]
        await asyncio.gather(*(mali.say(lobby, text) for text in said))
        await lobby.wait_for(lambda messages: len(messages) == 402, timeout=20)
        repeated = [message.content for message in lobby.messages() if message.webhook_id is not None]
        assert sorted(repeated[1:]) == sorted(said)
        assert bot.texts() == ["repeat first", *said]
        assert sim.unsupported == []
    finally:
        await bot.kill()


async def test_a_bot_killed_again_and_again_finds_the_world_as_it_was(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember
) -> None:
    for life in range(3):
        bot = await BotProcess.start(sim)
        await bot.until(lambda bot=bot: ("ready", "") in bot.seen)  # type: ignore[misc]
        await mali.say(lobby, f"life {life}")
        await bot.until(lambda bot=bot, life=life: bot.texts() == [f"life {life}"])  # type: ignore[misc]
        await bot.kill()
        await sim.wait_connected(0)
    assert [message.content for message in lobby.messages()] == [f"life {life}" for life in range(3)]
    assert sim.gateway.counts["identify"] == 3


async def test_sessions_that_nobody_returns_to_do_not_pile_up(
    sim: SimulatedDiscord, bot: Watcher, lobby: SimChannel, mali: SimMember
) -> None:
    for _ in range(12):
        await sim.drop_gateway()
        await sim.wait_connected()
    assert sim.gateway.counts["identify"] == 1
    assert sim.gateway.counts["resume"] == 12
    await mali.say(lobby, "after all that")
    await bot.until(lambda: bot.texts() == ["after all that"])


async def test_a_client_that_hangs_up_in_the_middle_harms_nobody(
    sim: SimulatedDiscord, lobby: SimChannel, rest: Rest
) -> None:
    host, port = sim.api_base.removeprefix("http://").split("/")[0].split(":")
    for beginning in (
        b"POST /api/v10/channels/1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{",
        b"GET",
    ):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(beginning)
        await writer.drain()
        writer.transport.abort()
    assert (await rest.ask("GET", f"/channels/{lobby.id}")).status == 200
