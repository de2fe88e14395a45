"""An encrypted room that the operator named, in one conversation with one that is not: with a real homeserver."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nio
import pytest
import pytest_asyncio

from bridges.bridge import Bridge
from bridges.ends.matrix import MatrixEnd
from bridges.ends.matrix_home import MatrixHome
from bridges.ends.matrix_secrecy import Secrecy, secrecy_of
from bridges.ends.matrix_secret_client import SecretClient
from bridges.ends.port import BlockedError
from bridges.media.carrying import Carrier
from bridges.media.links import MediaLinks
from db.bridge_rows import Place, Platform
from db.engine import Database
from db.ids import EndId
from db.sealed_shelf import SealedShelf
from sandbox.matrix import MatrixPerson, RealSynapse, ShownMessage
from tests.bridges.matrix_stage import bridging, home_of, until_heard
from tests.bridges.own_device import OwnDevice
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_end_files import a_picture

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

NETWORK_KEY = b"k" * 32


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@dataclass(slots=True)
class Bot:
    """One life of the bot."""

    client: SecretClient
    secrecy: Secrecy
    home: MatrixHome
    bridge: Bridge


class House:
    """``tono`` writes with keys in the garden, which is encrypted; ``ploy`` in the radio room, which is not."""

    def __init__(self, synapse: RealSynapse, database: Database, folder: Path) -> None:
        self.synapse, self.database, self.folder = synapse, database, folder
        self.tono: OwnDevice
        self.ploy: MatrixPerson
        self.owner: MatrixPerson
        self.bot: MatrixPerson
        self.garden = self.radio = ""

    async def build(self) -> None:
        number = len(self.synapse._people)
        self.bot = await self.synapse.person(f"bot{number}", display_name="Bridge")
        self.owner = await self.synapse.person(f"tono{number}", display_name="Toño")
        self.ploy = await self.synapse.person(f"ploy{number}", display_name="Ploy")
        self.garden = await self.owner.create_room("สวน", invite=[self.bot.user_id])
        await self.owner.encrypt(self.garden)
        self.radio = await self.ploy.create_room("Radio", invite=[self.bot.user_id])

    @asynccontextmanager
    async def account(self, *, named: bool = True) -> AsyncIterator[tuple[SecretClient, Secrecy]]:
        """Connect the bot's account until the block ends; its keys stay in the folder."""
        device = await self.bot.name_client("Community bot")
        config = nio.AsyncClientConfig(encryption_enabled=False, max_limit_exceeded=0, max_timeouts=0)
        connection = nio.AsyncClient(self.synapse.url, self.bot.user_id, device_id=device, config=config)
        connection.user_id, connection.access_token = self.bot.user_id, self.bot.access_token
        shelf = SealedShelf(self.folder / "keys" / "device.db", NETWORK_KEY, use="matrix keys")
        secrecy = secrecy_of(connection, shelf, [self.garden] if named else [], keep_days=90)
        try:
            yield SecretClient(connection, secrecy, is_patient=True), secrecy
        finally:
            await connection.close()
            secrecy.close()

    @asynccontextmanager
    async def bot_alive(self, *, named: bool = True) -> AsyncIterator[Bot]:
        """Let the bot live until the block ends."""
        async with self.account(named=named) as (client, secrecy):
            home = home_of(client, self.database)
            carrier = Carrier({Platform.MATRIX: home.fetch})
            home.furnish(carrier, MediaLinks("https://pages.example", NETWORK_KEY))
            try:
                async with bridging(self.database, home, {"coalition": [self.garden, self.radio]}) as bridge:
                    yield Bot(client, secrecy, home, bridge)
            finally:
                await carrier.close()

    async def in_radio(self, text: str) -> ShownMessage:
        """Return the copy that reads like this."""
        shown = await self.ploy.wait_until_shown(self.radio, lambda all_: any(each.text == text for each in all_))
        return next(each for each in shown if each.text == text)


@pytest_asyncio.fixture(loop_scope="module")
async def house(synapse: RealSynapse, sqlite_database: Database, tmp_path: Path) -> AsyncIterator[House]:
    house = House(synapse, sqlite_database, tmp_path)
    await house.build()
    (tmp_path / "phone").mkdir()
    async with OwnDevice.of(synapse.url, house.owner, tmp_path / "phone") as tono:
        house.tono = tono
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def bot(house: House) -> AsyncIterator[Bot]:
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        yield bot


