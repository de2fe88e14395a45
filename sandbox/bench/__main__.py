"""Measure everything, print progress and a table, and as the last line one JSON object."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.bench.bridge import measure as measure_bridge
from sandbox.bench.onboarding import measure as measure_onboarding
from sandbox.bench.spaces import measure as measure_spaces

out = Console(highlight=False)
VERSIONS = ("community-bot", "discord.py", "matrix-nio", "aiohttp", "sqlalchemy", "matrix-synapse", "simcord")


def machine() -> dict[str, Any]:
    """Say what it was measured on."""
    cores = os.cpu_count()
    memory = Path("/proc/meminfo")
    total_kib = int(memory.read_text().split()[1]) if memory.exists() else 0
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores,
        "memory_gib": round(total_kib / 2**20, 1),
        "python": platform.python_version(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def flat(figures: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return nested figures under dotted names."""
    found: dict[str, Any] = {}
    for name, value in figures.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found


Tell = Callable[[str], None]
MEASURES: dict[str, Callable[[Tell], Awaitable[dict[str, Any]]]] = {
    "bridge": measure_bridge,
    "onboarding": measure_onboarding,
    "spaces": measure_spaces,
}


FEWER_CONVERSATIONS = 200


async def run(names: Sequence[str], *, quick: bool = False) -> dict[str, Any]:
    """Measure what is named, one after the other."""
    measures = dict(MEASURES)
    if quick:
        measures["bridge"] = partial(measure_bridge, conversations=FEWER_CONVERSATIONS)
    figures: dict[str, Any] = {
        name: await measures[name](lambda line: out.print(f"… {line}", soft_wrap=True)) for name in names
    }
    return figures | {"machine": machine(), "versions": {name: version(name) for name in VERSIONS}}


def main() -> None:
    """Run and print."""
    parser = ArgumentParser(prog="python -m sandbox.bench", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"one or more of {', '.join(MEASURES)}; everything when left out")
    parser.add_argument(
        "--quick", action="store_true", help=f"{FEWER_CONVERSATIONS} conversations in place of a thousand"
    )
    wanted = parser.parse_args()
    names = wanted.what or list(MEASURES)
    if unknown := [name for name in names if name not in MEASURES]:
        parser.error(f"nothing measures {', '.join(unknown)}")
    figures = asyncio.run(run(names, quick=wanted.quick))
    table = Table("figure", "value")
    for name, value in flat(figures).items():
        table.add_row(name, str(value))
    out.print(table)
    print(json.dumps(figures, separators=(",", ":")))


main()
