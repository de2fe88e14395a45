"""`/experiment`: what is tried in a pilot, written down before it begins and decided on after it ends."""

from __future__ import annotations

from datetime import date
from typing import Final

from community_bot.commands.experiment_replies import MEASURE_WORDS, said_of_experiment
from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.calendar_years import AmbiguousYearError, NotADateError, read_date, show_date
from community_bot.domain.cohort import LONGEST_TITLE
from community_bot.domain.experiment import (
    LONGEST_ARM,
    LONGEST_HYPOTHESIS,
    LONGEST_NOTE,
    LONGEST_QUESTION,
    MEASURES,
    SHORTEST,
    Decision,
    Design,
    read_least,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Language, Markup
from community_bot.platforms.port import Button
from community_bot.services.experiments import Experiments, ExperimentView

LONGEST_SPACE: Final = 100
FORM: Final = "experiment"


class ExperimentCommands:
    """Trying something, and being held to what was said before."""

    def __init__(self, experiments: Experiments) -> None:
        self._experiments = experiments

    async def spaces(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces the asker runs."""
        found = await self._experiments.spaces_run(request.account, typed)
        return [Suggestion(each.title(request.language), each.title(request.language)) for each in found]

    @command("experiment register", Option("space", most=LONGEST_SPACE, suggest=spaces), power=Power.RUN_SPACE)
    async def register(self, request: Request, space: str) -> Reply:
        """Ask for what is to be frozen."""
        door, design = await self._experiments.draft_of(request.account, space)
        return Reply(form=_form(request, door.key, design, {}))

    @button("experiment.freeze")
    async def freeze(self, request: Request, draft: str) -> Reply:
        """Register what was read once more."""
        view = await self._experiments.register(request.account, draft)
        said = request.t("experiment.registered", arm=request.spell("experiment arm"))
        return Reply(Markup(f"{said}\n\n{said_of_experiment(request.t, view)}"), replaces=True)

    @command(
        "experiment arm",
        Option("cohort", most=LONGEST_TITLE),
        Option("name", most=LONGEST_ARM),
        power=Power.RUN_SPACE,
    )
    async def arm(self, request: Request, cohort: str, name: str) -> Reply:
        """Make a cohort an arm, before the start."""
        view = await self._experiments.arm(request.account, cohort, name)
        return Reply(said_of_experiment(request.t, view))

    @command("experiment show", Option("space", most=LONGEST_SPACE, suggest=spaces))
    async def show(self, request: Request, space: str) -> Reply:
        """Show a space's experiments, the newest first."""
        found = await self._experiments.show(request.account, space)
        return Reply(Markup("\n\n".join(said_of_experiment(request.t, each) for each in found)))

    @command("experiment stop", Option("space", most=LONGEST_SPACE, suggest=spaces), power=Power.RUN_SPACE)
    async def stop(self, request: Request, space: str) -> Reply:
        """Stop trying before the date."""
        view = await self._experiments.stop(request.account, space)
        said = request.t("experiment.stopped", decide=request.spell("experiment decide"))
        return Reply(Markup(f"{said}\n\n{said_of_experiment(request.t, view)}"))

    @command(
        "experiment decide",
        Option("space", most=LONGEST_SPACE, suggest=spaces),
        Option("decision", Kind.CHOICE, choices=tuple(each.value for each in Decision)),
        Option("note", least=SHORTEST, most=LONGEST_NOTE),
        power=Power.RUN_SPACE,
    )
    async def decide(self, request: Request, space: str, decision: str, note: str) -> Reply:
        """Decide what becomes of it, and say why."""
        view = await self._experiments.decide(request.account, space, Decision(decision), note)
        return Reply(said_of_experiment(request.t, view))


class ExperimentForm:
    """What is to be frozen, in the words of who registers it. Its argument is the space's key."""

    name = FORM

    def __init__(self, experiments: Experiments) -> None:
        self._experiments = experiments

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form, with what was typed before filled in. Raises :class:`Refusal`."""
        door, design = await self._experiments.draft_of(request.account, argument)
        return _form(request, door.key, design, answers)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass when number and date can be read. Raises :class:`Refusal` ``experiment.*``."""
        if first(answers, "least"):
            read_least(first(answers, "least"))
        if first(answers, "stops_on"):
            _day(request, first(answers, "stops_on"))

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Write a draft down, and show it as it was understood: the date with its weekday, before it is frozen."""
        design = Design(
            first(answers, "question"),
            first(answers, "hypothesis"),
            first(answers, "measure"),
            read_least(first(answers, "least")),
            _day(request, first(answers, "stops_on")),
        )
        view = await self._experiments.draft(request.account, argument, design)
        return _asked(request, view)

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form speaks the person's language."""
        return None


def _asked(request: Request, view: ExperimentView) -> Reply:
    t = request.t
    buttons = (
        Button(t.plain("experiment.freeze.button"), "experiment.freeze", view.id, "main"),
        Button(t.plain("experiment.change.button"), "form.open", f"{FORM} {view.space.key}"),
    )
    return Reply(Markup(f"{t('experiment.read_again')}\n\n{said_of_experiment(t, view)}"), buttons=buttons)


def _day(request: Request, text: str) -> date:
    """Return a day as people write it, in either calendar. Raises :class:`Refusal` for what can be read twice."""
    try:
        return read_date(text, today=request.today, language=request.language)
    except AmbiguousYearError as error:
        readings = [show_date(each, request.language, request.t.calendar) for each in error.readings]
        raise Refusal("experiment.year", field="stops_on", days=", ".join(readings)) from error
    except NotADateError as error:
        raise Refusal("experiment.date", field="stops_on", example=request.today.isoformat()) from error


def _form(request: Request, space: str, design: Design | None, answers: Answers) -> Form:
    t = request.t

    def given(name: str, before: str) -> str:
        return first(answers, name) or before

    chosen = given("measure", "" if design is None else design.measure)
    measures = tuple(Choice(each, t.plain(MEASURE_WORDS[each]), chosen=each == chosen) for each in MEASURES)
    return Form(
        FORM,
        t.plain("experiment.form.title"),
        (
            Field(
                "question",
                "paragraph",
                t.plain("experiment.question.label"),
                t.plain("experiment.question.hint"),
                shortest=SHORTEST,
                longest=LONGEST_QUESTION,
                value=given("question", "" if design is None else design.question),
            ),
            Field(
                "hypothesis",
                "paragraph",
                t.plain("experiment.hypothesis.label"),
                t.plain("experiment.hypothesis.hint"),
                shortest=SHORTEST,
                longest=LONGEST_HYPOTHESIS,
                value=given("hypothesis", "" if design is None else design.hypothesis),
            ),
            Field("measure", "choice", t.plain("experiment.measure.label"), choices=measures),
            Field(
                "least",
                "line",
                t.plain("experiment.least.label"),
                t.plain("experiment.least.hint"),
                longest=6,
                value=given("least", "" if design is None else str(design.least)),
            ),
            Field(
                "stops_on",
                "line",
                t.plain("experiment.stops_on.label"),
                t.plain("experiment.stops_on.hint"),
                longest=40,
                value=given("stops_on", "" if design is None else design.stops_on.isoformat()),
            ),
        ),
        space,
    )
