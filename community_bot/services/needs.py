"""Needs: said without saying who, supported once each, merged, and told of in themes (TOP-1, 2, NEED-1, 2).

Nothing is recorded from which it could be told who wrote a need: no hash of them, no day, no entry in the audit,
which knows days. How often somebody wrote is counted in memory only.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from community_bot.domain.account import Account
from community_bot.domain.needs import (
    NeedState,
    Pulse,
    Voiced,
    check_merge,
    proposals,
    pulse,
    read_need,
    similar_to,
    week_of,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.tries import Tries
from community_bot.locales import Language
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.scopes import take_part
from db.ids import MemberId
from db.need_store import NeedRow, NeedStore

T = TypeVar("T")

KEPT_WEEKS = 52
"""How long a need is kept after the week of its last voice."""
MOST_A_DAY = 5
DRAFT_HOLDS = timedelta(minutes=30)
MOST_REMEMBERED = 1000
MOST_THEMES = 10
MOST_PROPOSALS = 5
MOST_COMPARED = 200
"""Of a scope, those with the most voices."""


@dataclass(frozen=True, slots=True)
class Need:
    """One need as somebody sees it. ``about``: its voices are an upper bound. ``supported``: by who looks."""

    id: str
    scope: str
    text: str
    voices: int
    about: bool
    supported: bool

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return "Need(…)"


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a written need. With ``similar`` ones it waits as a ``draft`` for its writer's word."""

    similar: tuple[Need, ...] = ()
    draft: str | None = None


