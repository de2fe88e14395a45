"""What is to stand on a platform and what stands there, in the same terms; and the steps from one to the other.

Desired state, compared and applied (NET-5). A plan is a value: it can be shown, tested, carried out, undone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

Facets = Mapping[str, str]
"""What can be said of a piece, each under a name: ``name``, ``topic``, ``access:participants`` … A facet that is
not there and one that is empty are the same. Names that begin with ``access:person:`` or ``power:person:`` speak
of one account: they are in memory, and sealed in the journal, and nowhere else."""
OF_A_PERSON = ("access:person:", "power:person:")
LEFT = "left"
"""Facet of a room that stands and that the bot is not in."""


class PieceKind(StrEnum):
    """What a piece is. A container is a Discord category or a Matrix space."""

    ROLE = "role"
    CONTAINER = "container"
    ROOM = "room"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that is to stand in a home. ``within`` is the key of the piece that it stands in.

    Keys: ``role.participants``, ``role.facilitators``, ``container``, ``room.<key>``, ``post.<room>.welcome``,
    ``post.<room>.agreements``. Pieces are listed so that each comes after all that it needs.
    """

    key: str
    kind: PieceKind
    facets: Facets
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One of our pieces as it stands."""

    ref: str
    facets: Facets


class Act(StrEnum):
    """What a step does."""

    MAKE = "make"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One facet, as it is and as it is to be; empty for not there."""

    facet: str
    before: str
    after: str

    @property
    def reversed(self) -> Change:
        return Change(self.facet, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to one piece. ``changes`` of a MAKE are all its facets, of a REMOVE what it was."""

    act: Act
    key: str
    kind: PieceKind
    changes: tuple[Change, ...] = ()
    within: str | None = None

    @property
    def after(self) -> Facets:
        """Return the facets that the step brings about."""
        return {each.facet: each.after for each in self.changes}

    @property
    def of_a_person(self) -> bool:
        """Say whether it changes what one person was given by hand."""
        return self.act is Act.CHANGE and any(each.facet.startswith(OF_A_PERSON) for each in self.changes)

    @property
    def undone(self) -> Step:
        """Return the step that takes this one back. Raises ValueError for a REMOVE: what was said there is gone."""
        if self.act is Act.REMOVE:
            raise ValueError("what was removed does not come back")
        changes = tuple(each.reversed for each in self.changes)
        return replace(self, act=Act.REMOVE if self.act is Act.MAKE else Act.CHANGE, changes=changes)

    def packed(self) -> str:
        """Return it as JSON."""
        changes = [[each.facet, each.before, each.after] for each in self.changes]
        return json.dumps([self.act, self.key, self.kind, changes, self.within], ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Step:
        """Return what :meth:`packed` wrote."""
        act, key, kind, changes, within = json.loads(text)
        return cls(Act(act), key, PieceKind(kind), tuple(Change(*each) for each in changes), within)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What was done by hand in one home and is meant so (``adopt``).

    ``facets``: piece to facet to value; ``without``: pieces that are not wanted there. Nothing in it leads to a
    person: what somebody was given by hand can be taken back, not adopted.
    """

    facets: Mapping[str, Facets] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    def applied(self, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
        """Return the pieces as they are wanted in this home; what stands in an unwanted piece is unwanted too."""
        gone = set(self.without)
        wanted: list[Piece] = []
        for piece in pieces:
            if piece.key in gone or piece.within in gone:
                gone.add(piece.key)
                continue
            facets = {**piece.facets, **self.facets.get(piece.key, {})}
            wanted.append(replace(piece, facets={name: value for name, value in facets.items() if value}))
        return tuple(wanted)

    def adopting(self, step: Step) -> Overrides:
        """Return these with what ``step`` would put right taken for right. Raises ValueError for what cannot be.

        That is what a person was given, and what the rest hangs on: without its category and its roles, all that
        stands in the space would be unwanted; a room that the bot left is looked after by nobody.
        """
        if step.act is Act.REMOVE or (step.act is Act.MAKE and step.kind in (PieceKind.ROLE, PieceKind.CONTAINER)):
            raise ValueError("what the rest of a space hangs on is not adopted")
        if step.act is Act.MAKE:
            return replace(self, without=self.without | {step.key})
        if step.of_a_person:
            raise ValueError("what one person was given by hand is not adopted")
        if any(each.facet == LEFT for each in step.changes):
            raise ValueError("a room that the bot left is not adopted")
        adopted = {each.facet: each.before for each in step.changes}
        return replace(self, facets={**self.facets, step.key: {**self.facets.get(step.key, {}), **adopted}})

    def packed(self) -> str:
        """Return it as JSON."""
        return json.dumps({"facets": self.facets, "without": sorted(self.without)}, ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Overrides:
        """Return what :meth:`packed` wrote."""
        values = json.loads(text)
        return cls(values["facets"], frozenset(values["without"]))


def steps_between(wanted: Sequence[Piece], found: Mapping[str, Found]) -> tuple[Step, ...]:
    """Return what makes ``found`` (by piece key) what is ``wanted``; nothing where they agree.

    Makes and changes come in the order of ``wanted``; then what is not wanted any more goes, what stands in
    something before that. A facet that stands there and is not named in ``wanted`` is to be taken away.
    """
    steps: list[Step] = []
    for piece in wanted:
        there = found.get(piece.key)
        if there is None:
            changes = tuple(Change(name, "", value) for name, value in sorted(piece.facets.items()) if value)
            steps.append(Step(Act.MAKE, piece.key, piece.kind, changes, piece.within))
            continue
        changes = tuple(
            Change(name, there.facets.get(name, ""), piece.facets.get(name, ""))
            for name in sorted({*piece.facets, *there.facets})
            if there.facets.get(name, "") != piece.facets.get(name, "")
        )
        if changes:
            steps.append(Step(Act.CHANGE, piece.key, piece.kind, changes, piece.within))
    names = {piece.key for piece in wanted}
    order = [PieceKind.POST, PieceKind.ROOM, PieceKind.CONTAINER, PieceKind.ROLE]
    gone = sorted((key for key in found if key not in names), key=lambda key: (order.index(kind_of(key)), key))
    for key in gone:
        changes = tuple(Change(name, value, "") for name, value in sorted(found[key].facets.items()))
        steps.append(Step(Act.REMOVE, key, kind_of(key), changes))
    return tuple(steps)


def kind_of(key: str) -> PieceKind:
    """Return what kind of piece a key belongs to."""
    return PieceKind(key.partition(".")[0])
