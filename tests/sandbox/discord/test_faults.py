"""What can go wrong between a bot and Discord, on purpose."""

import asyncio
from collections import Counter

import aiohttp
import discord
import pytest

from sandbox.discord import Fault, SimChannel, SimMember, SimulatedDiscord
from tests.sandbox.discord.listener import Listener
from tests.sandbox.discord.support import Rest, Watcher

pytestmark = pytest.mark.network


async def test_an_error_before_the_effect_leaves_nothing_behind(
    sim: SimulatedDiscord, lobby: SimChannel, rest: Rest
) -> None:
    execute = await rest.webhook(lobby)
    fault = sim.faults.add(Fault.status("POST", r"/webhooks/.*", 503, times=2))
    answers = [await rest.ask("POST", execute, {"content": str(number)}) for number in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 204]
    assert [message.content for message in lobby.messages()] == ["2"]
    assert fault.hits == 2
    assert [record.took_effect for record in list(sim.requests)[-3:]] == [False, False, True]


async def test_a_lost_answer_has_taken_effect(sim: SimulatedDiscord, lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    sim.faults.add(Fault.lost_answer("POST", r"/webhooks/.*", times=1))
    with pytest.raises(aiohttp.ClientError):
        await rest.ask("POST", execute, {"content": "did it arrive?"})
    assert [message.content for message in lobby.messages()] == ["did it arrive?"]
    record = sim.requests[-1]
    assert (record.fault, record.status, record.took_effect) == ("lost_answer", None, True)
    assert (await rest.ask("POST", execute, {"content": "again"})).status == 204


async def test_a_lost_request_has_not(sim: SimulatedDiscord, lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    sim.faults.add(Fault.lost_request("POST", r"/webhooks/.*", times=1))
    with pytest.raises(aiohttp.ClientError):
        await rest.ask("POST", execute, {"content": "did it arrive?"})
    assert lobby.messages() == []


async def test_a_late_error_has_taken_effect_and_discord_py_makes_a_second_message_of_it(
    sim: SimulatedDiscord, lobby: SimChannel, bot: Watcher
) -> None:
    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    webhook = await channel.create_webhook(name="bridge")
    sim.faults.add(Fault.late_5xx("POST", r"/webhooks/.*", times=1))
    await webhook.send("twice")
    assert [message.content for message in lobby.messages()] == ["twice", "twice"]


async def test_a_delay_holds_one_request_and_not_the_others(
    sim: SimulatedDiscord, lobby: SimChannel, rest: Rest
) -> None:
    sim.faults.add(Fault.delay("GET", rf"/channels/{lobby.id}", 0.3))
    slow = asyncio.create_task(rest.ask("GET", f"/channels/{lobby.id}"))
    assert (await rest.ask("GET", "/users/@me")).status == 200
    assert not slow.done()
    assert (await slow).status == 200
    record = next(record for record in sim.requests if record.fault == "delay")
    assert record.finished is not None
    assert record.finished - record.started >= 0.3


async def test_a_probability_is_thrown_with_dice_that_can_be_thrown_again(
    sim: SimulatedDiscord, rest: Rest
) -> None:
    async def throw() -> list[int]:
        sim.faults.clear()
        sim.faults.seed(7)
        sim.faults.add(Fault.status("GET", r"/users/@me", 500, probability=0.5))
        return [(await rest.ask("GET", "/users/@me")).status for _ in range(12)]

    first = await throw()
    assert set(first) == {200, 500}
    assert await throw() == first
    sim.faults.clear()
    assert (await rest.ask("GET", "/users/@me")).status == 200


async def test_a_fault_after_the_effect_is_not_spent_on_a_request_that_had_none(
    sim: SimulatedDiscord, lobby: SimChannel, rest: Rest
) -> None:
    execute = await rest.webhook(lobby)
    fault = sim.faults.add(Fault.lost_answer("POST", r"/webhooks/.*", times=1))
    assert (await rest.ask("POST", execute, {"content": ""})).status == 400
    assert fault.hits == 0


async def test_events_come_twice_when_told_to(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    sim.faults.duplicate_events(1.0)
    await mali.say(lobby, "echo")
    await bot.until(lambda: bot.texts() == ["echo", "echo"])


async def test_a_late_event_is_overtaken(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    sim.faults.delay_events(1.0, 0.2)
    await mali.say(lobby, "first said")
    sim.faults.clear()
    await mali.say(lobby, "second said")
    await bot.until(lambda: len(bot.texts()) == 2)
    assert bot.texts() == ["second said", "first said"]


async def test_new_messages_of_a_channel_are_late_in_their_order_when_told_to(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher, listener: Listener
) -> None:
    sim.faults.delay_events(1.0, 0.2, orderly=True)
    said = await mali.say(lobby, "first said")
    sim.faults.delay_events(0.0, 0.2, orderly=True)
    await mali.react(lobby, said, "🌱")
    await mali.say(lobby, "second said")
    await bot.until(lambda: len(bot.texts()) == 2)
    assert bot.texts() == ["first said", "second said"]
    named = [name for name, _ in listener.events]
    assert named.index("MESSAGE_REACTION_ADD") < named.index("MESSAGE_CREATE")


async def test_edits_reactions_deletions_and_threads_come_twice_too(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    sim.faults.duplicate_events(1.0)
    said = await mali.say(lobby, "hello")
    thread = await mali.start_thread(lobby, "greetings", message_id=said)
    await mali.edit(lobby, said, "hello all")
    await mali.react(lobby, said, "🌱")
    await mali.unreact(lobby, said, "🌱")
    thread.archive()
    thread.delete()
    await mali.delete(lobby, said)
    await listener.until(lambda: len(listener.payloads("MESSAGE_DELETE")) == 2)
    counts = Counter(name for name, _ in listener.events)
    assert counts["THREAD_CREATE"] == counts["THREAD_UPDATE"] == counts["THREAD_DELETE"] == 2
    assert counts["MESSAGE_REACTION_ADD"] == counts["MESSAGE_REACTION_REMOVE"] == 2
    assert counts["MESSAGE_UPDATE"] == 4  # the thread under it, and the edit
    assert sim.faults.duplicated["MESSAGE_DELETE"] == 1


async def test_a_late_creation_is_overtaken_by_its_deletion(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    sim.faults.delay_events(1.0, 0.2, events="MESSAGE_CREATE")
    said = await mali.say(lobby, "no, wait")
    await mali.delete(lobby, said)
    await listener.hears("MESSAGE_CREATE", id=str(said))
    about = [name for name, payload in listener.events if payload.get("id") == str(said)]
    assert about == ["MESSAGE_DELETE", "MESSAGE_CREATE"]
    assert sim.faults.delayed == Counter({"MESSAGE_CREATE": 1})


async def test_a_limit_is_told_as_discord_tells_it(sim: SimulatedDiscord, lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    sim.faults.add(Fault.limited("POST", r"/webhooks/.*", 1.5, times=1))
    answer = await rest.ask("POST", execute, {"content": "hello"})
    assert (answer.status, answer.body["retry_after"], answer.headers["retry-after"]) == (429, 1.5, "2")
    assert lobby.messages() == []


async def test_an_answer_breaks_off_in_the_middle(sim: SimulatedDiscord, lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    sim.faults.add(Fault.cut("POST", r"/webhooks/.*", times=1))
    with pytest.raises(aiohttp.ClientError):
        await rest.ask("POST", execute, {"content": "did it arrive?"}, params={"wait": "true"})
    assert [message.content for message in lobby.messages()] == ["did it arrive?"]
    assert (sim.requests[-1].took_effect, sim.requests[-1].status) == (True, None)
