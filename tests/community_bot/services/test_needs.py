"""Needs: nothing leads to who wrote one, nobody counts twice where it can be known, and only themes are told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from ulid import ULID

from community_bot.domain.account import Account
from community_bot.domain.roles import NETWORK
from community_bot.services.needs import DRAFT_HOLDS, KEPT_WEEKS, MOST_A_DAY, Needs
from community_bot.services.network import Unit
from db.engine import Database
from db.retention import purge_expired
from db.tables import audit_entry, metadata, need, need_support, tally
from tests.community_bot.people import refused
from tests.community_bot.services.assembly import ORCHARD, Assembly

GRANT, HELP = "Writing grant proposals", "I need help to write a grant proposal"
RADIO = "How to run a small radio station"
CONFLICT = "Mediating conflicts in a team"


@pytest.fixture
def town(database: Database) -> Assembly:
    return Assembly(database)


@pytest.fixture
def small(sqlite_database: Database) -> Assembly:
    return Assembly(sqlite_database)


async def say(town: Assembly, account: Account, text: str, scope: str = NETWORK) -> str:
    """Say a need, beside others that are like it, and return its id."""
    said = await town.needs.add(account, scope, text, "en")
    if said.draft is not None:
        await town.needs.add_anyway(account, said.draft)
    return next(each.id for each in await town.needs.listed(account, scope) if each.text == text)


async def test_nothing_leads_from_a_need_to_who_wrote_it(town: Assembly) -> None:
    """Neither a hash, nor a day, nor an entry beside it that knows days."""
    otter = await town.join("Otter")
    row = await town.record(otter)
    await say(town, otter, RADIO)

    def work(unit: Unit) -> None:
        (stored,) = unit.connection.execute(select(need)).all()
        monday = date(2026, 11, 16)
        assert stored.week == monday
        assert ULID.from_str(stored.id).datetime.date() == monday
        assert stored.purge_after.weekday() == 0
        assert RADIO.encode() not in stored.sealed_words
        assert unit.connection.execute(select(need_support)).all() == []
        assert unit.connection.execute(select(audit_entry).where(audit_entry.c.object_kind == "need")).all() == []
        (counted,) = unit.connection.execute(select(tally).where(tally.c.kind == "need")).all()
        assert (counted.week, counted.total) == (monday, 1)
        for table in metadata.sorted_tables:
            for each in unit.connection.execute(select(table)):
                assert not (stored.id in str(tuple(each)) and row.id in str(tuple(each)))

    await town.network.look(work)


async def test_two_needs_of_one_week_do_not_tell_which_was_first(small: Assembly) -> None:
    """Ids are drawn by lot within the week: in their order is no order of writing."""
    people = await small.people(12)
    texts = [f"{word} for beginners, please" for word in "abcdefghijkl"]
    written = [await say(small, account, text) for account, text in zip(people, texts, strict=True)]
    assert written != sorted(written)


async def test_what_others_said_is_shown_before_anything_is_saved(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    await say(town, otter, GRANT)
    said = await town.needs.add(heron, NETWORK, HELP, "en")
    assert [each.text for each in said.similar] == [GRANT]
    assert said.draft is not None
    assert len(await town.needs.listed(heron, NETWORK)) == 1
    supported = await town.needs.support(heron, said.similar[0].id, again=False)
    assert (supported.voices, supported.supported) == (2, True)
    assert (await town.needs.support(heron, said.similar[0].id, again=False)).voices == 2


async def test_a_draft_is_its_writers_for_half_an_hour_and_in_memory_only(small: Assembly) -> None:
    otter, heron = await small.join("Otter"), await small.join("Heron")
    await say(small, otter, GRANT)
    draft = (await small.needs.add(heron, NETWORK, HELP, "en")).draft
    assert draft is not None
    await refused("need.draft", lambda: small.needs.add_anyway(otter, draft))
    await refused("need.draft", lambda: Needs(small.network).add_anyway(heron, draft))
    await small.needs.add_anyway(heron, draft)
    await refused("need.draft", lambda: small.needs.add_anyway(heron, draft))
    late = (await small.needs.add(heron, NETWORK, "Grant proposals: how to write them", "en")).draft
    assert late is not None
    small.clock.now += DRAFT_HOLDS + timedelta(seconds=1)
    await refused("need.draft", lambda: small.needs.add_anyway(heron, late))


async def test_a_member_supports_a_need_once_and_can_take_it_back(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    other = town.stranger("matrix")
    await town.link(heron, other)
    radio = await say(town, otter, RADIO)
    assert (await town.needs.support(heron, radio)).voices == 2
    assert (await town.needs.support(other, radio)).voices == 1
    assert (await town.needs.support(other, radio, again=False)).voices == 2
    assert (await town.needs.support(heron, radio, again=False)).voices == 2
    (seen,) = await town.needs.listed(otter, NETWORK)
    assert not seen.supported


async def test_ones_own_need_is_not_supported_by_oneself_while_the_bot_remembers(small: Assembly) -> None:
    otter = await small.join("Otter")
    radio = await say(small, otter, RADIO)
    await refused("need.own", lambda: small.needs.support(otter, radio))


async def test_two_records_that_are_one_person_have_one_voice(town: Assembly) -> None:
    otter, first = await town.join("Otter"), await town.join("Heron")
    second = await town.join("Grey Heron", account=town.stranger("matrix"))
    radio, grant = await say(town, otter, RADIO), await say(town, otter, GRANT)
    for account in (first, second):
        await town.needs.support(account, radio)
    assert (await town.needs.support(second, grant)).voices == 2
    await town.link(first, second)
    found = {each.text: each for each in await town.needs.listed(first, NETWORK)}
    assert (found[RADIO].voices, found[RADIO].supported) == (2, True)
    assert (found[GRANT].voices, found[GRANT].supported) == (2, True)


async def test_merging_adds_voices_up_and_counts_who_supported_both_once(town: Assembly) -> None:
    fern = await town.facilitator()
    otter, heron, teal = [await town.join(alias) for alias in ("Otter", "Heron", "Teal")]
    grant, helped = await say(town, otter, GRANT), await say(town, otter, HELP)
    for account in (heron, teal):
        await town.needs.support(account, grant)
    for account in (heron, fern):
        await town.needs.support(account, helped)
    together = await town.needs.merge(fern, grant, helped)
    # both written, three supported either; who wrote one may also have supported the other, so it is "about"
    assert (together.voices, together.about) == (5, True)
    # who supported the one that was taken in supports the whole, and takes it back from the whole
    assert (await town.needs.support(fern, grant)).voices == 4
    assert (await town.needs.support(heron, grant)).voices == 3
    await refused("need.gone", lambda: town.needs.support(heron, helped))
    assert [each.text for each in await town.needs.listed(otter, NETWORK)] == [GRANT]
    assert ("facilitator", "need.merged") in [
        entry[1:3] for entry in await town.network.look(lambda unit: unit.ledger.audit())
    ]


async def test_what_was_merged_before_goes_along_and_who_was_erased_still_counts(town: Assembly) -> None:
    fern = await town.facilitator()
    otter, heron, teal = [await town.join(alias) for alias in ("Otter", "Heron", "Teal")]
    one, two, three = [await say(town, otter, text) for text in (RADIO, GRANT, HELP)]
    await town.needs.support(heron, three)
    await town.needs.support(teal, three)
    gone = await town.record(teal)
    await town.network.act(lambda unit: unit.members.destroy(gone.id))
    await town.needs.merge(fern, two, three)
    together = await town.needs.merge(fern, one, two)
    assert (together.voices, together.supported) == (5, False)
    assert (await town.needs.support(heron, one)).voices == 4


@pytest.mark.parametrize("power", ["merging", "pulse", "merge", "close"])
async def test_only_facilitators_merge_close_and_read_the_pulse(small: Assembly, power: str) -> None:
    otter = await small.join("Otter")
    one, two = await say(small, otter, RADIO), await say(small, otter, GRANT)
    arguments = {"merge": (one, two), "close": (one,)}.get(power, (NETWORK,))
    await refused("authority.lacks", lambda: getattr(small.needs, power)(otter, *arguments))


async def test_a_facilitator_of_one_space_has_no_say_in_another(small: Assembly) -> None:
    await small.plant()
    fern, otter = await small.facilitator(ORCHARD), await small.join("Otter")
    one, two = await say(small, otter, RADIO), await say(small, otter, GRANT)
    await refused("authority.lacks", lambda: small.needs.merge(fern, one, two))
    await refused("authority.lacks", lambda: small.needs.pulse(fern, NETWORK))
    there = await say(small, fern, GRANT, ORCHARD)
    await refused("need.gone", lambda: small.needs.merge(fern, there, one))
    await small.needs.close(fern, there)
    assert await small.needs.listed(fern, ORCHARD) == []
    await refused("need.gone", lambda: small.needs.close(fern, there))


async def test_the_pulse_tells_themes_and_quotes_no_lone_voice(town: Assembly) -> None:
    fern, otter, heron = await town.facilitator(), await town.join("Otter"), await town.join("Heron")
    grant = await say(town, otter, GRANT)
    for text in (HELP, CONFLICT):
        await say(town, otter, text)
    await town.needs.support(heron, grant)
    pulse = await town.needs.pulse(fern, NETWORK)
    assert [(theme.text, theme.voices, theme.needs) for theme in pulse.themes] == [(GRANT, 3, 2)]
    assert pulse.quiet == 1


async def test_only_who_takes_part_in_a_space_says_and_sees_its_needs(small: Assembly) -> None:
    await small.plant()
    inside, outside = (await small.people(1, scope=ORCHARD))[0], await small.join("Otter")
    radio = await say(small, inside, RADIO, ORCHARD)
    await refused("topic.elsewhere", lambda: small.needs.listed(outside, ORCHARD))
    await refused("topic.elsewhere", lambda: small.needs.add(outside, ORCHARD, GRANT, "en"))
    await refused("topic.elsewhere", lambda: small.needs.support(outside, radio))
    assert await small.needs.listed(outside, NETWORK) == []
    await refused("authority.not_member", lambda: small.needs.listed(small.stranger(), NETWORK))


async def test_a_member_says_a_few_needs_a_day_and_nobody_else_is_held_up(small: Assembly) -> None:
    otter, heron = await small.join("Otter"), await small.join("Heron")
    words = ("sewing", "welding", "beekeeping", "plumbing", "drumming", "dancing")
    for word in words[:MOST_A_DAY]:
        await say(small, otter, f"{word} for everybody")
    await refused("need.often", lambda: small.needs.begin(otter, NETWORK))
    await refused("need.often", lambda: small.needs.add(otter, NETWORK, "dancing for everybody", "en"))
    await small.needs.begin(heron, NETWORK)
    small.clock.pass_by(days=1)
    await small.needs.begin(otter, NETWORK)


async def test_a_need_is_kept_for_a_year_after_its_last_voice(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    radio, grant = await say(town, otter, RADIO), await say(town, otter, GRANT)
    town.clock.pass_by(weeks=KEPT_WEEKS / 2)
    await town.needs.support(heron, radio)
    town.clock.pass_by(weeks=KEPT_WEEKS / 2 + 1)
    await purge_expired(town.network.database, town.clock.now)
    assert [each.text for each in await town.needs.listed(heron, NETWORK)] == [RADIO]
    await refused("need.gone", lambda: town.needs.support(heron, grant))
    town.clock.pass_by(weeks=KEPT_WEEKS / 2)
    await purge_expired(town.network.database, town.clock.now)
    assert await town.needs.listed(heron, NETWORK) == []
    assert await town.network.look(lambda unit: unit.connection.execute(select(need_support)).all()) == []
