"""What the bridge counts, for Prometheus.

Labels are platforms, reasons, and lanes by the operator's own names: never an id.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (
    0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.0035, 0.004, 0.0045, 0.005, 0.006, 0.008,
    0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
)  # fmt: skip
"""Fine up to 5 ms, because that is what the bridge may add when idle; coarse above."""


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
        self.reconciled = Counter(
            "bridge_parts_reconciled", "Parts found already said after a crash or a lost answer", ["lane"],
            registry=registry,
        )  # fmt: skip
        self.waits = Counter(
            "bridge_waits", "Times a lane had to wait, by cause", ["lane", "reason"], registry=registry
        )
        self.depth = Gauge("bridge_lane_depth", "Messages waiting in a lane", ["lane"], registry=registry)
        self.oldest = Gauge(
            "bridge_lane_oldest_seconds", "Age of the message at the head of a lane", ["lane"], registry=registry
        )
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

    def forget(self, lane: str) -> None:
        """Tell of a lane no more: it was ended, and its name may be another's one day."""
        for alone in (self.sent, self.gone, self.reconciled, self.depth, self.oldest):
            alone.remove(lane)
        for reasoned in (self.failed, self.waits):
            for reason in _reasons(reasoned, lane):
                reasoned.remove(lane, reason)


def _reasons(metric: Counter, lane: str) -> set[str]:
    """Return the reasons under which something was counted for a lane."""
    samples = [sample for family in metric.collect() for sample in family.samples]
    return {sample.labels["reason"] for sample in samples if sample.labels["lane"] == lane}
