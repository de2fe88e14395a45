"""Saying what would be done to a space, or was done to it by hand, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from community_bot.domain.layout import Act, Change, PieceKind, Step
from community_bot.domain.space_design import SpaceDesign
from community_bot.domain.words import in_language
from community_bot.locales import Markup, Translator
from community_bot.platforms.builder import Obstacle
from community_bot.services.space_plans import HomePlan
from community_bot.services.spaces import Plan

MOST_STEPS = 20
"""Lines for each home; more is counted."""


@dataclass(frozen=True, slots=True)
class PlanWords:
    """Says plans in one language. ``design`` names the rooms."""

    t: Translator
    design: SpaceDesign

    def preview(self, plan: Plan) -> Markup:
        """Say what will exist, before anything is made."""
        lines: list[str] = []
        for home in plan.homes:
            lines += [f"**{self._home(home)}**", *(f"- {self.step(each)}" for each in self._shown(home))]
            lines += self._rest(home)
        return Markup("\n".join(lines))

    def obstacles(self, plan: Plan) -> Markup:
        """Say what stands in the way, home by home."""
        lines = [f"- {self._home(home)}: {self.obstacle(each)}" for home in plan.homes for each in home.obstacles]
        return Markup("\n".join(lines))

    def differences(self, plan: Plan) -> Markup:
        """Say what was found to be otherwise, numbered, and what is there that is not ours."""
        lines: list[str] = []
        number = 0
        for home in plan.homes:
            if home.steps:
                lines.append(f"**{self._home(home)}**")
            for step in self._shown(home):
                number += 1
                lines.append(f"- {number}: {self.drift(step)}")
            lines += self._rest(home)
            if home.strangers:
                names = ", ".join(str(self.t("space.stranger", name=each.name)) for each in home.strangers[:5])
                lines.append(str(self.t("space.strangers", names=Markup(names))))
        return Markup("\n".join(lines))

    def _shown(self, home: HomePlan) -> tuple[Step, ...]:
        return home.steps[:MOST_STEPS]

    def _rest(self, home: HomePlan) -> list[str]:
        rest = len(home.steps) - MOST_STEPS
        return [f"- {self.t.count('space.steps_more', rest)}"] if rest > 0 else []

    def _home(self, home: HomePlan) -> Markup:
        return self.t("space.home.matrix") if home.home.platform == "matrix" else self.t("space.home.discord")

    def obstacle(self, obstacle: Obstacle) -> Markup:
        """Say one obstacle, and what helps."""
        values: dict[str, object] = dict(obstacle.values)
        permission = f"building.permission.{values.get('permission')}"
        if permission in self.t:
            values["permission"] = self.t(permission)
        return self.t(f"space.obstacle.{obstacle.code}", **values)

    def piece(self, step: Step) -> Markup:
        """Name a piece: what it is, and what it is called."""
        _, _, rest = step.key.partition(".")
        match step.kind:
            case PieceKind.ROLE:
                return self.t(f"space.piece.role_{rest}")
            case PieceKind.CONTAINER:
                return self.t("space.piece.container")
            case PieceKind.ROOM:
                return self.t("space.piece.room", name=self._room(rest))
            case _:
                room, _, what = rest.rpartition(".")
                # what is too long for one message is continued in agreements-2
                return self.t(f"space.piece.post_{what.partition('-')[0]}", name=self._room(room))

    def _room(self, key: str) -> str:
        found = next((each for each in self.design.rooms if each.key == key), None)
        return key if found is None else in_language(found.names, self.t.language)

    def step(self, step: Step) -> Markup:
        """Say what a step will do."""
        piece = self.piece(step)
        match step.act:
            case Act.MAKE:
                return self.t("space.step.make", piece=piece)
            case Act.REMOVE:
                return self.t("space.step.remove", piece=piece)
            case _:
                return self.t("space.step.change", piece=piece, changes=self._changes(step))

    def drift(self, step: Step) -> Markup:
        """Say what was done by hand."""
        piece = self.piece(step)
        match step.act:
            case Act.MAKE:
                return self.t("space.drift.gone", piece=piece)
            case Act.REMOVE:
                return self.t("space.drift.left", piece=piece)
            case _:
                return self.t("space.drift.changed", piece=piece, changes=self._changes(step))

    def _changes(self, step: Step) -> Markup:
        return Markup("; ".join(str(line) for each in step.changes for line in self._change(each)))

    def _change(self, change: Change) -> Iterator[Markup]:
        t = self.t
        facet, _, rest = change.facet.partition(":")
        if facet == "access":
            subject, _, which = rest.partition(":")
            who = t(f"space.subject.{subject}", which=which)
            before, after = self._liberties(change.before), self._liberties(change.after)
            yield t("space.facet.access", who=who, before=before, after=after)
        elif facet == "power" and rest.startswith("person:"):
            person = rest.removeprefix("person:")
            yield t("space.facet.power_person", who=person, before=change.before or "0", after=change.after or "0")
        elif facet == "power":
            yield t("space.facet.power", what=rest, before=change.before or "–", after=change.after or "–")
        elif facet in ("text", "tags", "moved", "left", "encrypted"):
            yield t(f"space.facet.{facet}")
        elif facet in ("name", "topic", "slow_mode", "pinned", "join_rule", "history", "listed"):
            yield t(
                f"space.facet.{facet}", before=self._shortened(change.before), after=self._shortened(change.after)
            )
        else:
            yield t("space.facet.other", what=facet, before=change.before or "–", after=change.after or "–")

    def _shortened(self, text: str) -> str:
        return "–" if not text else text if len(text) <= 60 else f"{text[:59]}…"

    def _liberties(self, value: str) -> Markup:
        """Say a set of permissions: ``+view -write``."""
        if not value:
            return self.t("space.liberty.none")
        words = []
        for each in value.split():
            sign, name = each[0], each[1:]
            known = f"building.word.{name}"
            said = self.t(known) if known in self.t else Markup(f"`{name}`")
            words.append(str(self.t("space.liberty.denied", what=said)) if sign == "-" else str(said))
        return Markup(", ".join(words))
