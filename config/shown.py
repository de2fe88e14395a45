"""Show a wrong value to the operator, unless it is, or could be, a secret in the wrong place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from config.rules import Place

LONGEST_SHOWN = 60  # characters of a wrong value; enough to recognise it

# a value that could be a credential in the wrong place: a known token, an address with a name in it, or a long
# run of letters and digits without a space
_LIKE_A_SECRET = re.compile(r"syt_|[A-Za-z0-9+.-]+://[^/\s]*@|^(?=.*[0-9])[A-Za-z0-9_.+/=-]{24,}$")


def shown_value(place: Place, value: Any) -> str | None:
    """Return a short form of a value, or ``None`` when it is better not shown."""
    if place[0] == "secrets" or value is None:
        return None
    if place == ("database", "url"):
        # an address of a database is where passwords are most often pasted
        scheme, found, _ = str(value).partition("://")
        return f'"{scheme}://…"' if found and scheme.isascii() else None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "a table"
    return f"a list of {len(value)}" if isinstance(value, list | tuple) else json.dumps(value, default=str)


def _text(value: str) -> str | None:
    if _LIKE_A_SECRET.search(value):
        return None
    shortened = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"
    return json.dumps(shortened, ensure_ascii=False)