async def test_what_is_said_sealed_is_copied_and_what_comes_back_is_sealed(house: House, bot: Bot) -> None:
    await house.tono.say(house.garden, "¿Quién trae el micrófono?")
    copy = await house.in_radio("¿Quién trae el micrófono?")
    assert copy.profile is not None
    assert copy.profile.name == "Toño"
    await house.ploy.say(house.radio, "ฉันเอาไปเอง")
    back = await house.tono.until_read("Ploy: ฉันเอาไปเอง")
    assert back.decrypted, "nothing of it was said in the clear"
    assert "ฉัน" not in json.dumps(await lying(house, back.event_id), ensure_ascii=False)


async def test_people_in_the_room_are_told_once_where_their_protection_ends(house: House) -> None:
    for _ in range(2):
        async with house.bot_alive() as bot:
            await until_heard(bot.bridge)
            await house.tono.until(lambda event: "encryption ends at me" in event.body)
            # whatever else would be said there was said before this
            await house.ploy.say(house.radio, "una más")
            await house.tono.until_read("una más")
    told = [event for event in house.tono.read.values() if "ends at me" in event.body]
    assert len(told) == 1
    assert told[0].decrypted


async def test_an_encrypted_room_that_nobody_named_is_refused(house: House) -> None:
    async with house.bot_alive(named=False) as bot:
        ends = {each.place.ref: each for each in await ends_of(bot)}
        await until(lambda: bot.home.problem(ends[house.garden].id) == "matrix.encrypted_room")
        await house.owner.wait_until_shown(
            house.garden, lambda all_: any("encrypted" in each.text for each in all_)
        )


async def test_edits_cross_both_ways(house: House, bot: Bot) -> None:
    said = await house.tono.say(house.garden, "a las cinco")
    await house.in_radio("a las cinco")
    await house.tono.edit(house.garden, said, "a las seis")
    copy = await house.in_radio("a las seis")
    assert copy.edited
    asked = await house.ploy.say(house.radio, "กี่โมง")
    await house.tono.until_read("กี่โมง")
    await house.ploy.edit(house.radio, asked, "กี่โมงนะ")
    edited = await house.tono.until(lambda event: event.body.endswith("กี่โมงนะ"))
    assert edited.source["content"]["m.new_content"]["body"] == "Ploy: กี่โมงนะ"


async def test_what_is_taken_back_goes_away(house: House, bot: Bot) -> None:
    said = await house.tono.say(house.garden, "me equivoqué")
    copy = await house.in_radio("me equivoqué")
    await house.tono.client.room_redact(house.garden, said)
    await house.ploy.wait_until_shown(
        house.radio, lambda all_: [e.kind for e in all_ if e.event_id == copy.event_id] == ["redacted"]
    )


async def test_an_answer_answers_the_copy(house: House, bot: Bot) -> None:
    said = await house.tono.say(house.garden, "¿a qué hora?")
    copy = await house.in_radio("¿a qué hora?")
    await house.ploy.reply(house.radio, copy.event_id, "หกโมง")
    answer = await house.tono.until_read("หกโมง")
    assert answer.source["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": said}}


async def test_files_cross_both_ways_and_lie_sealed_where_their_room_is(house: House, bot: Bot) -> None:
    picture = a_picture()
    await house.tono.send_file(house.garden, "plano.png", picture, "image/png")
    shown = await house.ploy.wait_until_shown(house.radio, lambda all_: any(e.content.get("url") for e in all_))
    there = next(each for each in shown if each.content.get("url"))
    assert there.content["url"].startswith("mxc://")
    assert "#" not in there.content["url"], "the key of the sealed file stays out of other rooms"
    assert "file" not in there.content
    await house.ploy.send_file(house.radio, "mapa.png", picture, kind="image/png")
    back = await house.tono.until(
        lambda event: "file" in event.source["content"] and event.sender != house.tono.user_id
    )
    assert "url" not in back.source["content"]
    assert (await house.tono.open_file(back)).startswith(b"\x89PNG")


async def test_a_long_text_fits_although_sealing_makes_it_longer(house: House, bot: Bot) -> None:
    words = [f"กลุ่มเรียนรู้เรื่องน้ำ-{number}" for number in range(700)]
    await house.ploy.say(house.radio, " ".join(words))
    await house.tono.until_read(words[-1])


