"""Forms: opened, filled in, refused and tried again, also over a restart."""

from __future__ import annotations

import pytest

from community_bot.cogs.drafts import KEPT_SECONDS, MOST, Drafts
from community_bot.cogs.forms import answers_in, form_named, modal_of
from community_bot.commands.forms import Choice, Field, Form
from community_bot.domain.account import Account
from community_bot.locales import Markup
from community_bot.platforms.port import Button
from sandbox.discord import SimAnswer, SimChannel, SimForm, SimGuild, SimMember
from tests.community_bot.cogs.conftest import Run, Running
from tests.community_bot.cogs.garden import Garden
from tests.community_bot.cogs.test_buttons_and_answers import post

pytestmark = pytest.mark.network

OPEN = Button("Open", "form.open", "naming gate", "main")
FILLED = {"name": "มะลิ", "bed": "sunny", "tools": ["hoe", "rake"], "more": "two\nlines"}


def opened(answer: SimAnswer) -> SimForm:
    assert answer.form is not None
    return answer.form


async def test_a_form_is_shown_with_its_fields_and_taken_in(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    form = opened(await mali.slash(lobby, "start"))
    assert (form.title, form.texts) == ("ชื่อของคุณ", ("A longer word about beds.",))
    assert [(item.label, item.kind, item.required, item.description) for item in form.fields] == [
        ("Name", "text", True, "Welcome."),
        ("Bed", "radio", True, "Where"),
        ("Tools", "checkboxes", False, None),
        ("More", "text", False, None),
    ], "for both intros there was no room, so the shorter one went into the field"
    answer = await form.submit(FILLED)
    assert answer.content == "ได้ name=มะลิ bed=sunny tools=hoe+rake more=two lines ที่ gate"
    assert answer.ephemeral


async def test_a_form_that_is_refused_can_be_tried_again_with_the_words_kept(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    form = opened(await mali.slash(lobby, "start"))
    refused = await form.submit({**FILLED, "name": "taken"})
    assert (refused.content, refused.ephemeral) == ("ชื่อ taken ไม่ว่าง", True)

    again = opened(await refused.click(label="ลองอีกครั้ง"))
    assert {item.custom_id: item.value for item in again.fields} == {**FILLED, "name": "taken"}
    twice = await again.submit()
    assert twice.content == "ชื่อ taken ไม่ว่าง"
    await opened(await twice.click(label="ลองอีกครั้ง")).submit({"Name": "Ploy"})
    shown = lobby.messages(mali)
    assert [message.content[:24] for message in shown] == ["ได้ name=Ploy bed=sunny "], "all in one message"
    assert shown[0].buttons == ()

    posted = await post(running, lobby, Button("Again", "form.again", "naming gate"))
    afresh = opened(await mali.click(lobby, posted, label="Again"))
    assert afresh.field("Name").value == "", "what was taken in is not kept"


async def test_nobody_is_shown_the_words_of_somebody_else(
    running: Running, lobby: SimChannel, guild: SimGuild, mali: SimMember
) -> None:
    await opened(await mali.slash(lobby, "start")).submit({**FILLED, "name": "taken"})
    posted = await post(running, lobby, Button("Again", "form.again", "naming gate"))
    assert opened(await mali.click(lobby, posted, label="Again")).field("Name").value == "taken"
    other = guild.add_member("ploy")
    assert opened(await other.click(lobby, posted, label="Again")).field("Name").value == ""


async def test_a_button_opens_a_form_at_once(running: Running, lobby: SimChannel, mali: SimMember) -> None:
    posted = await post(running, lobby, OPEN)
    answer = await opened(await mali.click(lobby, posted, label="Open")).submit(FILLED)
    assert answer.content.endswith("ที่ gate")


async def test_a_form_that_cannot_be_filled_in_says_why(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    posted = await post(
        running, lobby, Button("Open", "form.open", "naming closed"), Button("Gone", "form.open", "gone")
    )
    assert (await mali.click(lobby, posted, label="Open")).content == "ปิดแล้ว"
    assert (await mali.click(lobby, posted, label="Gone")).content == "ปุ่มเก่า"


async def test_a_form_sent_after_the_bot_has_started_anew_is_taken_in(
    run: Run, lobby: SimChannel, mali: SimMember
) -> None:
    async with run():
        form = opened(await mali.slash(lobby, "start"))
    async with run():
        refused = await form.submit({**FILLED, "name": "taken"})
        assert refused.content == "ชื่อ taken ไม่ว่าง"
    async with run():
        again = opened(await refused.click(label="ลองอีกครั้ง"))
        assert again.field("Name").value == "", "words are kept in memory only"
        assert (await again.submit(FILLED)).content.endswith("ที่ gate")


async def test_a_form_that_comes_too_late_to_open_is_a_press_away(
    running: Running, garden: Garden, lobby: SimChannel, mali: SimMember
) -> None:
    posted = await post(running, lobby, Button("Slow", "garden.slow_form"))
    answer = await mali.click(lobby, posted, label="Slow")
    assert (answer.acknowledged, answer.form) == (True, None)
    garden.may_go_on.set()
    await answer.wait_for(lambda now: bool(now.buttons))
    assert (answer.content, answer.ephemeral) == ("มีแบบฟอร์มให้กรอก", True)
    assert (await opened(await answer.click(label="เปิดแบบฟอร์ม")).submit(FILLED)).content.endswith("ที่ gate")


def test_intros_stand_before_their_fields_while_there_is_room() -> None:
    fields = (Field("a", "line", "A", intro=Markup("About **a**.")), Field("b", "line", "B"))
    shapes = [each["type"] for each in modal_of(Form("f", "F", fields)).to_components()]
    assert shapes == [10, 18, 18]


def test_many_choices_become_a_menu() -> None:
    choices = tuple(Choice(str(n), f"Number {n}", chosen=n == 3) for n in range(12))
    fields = (
        Field("one", "choice", "One", choices=choices),
        Field("any", "ticks", "Any", choices=choices, fewest=2),
    )
    one, several = (each["component"] for each in modal_of(Form("f", "F", fields)).to_components())
    assert (one["type"], one["min_values"], one["max_values"], one["required"]) == (3, 1, 1, True)
    assert (several["type"], several["min_values"], several["max_values"]) == (3, 2, 12)
    assert [option["value"] for option in one["options"] if option.get("default")] == ["3"]


@pytest.mark.parametrize("count", [0, 6])
def test_a_form_that_no_modal_can_hold_is_a_mistake(count: int) -> None:
    fields = tuple(Field(str(n), "line", "Line") for n in range(count))
    with pytest.raises(ValueError, match="one to five"):
        modal_of(Form("f", "F", fields))


def test_what_was_left_empty_is_nothing() -> None:
    sent: list[dict[str, object]] = [
        {"type": 18, "component": {"type": 4, "custom_id": "name", "value": ""}},
        {"type": 18, "component": {"type": 21, "custom_id": "bed", "value": None}},
        {"type": 18, "component": {"type": 22, "custom_id": "tools", "values": []}},
        {"type": 1, "components": [{"type": 4, "custom_id": "old", "value": "way"}]},
        {"type": 10},
    ]
    assert answers_in(sent) == {"name": (), "bed": (), "tools": (), "old": ("way",)}


def test_a_form_is_known_by_its_id() -> None:
    assert form_named("form:naming:gate 2:3") == ("naming", "gate 2:3")
    assert form_named("form:naming:") == ("naming", "")
    assert form_named("naming") is None


async def test_words_are_kept_for_a_quarter_of_an_hour_and_for_so_many() -> None:
    now = [0.0]
    drafts, somebody = Drafts(clock=lambda: now[0]), Account("discord", "1")
    drafts.keep(somebody, "naming", "", {"name": ("Ploy",)})
    now[0] = KEPT_SECONDS - 1
    assert drafts.find(somebody, "naming", "") == {"name": ("Ploy",)}
    now[0] = KEPT_SECONDS
    drafts.forget_old()
    assert len(drafts) == 0
    for number in range(MOST + 1):
        drafts.keep(Account("discord", str(number)), "naming", "", {"name": ("Ploy",)})
    assert len(drafts) == MOST
    assert drafts.find(Account("discord", "0"), "naming", "") == {}
