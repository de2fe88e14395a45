"""What the bridge counts, for Prometheus.

Labels are platforms, reasons, and lanes by the operator's own names: never an id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS = (
    0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.0035, 0.004, 0.0045, 0.005, 0.006, 0.008,
    0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
)  # fmt: skip
"""Fine up to 5 ms, because that is what the bridge may add when idle; coarse above."""


class Named(Protocol):
    """What a lane speaks at."""

    @property
    def label(self) -> str: ...


class Watched(Protocol):
    """A lane, as far as its figures go."""

    @property
    def end(self) -> Named: ...

    @property
    def depth(self) -> int: ...

    @property
    def oldest_seconds(self) -> float: ...

    @property
    def state(self) -> str: ...

    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Counted:
    """What a lane did since the start: parts said, messages that will never cross, parts found already said."""

    sent: int = 0
    failed: int = 0
    reconciled: int = 0


class _Lanes(Collector):
    """Asks the lanes when Prometheus asks: of thousands, a gauge for each would cost more than they do."""

    def __init__(self, lanes: Mapping[str, Watched]) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[GaugeMetricFamily]:
        depth = GaugeMetricFamily("bridge_lane_depth", "What waits in a lane", labels=["lane"])
        oldest = GaugeMetricFamily(
            "bridge_lane_oldest_seconds", "Age of what waits longest in a lane", labels=["lane"]
        )
        state = GaugeMetricFamily(
            "bridge_lane_state",
            "1 for what a lane is at; reason: what it waits for",
            labels=["lane", "state", "reason"],
        )
        for label, lane in list(self._lanes.items()):
            depth.add_metric([label], float(lane.depth))
            oldest.add_metric([label], lane.oldest_seconds)
            state.add_metric([label, lane.state, lane.reason], 1.0)
        yield from (depth, oldest, state)


class BridgeMetrics:
    """One set of the bridge's counters, in the registry handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.heard = Counter(
            "bridge_messages_heard", "Messages heard at an end and remembered", ["platform"], registry=registry
        )
        self.repeated = Counter(
            "bridge_messages_repeated", "Messages heard again and passed over", ["platform"], registry=registry
        )
        self.sent = Counter("bridge_parts_sent", "Parts said at an end", ["lane"], registry=registry)
        self.gone = Counter(
            "bridge_messages_gone",
            "Messages deleted at their source before their turn",
            ["lane"],
            registry=registry,
        )
        self.failed = Counter(
            "bridge_messages_failed", "Messages an end will never take", ["lane", "reason"], registry=registry
        )
        self.refused = Counter(
            "bridge_messages_refused",
            "Messages that were put aside when they were heard",
            ["platform", "reason"],
            registry=registry,
        )
        self.untold = Counter(
            "bridge_failures_untold",
            "Messages that did not cross and whose authors were not told in time",
            registry=registry,
        )
        self.reconciled = Counter(
            "bridge_parts_reconciled", "Parts found already said after a crash or a lost answer", ["lane"],
            registry=registry,
        )  # fmt: skip
        self.waits = Counter(
            "bridge_waits", "Times a lane had to wait, by cause", ["lane", "reason"], registry=registry
        )
        self.edited = Counter("bridge_parts_edited", "Parts changed at an end", ["lane"], registry=registry)
        self.deleted = Counter(
            "bridge_messages_deleted", "Deleted messages whose copies were taken away", ["lane"], registry=registry
        )
        self._lanes: dict[str, Watched] = {}
        registry.register(_Lanes(self._lanes))
        self.added = Histogram(
            "bridge_added_seconds",
            "From an event reaching the bridge to the bridge's own call leaving, for a lane that was empty",
            ["direction"],
            buckets=SECONDS,
            registry=registry,
        )
        self.total = Histogram(
            "bridge_total_seconds",
            "From an event reaching the bridge to the destination's answer, for a lane that was empty",
            ["direction"],
            buckets=SECONDS,
            registry=registry,
        )

    def watch(self, lane: Watched) -> None:
        """Tell how a lane stands whenever somebody asks."""
        self._lanes[lane.end.label] = lane

    def counted(self) -> Mapping[str, Counted]:
        """Return what each lane did since the start; a lane that did nothing may be missing."""
        sent, failed, reconciled = (_by_lane(each) for each in (self.sent, self.failed, self.reconciled))
        return {
            lane: Counted(sent.get(lane, 0), failed.get(lane, 0), reconciled.get(lane, 0))
            for lane in sent.keys() | failed.keys() | reconciled.keys()
        }

    def forget(self, lane: str) -> None:
        """Tell of a lane no more: it was ended, and its name may be another's one day."""
        self._lanes.pop(lane, None)
        for alone in (self.sent, self.gone, self.reconciled, self.edited, self.deleted):
            alone.remove(lane)
        for reasoned in (self.failed, self.waits):
            for reason in _reasons(reasoned, lane):
                reasoned.remove(lane, reason)


def _by_lane(metric: Counter) -> dict[str, int]:
    """Return what was counted for each lane, for whatever reason."""
    found: defaultdict[str, int] = defaultdict(int)
    for family in metric.collect():
        for sample in family.samples:
            if sample.name.endswith("_total"):
                found[sample.labels["lane"]] += int(sample.value)
    return found


def _reasons(metric: Counter, lane: str) -> set[str]:
    """Return the reasons under which something was counted for a lane."""
    samples = [sample for family in metric.collect() for sample in family.samples]
    return {sample.labels["reason"] for sample in samples if sample.labels["lane"] == lane}
