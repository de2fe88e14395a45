"""Secret votes: one ballot each, no running result, a quorum, ties, and nothing left to read afterwards."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import select

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.roles import NETWORK
from community_bot.domain.space_state import SpaceState
from community_bot.domain.topics import DecidedBy, TopicState
from community_bot.domain.votes import VoteState
from community_bot.services.erasing import Erasing
from community_bot.services.network import Unit
from community_bot.services.retention import Retention
from community_bot.services.vote_ending import end_vote
from community_bot.services.votes import Result, Votes
from db.backup import back_up, restore
from db.engine import Database
from db.keys import NetworkKeys, SealedOtherwiseError
from db.tables import ballot, metadata, topic, vote
from db.vote_store import BallotBox, VoteStore
from tests.community_bot.people import KEY, refused
from tests.community_bot.services.assembly import ORCHARD, Assembly
from tests.databases import close

RADIO, SEEDS, MAPS = "Radio on a shoestring", "Keeping seeds", "Mapping our village"


@pytest.fixture
def town(database: Database) -> Assembly:
    return Assembly(database)


@pytest.fixture
def small(sqlite_database: Database) -> Assembly:
    return Assembly(sqlite_database)


async def ballots_of(town: Assembly) -> list[tuple[str, str, bytes]]:
    def work(unit: Unit) -> list[tuple[str, str, bytes]]:
        rows = unit.connection.execute(select(ballot))
        return [(row.vote_id, row.voter_lookup, row.sealed_choice) for row in rows]

    return await town.network.look(work)


async def last(town: Assembly, account: Account, scope: str = NETWORK) -> Result:
    results, _ = await town.votes.results(account, scope)
    return results[0]


# ── opening


async def test_a_vote_counts_its_people_when_it_opens_and_not_later(town: Assembly) -> None:
    fern = await town.facilitator()
    await town.people(39)
    await town.open_vote(fern, [RADIO, SEEDS])
    await town.people(20, named="Late")
    (row,) = await town.network.look(lambda unit: VoteStore(unit.connection, unit.keys).open_in([NETWORK]))
    assert (row.electorate, row.quorum) == (40, 6)


async def test_in_a_space_the_quorum_is_of_those_who_are_active_in_it(small: Assembly) -> None:
    await small.plant()
    fern = await small.facilitator(ORCHARD)
    inside = await small.people(6, scope=ORCHARD)
    await small.people(30, named="Outside")
    row = await small.record(inside[0])
    await small.network.act(lambda unit: unit.members.set_state(row.id, MemberState.DORMANT, unit.today))
    await small.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)
    (opened,) = await small.network.look(lambda unit: VoteStore(unit.connection, unit.keys).open_in([ORCHARD]))
    assert (opened.electorate, opened.quorum) == (6, 5)


async def test_where_fewer_could_vote_than_must_no_vote_is_opened(small: Assembly) -> None:
    fern = await small.facilitator()
    await small.people(3)
    topics = [await small.propose(fern, title) for title in (RADIO, SEEDS)]
    await refused("vote.too_few", lambda: small.votes.open(fern, NETWORK, [each.id for each in topics], 5))
    assert await small.votes.next_due() is None


@pytest.mark.parametrize("days", [2, 11])
async def test_a_vote_is_open_for_three_to_ten_days(small: Assembly, days: int) -> None:
    fern = await small.facilitator()
    await small.people(5)
    topics = [(await small.propose(fern, title)).id for title in (RADIO, SEEDS)]
    await refused("vote.days", lambda: small.votes.open(fern, NETWORK, topics, days))


async def test_a_ballot_has_two_to_ten_topics(small: Assembly) -> None:
    fern = await small.facilitator()
    await small.people(5)
    topics = [(await small.propose(fern, f"Topic number {number}")).id for number in range(11)]
    for chosen in (topics[:1], topics):
        await refused("vote.topics", lambda chosen=chosen: small.votes.open(fern, NETWORK, chosen, 5))  # type: ignore[misc]
    await small.votes.open(fern, NETWORK, topics[:10], 5)


async def test_what_three_support_anybody_can_put_to_the_vote_and_nothing_else(small: Assembly) -> None:
    one, two, three, four, five = await small.people(5)
    radio, seeds = await small.propose(one, RADIO), await small.propose(two, SEEDS)
    for account in (two, three):
        await small.proposals.support(account, radio.id)
    await small.proposals.support(one, seeds.id)
    assert [each.title for each in await small.votes.candidates(four, NETWORK)] == [RADIO]
    await refused("vote.supporters", lambda: small.votes.open(four, NETWORK, [radio.id, seeds.id], 5))
    await small.proposals.support(five, seeds.id)
    await small.votes.open(four, NETWORK, [radio.id, seeds.id], 5)


async def test_a_topic_is_in_one_vote_at_a_time_and_nobody_ends_it_early(small: Assembly) -> None:
    fern = await small.facilitator()
    await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS])
    ids = [each.id for each in opened.topics]
    await refused("topic.gone", lambda: small.votes.open(fern, NETWORK, ids, 5))
    await refused("topic.voting", lambda: small.proposals.decide(fern, ids[0], "choose", "I would rather have it"))
    await refused("topic.voting", lambda: small.proposals.withdraw(fern, ids[0]))
    small.clock.pass_by(days=4.9)
    assert await small.votes.run_due() == 0
    assert await small.votes.next_due() == opened.closes_at


# ── voting


async def test_the_topic_with_the_most_ballots_is_chosen(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(6)
    opened = await town.open_vote(fern, [RADIO, SEEDS, MAPS])
    for account, ticks in zip(people, ([0], [0, 1], [1], [1, 2], [1], [0, 1, 2]), strict=True):
        await town.votes.cast(account, opened.id, ticks)
    await town.end()
    result = await last(town, people[0])
    assert (result.state, result.ballots) == (VoteState.CHOSEN, 6)
    assert result.counts is not None
    assert {each.title: total for each, total in result.counts} == {RADIO: 3, SEEDS: 5, MAPS: 2}
    (winner,) = result.winners
    assert (winner.title, winner.state, winner.decided_by) == (SEEDS, TopicState.CHOSEN, DecidedBy.VOTE)
    listed = await town.proposals.listed(fern, NETWORK)
    assert {each.title for each in listed.proposed} == {RADIO, MAPS}
    assert await ballots_of(town) == []
    assert ("bot", "vote.closed") in [entry[1:3] for entry in await town.network.look(lambda u: u.ledger.audit())]


async def test_a_second_ballot_replaces_the_first_also_from_a_linked_account(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(4)
    both = await town.join("Otter")
    other = town.stranger("matrix")
    await town.link(both, other)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await town.votes.cast(account, opened.id, [0])
    await town.votes.cast(both, opened.id, [0])
    again = await town.votes.cast(other, opened.id, [1])
    assert again.cast
    assert len(await ballots_of(town)) == 5
    await town.end()
    result = await last(town, fern)
    assert result.counts is not None
    assert [total for _, total in result.counts] == [4, 1]


async def test_two_accounts_linked_while_a_vote_is_open_have_one_ballot(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(4)
    first = await town.join("Otter")
    second = await town.join("River Otter", account=town.stranger("matrix"))
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in (*people, first):
        await town.votes.cast(account, opened.id, [0])
    await town.votes.cast(second, opened.id, [1])
    assert len(await ballots_of(town)) == 6
    await town.link(first, second)
    assert len(await ballots_of(town)) == 5
    await town.end()
    result = await last(town, fern)
    assert result.ballots == 5


async def test_the_ballot_of_a_record_that_is_taken_in_goes_on_to_count(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(4)
    first = await town.join("Otter")
    second = await town.join("River Otter", account=town.stranger("matrix"))
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in (*people, second):
        await town.votes.cast(account, opened.id, [1])
    await town.link(first, second)
    assert (await town.votes.ballot(first, opened.id)).cast
    await town.end()
    assert (await last(town, fern)).ballots == 5


async def test_the_same_member_twice_at_the_same_moment_has_one_ballot(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(5)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    await asyncio.gather(*(town.votes.cast(people[0], opened.id, [place]) for place in (0, 1, 0, 1)))
    assert len(await ballots_of(town)) == 1


async def test_a_ballot_can_be_taken_back_and_nothing_cannot_be_cast(small: Assembly) -> None:
    fern = await small.facilitator()
    people = await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS])
    await refused("vote.empty", lambda: small.votes.cast(people[0], opened.id, []))
    await small.votes.cast(people[0], opened.id, [0])
    assert not (await small.votes.cast(people[0], opened.id, [])).cast
    assert await ballots_of(small) == []
    await refused("vote.choice", lambda: small.votes.cast(people[0], opened.id, [2]))


async def test_only_who_was_there_when_it_opened_votes(small: Assembly) -> None:
    await small.plant()
    fern = await small.facilitator(ORCHARD)
    inside = await small.people(5, scope=ORCHARD)
    outside = (await small.people(1, named="Outside"))[0]
    opened = await small.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)
    await refused("vote.not_there", lambda: small.votes.cast(outside, opened.id, [0]))
    small.clock.pass_by(days=1)
    await small.enter(outside, ORCHARD)
    await refused("vote.joined_later", lambda: small.votes.cast(outside, opened.id, [0]))
    assert await small.votes.ballots(outside) == []
    await refused("authority.not_member", lambda: small.votes.cast(small.stranger(), opened.id, [0]))
    await small.votes.cast(inside[0], opened.id, [0])


async def test_after_the_end_nothing_is_taken_even_before_the_job_has_run(small: Assembly) -> None:
    fern = await small.facilitator()
    people = await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS])
    small.clock.pass_by(days=5)
    await refused("vote.over", lambda: small.votes.cast(people[0], opened.id, [0]))
    await small.votes.run_due()
    await refused("vote.over", lambda: small.votes.ballot(people[0], opened.id))


# ── nobody sees how it stands


async def test_nobody_sees_how_a_vote_stands_or_how_many_have_voted(
    small: Assembly, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything that can be read before the end is the same whether nobody has voted or everybody."""
    caplog.set_level(logging.DEBUG)
    await small.plant()
    fern = await small.facilitator(ORCHARD)
    people = await small.people(6, scope=ORCHARD)
    idle = people[5]
    opened = await small.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)

    async def seen() -> list[object]:
        replies = []
        for account in (fern, idle):
            replies.append(await small.run(account, "topic vote"))
            for command in ("topic result", "topic list"):
                replies.append(await small.run(account, command, space="The Orchard"))
        listed = await small.votes.results(fern, ORCHARD)

        def work(unit: Unit) -> list[object]:
            tally = [tuple(row) for row in unit.connection.execute(select(metadata.tables["tally"]))]
            return [unit.ledger.audit(), tally, len(unit.outbox.due(unit.now, 99))]

        return [replies, listed, *await small.network.look(work)]

    def logged() -> int:
        # asyncio's own remarks, on a loop that was slow, are about the machine
        return sum(record.name != "asyncio" for record in caplog.records)

    await seen()
    before, said = await seen(), logged()
    for account in people[:5]:
        await small.votes.cast(account, opened.id, [0])
    await small.votes.cast(people[0], opened.id, [1])
    assert logged() == said
    assert await seen() == before


