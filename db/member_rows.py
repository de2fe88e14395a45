"""What is read of a member, unsealed: in memory only, while somebody is being served."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

from db.ids import MemberId


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member chose. Sealed as one value with the member's own key.

    ``language`` is th, en or es; ``calendar`` buddhist or gregorian; ``region`` a code of the country pack; the
    quiet hours are ``HH:MM`` in ``zone``, an IANA name; None means: as the network has it.
    """

    alias: str
    language: str
    calendar: str | None = None
    region: str | None = None
    region_counted: bool = False
    quiet_from: str | None = None
    quiet_until: str | None = None
    zone: str | None = None

    def __repr__(self) -> str:
        """Keep the alias out of tracebacks."""
        return "Profile(…)"

    def packed(self) -> bytes:
        """Return what is sealed."""
        return json.dumps(
            {k: v for k, v in asdict(self).items() if v not in (None, False)}, ensure_ascii=False
        ).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> Profile:
        """Read what was sealed."""
        return cls(**json.loads(packed))


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member, as the database has them, the profile unsealed."""

    id: MemberId
    state: str
    state_since: date
    profile: Profile
    joined_on: date
    last_act_on: date
    probation_until: date | None
    erase_at: datetime | None
    state_before_erase: str | None


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One account of a member. ``user_id`` is unsealed: never log it, never show it to anybody else."""

    platform: str
    user_id: str
    linked_on: date

    def __repr__(self) -> str:
        """Keep the id out of tracebacks."""
        return f"IdentityRow({self.platform})"
