"""What befalls a channel and a session: each trouble is shown, healed where that can be, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from db.engine import Database
from sandbox.discord import Fault
from tests.bridges.discord_square import Square, square

pytestmark = pytest.mark.network


@pytest.fixture
async def plaza(sqlite_database: Database) -> AsyncIterator[Square]:
    async with square(sqlite_database, "River House", "Hill Garden") as opened:
        yield opened


# ── while nobody listened


async def test_what_was_deleted_or_edited_while_the_bot_was_away_follows(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = [await ana.say(plaza.here, text) for text in ("uno", "dos", "tres")]
        await plaza.reads(plaza.there, "uno", "dos", "tres")
    await ana.delete(plaza.here, said[0])
    await ana.edit(plaza.here, said[1], "dos y medio")
    async with plaza.bridged():
        await plaza.reads(plaza.there, "dos y medio", "tres")


async def test_a_thread_that_began_from_nothing_is_not_taken_for_a_deleted_message(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        thread = await ana.start_thread(plaza.here, "hilo")
        await ana.say(thread, "uno")
        await plaza.reads(plaza.there, "🧵 hilo")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        await plaza.reads(plaza.there.threads()[0], "uno")
    gone = await ana.say(plaza.here, "se va")
    async with plaza.bridged():
        await plaza.reads(plaza.there, "🧵 hilo", "se va")
    await ana.delete(plaza.here, gone)
    async with plaza.bridged():
        await plaza.reads(plaza.there, "🧵 hilo")


async def test_what_is_deleted_in_an_archived_thread_that_was_never_heard_of_follows(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        root = await ana.say(plaza.here, "raíz")
        thread = await ana.start_thread(plaza.here, "hilo", message_id=root)
        said = await ana.say(thread, "uno")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        await plaza.reads(there, "uno")
        thread.archive()
    async with plaza.bridged():
        await ana.delete(thread, said)
        await plaza.reads(there)


async def test_a_reaction_to_a_copy_in_a_thread_while_the_bot_was_away_crosses(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", where=1)
    async with plaza.bridged():
        root = await ana.say(plaza.here, "raíz")
        thread = await ana.start_thread(plaza.here, "hilo", message_id=root)
        said = await ana.say(thread, "uno")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        (copy,) = await plaza.reads(there, "uno")
        await plaza.settled()
    await tono.react(there, copy.id, "🌱")
    async with plaza.bridged():
        await thread.wait_for(lambda _: thread.message(said).reactions == {"🌱": 1})


async def test_a_reaction_to_an_older_copy_while_the_bot_was_away_crosses_however_much_was_said_after_it(
    plaza: Square,
) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", where=1)
    async with plaza.bridged():
        said = await ana.say(plaza.here, "uno")
        (copy,) = await plaza.reads(plaza.there, "uno")
        await plaza.settled()
    await tono.react(plaza.there, copy.id, "🌱")
    for number in range(60):
        await tono.say(plaza.there, str(number))
    async with plaza.bridged():
        await plaza.here.wait_for(lambda _: plaza.here.message(said).reactions == {"🌱": 1})


async def test_a_pin_that_went_while_the_bot_was_away_goes(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "reglas")
        (copy,) = await plaza.reads(plaza.there, "reglas")
        await plaza.guilds[0].owner.pin(plaza.here, said)
        await plaza.there.wait_for(lambda _: plaza.there.message(copy.id).pinned)
        await plaza.settled()
    await plaza.guilds[0].owner.unpin(plaza.here, said)
    async with plaza.bridged():
        await plaza.there.wait_for(lambda _: not plaza.there.message(copy.id).pinned)


async def test_a_resumed_session_asks_for_nothing(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
        before = _reading(plaza)
        await plaza.discord.drop_gateway(resumable=True)
        await ana.say(plaza.here, "dos")
        await plaza.reads(plaza.there, "uno", "dos")
        assert _reading(plaza) == before


async def test_where_nothing_was_ever_said_nothing_is_asked(plaza: Square) -> None:
    for name in ("a", "b", "c"):
        plaza.add(name)
    async with plaza.bridged():
        assert sum(_reading(plaza).values()) == 0
    async with plaza.bridged():
        assert sum(_reading(plaza).values()) == 0


def _reading(plaza: Square) -> Counter[str]:
    return Counter(
        each.template for each in plaza.discord.requests if each.method == "GET" and "/channels/" in each.template
    )


# ── disorder


async def test_a_deletion_that_overtakes_its_message_wins(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        plaza.discord.faults.delay_events(1.0, 0.3, events="MESSAGE_CREATE")
        said = await ana.say(plaza.here, "no lo dije")
        await ana.delete(plaza.here, said)
        await ana.say(plaza.here, "esto sí")
        await plaza.reads(plaza.there, "esto sí")


async def test_an_edit_that_overtakes_its_message_is_how_it_reads(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        plaza.discord.faults.delay_events(1.0, 0.3, events="MESSAGE_CREATE")
        said = await ana.say(plaza.here, "el lunes")
        await ana.edit(plaza.here, said, "el martes")
        await plaza.reads(plaza.there, "el martes")
        await ana.say(plaza.here, "fin")
        await plaza.reads(plaza.there, "el martes", "fin")


async def test_an_update_without_words_changes_nothing(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "https://example.org/agua")
        await plaza.reads(plaza.there, "https://example.org/agua")
        plaza.here.show_preview(said, title="Agua", url="https://example.org/agua", partial=True)
        await ana.say(plaza.here, "sigue")
        (copy, _) = await plaza.reads(plaza.there, "https://example.org/agua", "sigue")
        assert not copy.edited


async def test_events_that_come_twice_count_once(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        plaza.discord.faults.duplicate_events(1.0)
        said = await ana.say(plaza.here, "uno")
        await ana.say(plaza.here, "dos", reply_to=said)
        await plaza.there.wait_for(lambda seen: len(seen) == 2)
        await ana.edit(plaza.here, said, "uno bis")
        await plaza.there.wait_for(lambda seen: seen[0].content == "uno bis")
        await plaza.settled()
        assert len(plaza.there.messages()) == 2


async def test_a_lost_answer_is_looked_for_and_nothing_is_said_twice(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
        thread = await ana.start_thread(plaza.here, "hilo", message_id=said)
        await ana.say(thread, "dos")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        await plaza.reads(there, "dos")
        rule = plaza.discord.faults.add(replace(Fault.lost_answer("POST", r"/webhooks/\d+/[^/]+"), times=2))
        await ana.say(plaza.here, "tres")
        await ana.say(thread, "cuatro")
        await plaza.reads(plaza.there, "uno", "tres")
        await plaza.reads(there, "dos", "cuatro")
        await plaza.settled()
        assert rule.hits == 2
        assert len(plaza.there.messages()) == 2


async def test_what_is_announced_is_said_once_by_the_bot_itself(plaza: Square) -> None:
    async with plaza.bridged() as bridge:
        end = bridge._served[bridge.ends[1]].end
        for _ in range(2):
            await end.announce("14 messages are missing", "missed-1")
        assert [message.content for message in plaza.there.messages()] == ["14 messages are missing"]
        await plaza.settled()
        assert plaza.here.messages() == []


# ── what befalls a place


async def test_a_deleted_webhook_is_made_anew_once(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
        (hook,) = plaza.there.webhooks()
        plaza.there.delete_webhook(hook.id)
        await ana.say(plaza.here, "dos")
        await plaza.reads(plaza.there, "uno", "dos")
        assert len(plaza.there.webhooks()) == 1
        await ana.edit(plaza.here, said, "uno bis")
        await plaza.until(lambda: plaza.failures == ["discord.webhook_gone"])
        await ana.delete(plaza.here, said)
        await plaza.reads(plaza.there, "dos")


async def test_a_permission_that_is_taken_is_shown_and_what_waited_goes_on_when_it_is_given(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        plaza.here.set_bot_permissions(view_channel=False)
        await plaza.until(lambda: "discord.forbidden" in plaza.problems())
        await ana.say(plaza.here, "nadie escucha")
        plaza.here.set_bot_permissions(view_channel=True)
        await plaza.reads(plaza.there, "nadie escucha")
        await plaza.until(plaza.is_ready)


async def test_a_deleted_channel_is_shown_and_asked_for_rarely(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
        before = len(plaza.discord.requests)
        plaza.there.delete()
        await plaza.until(lambda: "discord.channel_gone" in plaza.problems())
        await ana.say(plaza.here, "dos")
        await plaza.until(lambda: "blocked" in plaza.lanes())
        assert len(plaza.discord.requests) - before < 12


async def test_a_server_that_the_bot_is_not_in_is_shown(plaza: Square) -> None:
    plaza.guilds[1].remove_bot()
    async with plaza.bridged(ready=False):
        await plaza.until(lambda: set(plaza.problems()) & {"discord.forbidden", "discord.channel_gone"} != set())


async def test_a_server_that_is_unavailable_is_shown_until_it_is_there_again(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        plaza.guilds[0].become_unavailable()
        await plaza.until(lambda: "discord.server_unavailable" in plaza.problems())
        await ana.say(plaza.here, "mientras tanto")
        plaza.guilds[0].become_available()
        await plaza.reads(plaza.there, "mientras tanto")
        await plaza.until(plaza.is_ready)
