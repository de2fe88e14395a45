"""What people read and press around cohorts, in every language."""

from __future__ import annotations

import pytest

from community_bot.commands.cohorts import CohortCommands
from community_bot.commands.request import Request
from community_bot.domain.account import Account
from community_bot.locales import LANGUAGES, Language, catalogues
from db.engine import Database
from tests.community_bot.services.small_network import request_in
from tests.community_bot.services.test_cohorts import Class


class Face:
    """Somebody who uses the commands in one language."""

    def __init__(self, course: Class, language: Language) -> None:
        self.course = course
        self.language = language
        self.commands = CohortCommands(course.cohorts)

    def of(self, account: Account) -> Request:
        return request_in(self.language, account)


@pytest.fixture(params=LANGUAGES)
async def face(request: pytest.FixtureRequest, sqlite_database: Database) -> Face:
    return Face(await Class(sqlite_database).gather(), request.param)


async def test_from_beginning_to_moving_on_every_step_is_answered(face: Face) -> None:
    commands, moss, fern = face.commands, face.of(face.course.moss), face.of(face.course.fern)
    assert "/cohort invite" in (await commands.create(moss, "Community radio", "Second rains")).text
    assert (await commands.show(fern)).text
    assert "Fern" in (await commands.invite(moss, "First rains", "Fern")).text
    asked = await commands.show(fern)
    assert [(each.action, each.weight) for each in asked.buttons] == [
        ("cohort.join", "main"),
        ("cohort.decline", "plain"),
    ]
    joined = await commands.join(fern, asked.buttons[0].argument)
    assert joined.replaces
    assert "Community radio" in joined.text
    assert "/cohort show" in joined.text
    own = await commands.show(fern)
    assert [each.action for each in own.buttons] == ["cohort.decline"]
    assert "1" in (await commands.show(moss)).text
    assert "First rains" in (await commands.remind(moss, "First rains", "Tomorrow at seven")).text
    assert "Seeds and soil" in (await commands.finish(moss, "First rains", "Seeds and soil", "yes")).text
    assert (await commands.finish(moss, "Second rains")).text


async def test_the_answer_about_an_alias_never_depends_on_whose_it_is(face: Face) -> None:
    moss = face.of(face.course.moss)
    answers = {
        (await face.commands.invite(moss, "First rains", alias)).text.replace(alias, "…")
        for alias in ("Fern", "Nobody Here", "Fern")
    }
    assert len(answers) == 1


async def test_no_is_answered_the_same_as_leaving(face: Face) -> None:
    cohort = await face.course.ask()
    declined = await face.commands.decline(face.of(face.course.fern), cohort)
    assert declined.replaces
    again = await face.course.ask()
    await face.commands.join(face.of(face.course.fern), again)
    assert (await face.commands.decline(face.of(face.course.fern), again)).text == declined.text


async def test_titles_are_offered_to_those_who_run_the_space_only(face: Face) -> None:
    assert [each.value for each in await face.commands.led(face.of(face.course.moss), "rain")] == ["First rains"]
    assert await face.commands.led(face.of(face.course.fern), "") == []
    assert [each.value for each in await face.commands.spaces(face.of(face.course.moss), "")] == ["Community radio"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["invited", "reminder", "ended", "moved"])
def test_every_notice_has_its_words(language: Language, what: str) -> None:
    values = {"title": "First rains", "space": "Radio", "next_space": "Seeds", "words": "At seven"}
    assert catalogues().translator(language)(f"cohort.{what}_notice", **values)
