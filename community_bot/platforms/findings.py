"""What a look at the outside world found: good, or not with what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``community-bot check``. ``cure`` is empty when ``ok``."""

    ok: bool
    what: str
    said: str
    cure: str = ""
