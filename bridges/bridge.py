"""The bridge as a whole: its parts put together, its jobs kept, its state readable.

Conversations may change while it runs. An end that stays keeps its lane and its place in every stream. One that
goes is planned for no more, then ends its message at hand, and only then leaves the database. One that comes is
planned for before it is heard. The change takes its turn in the journal, so that nothing decided on by the old
conversations is written after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import structlog

from bridges.conversation import Conversation
from bridges.crew import Crew
from bridges.ends.port import End, Home
from bridges.inbox import Inbox
from bridges.journal import Journal, JournalClosedError
from bridges.lane import Lane, LaneState
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from db.bridge_rows import ConversationRow, EndRow, Intent, Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import EndId

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
class _Served:
    """An end with all that works for it; ``key`` is its conversation's."""

    key: str
    place: Place
    home: Home
    end: End
    lane: Lane

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
        store: BridgeStore,
        homes: Mapping[Platform, Home],
        metrics: BridgeMetrics,
        crew: Crew,
    ) -> None:
        self._store = store
        self._homes = homes
        self._metrics = metrics
        self._crew = crew
        self._journal = Journal(database, store)
        self._lanes: dict[EndId, Lane] = {}
        self._inbox = Inbox([], lanes=self._lanes, journal=self._journal, metrics=metrics)
        self._conversations: tuple[Conversation, ...] = ()
        self._served: dict[EndId, _Served] = {}
        self._leaving: dict[EndId, _Served] = {}
        self._labels: set[str] = set()
        self._settling = asyncio.Lock()
        self._started = self._ending = False
        for home in homes.values():
            home.open(self._inbox)

    # ── life

    def start(self) -> None:
        """Begin to write and to speak."""
        self._started = True
        self._crew.keep("journal", self._journal.run)
        for served in self._served.values():
            self._begin(served)

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

    async def settle(self, wanted: Mapping[str, Sequence[Place]]) -> None:
        """Make the conversations what ``wanted`` says (key to places), while everything else goes on.

        May be called at any time, and again after it failed or was cancelled: what is so already stays as it is.
        One call waits for another. When the bridge is stopping nothing happens, for its next start settles anyway.
        Raises :class:`db.errors.DatabaseError`.
        """
        async with self._settling:
            if self._ending:
                return
            try:
                await self._take_out(wanted)
                await self._put_in(await self._written(wanted))
            except JournalClosedError:
                log.info("conversations are left as they are: the bridge stops")

    async def _take_out(self, wanted: Mapping[str, Sequence[Place]]) -> None:
        """Let go of the ends that are not wanted any more, or elsewhere."""
        key_of = {place: key for key, places in wanted.items() for place in places}
        for end, served in list(self._served.items()):
            if key_of.get(served.place) != served.key:
                self._leaving[end] = self._served.pop(end)
                del self._lanes[end]
                served.lane.finish()
        # among them those of a call that did not come to its end
        self._go_by(
            Conversation(each.key, tuple(end for end in each.ends if end not in self._leaving))
            for each in self._conversations
        )
        await asyncio.gather(*(self._let_go(served) for served in list(self._leaving.values())))

    async def _let_go(self, served: _Served) -> None:
        for name in served.home.jobs_of(served.end.id):
            await self._crew.release(name)
        await self._crew.release(served.lane_job, seconds=FINISH_SECONDS)
        served.home.remove(served.end.id)
        self._metrics.forget(served.end.label)
        self._labels.discard(served.end.label)
        del self._leaving[served.end.id]

    async def _written(self, wanted: Mapping[str, Sequence[Place]]) -> list[ConversationRow]:
        if not self._started:
            return await self._store.settle_conversations(wanted)
        return await self._journal.change(lambda connection: self._store.settle(connection, wanted))

    async def _put_in(self, rows: Sequence[ConversationRow]) -> None:
        """Serve every end that is not served yet.

        They are planned for first: what is meant for them waits in the database for their lanes.
        """
        self._go_by(Conversation.of(row) for row in rows)
        for conversation in rows:
            for row in conversation.ends:
                if row.id not in self._served:
                    await self._serve(conversation.key, row)

    async def _serve(self, key: str, row: EndRow) -> None:
        home = self._homes[row.place.platform]
        end = await home.add(row, self._free_label(key, row.place.platform))
        lane = Lane(end, store=self._store, journal=self._journal, reader=self._read, metrics=self._metrics)
        served = _Served(key, row.place, home, end, lane)
        # nothing is awaited since it was added, so nothing was heard there that no lane speaks for
        self._served[row.id] = served
        self._lanes[row.id] = lane
        self._labels.add(end.label)
        if self._started and not self._ending:
            self._begin(served)

    def _begin(self, served: _Served) -> None:
        self._crew.keep(served.lane_job, served.lane.run)
        for name, job in served.home.jobs_of(served.end.id).items():
            self._crew.keep(name, job)

    def _free_label(self, key: str, platform: Platform) -> str:
        """Return the first label that is free: an end that stays keeps its own."""
        return next(label for number in count(1) if (label := f"{key}:{platform}{number}") not in self._labels)

    def _go_by(self, conversations: Iterable[Conversation]) -> None:
        self._conversations = tuple(conversations)
        self._inbox.settle(self._conversations)

    async def _read(self, intent: Intent) -> Message | None:
        source = self._served.get(intent.source_end)
        # an end that was taken out: what was said there is no longer ours to carry
        return await source.end.read(intent.source_ref) if source is not None else None

    # ── state

    @property
    def database_stalled(self) -> bool:
        return self._journal.stalled

    @property
    def ends(self) -> list[EndId]:
        return list(self._served)

    def report(self, end: EndId) -> EndReport:
        """Say how an end is doing: first whether it is heard, then whether it can speak. Raises KeyError."""
        served = self._served[end]
        lane = served.lane
        blocked = (lane.reason or None) if lane.state is LaneState.BLOCKED else None
        return EndReport(served.end.label, served.home.problem(end) or blocked, lane.depth, lane.state)
