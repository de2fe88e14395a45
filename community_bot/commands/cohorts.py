"""`/cohort`: beginning one, asking members into it, what is said to them, and moving on together."""

from __future__ import annotations

from typing import Final

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.alias import LONGEST as LONGEST_ALIAS
from community_bot.domain.cohort import LONGEST_REMINDER, LONGEST_TITLE, SHORTEST_TITLE, Place
from community_bot.domain.graphemes import shorten
from community_bot.domain.roles import Power
from community_bot.locales import Markup
from community_bot.platforms.port import Button
from community_bot.services.cohorts import Cohorts, CohortsSeen, CohortView

LONGEST_SPACE: Final = 100
MOST_ASKED: Final = 2
"""Questions shown with buttons at once: two each."""


class CohortCommands:
    """Going through spaces together."""

    def __init__(self, cohorts: Cohorts) -> None:
        self._cohorts = cohorts

    async def spaces(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces the asker runs."""
        found = await self._cohorts.spaces_run(request.account, typed)
        return [Suggestion(each.title(request.language), each.title(request.language)) for each in found]

    async def led(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the cohorts the asker facilitates."""
        return [Suggestion(title, title) for title in await self._cohorts.led(request.account, typed)]

    @command(
        "cohort create",
        Option("space", most=LONGEST_SPACE, suggest=spaces),
        Option("title", least=SHORTEST_TITLE, most=LONGEST_TITLE),
        power=Power.RUN_SPACE,
    )
    async def create(self, request: Request, space: str, title: str) -> Reply:
        """Begin a cohort."""
        begun = await self._cohorts.create(request.account, space, title)
        return Reply(request.t("cohort.begun", title=begun, invite=request.spell("cohort invite")))

    @command(
        "cohort invite",
        Option("cohort", most=LONGEST_TITLE, suggest=led),
        Option("alias", most=LONGEST_ALIAS),
        power=Power.RUN_SPACE,
    )
    async def invite(self, request: Request, cohort: str, alias: str) -> Reply:
        """Ask a member into it; the answer is the same for every alias."""
        title = await self._cohorts.invite(request.account, cohort, alias)
        return Reply(request.t("cohort.invited", alias=alias, title=title))

    @command("cohort show")
    async def show(self, request: Request) -> Reply:
        """Show the asker's cohorts, with buttons for what waits for an answer."""
        t = request.t
        seen = await self._cohorts.show(request.account)
        if not seen.views:
            return Reply(t("cohort.none"))
        lines = [self._line(request, seen, each) for each in seen.views]
        return Reply(Markup("\n".join(lines)), buttons=_buttons(request, seen))

    @command(
        "cohort remind",
        Option("cohort", most=LONGEST_TITLE, suggest=led),
        Option("words", most=LONGEST_REMINDER),
        power=Power.RUN_SPACE,
    )
    async def remind(self, request: Request, cohort: str, words: str) -> Reply:
        """Tell everybody in it something, privately."""
        title = await self._cohorts.remind(request.account, cohort, words)
        return Reply(request.t("cohort.reminded", title=title))

    @command(
        "cohort finish",
        Option("cohort", most=LONGEST_TITLE, suggest=led),
        Option("next_space", required=False, most=LONGEST_SPACE, suggest=spaces),
        Option("leave", Kind.CHOICE, required=False, choices=("no", "yes")),
        power=Power.RUN_SPACE,
    )
    async def finish(
        self, request: Request, cohort: str, next_space: str | None = None, leave: str = "no"
    ) -> Reply:
        """End it, and let everybody in it move on together."""
        done = await self._cohorts.finish(request.account, cohort, next_space, leave=leave == "yes")
        if done.next_space is None:
            return Reply(request.t("cohort.finished", title=done.title))
        space = done.next_space.title(request.language)
        return Reply(request.t.count("cohort.moved", done.moved, title=done.title, space=space))

    # ── answers

    @button("cohort.join")
    async def join(self, request: Request, cohort: str) -> Reply:
        """Say yes."""
        title, door = await self._cohorts.join(request.account, cohort)
        space = door.title(request.language)
        return Reply(
            request.t("cohort.joined", title=title, space=space, show=request.spell("cohort show")), replaces=True
        )

    @button("cohort.decline")
    async def decline(self, request: Request, cohort: str) -> Reply:
        """Say no, or leave."""
        await self._cohorts.decline(request.account, cohort)
        return Reply(request.t("cohort.declined"), replaces=True)

    # ── words

    def _line(self, request: Request, seen: CohortsSeen, view: CohortView) -> Markup:
        t = request.t
        space = seen.titles.of(view.space, t.language)
        if view.leads:
            count = t.count("cohort.members", view.members or 0)
            asked = t.count("cohort.asked", view.invited or 0)
            return t("cohort.line_led", title=view.title, space=space, members=count, invited=asked)
        count = t("cohort.few") if view.members is None else t.count("cohort.members", view.members)
        if view.place is Place.INVITED:
            return t("cohort.line_asked", title=view.title, space=space)
        return t("cohort.line_in", title=view.title, space=space, members=count)


def _buttons(request: Request, seen: CohortsSeen) -> tuple[Button, ...]:
    t = request.t
    asked = [each for each in seen.views if each.place is Place.INVITED][:MOST_ASKED]
    mine = [each for each in seen.views if each.place is Place.IN][: 5 - 2 * len(asked)]
    answers = [
        made
        for each in asked
        for made in (
            Button(
                t.plain("cohort.join_titled.button", title=shorten(each.title, 40)), "cohort.join", each.id, "main"
            ),
            Button(
                t.plain("cohort.decline_titled.button", title=shorten(each.title, 40)), "cohort.decline", each.id
            ),
        )
    ]
    leaving = [
        Button(t.plain("cohort.leave.button", title=shorten(each.title, 40)), "cohort.decline", each.id)
        for each in mine
    ]
    return (*answers, *leaving)
