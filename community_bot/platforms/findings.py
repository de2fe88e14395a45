"""What a look at the outside world found: good, good with something to choose, or not with what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``community-bot check``.

    ``cure`` is what to do; when ``ok``, what may be done, and ``said`` tells what is lost without it.
    """

    ok: bool
    what: str
    said: str
    cure: str = ""

    @property
    def is_advice(self) -> bool:
        """Whether nothing has to be done, but something could be."""
        return self.ok and bool(self.cure)
