"""The bridge as a whole: its parts put together, its tasks named, its state readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridges.conversation import Conversation
from bridges.ends.port import End, Home, Job
from bridges.inbox import Inbox
from bridges.journal import Journal
from bridges.lane import Lane, LaneState
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from db.bridge_rows import Intent, Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import EndId


@dataclass(frozen=True, slots=True)
class EndReport:
    """How an end is doing: ``problem`` is a stable reason code, None when it hears and speaks."""

    label: str
    problem: str | None
    depth: int
    lane: LaneState


class Bridge:
    """Joins what the settings say belongs together.

    :meth:`prepare` it, run :meth:`jobs` and those of the homes as tasks that are started again when they fail, then
    :meth:`finish` the lanes, and :meth:`close` it last.
    """

    def __init__(
        self, database: Database, *, store: BridgeStore, homes: Mapping[Platform, Home], metrics: BridgeMetrics
    ) -> None:
        self._store = store
        self._homes = homes
        self._metrics = metrics
        self._journal = Journal(database, store)
        self._home_of: dict[EndId, Home] = {}
        self._ends: dict[EndId, End] = {}
        self._lanes: dict[EndId, Lane] = {}

    async def prepare(self, wanted: Mapping[str, Sequence[Place]]) -> None:
        """Make the stored conversations what ``wanted`` says (key to places), and build ends and lanes."""
        conversations = await self._store.settle_conversations(wanted)
        for conversation in conversations:
            numbers: Counter[Platform] = Counter()
            for row in conversation.ends:
                platform = row.place.platform
                numbers[platform] += 1
                label = f"{conversation.key}:{platform}{numbers[platform]}"
                home = self._homes[platform]
                self._home_of[row.id] = home
                self._ends[row.id] = await home.add(row, label)
        for end in self._ends.values():
            self._lanes[end.id] = Lane(
                end, store=self._store, journal=self._journal, reader=self._read, metrics=self._metrics
            )
        inbox = Inbox(
            [Conversation.of(row) for row in conversations],
            lanes=self._lanes,
            journal=self._journal,
            metrics=self._metrics,
        )
        for home in self._homes.values():
            home.open(inbox)

    async def _read(self, intent: Intent) -> Message | None:
        source = self._ends.get(intent.source_end)
        # an end that was taken out of the settings: what was said there is no longer ours to carry
        return await source.read(intent.source_ref) if source is not None else None

    def jobs(self) -> dict[str, Job]:
        """Return the work of journal and lanes by task name; the homes have their own."""
        return {"journal": self._journal.run} | {f"lane:{x.end.label}": x.run for x in self._lanes.values()}

    def finish(self) -> None:
        """Let every lane end after the message at hand."""
        for lane in self._lanes.values():
            lane.finish()

    async def close(self) -> None:
        """Write what is still to be written."""
        await self._journal.close()

    @property
    def database_stalled(self) -> bool:
        return self._journal.stalled

    @property
    def ends(self) -> list[EndId]:
        return list(self._lanes)

    def report(self, end: EndId) -> EndReport:
        """Say how an end is doing: first whether it is heard, then whether it can speak."""
        lane = self._lanes[end]
        blocked = (lane.reason or None) if lane.state is LaneState.BLOCKED else None
        return EndReport(lane.end.label, self._home_of[end].problem(end) or blocked, lane.depth, lane.state)
