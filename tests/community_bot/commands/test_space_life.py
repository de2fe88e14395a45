"""`/space open … discard`, as those who run spaces meet them, in every language."""

from __future__ import annotations

from typing import Any

import pytest

from community_bot.commands.request import Reply
from community_bot.domain.account import Account
from community_bot.domain.roles import Role
from community_bot.domain.space_state import SpaceState
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.port import Button
from db.engine import Database
from tests.community_bot.people import button, spell
from tests.community_bot.services.living_spaces import LivingSpaces

TITLE = "Riverside Radio"


@pytest.fixture
def living(sqlite_database: Database) -> LivingSpaces:
    return LivingSpaces(sqlite_database)


@pytest.fixture(params=LANGUAGES)
async def fern(request: pytest.FixtureRequest, living: LivingSpaces) -> Account:
    """A founder who speaks one of the languages."""
    return await living.town.join("Fern", role=Role.FACILITATOR, language=request.param)


async def said(living: LivingSpaces, account: Account, path: str, space: str = TITLE, **options: Any) -> Reply:
    """Type a command; a fault of ours is no answer."""
    reply = await living.town.run(account, f"space {path}", space=space, **options)
    assert_answered(reply)
    return reply


async def pressed(living: LivingSpaces, account: Account, which: Button) -> Reply:
    reply = await living.town.press(account, which)
    assert_answered(reply)
    return reply


def assert_answered(reply: Reply) -> None:
    faults = (str(catalogues().translator(each)("face.our_fault", reference="~")) for each in LANGUAGES)
    assert reply.text
    assert not any(reply.text.startswith(each.partition("~")[0]) for each in faults)
    assert "{" not in reply.text


async def speaks(living: LivingSpaces, account: Account) -> Language:
    language: Language = (await living.town.record(account)).profile.language  # type: ignore[assignment]
    return language


async def test_what_is_missing_is_listed_with_the_command_that_helps(living: LivingSpaces, fern: Account) -> None:
    language = await speaks(living, fern)
    key = await living.draft(fern, template="pilot")
    reply = await said(living, fern, "open")
    assert catalogues().translator(language)("space_life.missing.under_way") in reply.text
    await living.building.run_due()
    reply = await said(living, fern, "open")
    assert spell("experiment register", language) in reply.text
    assert reply.buttons == ()
    await living.end_everybody(key)
    await living.network.act(lambda unit: unit.layouts.gone(key, "100", "room.plaza"))
    reply = await said(living, fern, "open")
    for path in ("space apply", "admin grant", "space open"):
        assert spell(path, language) in reply.text


async def test_the_agreements_are_read_and_agreed_to_and_then_the_space_is_open(
    living: LivingSpaces, fern: Account
) -> None:
    language = await speaks(living, fern)
    key = await living.built(fern)
    await living.belong(fern, "river circle")
    reply = await said(living, fern, "open")
    assert spell("admin grant", language) in reply.text
    assert spell("org register", language) in reply.text
    await living.facilitator("Moss", key, "hill circle")
    reply = await pressed(living, fern, Button("", "space.open", key))
    assert {"en": "**We listen.**", "th": "**เราฟังกัน**", "es": "**Escuchamos.**"}[language] in reply.text
    assert await living.state(key) is SpaceState.DRAFT
    reply = await pressed(living, fern, button(reply, "space.agree"))
    assert reply.replaces
    assert spell("space join", language) in reply.text
    assert await living.state(key) is SpaceState.ACTIVE


async def test_a_pilot_that_cannot_go_on_yet_is_told_so_in_other_words(living: LivingSpaces, fern: Account) -> None:
    t = catalogues().translator(await speaks(living, fern))
    key = await living.built(fern, template="pilot")
    await living.experiment(fern, key)
    await living.open(fern, key)
    reply = await said(living, fern, "open")
    assert t("space_life.missing.heading_pilot", space=TITLE) in reply.text
    assert t("space_life.missing.heading", space=TITLE) not in reply.text