async def test_what_was_cast_is_not_shown_again_to_who_cast_it(small: Assembly) -> None:
    fern = await small.facilitator()
    people = await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS])
    one = await small.votes.cast(people[0], opened.id, [0])
    other = await small.votes.cast(people[1], opened.id, [1])
    assert one == other
    assert await small.votes.ballot(people[0], opened.id) == await small.votes.ballot(people[1], opened.id)


# ── the end


async def test_without_a_quorum_nothing_is_decided_and_nothing_told(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(6)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people[:4]:
        await town.votes.cast(account, opened.id, [0])
    await town.end()
    result = await last(town, fern)
    assert (result.state, result.ballots, result.counts, result.winners) == (VoteState.NO_QUORUM, None, None, ())
    stored = await town.network.look(lambda unit: unit.connection.execute(select(vote.c.result)).scalar_one())
    assert json.loads(stored) == {"winners": []}
    assert len((await town.proposals.listed(fern, NETWORK)).proposed) == 2


async def test_a_tie_is_settled_by_nobody_but_a_facilitator_who_says_why(town: Assembly) -> None:
    await town.plant()
    fern = await town.facilitator(ORCHARD)
    people = await town.people(6, scope=ORCHARD)
    opened = await town.open_vote(fern, [RADIO, SEEDS, MAPS], scope=ORCHARD)
    for number, account in enumerate(people):
        await town.votes.cast(account, opened.id, [number % 2])
    await town.end()
    result = await last(town, fern, ORCHARD)
    assert (result.state, {each.title for each in result.winners}) == (VoteState.TIED, {RADIO, SEEDS})
    assert result.run_off
    assert not (await last(town, people[0], ORCHARD)).run_off
    reason = "The transmitter is lent to us this month only"
    radio = next(each for each in result.winners if each.title == RADIO)
    await refused("authority.lacks", lambda: town.proposals.decide(people[0], radio.id, "choose", reason))
    await town.proposals.decide(fern, radio.id, "choose", reason)
    shown = await town.run(people[0], "topic result", space="The Orchard")
    assert reason in shown.text
    assert "facilitator" in shown.text
    await refused("vote.not_tied", lambda: town.votes.run_off(fern, opened.id))
    await town.run_effects()
    posts = town.said_at_the_entrances()["!lounge:example.org"]
    assert len(posts) == 3
    assert any(reason in post for post in posts)


async def test_a_run_off_is_among_the_tied_only(small: Assembly) -> None:
    fern = await small.facilitator()
    people = await small.people(6)
    opened = await small.open_vote(fern, [RADIO, SEEDS, MAPS])
    for number, account in enumerate(people):
        await small.votes.cast(account, opened.id, [number % 2])
    await small.end()
    await refused("authority.lacks", lambda: small.votes.run_off(people[0], opened.id))
    again = await small.votes.run_off(fern, opened.id)
    assert {each.title for each in again.topics} == {RADIO, SEEDS}
    await refused("vote.not_tied", lambda: small.votes.run_off(fern, opened.id))


async def test_a_vote_is_ended_once_however_often_and_wherever_it_is_tried(town: Assembly) -> None:
    await town.plant()
    fern = await town.facilitator(ORCHARD)
    people = await town.people(5, scope=ORCHARD)
    opened = await town.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)
    for account in people:
        await town.votes.cast(account, opened.id, [1])
    await town.run_effects()
    town.clock.pass_by(days=6)
    restarted = Votes(town.network)
    assert await restarted.next_due() == opened.closes_at
    ended = await asyncio.gather(town.votes.run_due(), restarted.run_due())
    assert sum(ended) == 1
    assert await town.votes.run_due() == 0
    assert await town.votes.next_due() is None
    await town.run_effects()
    posts = town.said_at_the_entrances()
    assert {place: len(said) for place, said in posts.items()} == {"801": 2, "!lounge:example.org": 2}
    assert "Keeping seeds" in posts["!lounge:example.org"][1]
    assert "5 of 5" in posts["!lounge:example.org"][1]
    assert "โหวต" in posts["801"][1]


