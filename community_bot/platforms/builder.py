"""What is built on a platform for a learning space, as one contract for Discord and Matrix.

A builder decides nothing. It says how a design looks on its platform, reads what stands there in the same terms,
and carries out one step at a time. Everything may be repeated: what was made by an attempt that was cut off is
found again (:meth:`Builder.find_made`), changing and removing twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from community_bot.domain.account import PlatformName
from community_bot.domain.home import Home
from community_bot.domain.layout import Found, Piece, Step
from community_bot.domain.space_design import SpaceDesign

Refs = Mapping[str, str]
"""Piece key to the platform's own id, of what stands or is believed to."""


@dataclass(frozen=True, slots=True)
class People:
    """Whom a space's layout names, as the platform's own ids, in memory only.

    ``facilitators`` get a say in Matrix rooms (a power level). ``guests`` are let into Discord channels one by one
    instead of by a role: everybody of an unlisted space (SAF-7), and newcomers on probation; the value says whether
    they see what was said before.
    """

    facilitators: frozenset[str] = frozenset()
    guests: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something in our category or Matrix space that we did not make. It is shown, and never touched."""

    name: str
    ref: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What stands in a home: our pieces by key, what else is there, how much room is left, what we may not do.

    ``used`` counts what a limit is for: ``channels`` and ``roles`` of a server. ``lacking`` are permissions by
    Discord's or Matrix's own name, ``lost`` pieces that stand and cannot be reached any more (a room we left).
    """

    found: Mapping[str, Found]
    strangers: tuple[Stranger, ...] = ()
    used: Mapping[str, int] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    name: str = ""
    """What the home is called on its platform, where it has a name there: to tell one from another."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why steps cannot be carried out, known before anything is done.

    Codes, with the values that their texts (``space.obstacle.<code>``) need: ``permission`` (``permission``),
    ``channels``, ``category`` and ``roles`` (``used``, ``needed``, ``most``), ``name`` (``piece``, ``name``),
    ``home`` (the bot is not there), ``lost`` (``piece``).
    """

    code: str
    values: Mapping[str, str] = field(default_factory=dict)


class Builder(Protocol):
    """What every platform fulfils. ``home`` is a :attr:`Home.key`.

    Methods that ask the platform raise :class:`community_bot.platforms.port.NotNowError` or
    :class:`community_bot.platforms.port.ImpossibleError`.
    """

    platform: PlatformName

    def layout(self, space: str, design: SpaceDesign, home: Home, people: People) -> tuple[Piece, ...]:
        """Return what is to stand there, each piece after what it needs. Pure.

        Names are as the platform will keep them (Discord writes channel names in small letters with hyphens), so
        that what is read back is the same. ``space`` is the space's key.
        """

    async def survey(self, home: str, refs: Refs) -> Survey:
        """Read what stands there, from the platform and not from memory. Pieces of ``refs`` that are gone are left
        out; facets that nobody set by hand and that no layout names are left out too.
        """

    def obstacles(self, survey: Survey, steps: Sequence[Step]) -> tuple[Obstacle, ...]:
        """Return what would keep these steps from being carried out. Pure."""

    async def find_made(self, home: str, space: str, step: Step, refs: Refs, *, since: datetime) -> tuple[str, ...]:
        """Return what may have been made for a MAKE step by an attempt that was cut off, the likeliest first.

        Like what the step makes, and younger than ``since``, a little tolerance for clocks included. The caller
        leaves out what is known to belong to another piece or space.
        """

    async def make(self, home: str, space: str, step: Step, refs: Refs) -> str:
        """Carry out a MAKE step and return the platform's id of what was made. ``refs`` has all that it needs."""

    async def change(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        """Bring the changed facets of a CHANGE step about."""

    async def remove(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        """Remove a piece; fine when it is gone."""
