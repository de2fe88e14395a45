"""The bridge as a whole: its parts put together, its jobs kept, its state readable.

Conversations may change while it runs. An end that stays keeps its lane and its place in every stream. One that
goes is planned for no more, then ends its message at hand, and only then leaves the database. One that comes is
planned for before it is heard. The change takes its turn in the journal, so that nothing decided on by the old
conversations is written after it.

An end may move to the place that has replaced its own: it keeps its number, its lane and what waits there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import structlog

from bridges.commons import Commons, Failed, Missed, missed_in_english, nobody, untold
from bridges.conversation import Conversation
from bridges.crew import Crew
from bridges.ends.port import End, Home, People
from bridges.inbox import Inbox
from bridges.journal import Journal, JournalClosedError
from bridges.lane import Lane
from bridges.metrics import BridgeMetrics, Counted
from bridges.patience import LaneState
from bridges.recent import Recent
from bridges.telling import Telling
from bridges.terms import EQUAL, AuthorPolicy, EndTerms, under_own_name
from db.bridge_rows import ConversationRow, EndRow, Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import EndId, IntentId
from db.moving_ends import may_move_to
from db.relay_record import RelayRecord
from db.relay_store import RelayStore

log = structlog.get_logger("bridges.bridge")

FINISH_SECONDS = 5.0
"""How long a lane may take for the message at hand when its end leaves."""


@dataclass(frozen=True, slots=True)
class EndReport:
    """How an end is doing: ``problem`` is a stable reason code, None when it hears and speaks."""

    label: str
    problem: str | None
    depth: int
    lane: LaneState


@dataclass(frozen=True, slots=True)
class EndStanding:
    """How an end is doing, for people who look after it.

    ``named`` is its place in the settings. ``unheard`` is a stable code for why nothing is heard there, ``reason``
    one for what its lane waits for.
    """

    id: EndId
    key: str
    place: Place
    named: Place
    label: str
    terms: EndTerms
    unheard: str | None
    state: LaneState
    reason: str
    depth: int
    oldest_seconds: float
    counted: Counted


@dataclass(frozen=True, slots=True)
class _Served:
    """An end with all that works for it; ``key`` is its conversation's."""

    key: str
    row: EndRow
    home: Home
    end: End
    lane: Lane

    @property
    def place(self) -> Place:
        return self.row.place

    @property
    def lane_job(self) -> str:
        return f"lane:{self.end.label}"


