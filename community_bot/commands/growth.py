"""`/growth`: the Growth Cycle as a picture and in words, what comes next, and planning it."""

from __future__ import annotations

from typing import Final

from community_bot.commands.growth_replies import overview, said_of_plan, take_up_buttons
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.alias import likeness
from community_bot.domain.growth import (
    LONGEST_NOTE,
    LONGEST_ROUND,
    LONGEST_WHAT,
    SHORTEST_ROUND,
    USUAL_ROUND,
    RoundState,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.words import in_language
from community_bot.locales import Markup, key
from community_bot.platforms.port import Button
from community_bot.services.growth import Growth, Turn
from community_bot.services.growth_picture import GrowthPictures
from community_bot.services.growth_words import ROUND_STATES, heading, in_words, mark, title

LONGEST_TITLE: Final = 100
MOST_BUTTONS: Final = 10
MOST_OF_MINE: Final = 5
STEPS: Final = {
    RoundState.PLANNING: (key("growth.to_running"), key("growth.to_running.button")),
    RoundState.RUNNING: (key("growth.to_reflecting"), key("growth.to_reflecting.button")),
    RoundState.REFLECTING: (key("growth.to_closed"), key("growth.to_closed.button")),
}
"""What follows each state of a round, and the button that leads there."""


class GrowthCommands:
    """The Growth Cycle for members, and for who plans it."""

    def __init__(self, growth: Growth, pictures: GrowthPictures) -> None:
        self._growth = growth
        self._pictures = pictures

    # ── what is offered while somebody types

    async def spaces(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces the asker runs."""
        found = await self._growth.spaces_run(request.account, typed)
        return [Suggestion(each.title(request.language), each.title(request.language)) for each in found]

    async def stages(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the stages of the cycle."""
        titles = [in_language(each.titles, request.language) for each in self._growth.stages]
        return [Suggestion(each, each) for each in titles if typed.casefold() in each.casefold()]

    # ── looking

    @command("growth cycle", Option("public", Kind.CHOICE, required=False, choices=("no", "yes")))
    async def cycle(self, request: Request, public: str = "no") -> Reply:
        """Show the cycle to the asker, or have it posted in the spaces that turn in it."""
        t = request.t
        if public == "yes":
            drawn = self._pictures.can_draw
            posted = await self._growth.publish(request.account, with_picture=drawn)
            return Reply(t.count("growth.publishing", posted))
        cycle = await self._growth.cycle(request.account)
        if not cycle.spaces:
            return Reply(t("growth.no_spaces"))
        picture = await self._pictures.of(cycle, t)
        words = in_words(cycle, t)
        if picture is None:
            return Reply(Markup(f"{words}\n\n{t('growth.words_only')}"))
        return Reply(words, files=(picture,))

    @command("growth next")
    async def next(self, request: Request) -> Reply:
        """Show what comes next for the asker's own spaces."""
        t = request.t
        outlook = await self._growth.next(request.account)
        if not outlook.plans:
            return Reply(t("growth.nothing_of_mine"))
        shown = outlook.plans[:MOST_OF_MINE]
        parts = [t("growth.next_head", number=outlook.number), *(said_of_plan(t, outlook, each) for each in shown)]
        only = outlook.plans[0] if len(outlook.plans) == 1 else None
        buttons = () if only is None else take_up_buttons(t, outlook, only)
        return Reply(Markup("\n\n".join(parts)), buttons=buttons)

    @command("growth feeds")
    async def feeds(self, request: Request) -> Reply:
        """Show what spaces pass on to one another; whoever runs a space notes that it was done."""
        t = request.t
        cycle, runs = await self._growth.feeds(request.account)
        if not cycle.feeds:
            return Reply(Markup(f"{heading(cycle, t)}\n\n{t('growth.no_feeds')}"))
        lines: list[str] = [heading(cycle, t), ""]
        buttons: list[Button] = []
        turning = cycle.round is not None and cycle.round.state in (RoundState.RUNNING, RoundState.REFLECTING)
        for number, each in enumerate(cycle.feeds, start=1):
            values = {
                "mark": mark(number),
                "source": title(cycle, each.from_space, t),
                "target": title(cycle, each.to_space, t),
                "what": each.what,
            }
            lines.append(t("growth.feed_line_done" if each.passed_on else "growth.feed_line", **values))
            if turning and each.from_space in runs and len(buttons) < MOST_BUTTONS:
                label = t.plain(
                    "growth.not_passed_on.button" if each.passed_on else "growth.passed_on.button",
                    mark=mark(number),
                )
                buttons.append(Button(label, "growth.pass_on", each.id))
        return Reply(Markup("\n".join(lines)), buttons=tuple(buttons))

    @button("growth.pass_on")
    async def pass_on(self, request: Request, feed: str) -> Reply:
        """Note that something was passed on, and show the feeds as they are now."""
        await self._growth.pass_on(request.account, feed)
        shown = await self.feeds(request)
        return Reply(shown.text, shown.buttons, replaces=True)

    # ── planning

    @command(
        "growth plan",
        Option("space", required=False, most=LONGEST_TITLE, suggest=spaces),
        power=Power.PLAN_GROWTH,
    )
    async def plan(self, request: Request, space: str | None = None) -> Reply:
        """Show what the planner says of one space, or of all in a line each."""
        t = request.t
        outlook = await self._growth.plan(request.account, space)
        if not outlook.plans:
            return Reply(t("growth.no_spaces"))
        if space is None:
            foot = t("growth.plan_foot", plan=request.spell("growth plan"), feed=request.spell("growth feed"))
            return Reply(Markup(f"{overview(t, outlook)}\n\n{foot}"))
        only = outlook.plans[0]
        return Reply(said_of_plan(t, outlook, only), buttons=take_up_buttons(t, outlook, only))

    @button("growth.take_up")
    async def take_up(self, request: Request, argument: str) -> Reply:
        """Take a topic into the round, or out of it."""
        space, _, topic = argument.partition(" ")
        said, taken = await self._growth.take_up(request.account, space, topic)
        return Reply(request.t("growth.taken_up" if taken else "growth.put_back", title=said), replaces=True)

    @command(
        "growth feed",
        Option("from", most=LONGEST_TITLE, suggest=spaces),
        Option("to", most=LONGEST_TITLE, suggest=spaces),
        Option("what", most=LONGEST_WHAT),
        power=Power.PLAN_GROWTH,
    )
    async def feed(self, request: Request, **options: str) -> Reply:
        """Plan that one space passes something on to another."""
        ends = (options["from"], options["to"])
        source, target = await self._growth.feed(request.account, request.language, ends, options["what"])
        return Reply(
            request.t(
                "growth.fed",
                source=source,
                target=target,
                what=options["what"],
                undo=request.spell("growth unfeed"),
            )
        )

    @command(
        "growth unfeed",
        Option("from", most=LONGEST_TITLE, suggest=spaces),
        Option("to", most=LONGEST_TITLE, suggest=spaces),
        power=Power.PLAN_GROWTH,
    )
    async def unfeed(self, request: Request, **options: str) -> Reply:
        """Take a feed out of the round."""
        ends = (options["from"], options["to"])
        source, target = await self._growth.unfeed(request.account, request.language, ends)
        return Reply(request.t("growth.unfed", source=source, target=target))

    @command(
        "growth note",
        Option("space", most=LONGEST_TITLE, suggest=spaces),
        Option("note", required=False, most=LONGEST_NOTE),
        power=Power.RUN_SPACE,
    )
    async def note(self, request: Request, space: str, note: str = "") -> Reply:
        """Say why a space stands alone in this round."""
        said = await self._growth.write_note(request.account, request.language, space, note)
        return Reply(request.t("growth.noted" if note.strip() else "growth.note_gone", space=said))

    @command(
        "growth stage",
        Option("space", most=LONGEST_TITLE, suggest=spaces),
        Option("stage", most=LONGEST_TITLE, suggest=stages),
        power=Power.RUN_SPACE,
    )
    async def stage(self, request: Request, space: str, stage: str) -> Reply:
        """Put a space into a stage of the cycle."""
        wanted = next(
            (
                each
                for each in self._growth.stages
                if likeness(stage) in {likeness(each.key), *map(likeness, each.titles.values())}
            ),
            None,
        )
        if wanted is None:
            raise Refusal("growth.stage", field="stage")
        said = await self._growth.set_stage(request.account, request.language, space, wanted.key)
        return Reply(request.t("growth.staged", space=said, stage=in_language(wanted.titles, request.language)))

    # ── rounds

    @command(
        "growth round",
        Option("days", Kind.NUMBER, required=False, least=SHORTEST_ROUND, most=LONGEST_ROUND),
        power=Power.PLAN_GROWTH,
    )
    async def round(self, request: Request, days: int = USUAL_ROUND) -> Reply:
        """Show where the round is, with the one step that comes next."""
        return self._said_of_turn(request, await self._growth.turn(request.account), days)

    @button("growth.begin")
    async def begin(self, request: Request, days: str) -> Reply:
        """Begin to plan a round."""
        if not days.isdecimal():
            raise Refusal("button.old", help=request.spell("help"))
        begun = await self._growth.begin(request.account, int(days))
        plan, feed = request.spell("growth plan"), request.spell("growth feed")
        said = request.t("growth.begun", number=begun.number, day=begun.ends_on, plan=plan, feed=feed)
        return Reply(said, replaces=True)

    @button("growth.advance")
    async def advance(self, request: Request, seen: str) -> Reply:
        """Move the round on."""
        turn = await self._growth.advance(request.account, request.language, seen)
        shown = self._said_of_turn(request, turn, USUAL_ROUND)
        return Reply(shown.text, shown.buttons, replaces=True)

    def _said_of_turn(self, request: Request, turn: Turn, days: int) -> Reply:
        t, now = request.t, turn.round
        if now is None or now.state is RoundState.CLOSED:
            said = t("growth.no_round_yet") if now is None else t("growth.round_closed", number=now.number)
            ask = t.count("growth.may_begin", days)
            begin = Button(t.plain("growth.begin.button"), "growth.begin", str(days), "main")
            return Reply(Markup(f"{said}\n{ask}"), buttons=(begin,))
        text, label = STEPS[now.state]
        lines = [t("growth.round_is", number=now.number, state=t(ROUND_STATES[now.state]), day=now.ends_on)]
        if now.state is RoundState.PLANNING and turn.alone.spaces:
            titles = ", ".join(in_language(each.titles, t.language) for each in turn.alone.spaces)
            ways = {"feed": request.spell("growth feed"), "note": request.spell("growth note")}
            return Reply(Markup("\n".join([*lines, t("growth.still_alone", spaces=titles, **ways)])))
        step = Button(t.plain(label), "growth.advance", f"{now.number} {now.state.value}", "main")
        return Reply(Markup("\n".join([*lines, t(text)])), buttons=(step,))