@dataclass(frozen=True, slots=True)
class Merging:
    """The needs of a scope, and pairs of them (kept, taken in) that are likely the same."""

    needs: tuple[Need, ...]
    pairs: tuple[tuple[Need, Need], ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    account: Account
    scope: str
    text: str
    language: Language
    at: datetime

    def __repr__(self) -> str:
        return "_Draft(…)"


class Needs:
    """Saying what is needed."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._written = Tries(MOST_A_DAY, timedelta(days=1))
        # in memory only, and gone with a restart: a draft, and that somebody's own need is not theirs to support
        self._drafts: OrderedDict[str, _Draft] = OrderedDict()
        self._own: OrderedDict[str, None] = OrderedDict()

    # ── saying

    @action
    async def begin(self, account: Account, scope: str) -> None:
        """Pass when somebody can say a need there now. Raises :class:`Refusal` ``need.often``, ``topic.*``."""
        await self._network.look(lambda unit: self._writer(unit, account, scope))

    def _writer(self, unit: Unit, account: Account, scope: str) -> MemberId:
        asker = unit.asker(account, Power.MEMBER)
        take_part(unit, asker, scope)
        if not self._written.may(asker.known.id, unit.now):
            raise Refusal("need.often", most=MOST_A_DAY)
        return asker.known.id

    @action
    async def add(self, account: Account, scope: str, text: str, language: Language) -> Said:
        """Write a need down; when others said something like it, keep it in memory and show theirs first.

        Raises :class:`Refusal` ``need.*``, ``topic.*``.
        """
        words = read_need(text)

        def work(unit: Unit) -> Said:
            writer = self._writer(unit, account, scope)
            rows = _store(unit).of_scope(scope)[:MOST_COMPARED]
            found = similar_to(words, map(_voiced, rows))
            by_id = {row.id: row for row in rows}
            similar = tuple(_seen(unit, by_id[each], writer) for each in found)
            if not similar:
                self._write(unit, writer, scope, words, language)
            return Said(similar)

        said = await self._network.act(work)
        if not said.similar:
            return said
        token = secrets.token_urlsafe(9)
        _remember(self._drafts, token, _Draft(account, scope, words, language, self._network.clock()))
        return Said(said.similar, token)

    @action
    async def add_anyway(self, account: Account, draft: str) -> None:
        """Write a draft down as a need of its own. Raises :class:`Refusal` ``need.draft`` when it is gone."""
        kept = self._drafts.get(draft)
        if kept is None or kept.account != account or self._network.clock() - kept.at > DRAFT_HOLDS:
            raise Refusal("need.draft")

        def work(unit: Unit) -> None:
            writer = self._writer(unit, account, kept.scope)
            self._write(unit, writer, kept.scope, kept.text, kept.language)

        await self._network.act(work)
        self._drafts.pop(draft, None)

    def _write(self, unit: Unit, writer: MemberId, scope: str, text: str, language: Language) -> None:
        row = _store(unit).add(scope, text, language, week_of(unit.today), _kept_until(unit))
        # counted by week, as everything about needs is
        unit.ledger.count("need", "said", unit.today)
        self._written.wrong(writer, unit.now)
        _remember(self._own, _store(unit).supporters.lookup(row.id, writer), None)

    # ── seeing and supporting

    @action
    async def listed(self, account: Account, scope: str) -> list[Need]:
        """Return the needs of a scope, those with the most voices first. Raises :class:`Refusal` ``topic.*``."""

        def work(unit: Unit) -> list[Need]:
            asker = unit.asker(account, Power.MEMBER)
            take_part(unit, asker, scope, reading=True)
            return _all_seen(unit, scope, asker.known.id)

        return await self._network.look(work)

    @action
    async def support(self, account: Account, need_id: str, *, again: bool = True) -> Need:
        """Support a need; doing so ``again`` takes it back.

        Raises :class:`Refusal` ``need.gone``, ``need.own``, ``topic.*``.
        """

        def work(unit: Unit) -> Need:
            store, asker = _store(unit), unit.asker(account, Power.MEMBER)
            row = store.held(need_id)
            if row is None or row.state != NeedState.OPEN:
                raise Refusal("need.gone")
            take_part(unit, asker, row.scope)
            supporter = asker.known.id
            if store.supporters.lookup(row.id, supporter) in self._own:
                raise Refusal("need.own")
            if not (again and store.take_back(row.id, supporter)):
                store.support(row.id, supporter, _kept_until(unit))
            now = store.get(row.id)
            return _seen(unit, now or row, supporter)

        return await self._network.act(work)

    # ── facilitators

    @action
    async def merging(self, account: Account, scope: str) -> Merging:
        """Return what can be merged, and what likely should. Raises :class:`Refusal` ``authority.lacks``."""

        def work(unit: Unit) -> Merging:
            asker = self._facilitator(unit, account, scope)
            needs = _all_seen(unit, scope, asker.known.id)
            by_id = {each.id: each for each in needs}
            pairs = proposals(map(_voiced, needs[:MOST_COMPARED]), limit=MOST_PROPOSALS)
            return Merging(tuple(needs), tuple((by_id[kept], by_id[taken]) for kept, taken in pairs))

        return await self._network.look(work)

    def _facilitator(self, unit: Unit, account: Account, scope: str) -> Asker:
        asker = unit.asker(account, Power.RUN_SPACE, scope)
        take_part(unit, asker, scope, reading=True)
        return asker

    @action
    async def merge(self, account: Account, kept: str, taken: str) -> Need:
        """Make one need part of another, for good; return the whole. Raises :class:`Refusal` ``need.*``.

        Who supported both counts once. Who wrote one of them and supported the other counts twice, as nobody knows
        who wrote what: so merged needs have *about* so many voices.
        """

        def work(unit: Unit) -> Need:
            store = _store(unit)
            # in one order, so that two facilitators who merge the same two do not wait for each other
            held = {each: store.held(each) for each in sorted({kept, taken})}
            first, second = held[kept], held[taken]
            if first is None or second is None or first.scope != second.scope:
                raise Refusal("need.gone")
            asker = self._facilitator(unit, account, first.scope)
            check_merge(kept, taken, (NeedState(first.state), NeedState(second.state)))
            store.merge(second, first, _kept_until(unit))
            unit.ledger.record(unit.today, asker.role, "need.merged", "need")
            together = store.get(kept)
            return _seen(unit, together or first, asker.known.id)

        return await self._network.act(work)

    @action
    async def close(self, account: Account, need_id: str) -> None:
        """Take a need off the list: it is met, or should not stand there. Raises :class:`Refusal` ``need.gone``."""

        def work(unit: Unit) -> None:
            row = _store(unit).held(need_id)
            if row is None or row.state != NeedState.OPEN:
                raise Refusal("need.gone")
            asker = self._facilitator(unit, account, row.scope)
            _store(unit).set_state(row.id, NeedState.CLOSED)
            unit.ledger.record(unit.today, asker.role, "need.closed", "need")

        await self._network.act(work)

    @action
    async def pulse(self, account: Account, scope: str) -> Pulse:
        """Return what people need, in themes only (NEED-2). Raises :class:`Refusal` ``authority.lacks``."""

        def work(unit: Unit) -> Pulse:
            self._facilitator(unit, account, scope)
            rows = _store(unit).of_scope(scope)[:MOST_COMPARED]
            return pulse(map(_voiced, rows), limit=MOST_THEMES)

        return await self._network.look(work)


def _store(unit: Unit) -> NeedStore:
    return NeedStore(unit.connection, unit.keys)


def _kept_until(unit: Unit) -> datetime:
    """Return until when a need is kept that has a voice today: to the week, as a day would tell when."""
    return unit.end_of(week_of(unit.today) + timedelta(weeks=KEPT_WEEKS, days=6))


def _voiced(each: NeedRow | Need) -> Voiced:
    return Voiced(each.id, each.text, each.voices)


def _all_seen(unit: Unit, scope: str, member_id: MemberId) -> list[Need]:
    return [_seen(unit, row, member_id) for row in _store(unit).of_scope(scope)]


def _seen(unit: Unit, row: NeedRow, member_id: MemberId) -> Need:
    supported = _store(unit).supporters.has(row.id, member_id)
    return Need(row.id, row.scope, row.text, row.voices, row.gathered, supported)


def _remember(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    if len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)


def of_one_person(unit: Unit, source: MemberId, target: MemberId) -> None:
    """Let what a record supports be supported once, when two records turn out to be the same person's."""
    _store(unit).move_supporter(source, target)