async def test_who_comes_later_reads_what_is_said_from_then_on(house: House, bot: Bot, tmp_path: Path) -> None:
    await house.ploy.say(house.radio, "antes")
    await house.tono.until_read("antes")
    nok = await house.synapse.person(f"nok{len(house.synapse._people)}", display_name="Nok")
    (tmp_path / "nok").mkdir()
    async with OwnDevice.of(house.synapse.url, nok, tmp_path / "nok") as device:
        await house.owner.invite(house.garden, nok.user_id)
        await nok.join(house.garden)
        await until(lambda: house.garden in device.client.rooms)
        # the bot has heard of it when what nok says has come
        await device.say(house.garden, "hola a todas")
        await house.in_radio("hola a todas")
        await house.ploy.say(house.radio, "después")
        await device.until_read("después")
        assert not any(event.body.endswith("antes") for event in device.read.values())


async def test_a_restart_keeps_the_device_and_reads_again_what_was_said_before(house: House) -> None:
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        said = await house.tono.say(house.garden, "antes del reinicio")
        await house.in_radio("antes del reinicio")
        keys = bot.secrecy._olm.account.identity_keys
    away = await house.tono.say(house.garden, "¿sigues ahí?")
    async with house.bot_alive() as bot:
        assert bot.secrecy._olm.account.identity_keys == keys
        await house.in_radio("¿sigues ahí?")
        end = next(each for each in await ends_of(bot) if each.place.ref == house.garden)
        for ref, text in ((said, "antes del reinicio"), (away, "¿sigues ahí?")):
            message = await end.end.read(ref, None)
            assert message is not None
            assert text in str(message.text)


async def test_a_copy_is_found_again_by_what_is_sealed_in_it(house: House) -> None:
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        await house.ploy.say(house.radio, "búscame")
        copy = await house.tono.until_read("búscame")
        key = copy.source["content"]["org.community_bot.copy"]
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        end = next(each for each in await ends_of(bot) if each.place.ref == house.garden)
        room = await end.end._room()
        since = datetime.now(UTC) - timedelta(hours=1)
        found = await end.end._service.archive.find_copy(room, key, since=since, senders=[house.bot.user_id])
        assert found == (copy.event_id, house.bot.user_id)


# ── keys that come late, or not at all


async def test_keys_that_the_communitys_sync_takes_are_there_for_the_bridge(house: House) -> None:
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        await house.tono.say(house.garden, "uno")
        await house.in_radio("uno")
    house.tono.client.invalidate_outbound_session(house.garden)
    await house.tono.say(house.garden, "con llaves nuevas")
    async with house.account() as (client, _):
        # asked twice: with the second request the homeserver forgets what it gave with the first
        first = await client.get("sync", query={"timeout": "0"})
        assert first["to_device"]["events"]
        again = await client.get("sync", query={"timeout": "0", "since": first["next_batch"]})
        assert not again.get("to_device", {}).get("events")
    async with house.bot_alive():
        await house.in_radio("con llaves nuevas")


async def test_what_comes_before_its_keys_is_said_when_they_come(house: House, bot: Bot) -> None:
    take, held = bot.secrecy.take, list[dict[str, Any]]()

    async def slowly(answer: Mapping[str, Any]) -> None:
        held.extend(answer.get("to_device", {}).get("events", []))
        await take({**answer, "to_device": {}})

    async def at_last(answer: Mapping[str, Any]) -> None:
        events = [*held, *answer.get("to_device", {}).get("events", [])]
        await take({**answer, "to_device": {"events": events}})

    # another homeserver may be slow with what goes between devices
    bot.secrecy.take = slowly  # type: ignore[method-assign]
    await house.tono.say(house.garden, "¿me leen?")
    await until(lambda: bool(bot.client._waiting.keys()))
    bot.secrecy.take = at_last  # type: ignore[method-assign]
    await house.ploy.say(house.radio, "¿hay alguien?")
    await house.in_radio("¿me leen?")
    assert not bot.client._waiting.keys()


