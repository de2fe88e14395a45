"""Topics: proposed once, supported once, withdrawn by their proposer, decided visibly."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from community_bot.domain.roles import NETWORK
from community_bot.domain.topics import DecidedBy, TopicState
from community_bot.services.network import Unit
from db.engine import Database
from db.tables import topic, topic_support
from tests.community_bot.people import refused
from tests.community_bot.services.assembly import ORCHARD, Assembly

RADIO, SEEDS = "Radio on a shoestring", "Keeping seeds"
WHY = "Two people offered to lead it this month"


@pytest.fixture
def town(database: Database) -> Assembly:
    return Assembly(database)


@pytest.fixture
def small(sqlite_database: Database) -> Assembly:
    return Assembly(sqlite_database)


async def test_a_topic_is_proposed_with_its_proposers_support(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    proposed = await town.propose(otter, RADIO)
    assert (proposed.supporters, proposed.supported, proposed.own) == (1, True, True)
    (seen,) = (await town.proposals.listed(heron, NETWORK)).proposed
    assert (seen.supporters, seen.supported, seen.own) == (1, False, False)


async def test_no_row_of_a_topic_names_anybody_or_shows_what_it_says(town: Assembly) -> None:
    otter = await town.join("Otter")
    row = await town.record(otter)
    await town.propose(otter, RADIO)

    def work(unit: Unit) -> None:
        for table in (topic, topic_support):
            for each in unit.connection.execute(select(table)):
                assert row.id not in str(tuple(each))
                assert RADIO not in str(tuple(each))

    await town.network.look(work)


async def test_the_same_title_is_not_proposed_twice_while_it_is_live(small: Assembly) -> None:
    otter, heron = await small.join("Otter"), await small.join("Heron")
    await small.propose(otter, RADIO)
    await refused("topic.exists", lambda: small.propose(heron, "RADIO on a shoe-string"))
    await small.proposals.withdraw(otter, RADIO)
    await small.propose(heron, RADIO)


async def test_a_member_supports_a_topic_once_by_its_title_and_takes_it_back(town: Assembly) -> None:
    otter, heron = await town.join("Otter"), await town.join("Heron")
    await town.propose(otter, RADIO)
    assert (await town.proposals.support(heron, "radio on a shoestring")).supporters == 2
    assert (await town.proposals.support(heron, RADIO)).supporters == 1
    await refused("topic.gone", lambda: town.proposals.support(heron, "No such topic"))


async def test_two_records_that_are_one_person_support_once_and_may_withdraw(town: Assembly) -> None:
    first = await town.join("Heron")
    second = await town.join("Grey Heron", account=town.stranger("matrix"))
    await town.propose(second, RADIO)
    assert (await town.proposals.support(first, RADIO)).supporters == 2
    await town.link(first, second)
    (seen,) = (await town.proposals.listed(first, NETWORK)).proposed
    assert (seen.supporters, seen.supported, seen.own) == (1, True, True)
    assert await town.proposals.withdraw(first, RADIO) == RADIO


async def test_only_who_proposed_a_topic_withdraws_it(town: Assembly) -> None:
    otter, fern = await town.join("Otter"), await town.facilitator()
    await town.propose(otter, RADIO)
    assert await town.proposals.titles(fern, own=True) == []
    await refused("topic.not_yours", lambda: town.proposals.withdraw(fern, RADIO))
    assert await town.proposals.titles(otter, own=True) == [RADIO]
    await town.proposals.withdraw(otter, RADIO)
    assert (await town.proposals.listed(otter, NETWORK)).proposed == ()


async def test_a_facilitators_decision_is_visibly_such_and_has_a_reason(town: Assembly) -> None:
    await town.plant()
    fern, otter = await town.facilitator(ORCHARD), (await town.people(1, scope=ORCHARD))[0]
    radio = await town.propose(otter, RADIO, scope=ORCHARD)
    seeds = await town.propose(otter, SEEDS, scope=ORCHARD)
    await refused("authority.lacks", lambda: town.proposals.decide(otter, radio.id, "choose", WHY))
    await refused("topic.too_short", lambda: town.proposals.decide(fern, radio.id, "choose", "so"))
    chosen = await town.proposals.decide(fern, radio.id, "choose", WHY)
    assert (chosen.state, chosen.decided_by, chosen.reason) == (TopicState.CHOSEN, DecidedBy.FACILITATOR, WHY)
    await town.proposals.decide(fern, seeds.id, "decline", "We did that last month")
    await refused("topic.decided", lambda: town.proposals.decide(fern, radio.id, "decline", WHY))
    for language_room in ("801", "!lounge:example.org"):
        await town.run_effects()
        posts = town.said_at_the_entrances()[language_room]
        assert len(posts) == 2
        assert any(RADIO in post and WHY in post for post in posts)
    audit = [entry[1:5:3] for entry in await town.network.look(lambda unit: unit.ledger.audit())]
    assert ("facilitator", "facilitator") in audit


async def test_a_decision_waits_sealed_until_it_is_posted(town: Assembly) -> None:
    await town.plant()
    fern = await town.facilitator(ORCHARD)
    radio = await town.propose(fern, RADIO, scope=ORCHARD)
    await town.proposals.decide(fern, radio.id, "choose", WHY)
    effects = await town.pending("post")
    assert len(effects) == 2
    for effect in effects:
        assert WHY not in str(effect.details)
        assert RADIO not in str(effect.details)
        assert effect.words == {"topic": RADIO, "reason": WHY}


async def test_the_need_that_a_chosen_topic_answers_is_met(town: Assembly) -> None:
    fern = await town.facilitator()
    await town.needs.add(fern, NETWORK, "How to run a small radio station", "en")
    ((need_id, _),) = await town.proposals.needs_to_answer(fern, NETWORK)
    radio = await town.propose(fern, RADIO, need=need_id)
    assert len(await town.needs.listed(fern, NETWORK)) == 1
    await town.proposals.decide(fern, radio.id, "choose", WHY)
    assert await town.needs.listed(fern, NETWORK) == []


async def test_a_need_of_another_space_is_not_answered_here(small: Assembly) -> None:
    await small.plant()
    fern = await small.facilitator(ORCHARD)
    await small.needs.add(fern, ORCHARD, "How to run a small radio station", "en")
    ((need_id, _),) = await small.proposals.needs_to_answer(fern, ORCHARD)
    await refused("need.gone", lambda: small.propose(fern, RADIO, need=need_id))


async def test_what_is_proposed_in_a_space_is_not_there_for_who_is_not(small: Assembly) -> None:
    await small.plant(access="unlisted")
    fern, otter = await small.facilitator(ORCHARD), await small.join("Otter")
    radio = await small.propose(fern, RADIO, scope=ORCHARD)
    for wanted in (RADIO, radio.id):
        await refused("topic.gone", lambda wanted=wanted: small.proposals.support(otter, wanted))  # type: ignore[misc]
    assert await small.proposals.titles(otter) == []
    await refused("space.unknown", lambda: small.scopes.named(otter, "The Orchard"))
    assert [each.key for each in await small.scopes.mine(otter)] == [NETWORK]
    assert [each.key for each in await small.scopes.mine(fern)] == [NETWORK, ORCHARD]
    assert (await small.scopes.named(fern, "สวนผลไม้")).key == ORCHARD