class Bridge:
    """Joins what is said to belong together.

    :meth:`settle` what that is, :meth:`start` its jobs, :meth:`settle` again whenever it has changed, then
    :meth:`finish` the lanes, and :meth:`close` it last. The accounts' own jobs (:meth:`Home.jobs`) the app runs.
    """

    def __init__(
        self,
        database: Database,
        *,
        keep_days: int,
        homes: Mapping[Platform, Home],
        metrics: BridgeMetrics,
        crew: Crew,
        policy: AuthorPolicy = under_own_name,
        people: People = nobody,
        failed: Failed = untold,
        missed: Missed = missed_in_english,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = BridgeStore(database)
        self._homes = homes
        self._metrics = metrics
        self._crew = crew
        self._policy = policy
        self._journal = Journal(database, RelayRecord(is_sqlite=database.is_sqlite, keep_days=keep_days))
        self._commons = Commons(
            store=RelayStore(database),
            journal=self._journal,
            metrics=metrics,
            recent=Recent(),
            people=people,
            failed=failed,
            missed=missed,
            sleep=sleep,
        )
        self._lanes: dict[EndId, Lane] = {}
        self._inbox = Inbox(
            [],
            lanes=self._lanes,
            journal=self._journal,
            metrics=metrics,
            recent=self._commons.recent,
            failed=failed,
            move=self.move,
        )
        self._commons.conversation_of = self._inbox.conversation_of
        self._terms: Mapping[Place, EndTerms] = {}
        self._busy: set[EndId] | None = None
        """The ends something waited for when the bridge began; None once it runs."""
        self._conversations: tuple[Conversation, ...] = ()
        self._served: dict[EndId, _Served] = {}
        self._leaving: dict[EndId, _Served] = {}
        self._moving: set[EndId] = set()
        """Those of the leaving that only go elsewhere."""
        self._labels: set[str] = set()
        self._settling = asyncio.Lock()
        self._started = self._ending = False
        self.on_move: Callable[[], None] = lambda: None
        """Is told whenever an end has moved."""
        for home in homes.values():
            home.open(self._inbox)

    # ── life

    def start(self) -> None:
        """Begin to write and to speak."""
        self._started = True
        self._busy = None
        self._crew.keep("journal", self._journal.run)
        self._crew.keep("untold-failures", Telling(self._commons).run)
        for served in self._served.values():
            served.lane.start()

    def finish(self) -> None:
        """Let every lane end after the message at hand; conversations change no more."""
        self._ending = True
        for served in (*self._served.values(), *self._leaving.values()):
            served.lane.finish()

    async def close(self) -> None:
        """Write what is still to be written."""
        self._ending = True
        if self._started:
            await self._journal.close()

    # ── conversations come and go

    async def settle(
        self, wanted: Mapping[str, Sequence[Place]], terms: Mapping[Place, EndTerms] | None = None
    ) -> None:
        """Make the conversations what ``wanted`` says (key to places), while everything else goes on.

        ``terms`` are those of the places that are not equals; what is not said of a place is as by default.

        May be called at any time, and again after it failed or was cancelled: what is so already stays as it is.
        One call waits for another. When the bridge is stopping nothing happens, for its next start settles anyway.
        Raises :class:`db.errors.DatabaseError`.
        """
        async with self._settling:
            if self._ending:
                return
            self._terms = terms or {}
            try:
                if not self._started:
                    self._busy = set(await self._commons.store.backlogs())
                await self._take_out(wanted)
                await self._put_in(await self._written(wanted))
            except JournalClosedError:
                log.info("conversations are left as they are: the bridge stops")

    async def _take_out(self, wanted: Mapping[str, Sequence[Place]]) -> None:
        """Let go of the ends that are not wanted any more, or elsewhere."""
        key_of = {place: key for key, places in wanted.items() for place in places}
        for served in list(self._served.values()):
            if key_of.get(served.row.named) != served.key:
                self._withdraw(served)
        # among them those of a call that did not come to its end
        self._go_by(
            replace(each, ends=tuple(end for end in each.ends if end not in self._leaving))
            for each in self._conversations
        )
        await asyncio.gather(*(self._let_go(served) for served in list(self._leaving.values())))

    def _withdraw(self, served: _Served) -> None:
        """Let an end's lane begin nothing more: what is meant for it waits in the database from now on."""
        end = served.end.id
        self._leaving[end] = self._served.pop(end)
        del self._lanes[end]
        served.lane.finish()

    async def _let_go(self, served: _Served) -> None:
        await self._crew.release(served.lane_job, seconds=FINISH_SECONDS)
        served.home.remove(served.end.id)
        self._metrics.forget(served.end.label)
        self._labels.discard(served.end.label)
        self._commons.ends.pop(served.end.id, None)
        self._commons.recent.leave(served.end.id)
        del self._leaving[served.end.id]
        self._moving.discard(served.end.id)

    async def _written(self, wanted: Mapping[str, Sequence[Place]]) -> list[ConversationRow]:
        if not self._started:
            return await self._store.settle_conversations(wanted)
        return await self._journal.change(lambda connection: self._store.settle(connection, wanted))

    async def _put_in(self, rows: Sequence[ConversationRow]) -> None:
        """Serve every end that is not served yet.

        They are planned for first: what is meant for them waits in the database for their lanes.
        """
        self._go_by(Conversation.of(row, self._terms_of(row), self._policy) for row in rows)
        for row in (end for each in rows for end in each.ends):
            # it is somewhere else by now, as when the settings name where it went
            if (served := self._served.get(row.id)) is not None and served.place != row.place:
                self._withdraw(served)
                await self._let_go(served)
        new = [(each.key, row) for each in rows for row in each.ends if row.id not in self._served]
        for platform, home in self._homes.items():
            await home.expect([row for _, row in new if row.place.platform is platform])
        for key, row in new:
            await self._serve(key, row)

    def _terms_of(self, row: ConversationRow) -> dict[Place, EndTerms]:
        """Return what the settings and the people of each place say."""
        return {
            end.place: replace(self._terms.get(end.named, EQUAL), paused=end.paused)
            for end in row.ends
            if end.paused or end.named in self._terms
        }

    async def _serve(self, key: str, row: EndRow) -> None:
        home = self._homes[row.place.platform]
        end = await home.add(row, self._free_label(key, row.place.platform))
        lane = Lane(
            end,
            self._commons,
            call=partial(self._call, row.id),
            idle=self._busy is not None and row.id not in self._busy,
        )
        served = _Served(key, row, home, end, lane)
        self._commons.ends[row.id], self._commons.places[row.id] = end, row.place
        self._commons.past[row.id] = row.past
        # nothing is awaited since it was added, so nothing was heard there that no lane speaks for
        self._served[row.id] = served
        self._lanes[row.id] = lane
        self._labels.add(end.label)
        if self._started and not self._ending:
            served.lane.start()

    def _call(self, end: EndId) -> None:
        """Have a lane's work done. Before the bridge has begun, what it took waits for that."""
        served = self._served.get(end) or self._leaving.get(end)
        if served is not None:
            self._crew.keep(served.lane_job, served.lane.run)

    def _free_label(self, key: str, platform: Platform) -> str:
        """Return the first label that is free: an end that stays keeps its own."""
        return next(label for number in count(1) if (label := f"{key}:{platform}{number}") not in self._labels)

    def _go_by(self, conversations: Iterable[Conversation]) -> None:
        self._conversations = tuple(conversations)
        self._inbox.settle(self._conversations)

    # ── an end moves

    async def move(self, end: EndId, to: Place) -> bool:
        """Let an end be at ``to``, which has replaced its place; False when it may not be there.

        Whether that place is safe is for its home to know, which asks. The end is heard and spoken to where it was
        until the move is written; what is meant for it meanwhile waits for it in the database. A call that failed
        is made whole by the next, or by the next start. Raises :class:`db.errors.DatabaseError`.
        """
        async with self._settling:
            served = self._served.get(end) or (self._leaving.get(end) if end in self._moving else None)
            if served is None or not self._started or self._ending:
                return False
            keys = [each.key for each in self._conversations]
            try:
                if end in self._served:
                    if not await self._journal.change(lambda connection: may_move_to(connection, to)):
                        return False
                    self._withdraw(served)
                    self._moving.add(end)
                await self._crew.release(served.lane_job, seconds=FINISH_SECONDS)
                moved = await self._journal.move(end, to)
                rows = await self._journal.change(lambda connection: self._store.conversations(connection, keys))
            except JournalClosedError:
                return False
            row = next((each for row in rows for each in row.ends if each.id == end), None)
            if row is None:
                return False
            self._go_by(Conversation.of(each, self._terms_of(each), self._policy) for each in rows)
            await self._change_places(served, row)
        if moved:
            log.info("an end follows its room", lane=served.end.label)
            self.on_move()
        return moved

    async def _change_places(self, served: _Served, row: EndRow) -> None:
        """Serve an end where it is now. Others may read at it at any time: it is away for no moment."""
        await served.home.expect([row])
        served.home.remove(row.id)
        del self._leaving[row.id]
        self._moving.discard(row.id)
        self._metrics.forget(served.end.label)
        self._labels.discard(served.end.label)
        await self._serve(served.key, row)

    # ── what people ask for

    async def pause(self, end: EndId, *, paused: bool) -> None:
        """Let an end pause: nothing new goes out from it or comes in, until it is let go on.

        What becomes of messages that crossed already still reaches it: nobody is left with what was taken back.
        """
        async with self._settling:
            await self._store.pause(end, paused=paused)
            self._go_by(
                replace(each, terms={**each.terms, end: replace(each.terms_of(end), paused=paused)})
                if end in each.ends
                else each
                for each in self._conversations
            )

    async def try_again(self, intent: IntentId) -> bool:
        """Try once more what could not cross; False when it is not known any more, or was deleted meanwhile."""
        again = await self._journal.try_again(intent)
        if again is not None and (lane := self._lanes.get(again.end)) is not None:
            lane.offer(again, None)
        return again is not None

    # ── state

    @property
    def database_stalled(self) -> bool:
        return self._journal.stalled

    @property
    def ends(self) -> list[EndId]:
        return list(self._served)

    def end_at(self, place: Place) -> End | None:
        """Return the end that a place is, None for one that is in no conversation."""
        return next(
            (each.end for each in self._served.values() if place == each.place or place in each.row.past), None
        )

    def report(self, end: EndId) -> EndReport:
        """Say how an end is doing: first whether it is heard, then whether it can speak. Raises KeyError."""
        served = self._served[end]
        lane = served.lane
        blocked = (lane.reason or None) if lane.state is LaneState.BLOCKED else None
        return EndReport(served.end.label, served.home.problem(end) or blocked, lane.depth, lane.state)

    def standings(self) -> list[EndStanding]:
        """Say how every end is doing, in the order of the conversations and of their ends."""
        counted = self._metrics.counted()
        found: list[EndStanding] = []
        for conversation in self._conversations:
            for end in conversation.ends:
                if (served := self._served.get(end) or self._leaving.get(end)) is None:
                    continue  # it is only just being taken up
                lane = served.lane
                found.append(
                    EndStanding(
                        end,
                        served.key,
                        served.place,
                        served.row.named,
                        served.end.label,
                        conversation.terms_of(end),
                        served.home.problem(end),
                        lane.state,
                        lane.reason,
                        lane.depth,
                        lane.oldest_seconds,
                        counted.get(served.end.label, Counted()),
                    )
                )
        return found

    def joined_at(self, place: Place) -> tuple[Conversation, EndId] | None:
        """Return the conversation a place is in, and which of its ends it is; None when it is in none."""
        for served in self._served.values():
            if served.place == place and (found := self._inbox.conversation_of(served.end.id)) is not None:
                return found, served.end.id
        return None
