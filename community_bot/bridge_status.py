"""``community-bot bridge status``: how each end is, from the running bot's own pages and from the database.

What waits is in the database, so it is told of a bot that is down too. What an end is called here, such as
``garden:discord1``, is what it is called in `/readyz`, in the metrics and in the log: no id is shown.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from community_bot.own_pages import ask
from community_bot.upkeep import open_database
from config import Settings
from config.models import WebSettings
from db.engine import Database
from db.ids import EndId
from db.joined_ends import JoinedEnd, joined_ends
from db.relay_store import Backlog, RelayStore
from db.schema import require_current

UNKNOWN = "unknown"
"""Said of what only the running bot knows."""
CHECK = "bridge:"


@dataclass(frozen=True, slots=True)
class EndLine:
    """One end. ``well``: it is heard and can speak, None where nobody answers.

    ``state`` is what its lane is at, ``reason`` the code for what it waits for, or for why it is not heard.
    """

    end: str
    title: str = ""
    well: bool | None = None
    state: str = UNKNOWN
    reason: str = ""
    paused: bool = False
    waiting: int = 0
    oldest_seconds: float = 0.0
    sent: int = 0
    failed: int = 0
    reconciled: int = 0


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """How the bridge is; ``running``: its bot answered."""

    running: bool
    ends: tuple[EndLine, ...]

    @property
    def ok(self) -> bool:
        return self.running and all(each.well for each in self.ends)

    def json(self) -> str:
        """Return it as one JSON object."""
        return json.dumps({"ok": self.ok, "running": self.running, "ends": [asdict(each) for each in self.ends]})


@dataclass(frozen=True, slots=True)
class Told:
    """What the running bot says of its ends, by their names."""

    checks: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    """Whether each is well, and the code for why not."""
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What each lane is at, and what it waits for."""
    counts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Each lane's figures by metric."""


def told_by(web: WebSettings) -> Told | None:
    """Ask the running bot; None when it does not answer as one."""
    _, ready = ask(web, "/readyz")
    _, metrics = ask(web, "/metrics")
    try:
        return read_pages(ready, metrics)
    except (ValueError, KeyError, TypeError):
        # nobody answers, or something that is no bot of this version
        return None


def read_pages(ready: str, metrics: str) -> Told:
    """Read both pages. Raises ValueError, KeyError or TypeError for what are not the pages of a bot."""
    checks: dict[str, Any] = json.loads(ready)["checks"]
    states: dict[str, tuple[str, str]] = {}
    counts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            lane = sample.labels.get("lane")
            if lane is None:
                continue
            if sample.name == "bridge_lane_state":
                states[lane] = (sample.labels["state"], sample.labels["reason"])
            else:
                # a lane may have one for each reason
                counts[lane][sample.name] += sample.value
    return Told(
        {
            name.removeprefix(CHECK): (bool(check["ok"]), str(check["detail"]))
            for name, check in checks.items()
            if name.startswith(CHECK)
        },
        states,
        counts,
    )


async def status_of(settings: Settings) -> BridgeStatus:
    """Return how every end is. Raises :class:`db.errors.DatabaseError`."""
    told = told_by(settings.web)
    database = open_database(settings)
    try:
        await require_current(database)
        ends, backlogs = await _stored(database)
    finally:
        await database.close()
    titles = {end.place: end.title for end in settings.ends if end.title is not None}
    return BridgeStatus(
        told is not None, tuple(lines_of(ends, backlogs, told or Told(), titles, datetime.now(UTC)))
    )


async def _stored(database: Database) -> tuple[list[JoinedEnd], Mapping[EndId, Backlog]]:
    return await database.look(joined_ends), await RelayStore(database).backlogs()


def lines_of(
    ends: Sequence[JoinedEnd],
    backlogs: Mapping[EndId, Backlog],
    told: Told,
    titles: Mapping[str, str],
    now: datetime,
) -> list[EndLine]:
    """Put together what is stored and what the bot says.

    Ends are numbered as the bridge numbers them at a start; after places came and went while it ran, an end that
    only the bot knows by that name stands at the end, without what is stored.
    """
    found: list[EndLine] = []
    known: set[str] = set()
    numbers: defaultdict[str, int] = defaultdict(int)
    for end in ends:
        kind = f"{end.key}:{end.place.platform.value}"
        numbers[kind] += 1
        label = f"{kind}{numbers[kind]}"
        known.add(label)
        backlog = backlogs.get(end.id, Backlog())
        oldest = 0.0 if backlog.oldest is None else (now - backlog.oldest).total_seconds()
        found.append(
            _line(label, told, titles.get(end.named.ref, ""), paused=end.paused, backlog=backlog, oldest=oldest)
        )
    found += [_line(label, told) for label in sorted(told.checks) if label not in known]
    return found


def _line(
    label: str,
    told: Told,
    title: str = "",
    *,
    paused: bool = False,
    backlog: Backlog | None = None,
    oldest: float = 0.0,
) -> EndLine:
    backlog = backlog or Backlog()
    well, detail = told.checks.get(label, (None, ""))
    state, waits_for = told.states.get(label, (UNKNOWN, ""))
    counts = told.counts.get(label, {})
    return EndLine(
        label,
        title,
        well,
        state,
        waits_for or ("" if well or well is None else detail),
        paused,
        max(backlog.waiting, int(counts.get("bridge_lane_depth", 0))),
        round(max(oldest, counts.get("bridge_lane_oldest_seconds", 0.0)), 1),
        int(counts.get("bridge_parts_sent_total", 0)),
        max(backlog.failed, int(counts.get("bridge_messages_failed_total", 0))),
        int(counts.get("bridge_parts_reconciled_total", 0)),
    )


HEADINGS = ("end", "title", "well", "state", "waits for", "waiting", "oldest", "sent", "failed", "reconciled")


def row_of(line: EndLine) -> tuple[str, ...]:
    """Return a line as the cells of a table, in the order of :data:`HEADINGS`."""
    well = "–" if line.well is None else "yes" if line.well else "no"
    state = "paused" if line.paused else line.state
    oldest = f"{line.oldest_seconds:.0f} s" if line.waiting else ""
    counts = (line.sent, line.failed, line.reconciled)
    return (line.end, line.title, well, state, line.reason, str(line.waiting), oldest, *map(str, counts))
