"""`/space`: making a learning space, and keeping it as it was designed, on every platform at once."""

from __future__ import annotations

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.space_words import PlanWords
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.home import MATRIX
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.space_design import Access, SpaceDesign
from community_bot.domain.words import in_language
from community_bot.locales import Language, Markup
from community_bot.platforms.port import Button
from community_bot.services.directory import Titles
from community_bot.services.space_progress import progress_card
from community_bot.services.spaces import LONGEST, LONGEST_PURPOSE, SHORTEST, Edit, Plan, Spaces, Wishes

WHERE = ("everywhere", "here", "discord", "matrix")
MOST_CHOICES = 4
"""So many differences get buttons of their own; with more there is one for all."""


class SpaceCommands:
    """Making spaces and looking after them."""

    def __init__(self, spaces: Spaces) -> None:
        self._spaces = spaces

    # ── what is offered while somebody types

    async def suggest_spaces(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces that who asks runs."""
        found = await self._spaces.runnable(request.account, typed)
        return [Suggestion(each.key, each.title(request.language)) for each in found]

    async def suggest_templates(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the templates there are."""
        named = [(key, in_language(each.titles, request.language)) for key, each in self._spaces.templates.items()]
        return [Suggestion(key, title) for key, title in named if typed.casefold() in title.casefold()]

    def _template(self, request: Request, text: str) -> str:
        wanted = text.strip().casefold()
        for key, design in self._spaces.templates.items():
            if wanted in (key.casefold(), *(title.casefold() for title in design.titles.values())):
                return key
        known = ", ".join(in_language(each.titles, request.language) for each in self._spaces.templates.values())
        raise Refusal("space.template", field="template", known=known)

    # ── making

    @command(
        "space create",
        Option("template", most=80, suggest=suggest_templates),
        Option("title", least=SHORTEST, most=LONGEST),
        Option("where", Kind.CHOICE, required=False, choices=WHERE),
        Option("access", Kind.CHOICE, required=False, choices=tuple(each.value for each in Access)),
        Option("preview", Kind.CHOICE, required=False, choices=("yes", "no")),
        power=Power.CREATE_SPACE,
    )
    async def create(
        self,
        request: Request,
        template: str,
        title: str,
        *,
        where: str = "everywhere",
        access: str = "",
        preview: str = "no",
    ) -> Reply:
        """Make a space from a template, or show what would be made."""
        t = request.t
        where = _here(request) if where == "here" else where
        wishes = Wishes(self._template(request, template), title, where, Access(access) if access else None)
        plan = await self._spaces.create(request.account, request.language, wishes, dry_run=preview == "yes")
        words = PlanWords(t, self._spaces.templates[wishes.template])
        if plan.blocked:
            way = t("space.create.blocked", title=plan.title)
            return Reply(Markup(f"{way}\n{words.obstacles(plan)}"))
        shown = words.preview(plan)
        if plan.space is None:
            return Reply(Markup(f"{t.count('space.create.preview', plan.steps, title=plan.title)}\n\n{shown}"))
        begun = t.count("space.create.begun", plan.steps, title=plan.title)
        return Reply(Markup(f"{begun}\n\n{shown}"), buttons=(self._how_far(request, plan.space.key),))

    def _how_far(self, request: Request, key: str) -> Button:
        return Button(request.t.plain("space.how_far.button"), "space.how_far", key)

    @button("space.how_far")
    async def how_far(self, request: Request, argument: str) -> Reply:
        """Say how an undertaking goes."""
        door, work, done = await self._spaces.state_of_work(request.account, argument)
        if work is None:
            return Reply(request.t("space.nothing_under_way", space=door.title(request.language)))
        card = progress_card(request.t, [work], {work.id: done}, Titles({door.key: door}))
        again = (self._how_far(request, door.key),) if work.state in ("running", "undoing") else card.buttons
        return Reply(card.text, buttons=again, replaces=True)

    # ── plan, apply

    @command("space plan", Option("space", most=80, suggest=suggest_spaces), power=Power.RUN_SPACE)
    async def plan(self, request: Request, space: str) -> Reply:
        """Show what would be done, and do nothing."""
        return await self.shown(request, await self._spaces.plan(request.account, space))

    @button("space.plan")
    async def plan_pressed(self, request: Request, argument: str) -> Reply:
        """Show what would be done."""
        return await self.plan(request, argument)

    @command("space apply", Option("space", most=80, suggest=suggest_spaces), power=Power.RUN_SPACE)
    async def apply(self, request: Request, space: str) -> Reply:
        """Make a space stand as it is to."""
        plan = await self._spaces.apply(request.account, space)
        return await self.shown(request, plan)

    @button("space.apply")
    async def apply_pressed(self, request: Request, argument: str) -> Reply:
        """Make a space stand as it is to."""
        return await self.apply(request, argument)

    async def shown(self, request: Request, plan: Plan) -> Reply:
        """Say a plan: what stands in the way, what would be done with a button to do it, or that it has begun."""
        t, door = request.t, plan.space
        assert door is not None
        title = door.title(t.language)
        words = PlanWords(t, await self._design(request, door.key))
        if plan.blocked:
            return Reply(Markup(f"{t('space.plan.blocked', space=title)}\n{words.obstacles(plan)}"))
        if not plan.steps:
            return Reply(t("space.plan.nothing", space=title))
        if plan.started:
            begun = t.count("space.plan.begun", plan.steps, space=title)
            return Reply(begun, buttons=(self._how_far(request, door.key),))
        heading = t.count("space.plan.heading", plan.steps, space=title)
        apply = Button(t.plain("space.apply.button"), "space.apply", door.key, "main")
        return Reply(Markup(f"{heading}\n\n{words.preview(plan)}"), buttons=(apply,))

    async def _design(self, request: Request, space: str) -> SpaceDesign:
        _, design = await self._spaces.design(request.account, space)
        return design

    # ── drift

    @command("space check", Option("space", most=80, suggest=suggest_spaces), power=Power.RUN_SPACE)
    async def check(self, request: Request, space: str) -> Reply:
        """Say what was changed by hand."""
        return await self._checked(request, await self._spaces.plan(request.account, space))

    async def _checked(self, request: Request, plan: Plan) -> Reply:
        t, door = request.t, plan.space
        assert door is not None
        title = door.title(t.language)
        words = PlanWords(t, await self._design(request, door.key))
        shown = words.differences(plan)
        if not plan.steps:
            text = "\n".join(filter(None, [t("space.check.same", space=title), shown]))
            return Reply(Markup(text))
        lines = [t.count("space.check.heading", plan.steps, space=title), "", shown]
        if plan.blocked:
            lines += ["", t("space.check.blocked"), words.obstacles(plan)]
        lines += ["", t("space.check.ways")]
        return Reply(Markup("\n".join(lines)), buttons=self._ways(request, plan, door.key))

    def _ways(self, request: Request, plan: Plan, space: str) -> tuple[Button, ...]:
        t = request.t
        found: list[Button] = [
            Button(t.plain("space.repair_all.button"), "space.repair", space, "main"),
            Button(t.plain("space.adopt_all.button"), "space.adopt", space),
        ]
        differences = [(each.home.key, step.key) for each in plan.homes for step in each.steps]
        if 1 < len(differences) <= MOST_CHOICES:
            for number, (home, piece) in enumerate(differences, 1):
                argument = f"{space} {home} {piece}"
                found.append(Button(t.plain("space.repair_one.button", number=number), "space.repair", argument))
                found.append(Button(t.plain("space.adopt_one.button", number=number), "space.adopt", argument))
        return tuple(found)

    @button("space.repair")
    async def repair(self, request: Request, argument: str) -> Reply:
        """Put right what was changed by hand."""
        space, home, piece = _difference(argument)
        plan = await self._spaces.repair(request.account, space, home, piece)
        return await self.shown(request, plan)

    @button("space.adopt")
    async def adopt(self, request: Request, argument: str) -> Reply:
        """Take what was changed by hand for right."""
        space, home, piece = _difference(argument)
        plan = await self._spaces.adopt(request.account, space, home, piece)
        reply = await self._checked(request, plan)
        return Reply(Markup(f"{request.t('space.adopted')}\n\n{reply.text}"), buttons=reply.buttons)

    # ── editing

    @command("space edit", Option("space", most=80, suggest=suggest_spaces), power=Power.RUN_SPACE)
    async def edit(self, request: Request, space: str) -> Reply:
        """Change how a space is to be."""
        door, _ = await self._spaces.design(request.account, space)
        open_form = Button(request.t.plain("space.edit.button"), "form.open", f"space.edit {door.key}", "main")
        return Reply(request.t("space.edit.opens", space=door.title(request.language)), buttons=(open_form,))


def _here(request: Request) -> str:
    """Return the home a command was typed in. Raises :class:`Refusal` ``space.no_home`` where there is none."""
    if request.incoming.home is None:
        raise Refusal("space.no_home", field="where")
    return MATRIX if request.account.platform == "matrix" else request.incoming.home


def _difference(argument: str) -> tuple[str, str | None, str | None]:
    space, _, rest = argument.partition(" ")
    home, _, piece = rest.partition(" ")
    return space, home or None, piece or None


class SpaceForm:
    """How a space is to be: title and purpose in one's own language, how people come in, whether it is joined."""

    name = "space.edit"

    def __init__(self, spaces: Spaces, commands: SpaceCommands) -> None:
        self._spaces = spaces
        self._commands = commands

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form with how it is."""
        t = request.t
        door, design = await self._spaces.design(request.account, argument)
        access = first(answers, "access") or design.access.value
        bridged = first(answers, "bridged") or ("yes" if design.bridged else "no")
        fields = [
            Field(
                "title",
                "line",
                t.plain("space.edit.title.label"),
                t.plain("space.edit.title.hint"),
                shortest=SHORTEST,
                longest=LONGEST,
                value=first(answers, "title") or door.title(t.language),
            ),
            Field(
                "purpose",
                "paragraph",
                t.plain("space.edit.purpose.label"),
                t.plain("space.edit.purpose.hint"),
                required=False,
                longest=LONGEST_PURPOSE,
                value=first(answers, "purpose") or in_language(design.purposes, t.language),
            ),
            Field(
                "access",
                "choice",
                t.plain("space.edit.access.label"),
                choices=tuple(
                    Choice(each.value, t.plain(f"space.access.{each.value}"), chosen=each.value == access)
                    for each in Access
                ),
            ),
        ]
        if any(room.joined for room in design.rooms):
            choices = tuple(
                Choice(each, t.plain(f"space.bridged.{each}"), chosen=each == bridged) for each in ("yes", "no")
            )
            fields.append(Field("bridged", "choice", t.plain("space.edit.bridged.label"), choices=choices))
        return Form(self.name, t.plain("space.edit.form.title"), tuple(fields), door.key)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; saving checks."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Keep it, and show what that changes on the platforms."""
        edit = Edit(
            first(answers, "title"),
            first(answers, "purpose"),
            Access(first(answers, "access")),
            first(answers, "bridged") == "yes",
        )
        plan = await self._spaces.edit(request.account, argument, request.language, edit)
        reply = await self._commands.shown(request, plan)
        return Reply(Markup(f"{request.t('space.edited')}\n\n{reply.text}"), buttons=reply.buttons)

    def language(self, answers: Answers) -> Language | None:
        """Return none: the form speaks the person's language."""
        return None