async def test_nobody_is_told_or_pinged_about_a_vote_by_name(small: Assembly) -> None:
    await small.plant()
    fern = await small.facilitator(ORCHARD)
    await small.people(5, scope=ORCHARD)
    await small.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)
    await small.end()
    await small.run_effects()
    assert small.discord.told == small.matrix.told == {}


async def test_a_crash_while_counting_leaves_the_vote_as_it_was(small: Assembly) -> None:
    """Counting, writing and destroying are one transaction: there is no half of it."""
    fern = await small.facilitator()
    people = await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await small.votes.cast(account, opened.id, [0])
    small.clock.pass_by(days=5)

    class PowerCutError(Exception):
        pass

    def work(unit: Unit) -> None:
        assert end_vote(unit, opened.id)
        raise PowerCutError

    with pytest.raises(PowerCutError):
        await small.network.act(work)
    assert len(await ballots_of(small)) == 5
    assert await small.votes.run_due() == 1
    assert (await last(small, fern)).state is VoteState.CHOSEN


# ── secrecy


async def test_without_the_networks_key_no_row_tells_a_ballot(town: Assembly) -> None:
    """A seized database: every ballot looks like every other, and none leads to a member."""
    fern = await town.facilitator()
    people = await town.people(5)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account, ticks in zip(people, ([0], [0], [0, 1], [1], [1]), strict=True):
        await town.votes.cast(account, opened.id, ticks)
    rows = await ballots_of(town)
    assert len({len(sealed) for _, _, sealed in rows}) == 1
    assert len({sealed for _, _, sealed in rows}) == 5
    ids = [(await town.record(account)).id for account in people]
    stranger = NetworkKeys(b"whoever seized it has another key")
    for member_id in ids:
        assert stranger.lookup("voter", member_id) not in {voter for _, voter, _ in rows}
    wrapped = await town.network.look(
        lambda unit: unit.connection.execute(select(vote.c.wrapped_secret)).scalar_one()
    )
    with pytest.raises(SealedOtherwiseError):
        stranger.unwrap(wrapped, f"vote {opened.id}")

    def everything(unit: Unit) -> str:
        # no table but the ballots knows that somebody voted
        rows = [
            str(tuple(row))
            for table in metadata.sorted_tables
            if table.name != "ballot"
            for row in unit.connection.execute(select(table))
        ]
        return "\n".join(rows)

    told = await town.network.look(everything)
    for _, voter, _ in rows:
        assert voter not in told


