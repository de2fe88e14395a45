"""`/space list`, `show`, `join`, `leave`, `bring`, `requests`, as people meet them in every language."""

from __future__ import annotations

from typing import Any

import pytest

from community_bot.commands.privacy_words import RowWords
from community_bot.commands.request import Reply
from community_bot.commands.space_access import SpaceAccessCommands
from community_bot.commands.space_doorkeeping import DoorkeepingCommands
from community_bot.domain.account import Account
from community_bot.domain.growth import Stage
from community_bot.domain.member import MemberState
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access as WayIn
from community_bot.domain.space_state import SpaceState
from community_bot.locales import LANGUAGES, Language, Markup, catalogues
from community_bot.platforms.port import Button
from community_bot.services.access import Access
from community_bot.services.doorkeeping import Doorkeeping
from community_bot.services.letting_in import let_in_now
from community_bot.services.privacy import Privacy
from db.engine import Database
from tests.community_bot.built_spaces import AGREEMENTS, PURPOSES, build, change, hall, shown_buttons
from tests.community_bot.people import Town, button, spell


@pytest.fixture
def town(database: Database) -> Town:
    town = Town(database, probation_days=0, stages=(Stage("listen", {"en": "Listening", "th": "รับฟัง"}),))
    town.desk.registry.offer(SpaceAccessCommands(Access(town.network)))
    town.desk.registry.offer(DoorkeepingCommands(Doorkeeping(town.network)))
    return town


def said(text: str, language: Language = "en", /, **values: object) -> str:
    return catalogues().translator(language)(text, **values)


async def offered(town: Town, account: Account, path: str, typed: str = "") -> set[str]:
    """Return what somebody is offered while they type a space."""
    found = await town.desk.suggest(town.incoming(account), tuple(path.split()), "space", typed)
    return {each.label for each in found}


def notice_button(town: Town, account: Account, action: str) -> Button:
    return next(each for each in shown_buttons(town.discord, account.user_id) if each.action == action)


# ── seeing


@pytest.mark.parametrize("language", LANGUAGES)
async def test_spaces_are_listed_with_what_they_are_for_and_a_way_in(town: Town, language: Language) -> None:
    await build(town, stage="listen", access=WayIn.REQUEST)
    nok = await town.join("Heron", language=language, space="garden")
    reply = await town.run(nok, "space list")
    assert PURPOSES[language] in reply.text
    assert said("access.standing.inside", language) in reply.text
    assert said("access.way.request", language) in reply.text
    assert spell("space join", language) in reply.text
    assert {each.argument for each in reply.buttons} == {"radio", "orchard"}
    assert not reply.public


async def test_a_list_is_short_enough_for_a_phone_and_says_what_is_left_out(town: Town) -> None:
    for number in range(28):
        await build(town, f"plot-{number:02}", title=f"Plot {number}")
    nok = await town.join("Heron")
    reply = await town.run(nok, "space list")
    assert reply.text.count("\n- ") == 25
    assert catalogues().translator("en").count("access.list_more", 5) in reply.text
    assert len(reply.buttons) == 5
    found = await town.run(nok, "space list", text="Plot 27")
    assert found.text.count("\n- ") == 1
    none = await town.run(nok, "space list", text="volcano **")
    assert none.text == said("access.list_none_text", text="volcano **")


async def test_spaces_of_the_same_title_are_all_listed(town: Town) -> None:
    for key in ("plot-a", "plot-b"):
        await build(town, key, title="Plot")
    nok = await town.join("Heron")
    reply = await town.run(nok, "space list", text="plot")
    assert {each.argument for each in reply.buttons} == {"plot-a", "plot-b"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_one_space_is_shown_with_its_agreements_and_the_way_to_it_once_one_is_in(
    town: Town, language: Language
) -> None:
    await build(town, stage="listen", state=SpaceState.PILOT)
    nok = await town.join("Heron", language=language)
    outside = await town.run(nok, "space show", space="Orchard")
    assert AGREEMENTS[language] in outside.text
    assert said("access.show_few", language) in outside.text
    assert said("access.state.pilot", language) in outside.text
    assert hall("orchard") not in outside.text
    inside = await town.press(nok, button(outside, "space.join"))
    assert f"<#{hall('orchard')}>" in inside.text
    assert inside.replaces
    again = await town.run(nok, "space show", space="orchard")
    assert f"<#{hall('orchard')}>" in again.text
    left = await town.press(nok, button(again, "space.leave"))
    assert left.text == said("access.left", language, title="Orchard")
    assert await town.spaces(nok) == set()


async def test_on_matrix_the_way_is_a_link(town: Town) -> None:
    await build(town)
    nok = await town.join("Heron", account=town.stranger("matrix"))
    reply = await town.run(nok, "space join", space="Orchard")
    assert "https://matrix.to/#/!orchard:example.org?via=example.org" in reply.text


async def test_who_has_no_account_where_it_stands_learns_how_to_link_one(town: Town) -> None:
    nok = await town.join("Heron", account=town.stranger("matrix"))
    reply = await town.run(nok, "space join", space="radio")
    assert "Village Radio" in reply.text
    assert "Discord" in reply.text
    assert spell("me link", "en") in reply.text


async def test_nothing_shown_names_anybody_who_is_in(town: Town) -> None:
    await build(town, access=WayIn.REQUEST)
    people = [await town.join(f"Heron {number}", space="garden") for number in range(6)]
    for each in people:
        row = await town.record(each)
        await town.network.act(lambda unit, row=row: let_in_now(unit, row, "orchard"))  # type: ignore[misc]
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="orchard")
    for asker in (people[0], fern):
        for path in ("space list", "space show", "space join"):
            options: dict[str, Any] = {} if path == "space list" else {"space": "orchard"}
            reply = await town.run(asker, path, **options)
            assert "Heron" not in reply.text + "".join(each.label for each in reply.buttons)
    assert "7 people" in (await town.run(fern, "space show", space="orchard")).text


