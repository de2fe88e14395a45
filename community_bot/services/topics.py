"""Topics: proposed by members, supported by members, decided by a vote or visibly by a facilitator (TOP-1 to 4).

Who proposed and who supports is kept as keyed hashes: enough to withdraw one's own and to support once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.needs import NeedState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.topics import (
    LIVE,
    LONGEST_REASON,
    LONGEST_SKILL,
    LONGEST_TITLE,
    SHORTEST_REASON,
    SHORTEST_TITLE,
    DecidedBy,
    TopicState,
    check_move,
    may_be_put_to_the_vote,
    read_words,
)
from community_bot.locales import Language, key
from community_bot.services.network import Network, Unit, action
from community_bot.services.scopes import Scope, facilitates, scopes_of, take_part
from db.ids import MemberId
from db.need_store import NeedStore
from db.topic_store import TopicRow, TopicStore

KEPT = timedelta(days=365)
"""How long a topic is kept after it was proposed, or last went on."""
DECISIONS_SHOWN = 10
MOST_NEEDS = 20
"""Offered to be named as what a topic answers."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as somebody sees it: ``supported`` and ``own`` are about who looks, and about nobody else."""

    id: str
    scope: str
    title: str
    skill: str
    state: TopicState
    decided_by: DecidedBy | None
    reason: str | None
    decided_on: date | None
    supporters: int
    supported: bool
    own: bool

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"Topic({self.state.value})"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of a scope: those that can be supported, those in a vote, and those that were decided lately."""

    scope: Scope
    proposed: tuple[Topic, ...]
    voting: tuple[Topic, ...]
    decided: tuple[Topic, ...]


class Proposals:
    """Proposing topics and deciding about them; voting is :class:`community_bot.services.votes.Votes`'s."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def needs_to_answer(self, account: Account, scope: str) -> list[tuple[str, str]]:
        """Return (id, words) of needs that a topic can answer. Raises :class:`Refusal` ``topic.*``."""

        def work(unit: Unit) -> list[tuple[str, str]]:
            take_part(unit, unit.asker(account, Power.MEMBER), scope)
            rows = NeedStore(unit.connection, unit.keys).of_scope(scope)
            return [(row.id, row.text) for row in rows[:MOST_NEEDS]]

        return await self._network.look(work)

    @action
    async def propose(
        self, account: Account, scope: str, title: str, *, skill: str, need_id: str, language: Language
    ) -> Topic:
        """Propose a topic; ``skill`` and ``need_id`` may be empty. Its proposer supports it.

        Raises :class:`Refusal` ``topic.*``: ``exists`` when one of that title is there to be supported.
        """
        named = read_title(title)
        learned = read_words(skill, family="topic", field="skill", shortest=0, longest=LONGEST_SKILL)

        def work(unit: Unit) -> Topic:
            store, asker = _store(unit), unit.asker(account, Power.MEMBER)
            take_part(unit, asker, scope)
            live = store.of_scopes([scope], [each.value for each in LIVE])
            if any(likeness(each.title) == likeness(named) for each in live):
                raise Refusal("topic.exists", field="title")
            answered = NeedStore(unit.connection, unit.keys).get(need_id) if need_id else None
            if need_id and (answered is None or answered.scope != scope):
                raise Refusal("need.gone", field="need")
            row = store.add(
                scope,
                named,
                skill=learned,
                language=language,
                need_id=need_id or None,
                proposer=asker.known.id,
                today=unit.today,
                purge_after=kept_until(unit),
            )
            store.support(row.id, asker.known.id)
            unit.ledger.count("topic", "proposed", unit.today)
            return seen(unit, store.get(row.id) or row, asker.known.id)

        return await self._network.act(work)

    @action
    async def listed(self, account: Account, scope: str) -> Topics:
        """Return the topics of a scope. Raises :class:`Refusal` ``topic.*``."""

        def work(unit: Unit) -> Topics:
            asker = unit.asker(account, Power.MEMBER)
            take_part(unit, asker, scope, reading=True)
            decided = _of_states(unit, scope, asker.known.id, [TopicState.CHOSEN, TopicState.DECLINED])
            decided.sort(key=lambda each: each.decided_on or date.min, reverse=True)
            return Topics(
                Scope(scope, unit.directory.titles([scope])),
                tuple(_of_states(unit, scope, asker.known.id, [TopicState.PROPOSED])),
                tuple(_of_states(unit, scope, asker.known.id, [TopicState.VOTING])),
                tuple(decided[:DECISIONS_SHOWN]),
            )

        return await self._network.look(work)

    @action
    async def titles(self, account: Account, *, own: bool = False) -> list[str]:
        """Return the titles of what is proposed where somebody takes part, or only of their own proposals."""

        def work(unit: Unit) -> list[str]:
            asker = unit.asker(account, Power.MEMBER)
            rows = _store(unit).of_scopes(scopes_of(unit, asker), [TopicState.PROPOSED])
            return [row.title for row in rows if not own or _store(unit).is_proposer(row.id, asker.known.id)]

        return await self._network.look(work)

    @action
    async def support(self, account: Account, wanted: str) -> Topic:
        """Support a topic, by title or id, or take that back. Raises :class:`Refusal` ``topic.*``."""

        def work(unit: Unit) -> Topic:
            store, asker = _store(unit), unit.asker(account, Power.MEMBER)
            row = _find(unit, account, wanted)
            take_part(unit, asker, row.scope)
            if row.state != TopicState.PROPOSED:
                check_move(TopicState(row.state), TopicState.VOTING)
            if not store.supporters.remove(row.id, asker.known.id):
                store.support(row.id, asker.known.id)
            return seen(unit, store.get(row.id) or row, asker.known.id)

        return await self._network.act(work)

    @action
    async def withdraw(self, account: Account, wanted: str) -> str:
        """Withdraw one's own proposal; return its title. Raises :class:`Refusal` ``topic.*``."""

        def work(unit: Unit) -> str:
            store, asker = _store(unit), unit.asker(account, Power.MEMBER)
            row = _find(unit, account, wanted)
            if not store.is_proposer(row.id, asker.known.id):
                raise Refusal("topic.not_yours", field="topic")
            check_move(TopicState(row.state), TopicState.WITHDRAWN)
            store.set_state(row.id, TopicState.WITHDRAWN, kept_until(unit))
            return row.title

        return await self._network.act(work)

    @action
    async def decide(self, account: Account, topic_id: str, decision: str, reason: str) -> Topic:
        """Choose a topic or decline it as a facilitator, with a reason that everybody reads (TOP-4).

        What is in a vote is left to the vote. After a tie this is how a facilitator decides among the tied. Raises
        :class:`Refusal` ``authority.lacks``, ``topic.*``.
        """
        said = read_words(reason, family="topic", field="reason", shortest=SHORTEST_REASON, longest=LONGEST_REASON)

        def work(unit: Unit) -> Topic:
            row = _store(unit).held(topic_id)
            if row is None:
                raise Refusal("topic.gone")
            asker = unit.asker(account, Power.RUN_SPACE, row.scope)
            take_part(unit, asker, row.scope)
            following = TopicState.CHOSEN if decision == "choose" else TopicState.DECLINED
            check_move(TopicState(row.state), following)
            settle(unit, row, following, DecidedBy.FACILITATOR, said)
            unit.ledger.record(unit.today, asker.role, f"topic.{following.value}", "topic", "facilitator")
            text = key("topic.post.chosen") if following is TopicState.CHOSEN else key("topic.post.declined")
            announce(unit, row.scope, text, {"topic": row.title, "reason": said})
            return seen(unit, _store(unit).get(row.id) or row, asker.known.id)

        return await self._network.act(work)


