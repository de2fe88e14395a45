"""What people read and press around the Growth Cycle, in every language."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, features

from community_bot.commands.growth import GrowthCommands
from community_bot.commands.request import Request
from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.services.growth_picture import GrowthPictures
from db.engine import Database
from tests.community_bot.services.small_network import request_in
from tests.community_bot.services.test_growth import Garden


class Face:
    """Somebody who uses the commands in one language."""

    def __init__(self, garden: Garden, language: Language) -> None:
        self.garden = garden
        self.language = language
        self.commands = GrowthCommands(garden.growth, GrowthPictures(garden.net.network, catalogues()))

    def of(self, account: Account) -> Request:
        return request_in(self.language, account)


@pytest.fixture(params=LANGUAGES)
async def face(request: pytest.FixtureRequest, sqlite_database: Database) -> Face:
    return Face(await Garden(sqlite_database).plant(), request.param)


async def test_a_round_goes_from_its_beginning_to_its_end_and_each_step_is_answered(face: Face) -> None:
    commands, wan, moss = face.commands, face.of(face.garden.wan), face.of(face.garden.moss)
    beginning = await commands.round(wan, 30)
    assert [(each.action, each.argument) for each in beginning.buttons] == [("growth.begin", "30")]
    begun = await commands.begin(wan, "30")
    assert begun.replaces
    assert "/growth plan" in begun.text
    alone = await commands.round(wan)
    assert alone.buttons == ()
    assert "Digital safety" in alone.text
    fed = await commands.feed(wan, **{"from": "Community radio", "to": "Seeds and soil", "what": "Ten recordings"})
    assert "Ten recordings" in fed.text
    await commands.note(wan, "Digital safety", "Waits for the rains")
    ready = await commands.round(wan)
    running = await commands.advance(wan, ready.buttons[0].argument)
    assert running.replaces
    shown = await commands.feeds(moss)
    assert "(A)" in shown.text
    done = await commands.pass_on(moss, shown.buttons[0].argument)
    assert done.replaces
    assert done.text != shown.text
    reflecting = await commands.advance(wan, running.buttons[0].argument)
    closed = await commands.advance(wan, reflecting.buttons[0].argument)
    assert closed.buttons[0].action == "growth.begin"


async def test_the_cycle_comes_as_a_picture_with_its_words(face: Face) -> None:
    reply = await face.commands.cycle(face.of(face.garden.fern))
    (picture,) = reply.files
    assert Image.open(BytesIO(picture.content)).format == "PNG"
    assert picture.description
    assert "Community radio" in reply.text
    assert not reply.public


async def test_without_shaping_the_words_come_alone_and_say_so(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda feature: False)
    reply = await face.commands.cycle(face.of(face.garden.fern))
    assert reply.files == ()
    assert catalogues().translator(face.language)("growth.words_only") in reply.text


async def test_posting_it_tells_in_how_many_rooms(face: Face) -> None:
    await face.garden.growth.begin(face.garden.wan, 90)
    assert "3" in (await face.commands.cycle(face.of(face.garden.wan), "yes")).text
    with pytest.raises(Refusal, match=r"authority\.lacks"):
        await face.commands.cycle(face.of(face.garden.fern), "yes")


async def test_a_topic_is_taken_up_with_one_press_and_put_back_with_another(face: Face) -> None:
    garden, moss = face.garden, face.of(face.garden.moss)
    await garden.net.chosen_topic("s-radio", "Asking good questions")
    await garden.growth.begin(garden.wan, 90)
    shown = await face.commands.next(moss)
    assert "Asking good questions" in shown.text
    (take_up,) = shown.buttons
    assert len(f"{take_up.action}{take_up.argument}") <= 80
    taken = await face.commands.take_up(moss, take_up.argument)
    (put_back,) = (await face.commands.next(moss)).buttons
    assert (await face.commands.take_up(moss, put_back.argument)).text != taken.text
    assert (await face.commands.next(face.of(garden.fern))).buttons == ()


async def test_the_plan_says_what_is_missing_in_a_line_each_or_of_one_space_whole(face: Face) -> None:
    wan = face.of(face.garden.wan)
    await face.garden.net.need("s-radio", "To be heard", [face.garden.fern, face.garden.moss])
    whole = (await face.commands.plan(wan)).text
    assert all(title in whole for title in ("Community radio", "Seeds and soil", "Digital safety"))
    assert "/growth feed" in whole
    one = (await face.commands.plan(wan, "Community radio")).text
    assert "To be heard" in one
    assert "Digital safety" not in one.split("\n")[0]


async def test_a_stage_is_named_in_any_language(face: Face) -> None:
    moss = face.of(face.garden.moss)
    offered = await face.commands.stages(moss, "")
    assert len(offered) == 3
    assert "Community radio" in (await face.commands.stage(moss, "Community radio", offered[1].value)).text
    assert (await face.commands.stage(moss, "s-radio", "pass on")).text
    with pytest.raises(Refusal, match=r"growth\.stage"):
        await face.commands.stage(moss, "s-radio", "fly")


async def test_only_spaces_that_somebody_runs_are_offered(face: Face) -> None:
    assert [each.value for each in await face.commands.spaces(face.of(face.garden.moss), "")] == ["Community radio"]
    assert await face.commands.spaces(face.of(face.garden.fern), "") == []


async def test_a_forged_button_does_nothing(face: Face) -> None:
    wan = face.of(face.garden.wan)
    for act in (
        face.commands.begin(wan, "many"),
        face.commands.advance(wan, "x"),
        face.commands.take_up(wan, "x"),
        face.commands.pass_on(wan, "x"),
    ):
        with pytest.raises(Refusal):
            await act


async def test_a_network_without_spaces_says_so(sqlite_database: Database) -> None:
    garden = Garden(sqlite_database)
    somebody = await garden.net.join("Fern")
    face = Face(garden, "en")
    assert (await face.commands.cycle(face.of(somebody))).files == ()
    assert (await face.commands.next(face.of(somebody))).text
    assert (await face.commands.feeds(face.of(somebody))).text
