"""`/space open`, `pause`, `resume`, `close`, `reopen`: the life of a learning space."""

from __future__ import annotations

from typing import Final

from community_bot.commands.request import Reply, Request
from community_bot.commands.space_offers import spaces_in
from community_bot.commands.specification import Option, button, command
from community_bot.domain.roles import Power
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import Check, SpaceMove, SpaceState, states_before
from community_bot.domain.words import in_language
from community_bot.locales import Markup, key
from community_bot.platforms.port import Button
from community_bot.services.directory import SpaceDoor
from community_bot.services.space_life import LONGEST_REASON, Closing, Life, Opening

MISSING: Final = {
    "built": key("space_life.missing.built"),
    "under_way": key("space_life.missing.under_way"),
    "experiment": key("space_life.missing.experiment"),
    "facilitator": key("space_life.missing.facilitator"),
    "facilitators": key("space_life.missing.facilitators"),
    "organisations": key("space_life.missing.organisations"),
    "agreements": key("space_life.missing.agreements"),
}
WAYS: Final = {
    "apply": "space apply",
    "register": "experiment register",
    "grant": "admin grant",
    "organisation": "org register",
    "confirm": "org confirm",
    "open": "space open",
}
"""Commands that bring about what is missing, by their place in the texts."""
COMING_IN: Final = {
    Access.OPEN: key("space_life.coming_in.open"),
    Access.REQUEST: key("space_life.coming_in.request"),
    Access.UNLISTED: key("space_life.coming_in.unlisted"),
}
CHECKS: Final = {
    ("library", Check.NOTHING): key("space_life.check.library_nothing"),
    ("reviews", Check.NOTHING): key("space_life.check.reviews_nothing"),
    ("bridges", Check.NOTHING): key("space_life.check.bridges_nothing"),
    ("bridges", Check.DONE): key("space_life.check.bridges_done"),
    ("roles", Check.OPEN): key("space_life.check.roles_open"),
    ("roles", Check.WITH_ARCHIVING): key("space_life.check.roles_with_archiving"),
}


def _space(move: SpaceMove) -> Option:
    return Option("space", most=80, suggest=spaces_in(states_before(move)))


class LifeCommands:
    """Opening spaces, letting them rest, closing them."""

    def __init__(self, life: Life) -> None:
        self.life = life

    # ── opening

    @command("space open", _space(SpaceMove.OPEN), power=Power.RUN_SPACE)
    async def open(self, request: Request, space: str) -> Reply:
        """Let people in, or say what is missing for that."""
        return self._opened(request, await self.life.open(request.account, space, agreed=False))

    @button("space.open")
    async def open_pressed(self, request: Request, argument: str) -> Reply:
        """Let people in, under the message that a space stands."""
        return await self.open(request, argument)

    @button("space.agree")
    async def agree(self, request: Request, argument: str) -> Reply:
        """Agree to the agreements and let people in."""
        opening = await self.life.open(request.account, argument, agreed=True)
        reply = self._opened(request, opening)
        return Reply(reply.text, buttons=reply.buttons, replaces=True)

    def _opened(self, request: Request, opening: Opening) -> Reply:
        if opening.missing == ("agreements",):
            return self._agreements(request, opening)
        if opening.missing:
            return self._missing(request, opening)
        t, title = request.t, opening.door.title(request.language)
        if opening.was is SpaceState.PILOT:
            said = t("space_life.opened.on_from_pilot", space=title)
        elif opening.was is not SpaceState.DRAFT:
            said = t("space_life.opened.again", space=title)
        elif opening.door.state is SpaceState.PILOT:
            said = t("space_life.opened.pilot", space=title)
        else:
            said = t("space_life.opened.active", space=title)
        lines = [said, self._coming_in(request, opening.door)]
        lines.append(t("space_life.opened.undo", pause=request.spell("space pause")))
        return Reply(Markup("\n".join(lines)))

    def _coming_in(self, request: Request, door: SpaceDoor) -> Markup:
        join, bring = request.spell("space join"), request.spell("space bring")
        return request.t(COMING_IN[door.access], join=join, bring=bring)

    def _agreements(self, request: Request, opening: Opening) -> Reply:
        t, door = request.t, opening.door
        words = Markup(in_language(opening.agreements, request.language).strip())
        head = t("space_life.agreements", space=door.title(request.language))
        foot = t("space_life.agreements_foot")
        agree = Button(t.plain("space.agree.button"), "space.agree", door.key, "main")
        return Reply(Markup(f"{head}\n\n{words}\n\n{foot}"), buttons=(agree,))

    def _missing(self, request: Request, opening: Opening) -> Reply:
        t = request.t
        ways = {name: request.spell(path) for name, path in WAYS.items()}
        lines = [f"- {t(MISSING[each], **ways)}" for each in opening.missing]
        on_from_pilot = opening.was is SpaceState.PILOT
        head = t(
            "space_life.missing.heading_pilot" if on_from_pilot else "space_life.missing.heading",
            space=opening.door.title(request.language),
        )
        return Reply(Markup("\n".join([head, *lines])))

    # ── resting

    @command(
        "space pause",
        _space(SpaceMove.PAUSE),
        Option("reason", required=False, most=LONGEST_REASON),
        power=Power.RUN_SPACE,
    )
    async def pause(self, request: Request, space: str, reason: str = "") -> Reply:
        """Let nobody new in for a time."""
        door = await self.life.pause(request.account, space, reason)
        said = request.t(
            "space_life.paused",
            space=door.title(request.language),
            resume=request.spell("space resume"),
        )
        resume = Button(request.t.plain("space.resume.button"), "space.resume", door.key)
        return Reply(said, buttons=(resume,))

    @command("space resume", _space(SpaceMove.RESUME), power=Power.RUN_SPACE)
    async def resume(self, request: Request, space: str) -> Reply:
        """Let people in again."""
        return self._opened(request, await self.life.resume(request.account, space))

    @button("space.resume")
    async def resume_pressed(self, request: Request, argument: str) -> Reply:
        """Let people in again."""
        return await self.resume(request, argument)

    # ── closing

    @command("space close", _space(SpaceMove.CLOSE), power=Power.RUN_SPACE)
    async def close(self, request: Request, space: str) -> Reply:
        """Begin to end a space, and say what is to be done."""
        t = request.t
        closing = await self.life.close(request.account, space)
        title = closing.door.title(request.language)
        foot = t(
            "space_life.closing_foot",
            archive=request.spell("space archive"),
            reopen=request.spell("space reopen"),
        )
        text = "\n".join([t("space_life.closing", space=title), "", *said_of_checks(request, closing), "", foot])
        reopen = Button(t.plain("space.reopen.button"), "space.reopen", closing.door.key)
        return Reply(Markup(text), buttons=(reopen,))

    @command("space reopen", _space(SpaceMove.REOPEN), power=Power.RUN_SPACE)
    async def reopen(self, request: Request, space: str) -> Reply:
        """Take closing back."""
        return self._opened(request, await self.life.reopen(request.account, space))

    @button("space.reopen")
    async def reopen_pressed(self, request: Request, argument: str) -> Reply:
        """Take closing back."""
        return await self.reopen(request, argument)


def said_of_checks(request: Request, closing: Closing) -> list[str]:
    """Return the checklist of closing, a line for each point."""
    finish = request.spell("cohort finish")
    return [f"- {request.t(CHECKS[each], finish=finish)}" for each in closing.checks.items()]
