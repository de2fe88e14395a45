"""`/need`, as people meet it."""

from __future__ import annotations

import pytest

from community_bot.commands.forms import Form
from community_bot.domain.account import Account
from community_bot.locales import LANGUAGES, Language
from community_bot.platforms.discord_cards import custom_id
from db.engine import Database
from tests.community_bot.people import button, spell
from tests.community_bot.services.assembly import ORCHARD, TITLES, Assembly

GRANT, HELP = "Writing grant proposals", "I need help to write a grant proposal"
NEED = "need.add"


@pytest.fixture
def town(sqlite_database: Database) -> Assembly:
    return Assembly(sqlite_database)


async def say(town: Assembly, account: Account, text: str, scope: str = "network") -> None:
    reply = await town.form(account, NEED, scope, need=text)
    if any(each.action == "need.own" for each in reply.buttons):
        await town.press(account, button(reply, "need.own"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_need_is_said_in_a_form_for_the_network_or_a_space(town: Assembly, language: Language) -> None:
    await town.plant()
    otter = await town.join("Otter", language=language)
    await town.enter(otter, ORCHARD)
    everywhere = await town.run(otter, "need add")
    assert isinstance(everywhere.form, Form)
    assert (everywhere.form.name, everywhere.form.argument) == (NEED, "network")
    there = await town.run(otter, "need add", space=TITLES[language])
    assert isinstance(there.form, Form)
    assert there.form.argument == ORCHARD
    said = await town.form(otter, NEED, ORCHARD, need=GRANT)
    assert spell("need list", language) in said.text
    listed = await town.run(otter, "need list", space=TITLES[language])
    assert GRANT in listed.text
    assert GRANT not in (await town.run(otter, "need list")).text


async def test_who_says_what_others_said_may_support_theirs_or_add_their_own(town: Assembly) -> None:
    otter, heron, teal = [await town.join(alias) for alias in ("Otter", "Heron", "Teal")]
    await say(town, otter, GRANT)
    similar = await town.form(heron, NEED, "network", need=HELP)
    assert GRANT in similar.text
    supported = await town.press(heron, button(similar, "need.same"))
    assert supported.replaces
    assert "2 voices" in supported.text
    other = await town.form(teal, NEED, "network", need=HELP)
    added = await town.press(teal, button(other, "need.own"))
    assert added.replaces
    assert HELP in (await town.run(otter, "need list")).text
    again = await town.press(teal, button(other, "need.own"))
    assert "not kept" in again.text


async def test_the_list_has_a_button_for_each_and_shows_what_it_did(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    await say(town, otter, GRANT)
    listed = await town.run(heron, "need list")
    (support,) = listed.buttons
    pressed = await town.press(heron, support)
    assert pressed.replaces
    assert "2 voices" in pressed.text
    assert pressed.buttons[0].label == "Take back 1"
    assert "1 voice)" in (await town.press(heron, pressed.buttons[0])).text


async def test_a_need_cannot_smuggle_markup_or_a_ping_into_the_list(town: Assembly) -> None:
    otter = await town.join("Otter")
    await say(town, otter, "@everyone **look** at <#123> `code` here")
    text = (await town.run(otter, "need list")).text
    assert r"\@everyone \*\*look\*\* at \<\#123\> \`code\` here" in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_facilitators_merge_what_is_proposed_or_what_they_choose(town: Assembly, language: Language) -> None:
    fern, otter = await town.facilitator(language=language), await town.join("Otter")
    await say(town, otter, GRANT)
    alone = await town.run(fern, "need merge")
    assert alone.buttons == ()
    await say(town, otter, HELP)
    await say(town, otter, "A seed bank for the valley")
    proposed = await town.run(fern, "need merge")
    merge, choose = button(proposed, "need.merge"), button(proposed, "form.open")
    assert len(custom_id(merge)) <= 100
    assert len(f"{merge.action}{merge.argument}") <= 80
    merged = await town.press(fern, merge)
    assert GRANT in merged.text or HELP in merged.text
    form = await town.built(fern, *choose.argument.split(" "))
    one, two = (each.value for each in form.fields[0].choices)
    same = await town.form(fern, "need.merge", "network", first=one, second=one)
    assert any(each.action == "form.again" for each in same.buttons)
    merged = await town.form(fern, "need.merge", "network", first=one, second=two)
    assert not merged.buttons
    assert len(await town.needs.listed(otter, "network")) == 1


async def test_facilitators_take_a_need_off_the_list(town: Assembly) -> None:
    fern, otter = await town.facilitator(), await town.join("Otter")
    await say(town, otter, GRANT)
    form = (await town.run(fern, "need close")).form
    assert form is not None
    await town.form(fern, form.name, form.argument, need=form.fields[0].choices[0].value)
    assert GRANT not in (await town.run(otter, "need list")).text
    assert (await town.run(fern, "need close")).form is None


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pulse_is_told_in_themes(town: Assembly, language: Language) -> None:
    fern = await town.facilitator(language=language)
    otter, heron = await town.join("Otter"), await town.join("Heron")
    await say(town, otter, GRANT)
    await say(town, otter, "A seed bank for the valley")
    quiet = (await town.run(fern, "need pulse")).text
    assert GRANT not in quiet
    await town.press(heron, (await town.run(heron, "need list")).buttons[0])
    told = (await town.run(fern, "need pulse")).text
    assert (GRANT in told) is not ("A seed bank" in told)


@pytest.mark.parametrize("path", ["merge", "close", "pulse"])
async def test_what_facilitators_do_is_refused_to_others(town: Assembly, path: str) -> None:
    otter = await town.join("Otter")
    reply = await town.run(otter, f"need {path}")
    assert "entrusted" in reply.text
    assert reply.form is None


@pytest.mark.parametrize("language", LANGUAGES)
async def test_only_spaces_one_takes_part_in_are_offered(town: Assembly, language: Language) -> None:
    await town.plant()
    otter = await town.join("Otter", language=language)
    path = ("need", "list")
    assert len(await town.desk.suggest(town.incoming(otter), path, "space", "")) == 1
    await town.enter(otter, ORCHARD)
    offered = await town.desk.suggest(town.incoming(otter), path, "space", "")
    assert [each.value for each in offered][1:] == [TITLES[language]]
    for each in offered:
        assert "unknown" not in (await town.run(otter, "need list", space=each.value)).text
    assert await town.desk.suggest(town.incoming(town.stranger()), path, "space", "") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path", ["need add", "need list", "topic propose", "topic list", "topic vote", "topic ballot"]
)
async def test_a_stranger_is_shown_the_way_in(town: Assembly, path: str, language: Language) -> None:
    reply = await town.run(town.stranger(), path, client=language)
    assert spell("start", language) in reply.text
    assert reply.form is None
