"""Everybody sees, takes away and decides on what is kept about them, and about nobody else."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest

from community_bot.commands.desk import Desk
from community_bot.commands.privacy import PrivacyCommands
from community_bot.commands.privacy_file import my_data_file
from community_bot.commands.privacy_requests import NoteForm, RequestCommands
from community_bot.commands.privacy_words import TABLES_SAID, RowWords
from community_bot.commands.registry import Registry
from community_bot.commands.request import Incoming, Reply
from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, catalogues, light_html
from community_bot.services.standing import Standings
from db.engine import Database
from db.personal_record import READERS, rows_of_member, tables_without_reader
from tests.community_bot.services.full_record import ADMIN, OTHERS, full_record
from tests.community_bot.services.river_network import NAPA, STRANGER, TULIO, RiverNetwork


@pytest.fixture
def river(database: Database) -> RiverNetwork:
    return RiverNetwork(database)


@pytest.fixture
def desk(river: RiverNetwork) -> Desk:
    registry = Registry()
    registry.offer(PrivacyCommands(river.privacy, river.erasing, river.rules))
    registry.offer(RequestCommands(river.requests))
    registry.offer_form(NoteForm(river.requests))
    return Desk(registry, Standings(river.network), catalogues())


def incoming(account: Account, language: Language = "en") -> Incoming:
    return Incoming(account, (), language, None, None, private=True, spell=lambda path, _language: f"/{path}")


def said(reply: Reply) -> str:
    return light_html(reply.text)[0]


async def typed(desk: Desk, account: Account, line: str, language: Language = "en", **options: object) -> Reply:
    return await desk.run(incoming(account, language), ("privacy", line), dict(options))


async def test_a_member_sees_every_row_that_leads_to_them_with_its_last_day(
    river: RiverNetwork, desk: Desk
) -> None:
    await full_record(river)
    data = await river.privacy.show(NAPA)
    assert {row.table for row in data.rows} == {*READERS, "arrival", "dialogue"}
    reply = await typed(desk, NAPA, "show")
    assert said(reply).count("Kept until") == len(data.rows)
    assert "Blue Heron Radio" in said(reply)
    assert "“The province is another one”" in said(reply)
    assert [button.action for button in reply.buttons] == ["privacy.export", "privacy.erase"]


def test_no_table_that_leads_to_a_member_is_forgotten_in_an_export_or_has_no_words() -> None:
    assert tables_without_reader() == []
    assert {*READERS, "arrival", "dialogue"} == TABLES_SAID


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_row_can_be_said_in_every_language(sqlite_database: Database, language: Language) -> None:
    river = RiverNetwork(sqlite_database)
    await full_record(river)
    data = await river.privacy.show(NAPA)
    words = RowWords(catalogues().translator(language), data.titles)
    lines = [words.line(row) for row in data.rows]
    assert len(set(lines)) == len(lines)
    assert all("{" not in line for line in lines)


async def test_the_export_holds_every_row_unsealed_and_nobody_else(river: RiverNetwork) -> None:
    await full_record(river)
    export = await river.privacy.export(NAPA)
    header, *rows = [json.loads(line) for line in export.lines.decode().splitlines()]
    assert header["format"] == "community-bot my-data"
    assert header["rows"] == len(rows) == len(export.data.rows)
    by_table: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        by_table.setdefault(row["table"], []).append(row)
    assert by_table["member"][0]["alias"] == "Napa"
    assert {row["account"] for row in by_table["identity"]} == {NAPA.user_id, "@napa:river.example"}
    assert by_table["affiliation"][0]["organisation"] == "Blue Heron Radio"
    assert by_table["invite"][0]["label"] == "Evening course"
    assert by_table["data_request"][0]["note"] == "The province is another one"
    assert by_table["dialogue"][0]["answers"] == {"alias": ["Napa"]}
    assert all(re.match(r"20\d\d-\d\d-\d\dT", str(row["keep_until"])) for row in rows)
    for other in OTHERS:
        assert other not in export.lines.decode()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_file_is_one_page_that_needs_nothing_and_one_list_of_lines(
    sqlite_database: Database, language: Language
) -> None:
    river = RiverNetwork(sqlite_database)
    await full_record(river)
    export = await river.privacy.export(NAPA)
    attachment = my_data_file(export, catalogues().translator(language))
    with zipfile.ZipFile(io.BytesIO(attachment.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["my-data.html", "my-data.jsonl"]
        page = archive.read("my-data.html").decode()
        assert archive.read("my-data.jsonl") == export.lines
    assert f'<html lang="{language}">' in page
    assert page.count("<tr>") == 1 + len(export.data.rows)
    assert not re.search(r"https?:|src=|href=|<script|url\(", page)
    assert "prefers-color-scheme" in page or "color-scheme: light dark" in page
    assert "@media print" in page
    for other in OTHERS:
        assert other not in page


async def test_words_that_somebody_wrote_do_not_become_markup_on_the_page(sqlite_database: Database) -> None:
    river = RiverNetwork(sqlite_database)
    await river.join("Napa", NAPA)
    await river.requests.correct(NAPA, "<script>alert(1)</script> & **bold**")
    export = await river.privacy.export(NAPA)
    attachment = my_data_file(export, catalogues().translator("en"))
    with zipfile.ZipFile(io.BytesIO(attachment.content)) as archive:
        page = archive.read("my-data.html").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; **bold**" in page


async def test_the_export_is_handed_over_privately_and_not_endlessly(river: RiverNetwork, desk: Desk) -> None:
    await river.join("Napa", NAPA)
    for _ in range(5):
        reply = await typed(desk, NAPA, "export")
        assert [file.media_type for file in reply.files] == ["application/zip"]
        assert not reply.public
    reply = await typed(desk, NAPA, "export")
    assert reply.files == ()
    assert "Try again later" in said(reply)
    river.clock.forward(hours=1)
    assert (await typed(desk, NAPA, "export")).files


async def test_who_has_no_record_is_told_so_plainly_by_every_command(river: RiverNetwork, desk: Desk) -> None:
    assert said(await typed(desk, STRANGER, "show")).startswith("Nothing is kept about you here.")
    for line in ("correct", "object", "consents", "viewers"):
        assert said(await typed(desk, STRANGER, line)).startswith("There is no record about you here."), line
    assert "nothing to erase" in said(await typed(desk, STRANGER, "erase"))
    assert "Nothing of yours" in said(await typed(desk, STRANGER, "cancel-erase", word="ABCD-EFGH"))
    assert "no record" in said(await typed(desk, STRANGER, "withdraw", purpose="reminders"))


async def test_who_was_only_greeted_is_shown_that(river: RiverNetwork, desk: Desk) -> None:
    until = river.clock() + timedelta(hours=72)
    await river.network.act(lambda unit: unit.arrivals.note("discord", STRANGER.user_id, "river", until))
    reply = await typed(desk, STRANGER, "show")
    assert "a hash that names nobody" in said(reply)
    assert [button.action for button in reply.buttons] == ["privacy.erase"]


@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.ALUMNI, MemberState.VOUCHING])
async def test_the_rights_do_not_end_with_activity(river: RiverNetwork, state: MemberState) -> None:
    await river.join("Napa", NAPA, state=state)
    assert (await river.privacy.show(NAPA)).state is state
    assert (await river.privacy.export(NAPA)).data.rows
    await river.privacy.withdraw(NAPA, "reminders")
    await river.requests.object(NAPA, "no more reminders please")
    assert (await river.erasing.erase(NAPA, at_once=False)).word


async def test_a_consent_is_taken_back_and_given_again_with_one_tap_each(river: RiverNetwork, desk: Desk) -> None:
    await river.join("Napa", NAPA)
    reply = await typed(desk, NAPA, "consents")
    assert [(button.action, button.argument) for button in reply.buttons] == [("privacy.withdraw", "reminders")]
    reply = await desk.press(incoming(NAPA), "privacy.withdraw", "reminders")
    assert said(reply).startswith("Withdrawn.")
    assert [(button.action, button.argument) for button in reply.buttons] == [("privacy.agree", "reminders")]
    consents = {each.purpose.key: each.given_on for each in await river.privacy.consents(NAPA)}
    assert consents["reminders"] is None
    reply = await desk.press(incoming(NAPA), "privacy.agree", "reminders")
    assert [(button.action, button.argument) for button in reply.buttons] == [("privacy.withdraw", "reminders")]
    receipts = [row.fields for row in (await river.privacy.show(NAPA)).rows if row.table == "consent"]
    assert len([row for row in receipts if row["purpose"] == "reminders"]) == 2


async def test_what_membership_rests_on_is_not_withdrawn_but_left(river: RiverNetwork, desk: Desk) -> None:
    await river.join("Napa", NAPA)
    assert "/privacy erase" in said(await typed(desk, NAPA, "withdraw", purpose="membership"))
    with pytest.raises(Refusal, match=r"privacy\.required"):
        await river.privacy.withdraw(NAPA, "membership")
    with pytest.raises(Refusal, match=r"privacy\.purpose"):
        await river.privacy.withdraw(NAPA, "anything")


async def test_a_request_reaches_who_must_answer_and_its_answer_who_asked(river: RiverNetwork, desk: Desk) -> None:
    napa = await river.join("Napa", NAPA)
    wan = await river.join("Wan", ADMIN, role=Role.NETWORK_ADMIN)
    form = (await typed(desk, NAPA, "correct")).form
    assert form is not None
    reply = await desk.submit(incoming(NAPA), form.name, form.argument, {"note": ("My region is another one",)})
    assert said(reply).startswith("Asked. Somebody answers by Tuesday 22 December 2026")
    assert [effect.member_id for effect in await river.effects("tell")] == [wan]
    reply = await typed(desk, ADMIN, "requests")
    assert "Napa asks to correct something" in said(reply)
    assert "My region is another one" in said(reply)
    (button,) = reply.buttons
    reply = await desk.press(incoming(ADMIN), button.action, button.argument)
    assert "Nobody is waiting" in said(reply)
    assert [effect.member_id for effect in await river.effects("tell")] == [wan, napa]
    assert "already" in said(await desk.press(incoming(ADMIN), button.action, button.argument))


async def test_a_member_sees_by_role_and_day_that_somebody_looked(river: RiverNetwork, desk: Desk) -> None:
    await river.join("Napa", NAPA)
    await river.join("Wan", ADMIN, role=Role.NETWORK_ADMIN)
    assert "Nobody has opened" in said(await typed(desk, NAPA, "viewers"))
    await river.requests.correct(NAPA, "My region is another one")
    await river.requests.requests(ADMIN)
    await river.requests.requests(ADMIN)
    assert await river.privacy.viewers(NAPA) == [(river.clock().date(), "network_admin", 2)]
    assert "looked at your record 2 times" in said(await typed(desk, NAPA, "viewers"))
    assert "Wan" not in said(await typed(desk, NAPA, "viewers"))


async def test_nobody_reads_requests_who_does_not_administer_the_network(river: RiverNetwork, desk: Desk) -> None:
    await river.join("Napa", NAPA)
    await river.join("Tulio", TULIO)
    await river.requests.correct(NAPA, "My region is another one")
    with pytest.raises(Refusal, match=r"authority\.lacks"):
        await river.requests.requests(TULIO)
    assert "My region" not in said(await typed(desk, TULIO, "requests"))


async def test_a_note_that_says_nothing_or_a_book_is_answered_in_words(river: RiverNetwork) -> None:
    await river.join("Napa", NAPA)
    for note, code in (("  ", "note_short"), ("x" * 1001, "note_long")):
        with pytest.raises(Refusal, match=f"privacy.{code}"):
            await river.requests.object(NAPA, note)
    for _ in range(5):
        await river.requests.object(NAPA, "please stop")
    with pytest.raises(Refusal, match=r"privacy\.many_waiting"):
        await river.requests.object(NAPA, "please stop")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_erasing_asks_once_shows_the_word_and_is_taken_back_with_it(
    sqlite_database: Database, language: Language
) -> None:
    river = RiverNetwork(sqlite_database)
    registry = Registry()
    registry.offer(PrivacyCommands(river.privacy, river.erasing, river.rules))
    desk = Desk(registry, Standings(river.network), catalogues())
    member_id = await river.join("Napa", NAPA)
    reply = await typed(desk, NAPA, "erase", language)
    assert [button.action for button in reply.buttons] == [
        "privacy.export",
        "privacy.erase_later",
        "privacy.erase_danger",
    ]
    assert await river.state(member_id) is MemberState.ACTIVE
    reply = await desk.press(incoming(NAPA, language), "privacy.erase_later", "")
    word = re.search(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){3}", said(reply))
    assert word is not None
    assert await river.state(member_id) is MemberState.ERASING
    reply = await typed(desk, NAPA, "erase", language)
    assert [button.action for button in reply.buttons] == ["privacy.erase_danger"]
    await typed(desk, NAPA, "cancel-erase", language, word=word[0])
    assert await river.state(member_id) is MemberState.ACTIVE


async def test_erasing_now_is_asked_a_second_time(river: RiverNetwork, desk: Desk) -> None:
    member_id = await river.join("Napa", NAPA)
    reply = await desk.press(incoming(NAPA), "privacy.erase_danger", "")
    assert [button.action for button in reply.buttons] == ["privacy.erase_now"]
    assert await river.state(member_id) is MemberState.ACTIVE
    reply = await desk.press(incoming(NAPA), "privacy.erase_now", "")
    assert said(reply).startswith("Everything kept about you is destroyed")
    assert await river.state(member_id) is None
    # pressed twice, or by who has nothing here
    assert "nothing to erase" in said(await desk.press(incoming(NAPA), "privacy.erase_now", ""))


async def test_a_member_whose_key_is_gone_has_no_record(river: RiverNetwork) -> None:
    with pytest.raises(LookupError):
        await river.network.look(lambda unit: rows_of_member(unit.connection, unit.keys, "nobody"))  # type: ignore[arg-type]