async def test_a_pause_and_its_end_are_one_press_apart(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    reply = await said(living, fern, "pause", reason="We rest")
    assert await living.state(key) is SpaceState.PAUSED
    reply = await pressed(living, fern, button(reply, "space.resume"))
    assert TITLE in reply.text
    assert await living.state(key) is SpaceState.ACTIVE
    await said(living, fern, "pause")
    await said(living, fern, "resume")
    assert await living.state(key) is SpaceState.ACTIVE


async def test_closing_shows_its_checklist_and_can_be_taken_back(living: LivingSpaces, fern: Account) -> None:
    language, key = await speaks(living, fern), await living.opened(fern)
    reply = await said(living, fern, "close")
    t = catalogues().translator(language)
    for each in ("library_nothing", "reviews_nothing", "bridges_nothing", "roles_with_archiving"):
        assert t(f"space_life.check.{each}") in reply.text
    await pressed(living, fern, button(reply, "space.reopen"))
    assert await living.state(key) is SpaceState.ACTIVE
    await said(living, fern, "close")
    await said(living, fern, "reopen")
    assert await living.state(key) is SpaceState.ACTIVE


async def test_archiving_is_shown_asked_for_and_confirmed_in_private_messages(
    living: LivingSpaces, fern: Account
) -> None:
    language, key = await speaks(living, fern), await living.opened(fern)
    lark = await living.town.join("Lark", role=Role.NETWORK_ADMIN, language=language)
    await said(living, fern, "close")
    shown = await said(living, fern, "archive")
    assert "Discord" in shown.text
    assert "Matrix" in shown.text
    assert [(each.action, each.weight) for each in shown.buttons] == [("space.archive", "danger")]
    assert "second_look" not in await living.town.rows()
    asked = await pressed(living, fern, shown.buttons[0])
    assert [each.action for each in asked.buttons] == ["space.withdraw"]
    await living.town.run_effects()
    ((_, card),) = [each for each in living.town.discord.told.values() if each[0] == lark.user_id]
    assert TITLE in card.text
    own = await pressed(living, fern, card.buttons[0])
    assert own.text == catalogues().translator(language)("refusal.space.second_same")
    done = await pressed(living, lark, card.buttons[0])
    assert TITLE in done.text
    assert await living.under_way(key) == "archive"
    late = await pressed(living, lark, card.buttons[0])
    assert late.text == catalogues().translator(language)("refusal.space.second_gone")


async def test_whoever_looks_as_the_second_can_confirm_or_say_no(living: LivingSpaces, fern: Account) -> None:
    language, key = await speaks(living, fern), await living.opened(fern)
    lark = await living.town.join("Lark", role=Role.NETWORK_ADMIN, language=language)
    await said(living, fern, "close")
    stale = await said(living, lark, "archive")
    await pressed(living, fern, button(await said(living, fern, "archive"), "space.archive"))
    mine = await said(living, fern, "archive")
    assert [each.action for each in mine.buttons] == ["space.withdraw"]
    shown = await pressed(living, lark, stale.buttons[0])
    assert [(each.action, each.weight) for each in shown.buttons] == [
        ("space.confirm", "danger"),
        ("space.withdraw", "plain"),
    ]
    await pressed(living, lark, button(shown, "space.withdraw"))
    assert (await said(living, fern, "archive")).buttons[0].action == "space.archive"
    assert await living.under_way(key) is None


async def test_who_runs_a_space_alone_is_told_that_nobody_can_confirm(living: LivingSpaces, fern: Account) -> None:
    language, key = await speaks(living, fern), await living.opened(fern)
    await said(living, fern, "close")
    await living.end_everybody(key)
    reply = await pressed(living, fern, button(await said(living, fern, "archive"), "space.archive"))
    assert spell("admin grant", language) in reply.text


async def test_deleting_tells_the_day_and_can_be_taken_back_with_one_press(
    living: LivingSpaces, fern: Account
) -> None:
    language, key = await speaks(living, fern), await living.archived(fern)
    lark = await living.town.join("Lark", role=Role.NETWORK_ADMIN, language=language)
    shown = await said(living, fern, "purge")
    assert {"en": "2026", "th": "2569", "es": "2026"}[language] in shown.text
    assert [(each.action, each.weight) for each in shown.buttons] == [("space.purge", "danger")]
    await pressed(living, fern, shown.buttons[0])
    done = await pressed(living, lark, button(await said(living, lark, "purge"), "space.confirm"))
    assert (await living.row(key)).purge_on is not None
    await living.town.run_effects()
    assert any("2026" in card.text for place, card in living.town.discord.posted.values())
    kept = await pressed(living, fern, button(done, "space.keep"))
    assert kept.replaces
    assert (await living.row(key)).purge_on is None
    refused = await said(living, fern, "keep")
    assert refused.text == catalogues().translator(language)("refusal.space.purge_not_announced")


async def test_a_draft_is_archived_alone_or_discarded(living: LivingSpaces, fern: Account) -> None:
    key = await living.built(fern)
    shown = await said(living, fern, "archive")
    await pressed(living, fern, button(shown, "space.archive"))
    assert await living.under_way(key) == "archive"
    living.matrix.forbidden.add("table")
    draft = await living.draft(fern, "Hill Radio")
    await living.building.run_due()
    shown = await said(living, fern, "discard", "Hill Radio")
    assert [(each.action, each.weight) for each in shown.buttons] == [("space.discard", "danger")]
    await pressed(living, fern, shown.buttons[0])
    assert await living.network.look(lambda unit: unit.layouts.get(draft)) is None


async def test_a_forged_button_is_refused_and_changes_nothing(living: LivingSpaces) -> None:
    fern = await living.founder()
    key = await living.opened(fern)
    before = await living.row(key)
    actions = ("confirm", "withdraw", "agree", "open", "keep", "discard", "archive", "purge", "resume", "reopen")
    for action in actions:
        for argument in ("", "archive", "archive nothing", "purge 7", f"nonsense {key}", "x" * 80):
            await pressed(living, fern, Button("", f"space.{action}", argument))
    assert await living.row(key) == before


async def test_spaces_are_offered_where_the_command_can_be_used(living: LivingSpaces) -> None:
    fern = await living.founder()
    opened, draft = await living.opened(fern), await living.built(fern, "Hill Radio")
    moss = await living.facilitator("Moss", draft)

    async def offered(who: Account, path: str, typed: str = "") -> list[str]:
        found = await living.town.desk.suggest(living.town.incoming(who), ("space", path), "space", typed)
        return [each.value for each in found]

    assert await offered(fern, "pause") == [opened]
    assert await offered(fern, "open") == [draft]
    assert await offered(fern, "open", "river") == []
    assert await offered(fern, "discard", "hill") == [draft]
    assert await offered(moss, "pause") == []
    assert await offered(moss, "archive") == [draft]
    assert await offered(await living.town.join("Reed"), "open") == []
    assert await offered(fern, "keep") == []


async def test_a_member_without_an_office_is_refused_and_a_stranger_shown_the_way_in(living: LivingSpaces) -> None:
    fern = await living.founder()
    await living.opened(fern)
    reed, t = await living.town.join("Reed"), catalogues().translator("en")
    for path in ("open", "pause", "resume", "close", "reopen", "archive", "purge", "keep", "discard"):
        assert (await said(living, reed, path)).text == t("refusal.authority.lacks")
        stranger = await living.town.run(living.town.stranger(), f"space {path}", client="en", space=TITLE)
        assert spell("start", "en") in stranger.text