async def test_a_ballot_opens_for_its_voter_in_its_vote_and_nowhere_else(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(5)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people[:2]:
        await town.votes.cast(account, opened.id, [0])
    (_, one, sealed), (_, other, _) = await ballots_of(town)
    box = await town.network.look(lambda unit: VoteStore(unit.connection, unit.keys).box(opened.id))
    assert box.unseal(sealed, one)
    with pytest.raises(SealedOtherwiseError):
        box.unseal(sealed, other)
    with pytest.raises(SealedOtherwiseError):
        BallotBox(b"s" * 32, opened.id).unseal(sealed, one)


async def test_after_the_end_a_ballot_cannot_be_read_even_with_the_networks_key(sqlite_database: Database) -> None:
    town = Assembly(sqlite_database)
    fern = await town.facilitator()
    people = await town.people(5)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await town.votes.cast(account, opened.id, [0])
    rows = await ballots_of(town)
    wrapped: bytes = await town.network.look(
        lambda unit: unit.connection.execute(select(vote.c.wrapped_secret)).scalar_one()
    )
    path = sqlite_database.path
    assert path is not None

    def on_the_disk() -> bytes:
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))

    assert wrapped in on_the_disk()
    await town.end()
    left = await town.network.look(lambda unit: unit.connection.execute(select(vote.c.wrapped_secret)).scalar_one())
    assert left is None
    raw = on_the_disk()
    assert wrapped not in raw
    for _, voter, sealed in rows:
        assert sealed not in raw
        assert voter.encode() not in raw


