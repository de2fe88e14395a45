"""Write an entry as one JSON object, or as a line a person reads in a terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from community_bot.logs.failures import Failure, Link
from community_bot.logs.fields import Plain

_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "31;1"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What will be written: everything in it has passed the gate. ``at`` is in UTC."""

    at: datetime
    level: str
    logger: str
    event: str
    fields: dict[str, Plain] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def moment(self) -> str:
        """The time in ISO 8601, to the millisecond."""
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.at.microsecond // 1000:03d}Z"


def as_json(entry: Entry) -> str:
    """Write one JSON object on one line; a failure has its ``reference`` and its ``chain``."""
    told: dict[str, Any] = {
        "at": entry.moment,
        "level": entry.level,
        "logger": entry.logger,
        "event": entry.event,
        **entry.fields,
    }
    if entry.failure is not None:
        told["reference"] = entry.failure.reference
        told["chain"] = [
            {"relation": link.relation, "type": link.type, **link.facts, "frames": list(link.frames)}
            for link in entry.failure.chain
        ]
    return json.dumps(told)


def as_console(entry: Entry, *, colours: bool = False) -> str:
    """Write a line for people, and under it the places of a failure, the innermost last."""
    level = f"{entry.level:<8}"
    if colours:
        level = f"\x1b[{_COLOURS.get(entry.level, '0')}m{level}\x1b[0m"
    parts = [f"{entry.moment} {level} {entry.logger}: {entry.event}"]
    parts += [f"{key}={_plain(value)}" for key, value in entry.fields.items()]
    if entry.failure is None:
        return " ".join(parts)
    parts.append(f"reference={entry.failure.reference}")
    return "\n".join([" ".join(parts), *(line for link in entry.failure.chain for line in _link_lines(link))])


def _plain(value: Plain) -> str:
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def _link_lines(link: Link) -> list[str]:
    facts = " ".join(f"{key}={value}" for key, value in link.facts.items())
    head = f"    {link.relation} {link.type}" + (f" ({facts})" if facts else "")
    return [head, *(f"        {place}" for place in link.frames)]
