"""`/space archive`, `purge`, `keep`, `discard`: how a learning space ends, and who has to agree to that."""

from __future__ import annotations

from typing import Final, get_args

from community_bot.commands.request import Reply, Request
from community_bot.commands.space_offers import spaces_in
from community_bot.commands.specification import Option, button, command
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.space_state import SpaceMove, SpaceState, states_before
from community_bot.locales import Markup, key
from community_bot.platforms.port import Button
from community_bot.services.space_endings import Endings
from community_bot.services.space_life import Life
from community_bot.services.space_outlook import Act, Ending

HEADING: Final = {"archive": key("space_life.archive.heading"), "purge": key("space_life.purge.heading")}
ON_DISCORD: Final = {"archive": key("space_life.archive.on_discord"), "purge": key("space_life.purge.on_discord")}
ON_MATRIX: Final = {"archive": key("space_life.archive.on_matrix"), "purge": key("space_life.purge.on_matrix")}
WHAT: Final = {"archive": key("space_life.archive.what"), "purge": key("space_life.purge.what")}
ASK: Final = {"archive": key("space.archive.button"), "purge": key("space.purge.button")}


def _space(move: SpaceMove) -> Option:
    return Option("space", most=80, suggest=spaces_in(states_before(move)))


class EndingCommands:
    """Ending spaces. What cannot be undone is shown before somebody can press it."""

    def __init__(self, endings: Endings, life: Life) -> None:
        self._endings = endings
        self.life = life

    # ── looking and asking

    @command("space archive", _space(SpaceMove.ARCHIVE), power=Power.RUN_SPACE)
    async def archive(self, request: Request, space: str) -> Reply:
        """Show what archiving does, and whom it takes."""
        return self._shown(request, await self._endings.look(request.account, space, "archive"))

    @button("space.archive")
    async def archive_pressed(self, request: Request, argument: str) -> Reply:
        """Ask for archiving."""
        ending = await self._endings.archive(request.account, argument)
        return self._asked(request, ending)

    @command("space purge", _space(SpaceMove.PURGE), power=Power.RUN_SPACE)
    async def purge(self, request: Request, space: str) -> Reply:
        """Show what deleting does, and when."""
        return self._shown(request, await self._endings.look(request.account, space, "purge"))

    @button("space.purge")
    async def purge_pressed(self, request: Request, argument: str) -> Reply:
        """Ask for deleting."""
        ending = await self._endings.purge(request.account, argument)
        return self._asked(request, ending)

    def _shown(self, request: Request, ending: Ending) -> Reply:
        """Say what would happen, with what can be pressed now."""
        t, question = request.t, ending.question
        lines = [t(HEADING[ending.act], space=ending.door.title(request.language)), ""]
        if servers := ending.homes.get("discord"):
            lines.append(f"- {t.count(ON_DISCORD[ending.act], servers)}")
        if "matrix" in ending.homes:
            lines.append(f"- {t(ON_MATRIX[ending.act])}")
        lines += [f"- {t(WHAT[ending.act], day=ending.purge_on, keep=request.spell('space keep'))}", ""]
        if question is not None and question.mine:
            lines.append(t("space_life.second.mine", until=question.until))
            return Reply(Markup("\n".join(lines)), buttons=(self._take_back(request, question.id),))
        if question is not None:
            lines.append(t("space_life.second.yours", until=question.until))
            yes = Button(t.plain("space.confirm.button"), "space.confirm", f"{ending.act} {question.id}", "danger")
            no = Button(t.plain("space_life.no.button"), "space.withdraw", question.id)
            return Reply(Markup("\n".join(lines)), buttons=(yes, no))
        lines.append(t("space_life.second.alone" if ending.alone else "space_life.second.takes_two"))
        label = key("space_life.archive_alone.button") if ending.alone else ASK[ending.act]
        ask = Button(t.plain(label), f"space.{ending.act}", ending.door.key, "danger")
        return Reply(Markup("\n".join(lines)), buttons=(ask,))

    def _asked(self, request: Request, ending: Ending) -> Reply:
        """Say that somebody else has to agree now, or that it is done where nobody has to."""
        t, question = request.t, ending.question
        if ending.done:
            return self._done(request, ending)
        if question is None or not question.mine:
            # somebody else asked meanwhile: what they asked for is shown, with a button to agree
            return self._shown(request, ending)
        title = ending.door.title(request.language)
        said = t("space_life.second.asked", space=title, until=question.until)
        if not question.told:
            said = t("space_life.second.nobody", space=title, grant=request.spell("admin grant"))
        return Reply(said, buttons=(self._take_back(request, question.id),), replaces=True)

    def _take_back(self, request: Request, question: str) -> Button:
        return Button(request.t.plain("space.withdraw.button"), "space.withdraw", question)

    def _done(self, request: Request, ending: Ending) -> Reply:
        t, title = request.t, ending.door.title(request.language)
        if ending.act == "archive":
            return Reply(t("space_life.archive.begun", space=title), replaces=True)
        keep = Button(t.plain("space.keep.button"), "space.keep", ending.door.key)
        said = t("space_life.purge.announced", space=title, day=ending.purge_on, keep=request.spell("space keep"))
        return Reply(said, buttons=(keep,), replaces=True)

    # ── a second person

    @button("space.confirm")
    async def confirm(self, request: Request, argument: str) -> Reply:
        """Agree to what somebody else asked for."""
        act, _, question = argument.partition(" ")
        if act not in get_args(Act):
            raise Refusal("space.second_gone")
        chosen: Act = "archive" if act == "archive" else "purge"
        return self._done(request, await self._endings.confirm(request.account, chosen, question))

    @button("space.withdraw")
    async def withdraw(self, request: Request, argument: str) -> Reply:
        """Take back what one asked for, or say no to it."""
        door = await self._endings.withdraw(request.account, argument)
        return Reply(request.t("space_life.second.withdrawn", space=door.title(request.language)), replaces=True)

    # ── changing one's mind

    @command("space keep", _space(SpaceMove.PURGE), power=Power.RUN_SPACE)
    async def keep(self, request: Request, space: str) -> Reply:
        """Let an archived space stay after all."""
        door = await self._endings.keep(request.account, space)
        return Reply(request.t("space_life.kept", space=door.title(request.language)))

    @button("space.keep")
    async def keep_pressed(self, request: Request, argument: str) -> Reply:
        """Let an archived space stay after all."""
        reply = await self.keep(request, argument)
        return Reply(reply.text, replaces=True)

    # ── what never was

    @command(
        "space discard", Option("space", most=80, suggest=spaces_in({SpaceState.DRAFT})), power=Power.RUN_SPACE
    )
    async def discard(self, request: Request, space: str) -> Reply:
        """Show what discarding a draft does."""
        t = request.t
        door = await self._endings.discardable(request.account, space)
        forget = Button(t.plain("space.discard.button"), "space.discard", door.key, "danger")
        return Reply(t("space_life.discard", space=door.title(request.language)), buttons=(forget,))

    @button("space.discard")
    async def discard_pressed(self, request: Request, argument: str) -> Reply:
        """Forget a draft."""
        door = await self._endings.discard(request.account, argument)
        return Reply(request.t("space_life.discarded", space=door.title(request.language)), replaces=True)