async def test_while_somebody_types_they_are_offered_what_they_may_know_of(town: Town) -> None:
    await build(town)
    await build(town, "cellar", title="Cellar", access=WayIn.UNLISTED)
    nok = await town.join("Heron", space="garden")
    assert await offered(town, nok, "space show") == {"Orchard", "Seed Garden", "Village Radio"}
    assert await offered(town, nok, "space join") == {"Orchard", "Village Radio"}
    assert await offered(town, nok, "space leave") == {"Seed Garden"}
    assert await offered(town, nok, "space show", "orch") == {"Orchard"}
    for path in ("space bring", "space requests"):
        assert await offered(town, nok, path) == set()
    for path in ("space show", "space join", "space leave"):
        assert await offered(town, town.stranger(), path) == set()
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="cellar")
    for path in ("space bring", "space requests"):
        assert await offered(town, fern, path) == {"Cellar"}


# ── asking and deciding


@pytest.mark.parametrize("language", LANGUAGES)
async def test_asking_deciding_and_hearing_of_it_happen_in_each_ones_language(
    town: Town, language: Language
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await town.join("Fern", language=language, role=Role.FACILITATOR, scope="orchard")
    people = {alias: await town.join(alias, language=language) for alias in ("Heron", "Reed")}
    for alias, account in people.items():
        asked = await town.run(account, "space join", space="Orchard")
        assert asked.text == said("access.asked", language, title="Orchard")
        again = await town.run(account, "space join", space="orchard")
        assert again.text == said("access.asked_already", language, title="Orchard")
        await town.run_effects()
        approve = notice_button(town, fern, "space.approve")
        act = approve if alias == "Heron" else notice_button(town, fern, "space.decline")
        reply = await town.press(fern, act)
        assert reply.replaces
        key = "access.approved" if alias == "Heron" else "access.declined"
        assert reply.text == said(key, language, alias=alias, title="Orchard")
        late = await town.press(fern, approve)
        assert late.text == said("refusal.access.answered", language)
    await town.run_effects()
    assert town.discord.inbox(people["Heron"]) == [said("access.let_in_notice", language, space="Orchard")]
    (declined,) = town.discord.inbox(people["Reed"])
    assert spell("space join", language) in declined


async def test_buttons_stay_within_what_the_platforms_take(town: Town) -> None:
    key = await build(town, "s-" + "a" * 38, title="O" * 60, access=WayIn.REQUEST)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope=key)
    for number in range(6):
        await town.run(await town.join(f"{'Heron' * 5} {number}"), "space join", space=key)
    await town.run_effects()
    replies = [await town.run(fern, "space requests", space=key), await town.run(fern, "space show", space=key)]
    replies += [await town.run(fern, "space list")]
    buttons = [each for reply in replies for each in reply.buttons] + shown_buttons(town.discord, fern.user_id)
    assert len(buttons) > 20
    for each in buttons:
        assert len(each.label) <= 80
        assert len(f"{each.action}:{each.argument}") <= 80
        assert ":" not in each.argument


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_list_of_who_asks_is_answered_one_by_one(town: Town, language: Language) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await town.join("Fern", language=language, role=Role.FACILITATOR, scope="orchard")
    none = await town.run(fern, "space requests", space="Orchard")
    assert none.text == said("access.requests_none", language, title="Orchard")
    people = [await town.join(f"Heron {number}") for number in range(6)]
    for each in people:
        await town.run(each, "space join", space="orchard")
        town.clock.pass_by(days=1)
    reply = await town.run(fern, "space requests", space="Orchard")
    assert len(reply.buttons) == 10
    assert spell("space requests", language) in reply.text
    for number, each in enumerate(people):
        reply = await town.press(fern, button(reply, "space.approve"))
        assert said("access.approved", language, alias=f"Heron {number}", title="Orchard") in reply.text
        assert await town.spaces(each) == {"orchard"}
    assert reply.buttons == ()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_is_asked_in_presses_and_is_in(town: Town, language: Language) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="orchard")
    nok = await town.join("Heron", language=language)
    replies = {
        alias: await town.run(fern, "space bring", space="Orchard", alias=alias) for alias in ("Heron", "Nobody")
    }
    for alias, reply in replies.items():
        assert reply == Reply(said("access.brought", alias=alias, title="Orchard"))  # type: ignore[arg-type]
    await town.run_effects()
    assert town.discord.inbox(nok) == [said("access.offered_notice", language, space="Orchard")]
    come = notice_button(town, nok, "space.come")
    assert come.label == catalogues().translator(language).plain("access.come.button")
    joined = await town.press(nok, come)
    assert f"<#{hall('orchard')}>" in joined.text
    assert (await town.press(nok, come)).text == said("refusal.access.no_offer", language)
    assert await town.spaces(nok) == {"orchard"}


