"""Rooms as ends where the homeserver pushes what happens, and a ghost speaks for each person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest
import pytest_asyncio
from sqlalchemy import select

from bridges.bridge import Bridge
from bridges.ends.matrix_ghosts import Ghosts
from bridges.ends.matrix_home import MatrixHome
from bridges.ends.matrix_transactions import TransactionListener
from bridges.ends.matrix_voice import BotVoice, GhostVoice
from db.engine import Database
from db.tables import bridge_end
from tests.bridges.haunted import BOT, NAMES, House, haunted
from tests.bridges.matrix_stage import bridging, home_of, until_heard
from tests.bridges.test_lanes import until

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with haunted() as house:
        yield house


def opaque(account: str) -> str:
    return sha256(account.encode()).hexdigest()[:24]


def ghostly(house: House, database: Database) -> MatrixHome:
    ghosts = Ghosts(house.client, NAMES, bot=house.bot)
    voice = GhostVoice(house.bot, house.client, ghosts, NAMES)
    return home_of(house.bot, database, voice=voice, pushed=lambda: None, profile=opaque)


@asynccontextmanager
async def pushed_to(house: House, database: Database, rooms: list[str]) -> AsyncIterator[Bridge]:
    home = ghostly(house, database)
    listener = TransactionListener("127.0.0.1", house.port, hs_token=house.registration.hs_token, take=home.take)
    async with bridging(database, home, {"coalition": rooms}) as bridge:
        await listener.start()
        try:
            await until_heard(bridge)
            yield bridge
        finally:
            await listener.stop()


async def test_a_ghost_says_corrects_and_takes_back_and_no_echo_crosses(
    house: House, sqlite_database: Database
) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    tono = NAMES.user_of(opaque(house.tono.user_id))
    async with pushed_to(house, sqlite_database, [garden, radio]):
        said = await house.tono.say(garden, "buenas")
        (copy,) = await house.tono.wait_until_shown(radio, lambda shown: any(e.text == "buenas" for e in shown))
        assert (copy.sender, copy.name, copy.profile) == (tono, "Toño", None)
        await house.tono.edit(garden, said, "buenas noches")
        await house.tono.wait_until_shown(radio, lambda shown: any(e.text == "buenas noches" for e in shown))
        answer = await house.tono.reply(radio, copy.event_id, "hola")
        shown = await house.tono.wait_until_shown(garden, lambda shown: any(e.text == "hola" for e in shown))
        assert (shown[-1].reply_to, shown[-1].sender) == (said, tono)
        await house.tono.react(garden, said, "🌊")
        await house.tono.wait_until_shown(radio, lambda shown: any("🌊" in e.reactions for e in shown))
        await house.tono.redact(garden, said)
        await house.tono.redact(radio, answer)
        await house.tono.wait_until_shown(radio, lambda shown: all(e.redacted for e in shown))
        shown = await house.tono.wait_until_shown(garden, lambda shown: all(e.redacted for e in shown))
        assert len(shown) == 2, "nothing came back as an echo"


async def test_that_a_room_was_encrypted_is_written_down_though_nothing_was_said(
    house: House, sqlite_database: Database
) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    async with pushed_to(house, sqlite_database, [garden, radio]):
        # the push is acknowledged once: nobody tells it again
        await house.tono.encrypt(radio)

        async def is_known() -> bool:
            standings = select(bridge_end.c.standing).where(bridge_end.c.place == radio)
            return await sqlite_database.look(lambda c: c.execute(standings).scalar()) == "encrypted"

        await until(is_known)


async def test_pins_are_understood_from_what_is_pushed(house: House, sqlite_database: Database) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    for room in (garden, radio):
        await house.tono.empower(room, house.bot.user_id, 50)
    async with pushed_to(house, sqlite_database, [garden, radio]):
        said = await house.tono.say(garden, "reglas")
        await house.tono.wait_until_shown(radio, lambda shown: any(e.text == "reglas" for e in shown))
        await house.tono.pin(garden, said)
        await house.tono.wait_until_shown(radio, lambda shown: any(e.pinned for e in shown))
        await house.tono.unpin(garden, said)
        await house.tono.wait_until_shown(radio, lambda shown: not any(e.pinned for e in shown))


async def test_a_ghost_that_was_sent_away_holds_nothing_up(house: House, sqlite_database: Database) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    await house.tono.empower(radio, house.bot.user_id, 50)
    async with pushed_to(house, sqlite_database, [garden, radio]):
        first = await house.tono.say(garden, "uno")
        second = await house.tono.say(garden, "dos")
        shown = await house.tono.wait_until_shown(radio, lambda shown: len(shown) == 2)
        await house.tono.kick(radio, shown[0].sender)
        await house.tono.edit(garden, first, "uno, corregido")
        await house.tono.redact(garden, second)
        shown = await house.tono.wait_until_shown(radio, lambda shown: shown[1].redacted)
        assert shown[0].text == "uno"
        await house.tono.say(garden, "tres")
        await house.tono.wait_until_shown(radio, lambda shown: shown[-1].text == "tres")


async def test_copies_of_the_bot_stay_the_bots_when_ghosts_come(house: House, sqlite_database: Database) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    home = home_of(house.bot, sqlite_database, profile=opaque)
    async with bridging(sqlite_database, home, {"coalition": [garden, radio]}) as bridge:
        await until_heard(bridge)
        said = await house.tono.say(garden, "antes")
        await house.tono.wait_until_shown(radio, lambda shown: any(e.text == "antes" for e in shown))
    await house.tono.say(garden, "entretanto")
    async with pushed_to(house, sqlite_database, [garden, radio]):
        await house.tono.edit(garden, said, "antes, corregido")
        await house.tono.say(garden, "después")
        shown = await house.tono.wait_until_shown(
            radio, lambda shown: [e.text for e in shown] == ["antes, corregido", "entretanto", "después"]
        )
        assert [e.name for e in shown] == ["Toño", "Toño", "Toño"]
        assert [e.profile is not None for e in shown] == [True, False, False]


async def test_copies_of_ghosts_are_no_news_when_the_bot_speaks_again(
    house: House, sqlite_database: Database
) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    async with bridging(
        sqlite_database, home_of(house.bot, sqlite_database), {"coalition": [garden, radio]}
    ) as one:
        await until_heard(one)
    async with pushed_to(house, sqlite_database, [garden, radio]):
        said = await house.tono.say(garden, "de un fantasma")
        await house.tono.wait_until_shown(radio, lambda shown: len(shown) == 1)
    home = home_of(house.bot, sqlite_database, voice=BotVoice(house.bot, NAMES))
    async with bridging(sqlite_database, home, {"coalition": [garden, radio]}) as again:
        await until_heard(again)
        await house.tono.edit(garden, said, "ya no se puede cambiar")
        await house.tono.say(garden, "fin")
        shown = await house.tono.wait_until_shown(radio, lambda shown: shown[-1].text == "fin")
        assert [e.text for e in shown] == ["de un fantasma", "fin"]
    assert [e.text for e in await house.tono.shown(garden)] == ["ya no se puede cambiar", "fin"]


async def test_what_is_pushed_after_the_bot_was_away_is_carried(house: House, sqlite_database: Database) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    async with pushed_to(house, sqlite_database, [garden, radio]):
        await house.tono.say(garden, "uno")
        await house.tono.wait_until_shown(radio, lambda shown: len(shown) == 1)
    for number in range(5):
        await house.tono.say(garden, f"mientras tanto {number}")
    async with pushed_to(house, sqlite_database, [garden, radio]):
        await house.client.post(
            "appservice", "community-bot", "ping", body={"transaction_id": "x"}, api="/_matrix/client/v1"
        )
        shown = await house.tono.wait_until_shown(radio, lambda shown: len(shown) == 6, timeout=30)
        assert [e.text for e in shown[1:]] == [f"mientras tanto {number}" for number in range(5)]


async def test_ghosts_go_along_into_the_room_that_replaced_theirs(house: House, sqlite_database: Database) -> None:
    garden, radio = await house.room("สวน"), await house.room("Radio")
    tono = NAMES.user_of(opaque(house.tono.user_id))
    async with pushed_to(house, sqlite_database, [garden, radio]) as bridge:
        one = await house.tono.say(garden, "antes")
        await house.tono.wait_until_shown(radio, lambda shown: any(e.text == "antes" for e in shown))
        new = await house.tono.upgrade(radio, room_version="12")
        await house.tono.invite(new, BOT)
        await until(lambda: new in {each.place.ref for each in bridge.standings()})
        await until_heard(bridge)
        await house.tono.say(garden, "después")
        shown = await house.tono.wait_until_shown(new, lambda shown: any(e.text == "después" for e in shown))
        assert [(each.sender, each.text) for each in shown] == [(tono, "después")]
        await house.tono.say(new, "se oye")
        await house.tono.wait_until_shown(garden, lambda shown: any(e.text == "se oye" for e in shown))
        # a ghost is no moderator of the old room, where nobody else may speak any more
        await house.tono.empower(radio, BOT, 50)
        await house.tono.redact(garden, one)
        await house.tono.wait_until_shown(
            radio, lambda shown: all(each.redacted for each in shown if each.sender == tono)
        )