async def test_with_the_networks_key_nothing_of_a_vote_that_is_over_leads_to_anybody(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(5)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await town.votes.cast(account, opened.id, [0])
    await town.end()

    def work(unit: Unit) -> None:
        store = VoteStore(unit.connection, NetworkKeys(KEY))
        assert store.get(opened.id) is not None
        with pytest.raises(LookupError):
            store.box(opened.id)
        assert unit.connection.execute(select(ballot)).all() == []

    await town.network.look(work)


async def test_ballots_somebody_tampered_with_make_the_vote_void(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(6)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await town.votes.cast(account, opened.id, [0])
    (_, one, _), (_, _, sealed), *_ = await ballots_of(town)

    def swap(unit: Unit) -> None:
        where = ballot.c.voter_lookup == one
        unit.connection.execute(ballot.update().where(where).values(sealed_choice=sealed))

    await town.network.act(swap)
    await town.end()
    assert (await last(town, fern)).state is VoteState.VOID


async def test_who_is_erased_has_no_ballot_in_an_open_vote(town: Assembly) -> None:
    fern = await town.facilitator()
    people = await town.people(6)
    opened = await town.open_vote(fern, [RADIO, SEEDS])
    for account in people:
        await town.votes.cast(account, opened.id, [0])
    await Erasing(town.network, Retention(town.network)).erase(people[0], at_once=True)
    assert len(await ballots_of(town)) == 5
    await town.end()
    assert (await last(town, fern)).ballots == 5


# ── backups and what is gone


async def test_no_backup_has_ballots_and_an_open_vote_that_is_restored_is_void(
    town: Assembly, tmp_path: Path
) -> None:
    await town.plant()
    fern = await town.facilitator(ORCHARD)
    people = await town.people(6, scope=ORCHARD)
    opened = await town.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)
    for account in people:
        await town.votes.cast(account, opened.id, [0])
    await back_up(town.network.database, tmp_path / "net.backup", KEY)
    copy = Database(f"sqlite+aiosqlite:///{tmp_path}/restored.db")
    await restore(copy, tmp_path / "net.backup", KEY)
    restored = Assembly(copy)
    assert await ballots_of(restored) == []
    assert await restored.votes.ballots(people[0]) == []
    await refused("vote.over", lambda: restored.votes.cast(people[0], opened.id, [0]))
    due = await restored.votes.next_due()
    assert due is not None
    assert due <= restored.clock.now
    assert await restored.votes.run_due() == 1
    assert (await last(restored, fern, ORCHARD)).state is VoteState.VOID
    assert len((await restored.proposals.listed(fern, ORCHARD)).proposed) == 2
    assert "void" in (await restored.run(fern, "topic result", space="The Orchard")).text
    await restored.run_effects()
    assert any("void" in post for post in restored.said_at_the_entrances()["!lounge:example.org"])
    await close(copy)
    # where it was made, the vote goes on
    await town.end()
    assert (await last(town, fern, ORCHARD)).ballots == 6


async def test_the_daily_purge_leaves_an_open_vote_alone_also_when_the_bot_was_away(small: Assembly) -> None:
    fern = await small.facilitator()
    people = await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS], days=10)
    for account in people:
        await small.votes.cast(account, opened.id, [0])
    small.clock.pass_by(days=40)
    await Retention(small.network).run_daily()
    assert await small.votes.run_due() == 1
    assert (await last(small, fern)).ballots == 5


