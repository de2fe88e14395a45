"""A platform in memory that keeps the whole contract of a builder, and where the power can be cut at any moment."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from community_bot.domain.account import PlatformName
from community_bot.domain.home import Home
from community_bot.domain.layout import Found, Piece, PieceKind, Step
from community_bot.domain.space_design import Access, Audience, SpaceDesign
from community_bot.domain.words import in_language
from community_bot.platforms.builder import Obstacle, People, Stranger, Survey
from community_bot.platforms.port import ImpossibleError, NotNowError

CLOCK_SKEW = timedelta(seconds=2)


class PowerCutError(BaseException):
    """The process died here: nobody catches it."""


@dataclass(slots=True)
class Thing:
    """Something that stands, whoever made it."""

    kind: PieceKind
    facets: dict[str, str]
    within: str | None
    made_at: datetime


@dataclass(slots=True)
class Yard:
    """``cut_at``: the number of the act at which the power is cut; before it takes effect, or ``after``."""

    platform: PlatformName
    clock: object
    things: dict[str, Thing] = field(default_factory=dict)
    most: int = 500
    cut_at: int | None = None
    after: bool = False
    away: Exception | None = None
    forbidden: set[str] = field(default_factory=set)
    """Pieces' names that are refused."""
    acts: int = 0
    reads: int = 0
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    # ── the contract

    def layout(self, space: str, design: SpaceDesign, home: Home, people: People) -> tuple[Piece, ...]:
        del space
        write = "-write" if design.read_only else "+write"
        pieces = []
        if self.platform == "discord":
            for role in ("participants", "facilitators"):
                pieces.append(
                    Piece(f"role.{role}", PieceKind.ROLE, {"name": f"{self._title(design, home)} {role}"})
                )
        access = {"access:everyone": "-view", "access:participants": f"+view {write}"}
        persons = {f"access:person:{each}": "+view" for each in people.guests}
        if self.platform == "discord" and design.access is Access.UNLISTED:
            persons |= {f"access:person:{each}": "+pin +view +write" for each in people.facilitators}
        persons |= {f"power:person:{each}": "50" for each in people.facilitators if self.platform == "matrix"}
        top = {"name": self._title(design, home), **access}
        pieces.append(Piece("container", PieceKind.CONTAINER, top))
        for room in design.rooms:
            if self.platform not in room.platforms:
                continue
            own = access if room.seen_by is Audience.PARTICIPANTS else {"access:everyone": "-view"}
            facets = {"name": in_language(room.names, home.language), **own, **persons}
            facets |= {"topic": in_language(room.purposes, home.language)}
            facets |= {"slow_mode": str(room.slow_seconds)} if room.slow_seconds else {}
            key = f"room.{room.key}"
            pieces.append(Piece(key, PieceKind.ROOM, {k: v for k, v in facets.items() if v}, "container"))
            if room.welcome:
                text = {"text": in_language(room.welcome, home.language), "pinned": "yes"}
                pieces.append(Piece(f"post.{room.key}.welcome", PieceKind.POST, text, key))
        return tuple(pieces)

    @staticmethod
    def _title(design: SpaceDesign, home: Home) -> str:
        return in_language(design.titles, home.language)

    async def survey(self, home: str, refs: Mapping[str, str]) -> Survey:
        self._answers()
        self.reads += 1
        found = {
            key: Found(ref, dict(self.things[self._id(home, ref)].facets))
            for key, ref in refs.items()
            if self._id(home, ref) in self.things
        }
        containers = {self._id(home, ref) for key, ref in refs.items() if key == "container"}
        ours = {self._id(home, ref) for ref in refs.values()}
        strangers = tuple(
            Stranger(thing.facets.get("name", ""), each)
            for each, thing in self.things.items()
            if thing.within in containers and each not in ours and thing.kind is PieceKind.ROOM
        )
        return Survey(found, strangers, {"channels": self._used(home)})

    def obstacles(self, survey: Survey, steps: Sequence[Step]) -> tuple[Obstacle, ...]:
        needed = sum(step.kind is PieceKind.ROOM for step in steps)
        if survey.used["channels"] + needed > self.most:
            values = {"used": str(survey.used["channels"]), "needed": str(needed), "most": str(self.most)}
            return (Obstacle("channels", values),)
        return ()

    async def find_made(
        self, home: str, space: str, step: Step, refs: Mapping[str, str], *, since: datetime
    ) -> tuple[str, ...]:
        del space, refs
        self._answers()
        wanted = (step.after.get("name"), step.after.get("text"))
        return tuple(
            each.removeprefix(f"{home}/")
            for each, thing in self.things.items()
            if each.startswith(f"{home}/")
            and thing.kind is step.kind
            and (thing.facets.get("name"), thing.facets.get("text")) == wanted
            and thing.made_at >= since - CLOCK_SKEW
        )

    async def make(self, home: str, space: str, step: Step, refs: Mapping[str, str]) -> str:
        del space
        self._answers()
        self._act(before=True)
        if step.after.get("name") in self.forbidden:
            raise ImpossibleError("yard.forbidden")
        within = None if step.within is None else self._id(home, refs[step.within])
        assert within is None or within in self.things, "made before what it stands in"
        if step.kind is PieceKind.ROOM and self._used(home) >= self.most:
            raise ImpossibleError("yard.limit")
        ref = f"{next(self._numbers)}"
        self.things[self._id(home, ref)] = Thing(step.kind, dict(step.after), within, self._now())
        self._act(before=False)
        return ref

    async def change(self, home: str, step: Step, ref: str, refs: Mapping[str, str]) -> None:
        del refs
        self._answers()
        self._act(before=True)
        thing = self.things.get(self._id(home, ref))
        if thing is None:
            raise NotNowError("yard.gone")
        if step.after.get("name") in self.forbidden:
            raise ImpossibleError("yard.forbidden")
        thing.facets.update(step.after)
        for facet in [name for name, value in thing.facets.items() if not value]:
            del thing.facets[facet]
        self._act(before=False)

    async def remove(self, home: str, step: Step, ref: str, refs: Mapping[str, str]) -> None:
        del step, refs
        self._answers()
        self._act(before=True)
        gone = self._id(home, ref)
        self.things.pop(gone, None)
        for each in [name for name, thing in self.things.items() if thing.within == gone]:
            # a message goes with its channel; a channel outlives its category
            if self.things[each].kind is PieceKind.POST:
                del self.things[each]
            else:
                self.things[each].within = None
        self._act(before=False)

    # ── what tests do

    def standing(self) -> dict[str, tuple[str, tuple[tuple[str, str], ...], str | None]]:
        """Return what stands, to be compared: by id its kind, facets, and what it stands in."""
        return {
            each: (thing.kind.value, tuple(sorted(thing.facets.items())), thing.within)
            for each, thing in self.things.items()
        }

    def named(self, name: str, home: str = "") -> Thing:
        """Find something by its name."""
        found = (thing for each, thing in self.things.items() if each.startswith(home))
        return next(each for each in found if each.facets.get("name") == name)

    def by_hand(self, home: str, name: str) -> str:
        """Let a person make a channel."""
        ref = f"hand{next(self._numbers)}"
        self.things[self._id(home, ref)] = Thing(PieceKind.ROOM, {"name": name}, None, self._now())
        return ref

    def _now(self) -> datetime:
        now: datetime = self.clock()  # type: ignore[operator]
        return now

    def _answers(self) -> None:
        if self.away is not None:
            raise self.away

    def _used(self, home: str) -> int:
        rooms = (each for each in self.things.items() if each[1].kind is PieceKind.ROOM)
        return sum(each.startswith(f"{home}/") for each, _ in rooms)

    def _act(self, *, before: bool) -> None:
        if before:
            self.acts += 1
        if self.cut_at == self.acts and before is not self.after:
            self.cut_at = None
            raise PowerCutError

    @staticmethod
    def _id(home: str, ref: str) -> str:
        return f"{home}/{ref}"
