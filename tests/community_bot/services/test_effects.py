"""What was decided is carried out: later, after a crash, in order, and never against what is so by then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.roles import NETWORK, Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.port import Card, ImpossibleError, NotNowError, Shown
from community_bot.services.directory import Titles
from community_bot.services.effects import TRIES, Effects
from community_bot.services.network import Unit
from community_bot.services.roles import make_office_code
from db.engine import Database
from tests.community_bot.conftest import Log
from tests.community_bot.people import AGREED, GARDEN, NOON, Porch, Town, spell

AWAY = NotNowError("discord.unreachable")


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def tell(town: Town, account: Account, text: str = "onboarding.admitted", **details: str) -> None:
    row = await town.record(account)
    await town.network.act(
        lambda unit: unit.outbox.add("tell", {"text": text, **details}, now=unit.now, member_id=row.id)
    )


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the task under test has no event to hand out
            await asyncio.sleep(0.005)


# ── trying again, giving up


async def test_what_is_done_is_forgotten_and_done_once(town: Town) -> None:
    await town.join("Heron", space="garden")
    await town.run_effects()
    await town.run_effects()
    assert town.discord.calls == ["admit", "admit"]
    assert await town.pending() == []


async def test_what_cannot_be_done_now_is_tried_again_with_growing_waits(town: Town) -> None:
    nok = await town.join("Heron")
    await tell(town, nok)
    town.discord.away = AWAY
    waits = []
    for _ in range(4):
        await town.run_effects()
        due = await town.network.look(lambda unit: unit.outbox.next_due(unit.now))
        assert due is not None
        waits.append((due - town.clock()).total_seconds())
        town.clock.now = due
    assert waits == [2, 4, 8, 16]
    town.discord.away = None
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


async def test_a_platform_says_itself_when_to_come_again(town: Town) -> None:
    nok = await town.join("Heron")
    await tell(town, nok)
    town.discord.away = NotNowError("discord.limit", retry_after=3600)
    await town.run_effects()
    assert await town.network.look(lambda unit: unit.outbox.next_due(unit.now)) == NOON + timedelta(hours=1)


async def test_after_many_tries_it_is_given_up_and_shown(town: Town, log: Log) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await tell(town, admin)
    town.discord.away = AWAY
    for _ in range(TRIES):
        await town.run_effects()
        town.clock.pass_by(minutes=10)
    assert (await town.health.look(admin)).failed == {"discord.unreachable": 1}
    assert town.discord.calls.count("tell") == TRIES
    assert admin.user_id not in log.getvalue()


async def test_what_can_never_be_done_is_given_up_at_once_and_shown(town: Town, log: Log) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN, space="garden")
    town.discord.away = ImpossibleError("discord.forbidden")
    await town.run_effects()
    assert (await town.health.look(admin)).failed == {"discord.forbidden": 1}
    assert [entry["reason"] for entry in log.entries() if entry["level"] == "warning"] == ["discord.forbidden"]


@pytest.mark.parametrize("reason", ["discord.member_gone", "discord.dms_closed"])
async def test_that_people_go_or_want_no_messages_needs_nobodys_attention(town: Town, reason: str) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await tell(town, admin)
    town.discord.away = ImpossibleError(reason)
    await town.run_effects()
    assert (await town.health.look(admin)).failed == {}
    assert await town.pending() == []


async def test_a_fault_of_ours_in_one_effect_holds_up_no_other_and_says_nothing_private(
    town: Town, log: Log
) -> None:
    nok, fern = await town.join("Heron"), await town.join("Fern")
    await tell(town, nok, "a.text.that.nobody.wrote")
    await tell(town, nok, "role.granted_notice", role="no such role", until="never", scope=NETWORK)
    await town.network.act(lambda unit: unit.outbox.add("sing", {}, now=unit.now))
    await tell(town, fern)
    town.discord.closed[nok.user_id] = RuntimeError("Heron 1001 is not at home")
    await town.run_effects()
    assert len(town.discord.inbox(fern)) == 1
    assert "Heron" not in log.getvalue()
    for _ in range(2 * TRIES):
        await town.run_effects()
        town.clock.pass_by(minutes=10)
    assert await town.pending() == []
    failed = await town.network.look(lambda unit: unit.outbox.failures())
    assert failed == {"effect.failed": 2, "effect.unknown": 1}


# ── one platform and the other


async def test_a_platform_that_is_away_holds_up_nobody_on_the_other(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    fern = await town.join("Fern", account=town.stranger("matrix"), space="garden")
    for account in (nok, fern):
        await tell(town, account)
    town.discord.away = AWAY
    await town.run_effects()
    assert town.matrix.places(fern) == {"!garden:example.org"}
    assert len(town.matrix.inbox(fern)) == 1


async def test_who_is_on_both_is_reached_and_let_in_where_it_is_possible(town: Town) -> None:
    nok, matrix = await town.join("Heron", space="garden"), town.stranger("matrix")
    await town.link(nok, matrix)
    town.discord.away = AWAY
    await tell(town, nok)
    await town.run_effects()
    assert town.matrix.places(matrix) == {"!garden:example.org"}
    assert len(town.matrix.inbox(matrix)) >= 1
    town.discord.away = None
    town.clock.pass_by(minutes=10)
    await town.run_effects()
    assert town.discord.places(nok) == {"501", "502"}


@pytest.mark.parametrize(
    "failure", [ImpossibleError("discord.dms_closed"), ImpossibleError("discord.forbidden"), AWAY]
)
async def test_a_message_is_said_once_wherever_it_is_heard(town: Town, failure: Exception) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.link(nok, matrix)
    await town.run_effects()
    before = len(town.matrix.inbox(matrix))
    town.discord.away = failure
    await tell(town, nok)
    await town.run_effects()
    town.discord.away = None
    town.clock.pass_by(minutes=10)
    await town.run_effects()
    assert len(town.matrix.inbox(matrix)) == before + 1


@pytest.mark.parametrize("reason", ["discord.forbidden", "discord.channel_gone"])
async def test_a_door_that_stays_shut_does_not_shut_the_next(town: Town, reason: str) -> None:
    nok = await town.join("Heron", space="garden")
    town.discord.closed["501"] = ImpossibleError(reason)
    await town.run_effects()
    assert town.discord.places(nok) == {"502"}
    failed = await town.network.look(lambda unit: unit.outbox.failures())
    assert failed == ({} if reason == "discord.channel_gone" else {"discord.forbidden": 1})


# ── in order, and as things are


async def test_what_a_member_is_told_keeps_its_order(town: Town) -> None:
    nok = await town.join("Heron")
    await tell(town, nok, "link.claimed_notice")
    town.discord.away = AWAY
    await town.run_effects()
    await tell(town, nok, "onboarding.admitted")
    town.discord.away = None
    await town.run_effects()
    assert town.discord.inbox(nok) == []
    town.clock.pass_by(minutes=1)
    await town.run_effects()
    t = catalogues().translator("en")
    assert [text.split("**")[0][:20] for text in town.discord.inbox(nok)] == [
        t("link.claimed_notice", link="x")[:20],
        t("onboarding.admitted", help="x")[:20],
    ]


async def test_an_old_effect_opens_no_door_that_was_closed_since(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    town.discord.away = AWAY
    await town.run_effects()
    await town.members.leave(nok)
    town.discord.away = None
    await town.run_effects()
    town.clock.pass_by(minutes=10)
    await town.run_effects()
    assert town.discord.doors == {}
    assert await town.pending() == []


async def test_an_old_effect_closes_no_door_that_was_opened_since(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    await town.run_effects()
    town.discord.away = AWAY
    await town.members.leave(nok)
    await town.run_effects()
    await town.members.resume(nok)
    row = await town.record(nok)

    def join_again(unit: Unit) -> None:
        unit.spaces.join(row.id, "garden", unit.today, unit.keep_until)
        unit.outbox.add("admit", {"space": "garden"}, now=unit.now, member_id=row.id)

    await town.network.act(join_again)
    town.discord.away = None
    await town.run_effects()
    town.clock.pass_by(minutes=10)
    await town.run_effects()
    assert town.discord.places(nok) == {"501", "502"}


async def test_newcomers_do_not_see_what_was_said_before_and_others_do(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    await town.run_effects()
    assert set(town.discord.doors.values()) == {False}
    row = await town.record(nok)

    def end_probation(unit: Unit) -> None:
        unit.members.end_probation(row.id)
        unit.outbox.add("admit", {"space": "garden"}, now=unit.now, member_id=row.id)

    await town.network.act(end_probation)
    await town.run_effects()
    assert set(town.discord.doors.values()) == {True}


async def test_a_space_the_operator_took_out_meanwhile_is_let_be(town: Town) -> None:
    await town.join("Heron", space="radio")
    smaller = Town(town.network.database, spaces=(GARDEN,))
    await smaller.run_effects()
    assert smaller.discord.calls == []
    assert await smaller.pending() == []


# ── who is told, and when


@pytest.mark.parametrize(
    "state", [MemberState.PAUSED, MemberState.DORMANT, MemberState.ALUMNI, MemberState.ERASING]
)
async def test_a_member_who_is_away_is_not_told(town: Town, state: MemberState) -> None:
    nok = await town.join("Heron", state=state)
    await tell(town, nok)
    await town.run_effects()
    assert town.discord.calls == []
    assert await town.pending() == []


async def test_who_asked_for_no_messages_gets_none_but_those_about_their_own_account(town: Town) -> None:
    nok = town.stranger()
    await town.complete(nok, "Heron", agreed=AGREED)
    await tell(town, nok)
    await tell(town, nok, "link.claimed_notice", always="yes")
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


async def test_what_concerns_ones_own_account_is_told_while_one_pauses_and_at_night(town: Town) -> None:
    nok = await town.join("Heron", state=MemberState.PAUSED)
    await town.members.set_quiet(nok, "00:00", "23:59", None)
    await tell(town, nok, "link.claimed_notice", always="yes")
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


async def test_in_quiet_hours_over_midnight_the_bot_waits_for_the_morning_of_the_member(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.set_quiet(nok, "22:00", "07:00", "America/Mexico_City")
    await tell(town, nok)
    town.clock.now = NOON.replace(hour=5)  # 23:00 of the day before in Mexico City
    await town.run_effects()
    assert town.discord.calls == []
    assert await town.network.look(lambda unit: unit.outbox.next_due(unit.now)) == NOON.replace(hour=13)
    town.clock.now = NOON.replace(hour=12, minute=59)
    await town.run_effects()
    assert town.discord.calls == []
    town.clock.now = NOON.replace(hour=13)
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


async def test_quiet_hours_hold_up_no_doors(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.set_quiet(nok, "00:00", "23:59", None)
    await tell(town, nok)
    row = await town.record(nok)

    def join(unit: Unit) -> None:
        unit.spaces.join(row.id, "garden", unit.today, unit.keep_until)
        unit.outbox.add("admit", {"space": "garden"}, now=unit.now, member_id=row.id)

    await town.network.act(join)
    await town.run_effects()
    assert town.discord.calls == ["admit", "admit"]


async def test_a_night_does_not_use_up_the_tries(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.set_quiet(nok, "00:00", "23:59", None)
    await tell(town, nok)
    for _ in range(3):
        await town.run_effects()
        town.clock.pass_by(hours=1)
    town.clock.pass_by(days=1)
    due = await town.pending("tell")
    assert [effect.attempts for effect in due] == [0]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everybody_is_told_in_their_language_with_their_calendar_and_titles(
    town: Town, language: Language
) -> None:
    admin, nok = await town.join("Admina", role=Role.NETWORK_ADMIN), await town.join("Heron", language=language)
    await town.members.set_calendar(nok, "buddhist")
    await town.roles.grant(admin, "Heron", Role.HOST, "garden", 7)
    await town.run_effects()
    said = town.discord.inbox(nok)[0]
    assert GARDEN.titles[language] in said
    assert catalogues().translator(language)("role.host") in said
    assert "2569" in said
    assert spell("help", language) in said


async def test_every_notice_the_bot_sends_by_itself_has_its_words(town: Town) -> None:
    admin, fern = await town.join("Admina", role=Role.NETWORK_ADMIN), await town.join("Fern", role=Role.FACILITATOR)
    for language in LANGUAGES:
        nok = await town.join(f"Heron {language}", language=language, state=MemberState.VOUCHING)
        await town.roles.take_office(nok, await make_office_code(town.network))
        await town.link(nok, town.stranger("matrix"))
        await town.buddies.ask(nok)
        await town.roles.grant(admin, f"Heron {language}", Role.SAFETY_LEAD, NETWORK, None)
    await town.run_effects()
    for _, card in list(town.discord.told.values()):
        for each in card.buttons:
            if each.action == "buddy.take":
                await town.buddies.take(fern, each.argument)
    await town.run_effects()
    assert await town.network.look(lambda unit: unit.outbox.failures()) == {}
    assert await town.pending() == []


# ── the task itself


async def test_the_task_does_what_is_decided_while_it_waits(town: Town) -> None:
    running = asyncio.create_task(town.effects.run())
    nok = await town.join("Heron", space="garden")
    await until(lambda: town.discord.places(nok) == {"501", "502"})
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_crash_between_done_there_and_noted_here_heals_and_says_nothing_twice(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    await tell(town, nok)
    said = asyncio.Event()
    tell_once = town.discord.tell

    async def tell_and_hang(user_id: str, card: Card, *, key: str) -> Shown:
        await tell_once(user_id, card, key=key)
        said.set()
        await asyncio.Event().wait()
        raise AssertionError("it never comes")

    town.discord.tell = tell_and_hang  # type: ignore[method-assign]
    running = asyncio.create_task(town.effects.run())
    async with asyncio.timeout(10):
        await said.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(await town.pending("tell")) == 1

    town.discord.tell = tell_once  # type: ignore[method-assign]
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1
    assert town.discord.places(nok) == {"501", "502"}
    assert await town.pending() == []


async def test_fifty_who_cannot_be_reached_do_not_stand_before_those_who_can(town: Town) -> None:
    unreached = [await town.join(f"Heron {number}") for number in range(55)]
    for account in unreached:
        await tell(town, account)
        town.discord.closed[account.user_id] = AWAY
    fern = await town.join("Fern")
    await tell(town, fern)
    await town.run_effects()
    assert len(town.discord.inbox(fern)) == 1


def test_a_space_that_is_gone_is_called_by_its_key() -> None:
    assert Titles({"garden": GARDEN}).of("radio", "en") == "radio"


class Silent(Porch):
    """A platform that never answers."""

    async def tell(self, user_id: str, card: Card, *, key: str) -> Shown:
        await asyncio.Event().wait()
        raise AssertionError("it never comes")


async def test_a_call_that_never_ends_holds_nobody_up_and_is_tried_again(town: Town) -> None:
    nok = await town.join("Heron")
    silent = Silent("discord")
    effects = Effects(town.network, {"discord": silent}, catalogues(), longest_call=0.05)
    await tell(town, nok)
    async with asyncio.timeout(10):
        assert await effects.run_due() == 1
    town.clock.pass_by(hours=1)
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1