async def test_topics_are_free_again_when_their_vote_is_gone(small: Assembly) -> None:
    fern = await small.facilitator()
    await small.people(5)
    await small.open_vote(fern, [RADIO, SEEDS])
    await small.network.act(lambda unit: unit.connection.execute(vote.delete()))
    assert await small.votes.next_due() is not None
    await small.votes.run_due()
    assert len((await small.proposals.listed(fern, NETWORK)).proposed) == 2
    assert await small.votes.next_due() is None


async def test_what_is_decided_can_be_read_where_a_space_is_over_but_no_vote_opened(small: Assembly) -> None:
    await small.plant()
    fern = await small.facilitator(ORCHARD)
    await small.people(5, scope=ORCHARD)
    opened = await small.open_vote(fern, [RADIO, SEEDS], scope=ORCHARD)

    def archive(unit: Unit) -> None:
        row = unit.layouts.get(ORCHARD)
        assert row is not None
        unit.layouts.change(row, state=SpaceState.ARCHIVED.value)

    await small.network.act(archive)
    ids = [each.id for each in opened.topics]
    await refused("topic.space_over", lambda: small.votes.open(fern, ORCHARD, ids, 5))
    await small.end()
    assert (await last(small, fern, ORCHARD)).state is VoteState.NO_QUORUM


async def test_no_column_of_a_topic_says_that_somebody_voted(small: Assembly) -> None:
    fern = await small.facilitator()
    people = await small.people(5)
    opened = await small.open_vote(fern, [RADIO, SEEDS])

    def topics(unit: Unit) -> list[tuple[object, ...]]:
        return [tuple(row) for row in unit.connection.execute(select(topic).order_by(topic.c.id))]

    before = await small.network.look(topics)
    await small.votes.cast(people[0], opened.id, [0])
    assert await small.network.look(topics) == before
