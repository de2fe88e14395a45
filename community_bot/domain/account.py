"""An account on a platform, and a place there. Held in memory only, while somebody is being answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlatformName = Literal["discord", "matrix"]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody's account: ``user_id`` is Discord's number in digits, or a full Matrix user id."""

    platform: PlatformName
    user_id: str

    def __repr__(self) -> str:
        """Keep the id out of tracebacks and test output that might be kept."""
        return f"Account({self.platform})"
