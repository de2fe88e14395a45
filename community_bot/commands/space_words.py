"""Saying what would be done to a space, or was done to it by hand, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from community_bot.domain.home import Home
from community_bot.domain.layout import OF_A_PERSON, Act, Change, PieceKind, Step
from community_bot.domain.space_design import SpaceDesign
from community_bot.domain.words import in_language
from community_bot.locales import Markup, Translator, key
from community_bot.platforms.builder import Obstacle
from community_bot.services.space_plans import HomePlan
from community_bot.services.spaces import Plan

MOST_STEPS = 20
"""Lines for each home; more is counted."""
MOST_CHANGES = 6
"""What is said of one piece; more is counted."""
MOST_OBSTACLES = 8
LONGEST = 1500
"""Characters of all lines together: with a heading, an answer is still one message on Discord."""
_PLAIN = ("text", "tags", "moved", "left", "encrypted", "kind")
_GIVEN = ("colour", "hoisted", "mentionable", "permissions", "guests")
"""What no design gives, and so is only ever found."""


@dataclass(frozen=True, slots=True)
class PlanWords:
    """Says plans in one language. ``design`` names the rooms."""

    t: Translator
    design: SpaceDesign

    def preview(self, plan: Plan) -> Markup:
        """Say what will exist, before anything is made."""
        lines: list[str] = []
        for home in plan.homes:
            said = [f"- {self.step(each, home.home)}" for each in home.steps[:MOST_STEPS]]
            lines += [f"**{self._home(home)}**", *self._cut(said, len(home.steps), plan)]
        return Markup("\n".join(lines))

    def obstacles(self, plan: Plan) -> Markup:
        """Say what stands in the way, home by home."""
        lines = [f"- {self._home(home)}: {self.obstacle(each)}" for home in plan.homes for each in home.obstacles]
        shown = lines[:MOST_OBSTACLES]
        return Markup("\n".join([*shown, *self._rest(len(lines) - len(shown))]))

    def differences(self, plan: Plan) -> Markup:
        """Say what was found to be otherwise, numbered, and what is there that is not ours."""
        lines: list[str] = []
        number = 0
        for home in plan.homes:
            if home.steps:
                lines.append(f"**{self._home(home)}**")
            said = []
            for step in home.steps[:MOST_STEPS]:
                number += 1
                said.append(f"- {number}: {self.drift(step, home.home)}")
            lines += self._cut(said, len(home.steps), plan)
            if home.strangers:
                shown = [self._shortened(each.name) for each in home.strangers[:5]]
                names = ", ".join(str(self.t("space.stranger", name=each)) for each in shown)
                lines.append(str(self.t("space.strangers", names=Markup(names))))
        return Markup("\n".join(lines))

    def _cut(self, lines: list[str], all_of_them: int, plan: Plan) -> list[str]:
        """Return as many lines as a home has room for, one at least; how many more there would be is counted."""
        room = LONGEST // max(1, len(plan.homes))
        shown = 0
        for line in lines:
            room -= len(line) + 1
            if room < 0 and shown:
                break
            shown += 1
        return [*lines[:shown], *self._rest(all_of_them - shown)]

    def _rest(self, rest: int) -> list[str]:
        return [f"- {self.t.count('space.steps_more', rest)}"] if rest > 0 else []

    def _home(self, home: HomePlan) -> Markup:
        if home.home.platform == "matrix":
            return self.t("space.home.matrix")
        return self.t("space.home.server", name=home.name) if home.name else self.t("space.home.discord")

    def obstacle(self, obstacle: Obstacle) -> Markup:
        """Say one obstacle, and what helps."""
        values: dict[str, object] = dict(obstacle.values)
        permission = f"building.permission.{values.get('permission')}"
        if permission in self.t:
            values["permission"] = self.t(permission)
        return self.t(f"space.obstacle.{obstacle.code}", **values)

    def piece(self, step: Step, home: Home) -> Markup:
        """Name a piece: what it is, and what it is called."""
        _, _, rest = step.key.partition(".")
        match step.kind:
            case PieceKind.ROLE:
                return self.t(f"space.piece.role_{rest}")
            case PieceKind.CONTAINER:
                return self.t("space.piece.container" if home.platform == "discord" else "space.piece.matrix_space")
            case PieceKind.ROOM:
                return self.t("space.piece.room", name=self._room(rest, home))
            case _:
                room, _, what = rest.rpartition(".")
                # what is too long for one message is continued in agreements-2
                return self.t(f"space.piece.post_{what.partition('-')[0]}", name=self._room(room, home))

    def _room(self, room: str, home: Home) -> str:
        """Return what a room is called there, whatever the reader's language: that is what they will look for."""
        found = next((each for each in self.design.rooms if each.key == room), None)
        return room if found is None else in_language(found.names, home.language)

    def step(self, step: Step, home: Home) -> Markup:
        """Say what a step will do."""
        piece = self.piece(step, home)
        match step.act:
            case Act.MAKE:
                return self.t("space.step.make", piece=piece)
            case Act.REMOVE:
                return self.t("space.step.remove", piece=piece)
            case _:
                return self.t("space.step.change", piece=piece, changes=self._changes(step))

    def drift(self, step: Step, home: Home) -> Markup:
        """Say what was done by hand."""
        piece = self.piece(step, home)
        match step.act:
            case Act.MAKE:
                return self.t("space.drift.gone", piece=piece)
            case Act.REMOVE:
                return self.t("space.drift.left", piece=piece)
            case _:
                return self.t("space.drift.changed", piece=piece, changes=self._changes(step))

    def _changes(self, step: Step) -> Markup:
        # what somebody was given comes before all that may be cut off
        changes = sorted(step.changes, key=lambda each: not each.facet.startswith(OF_A_PERSON))
        said = [str(line) for each in changes for line in self._change(each)]
        rest = len(said) - MOST_CHANGES
        return Markup(
            "; ".join([*said[:MOST_CHANGES], *([str(self.t.count("space.steps_more", rest))] * (rest > 0))])
        )

    def _change(self, change: Change) -> Iterator[Markup]:
        t = self.t
        facet, _, rest = change.facet.partition(":")
        if facet == "access":
            subject, _, which = rest.partition(":")
            who = t(f"space.subject.{subject}", which=which)
            before, after = change.before.split(), change.after.split()
            if extra := [each for each in before if each not in after]:
                yield t("space.facet.access_extra", who=who, what=self._liberties(extra))
            if missing := [each for each in after if each not in before]:
                yield t("space.facet.access_missing", who=who, what=self._liberties(missing))
        elif facet == "power" and rest.startswith("person:"):
            person = rest.removeprefix("person:")
            yield t("space.facet.power_person", who=person, before=change.before or "0", after=change.after or "0")
        elif facet == "power":
            yield t(
                "space.facet.power", what=self._power(rest), before=change.before or "–", after=change.after or "–"
            )
        elif facet in _PLAIN or (facet in _GIVEN and change.before and not change.after):
            yield t(f"space.facet.{facet}")
        elif facet in ("pinned", "listed"):
            # not as it is to be: because it is not at all, or because it is and should not be, or is otherwise
            way = "not" if not change.before else "still" if not change.after else "other"
            yield t(f"space.facet.{facet}_{way}")
        elif facet in ("join_rule", "history"):
            yield t(f"space.facet.{facet}", before=self._value(change.before), after=self._value(change.after))
        elif facet in ("name", "topic", "slow_mode"):
            yield t(
                f"space.facet.{facet}", before=self._shortened(change.before), after=self._shortened(change.after)
            )
        else:
            yield t("space.facet.other", what=facet, before=change.before or "–", after=change.after or "–")

    def _shortened(self, text: str) -> str:
        return "–" if not text else text if len(text) <= 60 else f"{text[:59]}…"

    def _power(self, name: str) -> Markup:
        """Say what a power level is for: ``event:m.room.message`` is writing."""
        known = key(f"space.power.{name.rpartition('.')[2]}")
        return self.t(known) if known in self.t else Markup(f"`{name}`")

    def _value(self, value: str) -> Markup:
        """Say a rule of a Matrix room; where it opens to other rooms, these are not named."""
        if not value:
            return Markup("–")
        word, _, others = value.partition(":")
        known = key("space.value.elsewhere") if others else key(f"space.value.{word}")
        return self.t(known) if known in self.t else Markup(f"`{word}`")

    def _liberties(self, value: Sequence[str]) -> Markup:
        """Say permissions: ``+view``, ``-write``."""
        words = []
        for each in value:
            sign, name = each[0], each[1:]
            known = f"building.word.{name}"
            said = self.t(known) if known in self.t else Markup(f"`{name}`")
            words.append(str(self.t("space.liberty.denied", what=said)) if sign == "-" else str(said))
        return Markup(", ".join(words))
