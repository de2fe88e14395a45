"""Words between two rooms of a real homeserver: said, answered, changed, taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridges.ends.matrix import MatrixEnd
from bridges.ends.port import Around, source_key
from db.bridge_rows import EndRow, Place, Platform
from db.engine import Database
from db.ids import ConversationId
from sandbox.matrix import RealSynapse
from tests.bridges.matrix_stage import Stage, bridging, home_of, on_stage, until_heard
from tests.bridges.test_matrix_client import client_of

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def stage(synapse: RealSynapse, sqlite_database: Database) -> AsyncIterator[Stage]:
    async with on_stage(synapse, sqlite_database) as stage:
        yield stage


# ── words


async def test_what_is_said_in_one_room_is_read_in_the_other_under_its_authors_name(stage: Stage) -> None:
    await stage.tono.say(stage.garden, "¿Quién trae el micrófono?")
    copy = await stage.copy_in_radio("¿Quién trae el micrófono?")
    assert copy.profile is not None
    assert copy.profile.name == "Toño"
    await stage.ploy.say(stage.radio, "ฉันเอาไปเอง")
    back = await stage.copy_in_garden("ฉันเอาไปเอง")
    assert back.profile is not None
    assert back.profile.name == "Ploy"


async def test_markup_stays_markup(stage: Stage) -> None:
    html = 'lee <strong>esto</strong> y <span data-mx-spoiler="final">gana Ana</span>'
    await stage.tono.say(stage.garden, "lee **esto** y [Spoiler]", html=html)
    copies = await stage.in_radio(lambda shown: any(each.html for each in shown))
    assert copies[-1].html == html


async def test_an_emote_says_who_does_it_and_a_notice_is_spoken(stage: Stage) -> None:
    await stage.tono.emote(stage.garden, "saluda")
    await stage.tono.notice(stage.garden, "recordatorio")
    copies = await stage.in_radio(lambda shown: len(shown) == 2)
    assert [each.html for each in copies] == ["<em>* Toño saluda</em>", "recordatorio"]


async def test_what_crosses_pings_nobody_and_calls_no_room(stage: Stage) -> None:
    await stage.tono.mention(stage.garden, stage.ploy.user_id, "¿vienes?")
    await stage.tono.mention_room(stage.garden, "empezamos")
    copies = await stage.in_radio(lambda shown: len(shown) == 2)
    assert [(each.mentions, each.mentions_room) for each in copies] == [((), False), ((), False)]
    assert all("m.mentions" in each.content for each in copies), "or a homeserver looks for names in the text"
    assert "@room" not in copies[1].text


async def test_a_long_text_comes_whole_in_several_events(stage: Stage) -> None:
    words = [f"กลุ่มเรียนรู้เรื่องน้ำ-{number}" for number in range(500)]
    await stage.tono.say(stage.garden, " ".join(words))
    copies = await stage.in_radio(lambda shown: sum(len(each.text.split()) for each in shown) == 500)
    assert len(copies) > 1
    assert [word for each in copies for word in each.text.split()] == words


# ── answers


async def test_an_answer_answers_the_copy(stage: Stage) -> None:
    asked = await stage.tono.say(stage.garden, "¿a qué hora?")
    copy = await stage.copy_in_radio("¿a qué hora?")
    await stage.ploy.reply(stage.radio, copy.event_id, "หกโมง")
    answer = await stage.copy_in_garden("หกโมง")
    assert answer.reply_to == asked
    await stage.tono.reply(stage.garden, answer.event_id, "vale")
    again = await stage.copy_in_radio("vale")
    assert again.reply_to is not None
    shown = {each.event_id: each for each in await stage.ploy.shown(stage.radio)}
    assert shown[again.reply_to].text == "หกโมง", "the original itself, where it was written"


# ── edits


async def test_an_edit_changes_the_copy(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "a las cinco")
    await stage.copy_in_radio("a las cinco")
    await stage.tono.edit(stage.garden, said, "a las **seis**", html="a las <strong>seis</strong>")
    copies = await stage.in_radio(lambda shown: any(each.edited for each in shown))
    assert [(each.text, each.html) for each in copies] == [("a las **seis**", "a las <strong>seis</strong>")]
    assert copies[0].profile is not None
    assert copies[0].profile.name == "Toño"
    assert copies[0].mentions == ()


async def test_the_edit_of_an_edit_reads_as_the_newest(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "uno")
    await stage.copy_in_radio("uno")
    await stage.tono.edit(stage.garden, said, "dos")
    await stage.tono.edit(stage.garden, said, "tres")
    await stage.copy_in_radio("tres")


async def test_nobody_edits_what_somebody_else_said(stage: Stage) -> None:
    guest = await stage.synapse.person(f"guest-{stage.bot.user_id[4:6].strip(':')}")
    await stage.tono.invite(stage.garden, guest.user_id)
    await guest.join(stage.garden)
    said = await stage.tono.say(stage.garden, "mi palabra")
    await stage.copy_in_radio("mi palabra")
    await guest.edit(stage.garden, said, "otra palabra")
    await stage.tono.say(stage.garden, "después")
    copies = await stage.in_radio(lambda shown: any(each.text == "después" for each in shown))
    assert [each.text for each in copies] == ["mi palabra", "después"]


async def test_a_text_that_grows_and_shrinks_has_as_many_parts_as_it_needs(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "corto")
    await stage.copy_in_radio("corto")
    await stage.tono.edit(stage.garden, said, "largo " * 2500)
    copies = await stage.in_radio(lambda shown: len(shown) == 2 and shown[0].edited)
    assert sum(len(each.text.split()) for each in copies) == 2500
    await stage.tono.edit(stage.garden, said, "corto otra vez")
    copies = await stage.in_radio(lambda shown: len([each for each in shown if not each.redacted]) == 1)
    assert [each.text for each in copies if not each.redacted] == ["corto otra vez"]


async def test_an_edit_that_is_taken_back_shows_what_was_there_before(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "primero")
    await stage.copy_in_radio("primero")
    edit = await stage.tono.edit(stage.garden, said, "segundo")
    await stage.copy_in_radio("segundo")
    await stage.tono.redact(stage.garden, edit)
    await stage.copy_in_radio("primero")


# ── taken back


async def test_what_is_taken_back_is_taken_back_everywhere(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "me equivoqué")
    await stage.copy_in_radio("me equivoqué")
    await stage.tono.redact(stage.garden, said)
    copies = await stage.in_radio(lambda shown: all(each.redacted for each in shown))
    assert len(copies) == 1


async def test_a_copy_a_moderator_takes_away_stays_away_and_the_original_stays(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "fuera de tema")
    copy = await stage.copy_in_radio("fuera de tema")
    await stage.ploy.redact(stage.radio, copy.event_id)
    await stage.tono.edit(stage.garden, said, "sigue fuera de tema")
    await stage.tono.say(stage.garden, "siguiente")
    await stage.copy_in_radio("siguiente")
    shown = {each.event_id: each for each in await stage.ploy.shown(stage.radio)}
    assert shown[copy.event_id].redacted
    assert {each.text for each in await stage.tono.shown(stage.garden)} >= {"sigue fuera de tema"}


# ── the bot's own word


async def test_what_the_bot_announces_is_said_once_and_crosses_nowhere(stage: Stage) -> None:
    place = Place(Platform.MATRIX, stage.radio)
    row = EndRow(stage.bridge.ends[1], ConversationId("c"), place, "0")
    end = MatrixEnd(row, "alone:matrix1", stage.home._service)
    await end.announce("Discord no responde; lo que digas llegará después.", "down-1")
    await end.announce("Discord no responde; lo que digas llegará después.", "down-1")
    await stage.ploy.say(stage.radio, "ok")
    copies = await stage.in_garden(lambda shown: any(each.text == "ok" for each in shown))
    assert [each.text for each in copies] == ["ok"]
    shown = [each for each in await stage.ploy.shown(stage.radio) if each.sender == stage.bot.user_id]
    assert [(each.kind, each.mentions) for each in shown] == [("notice", ())]


# ── whether it took place


async def test_a_copy_that_nobody_wrote_down_is_found_by_its_key(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "largo " * 2500)
    copies = await stage.in_radio(lambda shown: len(shown) == 2)
    garden, radio = (stage.bridge.ends[0], stage.bridge.ends[1])
    here, there = Place(Platform.MATRIX, stage.garden), Place(Platform.MATRIX, stage.radio)
    end = MatrixEnd(EndRow(radio, ConversationId("c"), there, "0"), "alone:matrix1", stage.home._service)
    source = await MatrixEnd(
        EndRow(garden, ConversationId("c"), here, "0"), "alone:matrix2", stage.home._service
    ).read(said, None)
    assert source is not None
    parts = await end.render(source, Around())
    found = [await end.find(part, after=None, since=source.sent_at, exact=True) for part in parts]
    assert [copy.ref for copy in found if copy is not None] == [copy.event_id for copy in copies]
    strays = await end.strays(source_key(here, said, there), after=None, since=source.sent_at, thread=None)
    assert {(copy.part, copy.ref) for copy in strays} == {(n, each.event_id) for n, each in enumerate(copies)}
    other = await end.strays(source_key(here, "$other", there), after=None, since=source.sent_at, thread=None)
    assert other == []


async def test_what_happens_while_the_bot_is_away_is_carried_when_it_comes_back(
    synapse: RealSynapse, sqlite_database: Database
) -> None:
    async with on_stage(synapse, sqlite_database) as stage:
        kept = await stage.tono.say(stage.garden, "se queda")
        gone = await stage.tono.say(stage.garden, "se va")
        await stage.copy_in_radio("se va")
    await stage.tono.edit(stage.garden, kept, "se queda, corregido")
    await stage.tono.redact(stage.garden, gone)
    for number in range(150):
        await stage.tono.say(stage.garden, f"línea {number}")
    async with client_of(synapse.url, stage.bot.user_id, stage.bot.access_token) as client:
        home = home_of(client, sqlite_database)
        async with bridging(sqlite_database, home, {"coalition": [stage.garden, stage.radio]}) as bridge:
            await until_heard(bridge)
            copies = await stage.in_radio(
                lambda shown: len(shown) == 152 and shown[0].edited and shown[1].redacted, timeout=30
            )
    texts = [each.text for each in copies if not each.redacted]
    assert texts == ["se queda, corregido", *(f"línea {number}" for number in range(150))]
