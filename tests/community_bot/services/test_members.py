"""What members decide about themselves, whatever they type, and whatever else they do at the same moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.member import MemberState
from community_bot.domain.regions import CountryPack, Region
from community_bot.domain.roles import NETWORK, Role
from community_bot.locales import Language
from db.engine import Database
from tests.community_bot.people import NOON, Town, refused

PACK = CountryPack(
    "TH",
    ("th",),
    "buddhist",
    "Asia/Bangkok",
    "",
    (
        Region("TH-north", None, {"th": "ภาคเหนือ", "en": "The North", "es": "El norte"}),
        Region("TH-50", "TH-north", {"th": "เชียงใหม่", "en": "Chiang Mai", "es": "Chiang Mai"}),
        Region("TH-51", "TH-north", {"th": "ลำพูน", "en": "Lamphun", "es": "Lamphun"}),
    ),
)
STATES = [state for state in MemberState if state is not MemberState.ERASING]


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database, country_pack=PACK)


async def test_somebody_sees_what_they_chose_and_no_account_id(town: Town) -> None:
    nok = await town.join("Heron", space="garden", role=Role.HOST, scope="garden")
    await town.link(nok, town.stranger("matrix"))
    record = await town.members.show(nok)
    assert record.profile.alias == "Heron"
    assert record.spaces == ("garden",)
    assert record.accounts == ("discord", "matrix")
    assert [(grant.role, grant.scope) for grant in record.roles] == [(Role.HOST, "garden")]
    assert nok.user_id not in str(record)


@pytest.mark.parametrize("state", STATES)
async def test_in_every_state_but_one_people_reach_what_is_theirs(town: Town, state: MemberState) -> None:
    nok = await town.join("Heron", state=state)
    assert (await town.members.show(nok)).state is state
    assert await town.members.set_alias(nok, (), "Reed") == "Reed"


async def test_while_an_erasure_waits_and_without_a_record_there_is_nothing_to_change(town: Town) -> None:
    erasing, stranger = await town.join("Heron", state=MemberState.ERASING), town.stranger()
    for who, code in ((erasing, "authority.erasing"), (stranger, "authority.not_member")):
        await refused(code, lambda who=who: town.members.show(who))  # type: ignore[misc]
        await refused(code, lambda who=who: town.members.set_alias(who, (), "Reed"))  # type: ignore[misc]
        await refused(code, lambda who=who: town.members.set_language(who, "th"))  # type: ignore[misc]
        await refused(code, lambda who=who: town.members.set_region(who, None))  # type: ignore[misc]
        await refused(code, lambda who=who: town.members.pause(who))  # type: ignore[misc]
        await refused(code, lambda who=who: town.members.resume(who))  # type: ignore[misc]
        await refused(code, lambda who=who: town.members.leave(who))  # type: ignore[misc]


# ── choices


async def test_an_alias_is_changed_and_the_old_one_is_free(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.set_alias(nok, (), "Blue Heron")
    await town.join("Heron")
    assert (await town.record(nok)).profile.alias == "Blue Heron"


async def test_an_alias_of_somebody_else_or_of_ones_account_is_refused_and_the_old_one_stays(town: Town) -> None:
    nok = await town.join("Heron")
    await town.join("Reed")
    await refused("alias.taken", lambda: town.members.set_alias(nok, (), "R E E D"))
    await refused("alias.account_name", lambda: town.members.set_alias(nok, ("Nok Somsri",), "nok-somsri"))
    assert (await town.record(nok)).profile.alias == "Heron"


async def test_two_who_want_the_same_alias_at_once_do_not_both_get_it(town: Town) -> None:
    people = [await town.join(f"Heron {n}") for n in range(4)]
    outcomes = await asyncio.gather(
        *(town.members.set_alias(account, (), "Reed") for account in people), return_exceptions=True
    )
    assert sum(outcome == "Reed" for outcome in outcomes) == 1


async def test_choices_made_at_the_same_moment_are_all_kept(town: Town) -> None:
    nok = await town.join("Heron")
    matrix = town.stranger("matrix")
    await town.link(nok, matrix)
    await asyncio.gather(
        town.members.set_alias(nok, (), "Reed"),
        town.members.set_language(matrix, "es"),
        town.members.set_calendar(nok, "buddhist"),
        town.members.set_quiet(matrix, "22:00", "07:00", "America/Mexico_City"),
    )
    profile = (await town.record(nok)).profile
    assert (profile.alias, profile.language, profile.calendar) == ("Reed", "es", "buddhist")
    assert (profile.quiet_from, profile.quiet_until, profile.zone) == ("22:00", "07:00", "America/Mexico_City")


@pytest.mark.parametrize("language", ["fr", "English", "", "TH"])
async def test_a_language_we_do_not_speak_is_not_kept(town: Town, language: Language) -> None:
    nok = await town.join("Heron")
    await refused("me.language_unknown", lambda: town.members.set_language(nok, language))
    assert (await town.record(nok)).profile.language == "en"


@pytest.mark.parametrize("calendar", ["mayan", "Gregorian", ""])
async def test_a_calendar_nobody_has_is_not_kept(town: Town, calendar: CalendarPreference) -> None:
    nok = await town.join("Heron")
    await refused("me.calendar_unknown", lambda: town.members.set_calendar(nok, calendar))
    assert (await town.record(nok)).profile.calendar is None


async def test_a_province_is_kept_as_exactly_as_five_people_have_chosen_it(town: Town) -> None:
    people = [await town.join(f"Heron {n}") for n in range(6)]
    kept = [await town.members.set_region(account, "TH-50") for account in people]
    assert set(kept[:4]) <= {None, "TH-north"}
    assert kept[4:] == ["TH-50", "TH-50"]


async def test_one_person_of_another_province_is_not_told_apart_by_those_of_the_next(town: Town) -> None:
    for n in range(5):
        await town.members.set_region(await town.join(f"Heron {n}"), "TH-50")
    assert await town.members.set_region(await town.join("Reed"), "TH-51") == "TH-north"


async def test_where_one_is_can_be_taken_back_and_an_unknown_place_is_refused(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.set_region(nok, "TH-50")
    await refused("me.region_unknown", lambda: town.members.set_region(nok, "TH-99"))
    assert await town.members.set_region(nok, None) is None
    assert (await town.record(nok)).profile.region is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("22:00", "22:00"), ("7.30", "07:30"), ("0730", "07:30"), ("๒๒:๐๐", "22:00"), (" 9:05 ", "09:05")],
)
async def test_a_time_of_day_is_read_as_people_type_it(town: Town, typed: str, kept: str) -> None:
    nok = await town.join("Heron")
    assert (await town.members.set_quiet(nok, typed, "23:59", None)).quiet_from == kept


@pytest.mark.parametrize(
    ("since", "until", "zone", "code"),
    [
        ("24:00", "07:00", None, "me.time_unreadable"),
        ("22:60", "07:00", None, "me.time_unreadable"),
        ("²²:⁰⁰", "07:00", None, "me.time_unreadable"),
        ("①②:00", "07:00", None, "me.time_unreadable"),
        ("ten", "07:00", None, "me.time_unreadable"),
        ("", "07:00", None, "me.time_unreadable"),
        ("22:00", None, None, "me.quiet_half"),
        (None, "07:00", None, "me.quiet_half"),
        ("22:00", "22.00", None, "me.quiet_nothing"),
        ("22:00", "07:00", "Asia/Atlantis", "me.zone_unknown"),
        ("22:00", "07:00", "../../etc/passwd", "me.zone_unknown"),
        ("22:00", "07:00", "America", "me.zone_unknown"),
    ],
)
async def test_what_cannot_be_read_changes_nothing(
    town: Town, since: str | None, until: str | None, zone: str | None, code: str
) -> None:
    nok = await town.join("Heron")
    before = (await town.record(nok)).profile
    await refused(code, lambda: town.members.set_quiet(nok, since, until, zone))
    assert (await town.record(nok)).profile == before


async def test_quiet_hours_are_ended_by_giving_none_and_the_zone_stays(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.set_quiet(nok, "22:00", "07:00", "Asia/Tokyo")
    profile = await town.members.set_quiet(nok, None, None, None)
    assert (profile.quiet_from, profile.quiet_until, profile.zone) == (None, None, "Asia/Tokyo")


# ── pausing, leaving, coming back


async def test_who_pauses_keeps_their_spaces_and_comes_back_to_them(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    await town.members.pause(nok)
    assert await town.state(nok) == "paused"
    await refused("member.not_now", lambda: town.members.pause(nok))
    assert await town.members.resume(nok) is MemberState.ACTIVE
    await refused("member.not_now", lambda: town.members.resume(nok))
    await town.run_effects()
    assert town.discord.places(nok) == {"501", "502"}


async def test_nothing_is_noted_of_what_somebody_does_while_they_pause(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.pause(nok)
    town.clock.pass_by(days=5)
    await town.members.set_alias(nok, (), "Reed")
    assert (await town.record(nok)).last_act_on == NOON.date()


async def test_who_does_something_is_kept_for_as_long_again(town: Town) -> None:
    nok = await town.join("Heron")
    town.clock.pass_by(days=60)
    await town.members.show(nok)
    assert (await town.record(nok)).last_act_on == NOON.date()
    await town.members.set_language(nok, "th")
    assert (await town.record(nok)).last_act_on == NOON.date() + timedelta(days=60)


async def test_who_was_silent_for_long_is_back_with_whatever_they_do(town: Town) -> None:
    one = await town.join("Heron", state=MemberState.DORMANT)
    other = await town.join("Reed", state=MemberState.DORMANT)
    await town.members.set_language(one, "th")
    assert await town.members.resume(other) is MemberState.ACTIVE
    assert {await town.state(one), await town.state(other)} == {"active"}


async def test_leaving_ends_access_roles_and_affiliations_and_keeps_the_alias(town: Town) -> None:
    nok = await town.join("Heron", space="garden", role=Role.FACILITATOR, scope="garden")
    await town.run_effects()
    await town.members.leave(nok)
    await town.run_effects()
    assert town.discord.doors == {}
    assert await town.held(nok) == set()
    assert await town.spaces(nok) == set()
    assert (await town.members.show(nok)).profile.alias == "Heron"
    assert ("member", "member.left") in {
        (entry[1], entry[2]) for entry in await town.network.look(lambda unit: unit.ledger.audit())
    }


async def test_who_has_left_may_do_nothing_that_members_do_until_they_come_back(town: Town) -> None:
    nok = await town.join("Heron")
    await town.members.leave(nok)
    await refused("authority.left", lambda: town.buddies.ask(nok))
    assert await town.members.resume(nok) is MemberState.ACTIVE
    await refused("buddy.nobody", lambda: town.buddies.ask(nok))


async def test_leaving_and_pausing_at_once_ends_in_one_of_the_two_whole(town: Town) -> None:
    nok = await town.join("Heron", space="garden", role=Role.HOST)
    await asyncio.gather(town.members.leave(nok), town.members.pause(nok), return_exceptions=True)
    assert await town.state(nok) == "alumni"
    assert await town.held(nok) == set()


async def test_a_role_does_not_come_back_with_the_person(town: Town) -> None:
    nok = await town.join("Heron", role=Role.NETWORK_ADMIN)
    await town.members.leave(nok)
    await town.members.resume(nok)
    assert await town.held(nok) == set()
    await refused("authority.lacks", lambda: town.roles.grant(nok, "Reed", Role.HOST, NETWORK, None))


async def test_one_person_who_tries_five_times_is_not_five_people(town: Town) -> None:
    nok = await town.join("Heron")
    for _ in range(6):
        assert await town.members.set_region(nok, "TH-50") is None
