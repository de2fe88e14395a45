"""Arithmetic on what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
"""What /metrics says: (name, sorted labels) to value."""


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the values lie, by linear interpolation.

    Raises ``ValueError`` for no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def histogram_quantile(before: Samples, after: Samples, name: str, label: tuple[str, str], share: float) -> float:
    """Return a quantile of what a Prometheus histogram gained, interpolated inside its bucket as Prometheus does.

    Raises ``ValueError`` when it gained nothing.
    """
    gained: list[tuple[float, float]] = []
    for (found, labels), value in after.items():
        here = dict(labels)
        if found == f"{name}_bucket" and here.get(label[0]) == label[1]:
            bound = inf if here["le"] == "+Inf" else float(here["le"])
            gained.append((bound, value - before.get((found, labels), 0.0)))
    gained.sort()
    total = gained[-1][1] if gained else 0.0
    if not total:
        raise ValueError(f"{name} gained nothing")
    wanted = share * total
    below_bound, below_count = 0.0, 0.0
    for bound, count in gained:
        if count >= wanted:
            if bound == inf:
                return below_bound
            inside = count - below_count
            return below_bound + (bound - below_bound) * ((wanted - below_count) / inside if inside else 0.0)
        below_bound, below_count = bound, count
    return below_bound


def total(samples: Samples, name: str) -> float:
    """Return a metric summed over its labels."""
    return sum(value for (found, _), value in samples.items() if found == name)
