"""Secret votes: opened with a frozen quorum, cast privately, counted once, unreadable afterwards (TOP-3).

While a vote is open nobody sees how it stands, facilitators included, nor how many have voted: there is no such
number anywhere outside the moment of counting, in no text, audit, tally or log. Each member has one ballot, on
whatever account; it can be replaced or taken back until the end. What the platforms see of a private message they
see of this one too: whoever does not trust a platform votes on the other, or not there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power
from community_bot.domain.topics import TopicState
from community_bot.domain.votes import (
    VoteState,
    check_opening,
    packed,
    quorum_of,
    read_ticks,
)
from community_bot.locales import key
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.scopes import Scope, facilitates, scopes_of, take_part
from community_bot.services.topics import (
    Topic,
    announce,
    kept_until,
    may_put_to_the_vote,
    seen,
)
from community_bot.services.vote_ending import end_vote, free_topics
from db.ids import MemberId
from db.retention import leave_no_trace
from db.topic_store import TopicStore
from db.vote_store import VoteRow, VoteStore

LEEWAY = timedelta(days=60)
"""How much longer than its window an open vote is kept: so long the bot can be away and still count it."""
RESULTS_SHOWN = 5
TRY_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Ballot:
    """An open vote as one voter sees it. ``cast``: they have a ballot in it.

    What is on it they are not shown again, so that nobody can make them show it.
    """

    id: str
    scope: Scope
    closes_at: datetime
    topics: tuple[Topic, ...]
    cast: bool


@dataclass(frozen=True, slots=True)
class Result:
    """A vote that is over. ``counts`` and ``ballots`` are None without a quorum.

    ``winners``: one topic when it is chosen, several when they are tied. ``run_off``: who looks may open one.
    """

    id: str
    scope: Scope
    state: VoteState
    closed_at: datetime
    electorate: int
    quorum: int
    ballots: int | None
    counts: tuple[tuple[Topic, int], ...] | None
    winners: tuple[Topic, ...]
    run_off: bool


class Votes:
    """Voting. :meth:`run_due` and :meth:`next_due` are for a job: they end what is over, also after a restart."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._traces_left = False

    # ── opening

    @action
    async def candidates(self, account: Account, scope: str) -> list[Topic]:
        """Return the topics that somebody may put on a ballot there. Raises :class:`Refusal` ``topic.*``."""

        def work(unit: Unit) -> list[Topic]:
            asker = unit.asker(account, Power.MEMBER)
            take_part(unit, asker, scope)
            rows = _topics(unit).of_scopes([scope], [TopicState.PROPOSED])
            return [seen(unit, row, asker.known.id) for row in rows if may_put_to_the_vote(unit, account, row)]

        return await self._network.look(work)

    @action
    async def open(self, account: Account, scope: str, topics: Collection[str], days: int) -> Ballot:
        """Open a vote about topics (ids) for some days.

        A facilitator opens one about what is proposed; anybody who takes part, about what three support. Who can
        vote and how many must is counted now and holds to the end. Raises :class:`Refusal` ``vote.*``, ``topic.*``.
        """
        return await self._network.act(lambda unit: self._open(unit, account, scope, list(topics), days))

    def _open(self, unit: Unit, account: Account, scope: str, topics: list[str], days: int) -> Ballot:
        asker = unit.asker(account, Power.MEMBER)
        take_part(unit, asker, scope)
        store = _topics(unit)
        # in one order, so that two who put the same topics to the vote do not wait for each other
        held = [store.held(each) for each in sorted(set(topics))]
        rows = [row for row in held if row is not None and row.scope == scope]
        if len(rows) < len(set(topics)) or any(row.state != TopicState.PROPOSED for row in rows):
            raise Refusal("topic.gone", field="topics")
        if not all(may_put_to_the_vote(unit, account, row) for row in rows):
            raise Refusal("vote.supporters", field="topics")
        electorate = _votes(unit).electorate(None if scope == NETWORK else scope, [MemberState.ACTIVE.value])
        quorum = quorum_of(electorate, unit.rules.quorum_least, unit.rules.quorum_percent)
        check_opening(len(rows), days, electorate, quorum)
        rows.sort(key=lambda row: (-row.supporters, row.id))
        closes_at = unit.now + timedelta(days=days)
        opened = _votes(unit).open(
            scope,
            [row.id for row in rows],
            opened_at=unit.now,
            closes_at=closes_at,
            electorate=electorate,
            quorum=quorum,
            purge_after=closes_at + LEEWAY,
        )
        for row in rows:
            store.set_state(row.id, TopicState.VOTING, kept_until(unit))
        unit.ledger.record(unit.today, asker.role, "vote.opened", "vote")
        last_day = _day(unit, closes_at).isoformat()
        titles = " · ".join(row.title for row in rows)
        announce(unit, scope, key("vote.post.opened"), {"topics": titles}, until=last_day)
        return self._ballot(unit, opened, asker.known.id)

    @action
    async def run_off(self, account: Account, vote_id: str) -> Ballot:
        """Open a vote among the tied of another. Raises :class:`Refusal` ``vote.not_tied``, ``authority.lacks``."""

        def work(unit: Unit) -> Ballot:
            tied = _votes(unit).held(vote_id)
            if tied is None or tied.state != VoteState.TIED or tied.result is None:
                raise Refusal("vote.not_tied")
            unit.asker(account, Power.RUN_SPACE, tied.scope)
            winners = [each for each in tied.result["winners"] if _is_proposed(unit, each)]
            if len(winners) < len(tied.result["winners"]):
                raise Refusal("vote.not_tied")
            return self._open(unit, account, tied.scope, winners, unit.rules.vote_days)

        return await self._network.act(work)

    # ── voting

    @action
    async def ballots(self, account: Account) -> list[Ballot]:
        """Return the open votes that somebody can vote in. Raises :class:`Refusal`."""

        def work(unit: Unit) -> list[Ballot]:
            asker = unit.asker(account, Power.MEMBER)
            rows = _votes(unit).open_in(scopes_of(unit, asker))
            return [
                self._ballot(unit, row, asker.known.id)
                for row in rows
                if row.readable and row.closes_at > unit.now and _why_not(unit, asker, row) is None
            ]

        return await self._network.look(work)

    @action
    async def ballot(self, account: Account, vote_id: str) -> Ballot:
        """Return one open vote. Raises :class:`Refusal` ``vote.over``, ``vote.joined_later``, ``topic.*``."""

        def work(unit: Unit) -> Ballot:
            asker = unit.asker(account, Power.MEMBER)
            row = self._open_vote(unit, asker, _votes(unit).get(vote_id))
            return self._ballot(unit, row, asker.known.id)

        return await self._network.look(work)

    @action
    async def cast(self, account: Account, vote_id: str, ticks: Collection[int]) -> Ballot:
        """Cast a ballot, instead of the one that was cast before; with nothing ticked that one is taken back.

        ``ticks`` are positions on the ballot, counted from 0. Raises :class:`Refusal` ``vote.empty`` when there is
        nothing to take back, and as :meth:`ballot`.
        """

        def work(unit: Unit) -> Ballot:
            store, asker = _votes(unit), unit.asker(account, Power.MEMBER)
            row = self._open_vote(unit, asker, store.held(vote_id))
            chosen = read_ticks(ticks, len(row.topics))
            if chosen:
                store.cast(row.id, asker.known.id, packed(chosen), row.closes_at + LEEWAY)
            elif not store.take_back(row.id, asker.known.id):
                raise Refusal("vote.empty")
            return self._ballot(unit, row, asker.known.id)

        return await self._network.act(work)

    def _open_vote(self, unit: Unit, asker: Asker, row: VoteRow | None) -> VoteRow:
        if row is None or row.state != VoteState.OPEN or not row.readable or row.closes_at <= unit.now:
            raise Refusal("vote.over")
        refusal = _why_not(unit, asker, row)
        if refusal is not None:
            raise refusal
        return row

    def _ballot(self, unit: Unit, row: VoteRow, member_id: MemberId) -> Ballot:
        found = _topics(unit).of_ids(row.topics)
        return Ballot(
            row.id,
            Scope(row.scope, unit.directory.titles([row.scope])),
            row.closes_at,
            tuple(seen(unit, each, member_id) for each in found),
            _votes(unit).has_cast(row.id, member_id),
        )

    # ── afterwards

    @action
    async def results(self, account: Account, scope: str) -> tuple[list[Result], datetime | None]:
        """Return the votes of a scope that are over, the newest first; and until when one is open, if one is.

        Raises :class:`Refusal` ``topic.*``.
        """

        def work(unit: Unit) -> tuple[list[Result], datetime | None]:
            asker = unit.asker(account, Power.MEMBER)
            take_part(unit, asker, scope, reading=True)
            store = _votes(unit)
            ends = [row.closes_at for row in store.open_in([scope])]
            over = store.ended_in(scope, RESULTS_SHOWN)
            return [_result(unit, asker, row) for row in over], min(ends, default=None)

        return await self._network.look(work)

    # ── by itself

    async def next_due(self) -> datetime | None:
        """Return when :meth:`run_due` is to run next, None when no vote is open."""
        due = await self._network.look(_next_end)
        if not self._traces_left:
            return due
        again = self._network.clock() + TRY_AGAIN
        return again if due is None else min(due, again)

    async def run_due(self) -> int:
        """End every vote that is over, and find void those whose key did not come out of a backup.

        Each in one transaction that counts, writes, and destroys; so after a crash it is ended once, wholly.
        Returns how many that were.
        """
        due = await self._network.look(lambda unit: [row.id for row in _votes(unit).to_end(unit.now)])
        ended = 0
        for vote_id in due:
            ended += await self._network.act(lambda unit, which=vote_id: end_vote(unit, which))  # type: ignore[misc]
        if await self._network.look(lambda unit: bool(_topics(unit).without_vote())):
            await self._network.act(free_topics)
        if ended or self._traces_left:
            # what was deleted is overwritten on the disk as well, as far as the database lets us
            self._traces_left = not await leave_no_trace(self._network.database)
        return ended