async def test_what_nobody_gave_us_keys_for_is_passed_over(house: House, bot: Bot) -> None:
    await house.tono.say(house.garden, "hola")
    await house.in_radio("hola")
    client = house.tono.client
    (ours,) = client.device_store.active_user_devices(house.bot.user_id)
    client.blacklist_device(ours)
    client.invalidate_outbound_session(house.garden)
    await house.tono.say(house.garden, "esto no es para el bot")
    client.unblacklist_device(ours)
    client.invalidate_outbound_session(house.garden)
    await house.tono.say(house.garden, "esto sí")
    await house.in_radio("esto sí")
    assert not any("no es para" in each.text for each in await house.ploy.shown(house.radio))


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "never_answered"])
async def test_a_broken_road_to_a_device_is_mended(house: House, answered: bool) -> None:
    """On a road that was never answered the sender's device still says how it was opened; both must be mended."""
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        await house.tono.say(house.garden, "antes")
        await house.in_radio("antes")
        if answered:
            await house.ploy.say(house.radio, "sí")
            await house.tono.until_read("sí")
    with sqlite3.connect(house.folder / "keys" / "device.db") as database:
        assert database.execute("DELETE FROM thing WHERE kind = 'olm'").rowcount
    database.close()
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        curve = bot.secrecy._olm.account.identity_keys["curve25519"]
        before = len(house.tono.client.olm.session_store[curve])
        house.tono.client.invalidate_outbound_session(house.garden)
        await house.tono.say(house.garden, "perdido")
        # the bot opens a new road, and tells so on it
        await until(lambda: len(house.tono.client.olm.session_store[curve]) > before)
        house.tono.client.invalidate_outbound_session(house.garden)
        await house.tono.say(house.garden, "recuperado")
        await house.in_radio("recuperado")


# ── what somebody else makes of it


async def test_sealed_words_sent_again_are_said_once_and_by_nobody_else(house: House, bot: Bot) -> None:
    said = await house.tono.say(house.garden, "sólo una vez")
    await house.in_radio("sólo una vez")
    sealed = (await lying(house, said))["content"]
    nok = await house.synapse.person(f"nok{len(house.synapse._people)}", display_name="Nok")
    await house.owner.invite(house.garden, nok.user_id)
    await nok.join(house.garden)
    for person in (nok, house.owner):
        await person.send(house.garden, "m.room.encrypted", sealed)
    await house.tono.say(house.garden, "y después esto")
    await house.in_radio("y después esto")
    assert [each.text for each in await house.ploy.shown(house.radio)].count("sólo una vez") == 1


async def test_a_sealed_redaction_takes_nothing_back(house: House, bot: Bot) -> None:
    said = await house.tono.say(house.garden, "esto queda")
    await house.in_radio("esto queda")
    await house.tono.client.room_send(
        house.garden, "m.room.redaction", {"redacts": said}, ignore_unverified_devices=True
    )
    await house.tono.say(house.garden, "y esto también")
    await house.in_radio("y esto también")
    assert "esto queda" in [each.text for each in await house.ploy.shown(house.radio)]


async def test_who_left_gets_no_keys_any_more(house: House, bot: Bot, tmp_path: Path) -> None:
    nok = await house.synapse.person(f"nok{len(house.synapse._people)}", display_name="Nok")
    await house.owner.invite(house.garden, nok.user_id)
    await nok.join(house.garden)
    await house.ploy.say(house.radio, "contigo")
    with_nok = await sealed_with(house, "contigo")
    await nok.leave(house.garden)
    # the bot has heard of it when what is said after it has come
    await house.tono.say(house.garden, "ya se fue")
    await house.in_radio("ya se fue")
    await house.ploy.say(house.radio, "sin ti")
    assert await sealed_with(house, "sin ti") != with_nok


async def test_keys_that_were_lost_are_shown_and_nothing_is_said_in_the_clear(house: House) -> None:
    async with house.bot_alive() as bot:
        await until_heard(bot.bridge)
        await until(lambda: bot.secrecy.problem is None)
        await house.ploy.say(house.radio, "antes")
        await house.tono.until_read("antes")
    (house.folder / "keys" / "device.db").unlink()
    async with house.bot_alive() as bot:
        await until(lambda: bot.secrecy.problem == "matrix.keys_lost")
        with pytest.raises(BlockedError):
            await bot.client.put("rooms", house.garden, "send", "m.room.message", "a", body={"body": "claro"})


async def sealed_with(house: House, text: str) -> str:
    """Return the session in which our copy was said."""
    copy = await house.tono.until_read(text)
    return str((await lying(house, copy.event_id))["content"]["session_id"])


@dataclass(frozen=True, slots=True)
class Served:
    place: Place
    end: MatrixEnd

    @property
    def id(self) -> EndId:
        return self.end.id


async def ends_of(bot: Bot) -> list[Served]:
    ends = [bot.bridge.end_at(room.row.place) for room in bot.home._rooms.all()]
    return [Served(end._place, end) for end in ends if isinstance(end, MatrixEnd)]


async def lying(house: House, ref: str) -> dict[str, Any]:
    """Return an event as the homeserver has it."""
    path = f"/_matrix/client/v3/rooms/{house.garden}/event/{ref}"
    headers = {"Authorization": f"Bearer {house.bot.access_token}"}
    async with await house.tono.client.send("GET", path, None, headers) as response:
        return dict(await response.json())