async def test_who_runs_no_space_neither_brings_nor_decides(town: Town) -> None:
    await build(town, access=WayIn.REQUEST)
    nok, other = await town.join("Heron"), await town.join("Reed")
    brought = await town.run(nok, "space bring", space="orchard", alias="Reed")
    listed = await town.run(nok, "space requests", space="orchard")
    assert brought.text == listed.text == said("refusal.authority.lacks")
    forged = await town.desk.press(town.incoming(other), "space.approve", "AAAA orchard")
    assert forged.text == said("refusal.access.answered")


# ── leaving


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_facilitates_is_shown_what_leaving_ends_and_may(town: Town, language: Language) -> None:
    await build(town, access=WayIn.REQUEST)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, moss = await town.join("Fern", language=language), await town.join("Moss", language=language)
    for alias in ("Fern", "Moss"):
        await town.run(admin, "admin grant", alias=alias, role="facilitator", scope="orchard")
    shown = await town.run(fern, "space leave", space="Orchard")
    assert spell("admin grant", language) in shown.text
    await town.press(fern, button(shown, "space.leave"))
    assert await town.held(fern) == set()
    shown = await town.run(moss, "space leave", space="Orchard")
    assert "14" in shown.text
    assert await town.held(moss) == {("facilitator", "orchard")}
    gone = await town.press(moss, button(shown, "space.leave"))
    assert gone.text == said("access.left", language, title="Orchard")
    assert gone.buttons == ()
    assert (await town.press(moss, button(shown, "space.leave"))).text == said("refusal.access.not_in", language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_cannot_be_undone_alone_is_said_first(town: Town, language: Language) -> None:
    await build(town, access=WayIn.UNLISTED)
    nok = await town.join("Heron", language=language)
    row = await town.record(nok)
    await town.network.act(lambda unit: let_in_now(unit, row, "orchard"))
    shown = await town.press(nok, button(await town.run(nok, "space show", space="orchard"), "space.leave"))
    assert shown.text == said("access.leave_way_back", language, title="Orchard")
    assert await town.spaces(nok) == {"orchard"}
    left = await town.press(nok, button(shown, "space.leave"))
    assert left.text == said("access.left", language, title="Orchard")


async def test_out_of_an_open_space_and_in_again_is_one_press(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    left = await town.run(nok, "space leave", space="Seed Garden")
    back = await town.press(nok, button(left, "space.join"))
    assert back.replaces
    assert await town.spaces(nok) == {"garden"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [SpaceState.PAUSED, SpaceState.CLOSING, SpaceState.ARCHIVED])
async def test_a_space_that_rests_is_shown_and_says_why_nobody_comes_in(
    town: Town, language: Language, state: SpaceState
) -> None:
    await build(town)
    nok = await town.join("Heron", language=language)
    await change(town, "orchard", state=state.value)
    shown = await town.run(nok, "space show", space="Orchard")
    assert said(f"access.state.{state.value}", language) in shown.text
    assert shown.buttons == ()
    reply = await town.run(nok, "space join", space="Orchard")
    assert reply.text == said(f"refusal.access.resting.{state.value}", language)


async def test_who_is_no_member_or_not_yet_learns_how_to_become_one_and_nothing_more(town: Town) -> None:
    await build(town)
    waiting = await town.join("Heron", state=MemberState.VOUCHING)
    for account, code in ((town.stranger(), "not_member"), (waiting, "vouching")):
        for path in ("space list", "space show", "space join"):
            options: dict[str, Any] = {} if path == "space list" else {"space": "Orchard"}
            reply = await town.run(account, path, **options)
            start = Markup(f"`{spell('start', 'en')}`")
            assert reply.text == said(f"refusal.authority.{code}", start=start)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_kept_of_asking_is_told_to_who_asked(town: Town, language: Language) -> None:
    await build(town, access=WayIn.REQUEST)
    await build(town, "cellar", title="Cellar", access=WayIn.UNLISTED)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="cellar")
    nok = await town.join("Heron", language=language)
    await town.run(nok, "space join", space="orchard")
    await town.run(fern, "space bring", space="cellar", alias="Heron")
    data = await Privacy(town.network).show(nok)
    words = RowWords(catalogues().translator(language), data.titles)
    lines = [words.say(row) for row in data.rows if row.table == "space_request"]
    today = town.clock().date()
    assert sorted(lines) == sorted(
        [
            said("privacy.row.space_asked", language, space="Orchard", day=today),
            said("privacy.row.space_offered", language, space="Cellar", day=today),
        ]
    )