def _why_not(unit: Unit, asker: Asker, row: VoteRow) -> Refusal | None:
    """Return why somebody cannot vote: they are not there, or came after the quorum was counted.

    Otherwise a vote could be decided by whoever is brought in for it.
    """
    member, opened_on = asker.known, _day(unit, row.opened_at)
    if row.scope == NETWORK:
        return None if member.joined_on <= opened_on else Refusal("vote.joined_later")
    since = dict(unit.spaces.of(member.id)).get(row.scope)
    if since is None:
        return Refusal("vote.not_there")
    return None if since <= opened_on else Refusal("vote.joined_later")


def _next_end(unit: Unit) -> datetime | None:
    return unit.now if _topics(unit).without_vote() else _votes(unit).next_end()


def _result(unit: Unit, asker: Asker, row: VoteRow) -> Result:
    told, state = row.result or {}, VoteState(row.state)
    topics = {each.id: seen(unit, each, asker.known.id) for each in _topics(unit).of_ids(row.topics)}
    counts = told.get("counts")
    winners = tuple(topics[each] for each in told.get("winners", ()) if each in topics)
    undecided = all(each.state is TopicState.PROPOSED for each in winners)
    return Result(
        row.id,
        Scope(row.scope, unit.directory.titles([row.scope])),
        state,
        row.closes_at,
        row.electorate,
        row.quorum,
        told.get("ballots"),
        None if counts is None else tuple((topics[each], counts[each]) for each in row.topics if each in topics),
        winners,
        state is VoteState.TIED and undecided and facilitates(unit, asker, row.scope),
    )


def _is_proposed(unit: Unit, topic_id: str) -> bool:
    row = _topics(unit).get(topic_id)
    return row is not None and row.state == TopicState.PROPOSED


def _day(unit: Unit, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(unit.rules.zone)).date()


def forget_voter(unit: Unit, member_id: MemberId) -> None:
    """Take a member's ballots out of open votes: whoever is erased has no say any more (SAF-22).

    Once a vote is over nobody can find out any more which ballot was theirs, and its count stays.
    """
    _votes(unit).forget_voter(member_id)


def of_one_person(unit: Unit, source: MemberId, target: MemberId) -> None:
    """Let two records of the same person have one ballot in each open vote."""
    _votes(unit).move_voter(source, target)


def _votes(unit: Unit) -> VoteStore:
    return VoteStore(unit.connection, unit.keys)


def _topics(unit: Unit) -> TopicStore:
    return TopicStore(unit.connection, unit.keys)
