"""Which facts an event may carry, and in which shape.

A name on the list is not enough: its value must have the shape of its kind, so that a sentence somebody wrote
does not get out as a ``reason``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

WITHHELD = "[withheld]"

Plain = str | int | float | bool | None

# a snowflake has 17 digits or more; nothing we count comes near
_LARGEST_NUMBER = 10**12
# stable codes, slugs, labels such as "garden:discord1"; never a space, a capital, an @, a # or a !
_CODE = re.compile(r"[a-z0-9][a-z0-9_.:/-]{0,63}")
# names of classes, HTTP methods, Matrix error codes such as M_LIMIT_EXCEEDED
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def number(value: object) -> Plain:
    """Keep a number that can be no identifier; round it, as a long fraction looks like one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return WITHHELD
    if not math.isfinite(value) or abs(value) >= _LARGEST_NUMBER:
        return WITHHELD
    return value if isinstance(value, int) else round(value, 3)


def code(value: object) -> Plain:
    """Keep a stable code or an operator's slug; a small number may stand for one."""
    if isinstance(value, str):
        return str(value) if _CODE.fullmatch(value) else WITHHELD
    return number(value)


def name(value: object) -> Plain:
    """Keep the name of a class or of an error of a protocol."""
    return str(value) if isinstance(value, str) and _NAME.fullmatch(value) else WITHHELD


def flag(value: object) -> Plain:
    """Keep yes or no."""
    return value if isinstance(value, bool) else WITHHELD


Shape = Callable[[object], Plain]

ALLOWED: Mapping[str, Shape] = {
    # where: rooms of the bot and slugs the operator chose, never a platform's identifier
    "component": code,
    "conversation": code,
    "direction": code,
    "lane": code,
    "platform": code,
    "shard": number,
    "task": code,
    # what
    "command": code,
    "error_type": name,
    "kind": code,
    "language": code,
    "method": name,
    "outcome": code,
    "reason": code,
    "reference": name,
    "revision": code,
    "scope": code,
    "signal": name,
    "stage": code,
    "state": code,
    "status": number,
    "step": code,
    "table": code,
    "version": code,
    # how many, how long
    "attempt": number,
    "attempts": number,
    "backlog": number,
    "bytes": number,
    "conversations": number,
    "copies": number,
    "count": number,
    "days": number,
    "dropped": number,
    "failures": number,
    "lanes": number,
    "limit": number,
    "part": number,
    "parts": number,
    "pending": number,
    "port": number,
    "remaining": number,
    "removed": number,
    "rows": number,
    "seconds": number,
    "total": number,
    # yes or no
    "ok": flag,
    "ready": flag,
    "resumed": flag,
}

_NUMBER_ENDINGS = ("_bytes", "_count", "_days", "_seconds", "_total")


def shape_of(field: str) -> Shape | None:
    """Return the shape a field must have; ``None`` when it is not on the list."""
    if field in ALLOWED:
        return ALLOWED[field]
    return number if field.endswith(_NUMBER_ENDINGS) else None


def kept(fields: Mapping[str, object]) -> dict[str, Plain]:
    """Return the fields as they may be written; what is not allowed keeps its name and loses its value."""
    allowed: dict[str, Plain] = {}
    for field, value in fields.items():
        shape = shape_of(field)
        if shape is not None:
            allowed[field] = None if value is None else shape(value)
        elif _FIELD_NAME.fullmatch(field):
            allowed[field] = WITHHELD
        else:
            allowed["withheld"] = WITHHELD
    return allowed