def read_title(text: str) -> str:
    """Return a title in its one spelling. Raises :class:`Refusal` ``topic.*``."""
    return read_words(text, family="topic", field="title", shortest=SHORTEST_TITLE, longest=LONGEST_TITLE)


def settle(unit: Unit, row: TopicRow, state: TopicState, by: DecidedBy, reason: str | None) -> None:
    """Write a decision down; the need that a chosen topic answers is met by it as far as asking goes."""
    _store(unit).decide(row, state, by=by, reason=reason, today=unit.today, purge_after=kept_until(unit))
    if state is TopicState.CHOSEN:
        unit.ledger.count("topic", "chosen", unit.today)
        if row.need_id is not None:
            needs = NeedStore(unit.connection, unit.keys)
            answered = needs.held(row.need_id)
            if answered is not None and answered.state == NeedState.OPEN:
                needs.set_state(answered.id, NeedState.CHOSEN)


def announce(unit: Unit, scope: str, text: str, words: Mapping[str, str], **details: str) -> None:
    """Say something where a space's people come in; it pings nobody. The network has no such place."""
    for platform, place, language in unit.directory.entrances(scope):
        where = {"platform": platform, "place": place, "language": language, "text": text}
        unit.outbox.add("post", where | details, now=unit.now, words=words)


def _find(unit: Unit, account: Account, wanted: str) -> TopicRow:
    """Find a topic where somebody takes part: by id, or by title among what is live.

    Raises :class:`Refusal` ``topic.gone``, also for one that stands where they do not take part.
    """
    store = _store(unit)
    mine = scopes_of(unit, unit.who(account))
    row = store.held(wanted)
    if row is not None and row.scope in mine:
        return row
    live = store.of_scopes(mine, [each.value for each in LIVE])
    same = [each for each in live if likeness(each.title) == likeness(wanted)]
    found = store.held(same[0].id) if same else None
    if found is None:
        raise Refusal("topic.gone", field="topic")
    return found


def _of_states(unit: Unit, scope: str, member_id: MemberId, states: Iterable[TopicState]) -> list[Topic]:
    rows = _store(unit).of_scopes([scope], [each.value for each in states])
    return [seen(unit, row, member_id) for row in rows]


def seen(unit: Unit, row: TopicRow, member_id: MemberId) -> Topic:
    """Return a topic as a member sees it."""
    store = _store(unit)
    return Topic(
        row.id,
        row.scope,
        row.title,
        row.skill,
        TopicState(row.state),
        None if row.decided_by is None else DecidedBy(row.decided_by),
        row.reason,
        row.decided_on,
        row.supporters,
        store.supporters.has(row.id, member_id),
        store.is_proposer(row.id, member_id),
    )


def may_put_to_the_vote(unit: Unit, account: Account, row: TopicRow) -> bool:
    """Say whether somebody may put a topic on a ballot."""
    facilitator = facilitates(unit, unit.who(account), row.scope)
    return row.state == TopicState.PROPOSED and may_be_put_to_the_vote(row.supporters, facilitates=facilitator)


def kept_until(unit: Unit) -> datetime:
    """Return until when a topic is kept that went on today."""
    return unit.end_of(unit.today + KEPT)


def of_one_person(unit: Unit, source: MemberId, target: MemberId) -> None:
    """Let what a record proposed and supports be another's, when both turn out to be the same person's."""
    _store(unit).move_person(source, target)


def _store(unit: Unit) -> TopicStore:
    return TopicStore(unit.connection, unit.keys)
