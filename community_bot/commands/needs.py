"""`/need`: what people must learn, said without saying who."""

from __future__ import annotations

from collections.abc import Sequence

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.request import Reply, Request
from community_bot.commands.scopes import SPACE, scope_meant, title_of
from community_bot.commands.specification import button, command
from community_bot.domain.graphemes import shorten
from community_bot.domain.needs import LONGEST, SHORTEST
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Language, Markup, Translator
from community_bot.platforms.port import Button
from community_bot.services.needs import Need, Needs
from community_bot.services.scopes import Scopes

SHOWN = 10
"""In a list: as many as Matrix has numbers to press."""
LONGEST_LABEL = 100
MOST_CHOICES = 25


class NeedCommands:
    """Saying what is needed, supporting it, and what facilitators make of it."""

    def __init__(self, needs: Needs, scopes: Scopes) -> None:
        self._needs = needs
        self._scopes = scopes

    @command("need add", SPACE)
    async def add(self, request: Request, space: str = "") -> Reply:
        """Ask for the need in one or two sentences."""
        scope = await scope_meant(self, request, space)
        await self._needs.begin(request.account, scope.key)
        return Reply(form=need_form(request.t, scope.key))

    @button("need.same")
    async def press_same(self, request: Request, argument: str) -> Reply:
        """Support what others said already, instead of adding one's own."""
        need = await self._needs.support(request.account, argument, again=False)
        return Reply(request.t("need.supported", voices=voices(request.t, need)), replaces=True)

    @button("need.own")
    async def press_own(self, request: Request, argument: str) -> Reply:
        """Add one's own all the same."""
        await self._needs.add_anyway(request.account, argument)
        return Reply(request.t("need.added", list=request.spell("need list")), replaces=True)

    @command("need list", SPACE)
    async def list(self, request: Request, space: str = "") -> Reply:
        """Show what is needed, with a button each to support it."""
        scope = await scope_meant(self, request, space)
        return await self._listed(request, scope.key, title_of(request.t, scope))

    @button("need.support")
    async def press_support(self, request: Request, argument: str) -> Reply:
        """Support one, or take that back, and show the list as it is now."""
        need = await self._needs.support(request.account, argument)
        scope = await self._scopes.named(request.account, need.scope)
        shown = await self._listed(request, scope.key, title_of(request.t, scope))
        return Reply(shown.text, shown.buttons, replaces=True)

    async def _listed(self, request: Request, scope: str, title: str) -> Reply:
        t, found = request.t, await self._needs.listed(request.account, scope)
        if not found:
            return Reply(t("need.none", add=request.spell("need add"), scope=title))
        lines: list[str] = [t("need.list_head", scope=title)]
        buttons = []
        for number, each in enumerate(found[:SHOWN], start=1):
            lines.append(t("need.line", number=number, need=each.text, voices=voices(t, each)))
            label = (
                t.plain("need.take_back.button", number=number)
                if each.supported
                else t.plain("need.support.button", number=number)
            )
            buttons.append(Button(label, "need.support", each.id))
        if len(found) > SHOWN:
            lines.append(t.count("need.more", len(found) - SHOWN))
        return Reply(Markup("\n".join(lines)), tuple(buttons))

    # ── facilitators

    @command("need merge", SPACE, power=Power.RUN_SPACE)
    async def merge(self, request: Request, space: str = "") -> Reply:
        """Propose needs that say likely the same, and let the facilitator choose two."""
        t, scope = request.t, await scope_meant(self, request, space)
        found = await self._needs.merging(request.account, scope.key)
        if len(found.needs) < 2:
            raise Refusal("need.too_few")
        lines: list[str] = [t("need.merge_head") if found.pairs else t("need.merge_none")]
        buttons = []
        for number, (kept, taken) in enumerate(found.pairs, start=1):
            lines.append(t("need.merge_line", number=number, kept=kept.text, taken=taken.text))
            label = t.plain("need.merge.button", number=number)
            buttons.append(Button(label, "need.merge", f"{kept.id} {taken.id}"))
        buttons.append(Button(t.plain("need.choose.button"), "form.open", f"{MergeForm.name} {scope.key}"))
        return Reply(Markup("\n".join(lines)), tuple(buttons))

    @button("need.merge")
    async def press_merge(self, request: Request, argument: str) -> Reply:
        """Merge the two that were proposed."""
        kept, _, taken = argument.partition(" ")
        need = await self._needs.merge(request.account, kept, taken)
        return Reply(request.t("need.merged", need=need.text, voices=voices(request.t, need)))

    @command("need close", SPACE, power=Power.RUN_SPACE)
    async def close(self, request: Request, space: str = "") -> Reply:
        """Ask which need is to come off the list."""
        scope = await scope_meant(self, request, space)
        found = (await self._needs.merging(request.account, scope.key)).needs
        if not found:
            raise Refusal("need.too_few")
        return Reply(form=close_form(request.t, scope.key, found))

    @command("need pulse", SPACE, power=Power.RUN_SPACE)
    async def pulse(self, request: Request, space: str = "") -> Reply:
        """Show what people need, in themes only."""
        t, scope = request.t, await scope_meant(self, request, space)
        pulse = await self._needs.pulse(request.account, scope.key)
        title = title_of(t, scope)
        lines: list[str] = [
            t("need.pulse_head", scope=title) if pulse.themes else t("need.pulse_none", scope=title)
        ]
        lines += [t.count("need.pulse_line", theme.voices, theme=theme.text) for theme in pulse.themes]
        if pulse.quiet:
            lines.append(t.count("need.pulse_quiet", pulse.quiet))
        return Reply(Markup("\n".join(lines)))


def voices(t: Translator, need: Need) -> Markup:
    """Return how many voices a need has; merged ones have about so many."""
    return t.count("need.voices_about", need.voices) if need.about else t.count("need.voices", need.voices)


def need_form(t: Translator, scope: str, text: str = "") -> Form:
    """Return the form for a need."""
    label, hint = t.plain("need.form.label"), t.plain("need.form.hint")
    field = Field("need", "paragraph", label, hint, shortest=SHORTEST, longest=LONGEST, value=text)
    return Form(NeedForm.name, t.plain("need.form.title"), (field,), scope)


def close_form(t: Translator, scope: str, needs: Sequence[Need]) -> Form:
    """Return the form in which a need is chosen to come off the list."""
    field = Field("need", "choice", t.plain("need.close.label"), choices=choices_of(needs))
    return Form(CloseForm.name, t.plain("need.close.title"), (field,), scope)


def choices_of(needs: Sequence[Need]) -> tuple[Choice, ...]:
    """Return needs to choose from, those with the most voices."""
    return tuple(Choice(each.id, shorten(each.text, LONGEST_LABEL)) for each in needs[:MOST_CHOICES])


class NeedForm:
    """A need in somebody's own words. Its argument is the scope."""

    name = "need.add"

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` for who cannot say one there now."""
        await self._needs.begin(request.account, argument)
        return need_form(request.t, argument, first(answers, "need"))

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; the service says what is wrong with a need."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Write it down, or show what others said that is like it. Raises :class:`Refusal` ``need.*``."""
        t = request.t
        said = await self._needs.add(request.account, argument, first(answers, "need"), request.language)
        if said.draft is None:
            return Reply(t("need.added", list=request.spell("need list")))
        lines: list[str] = [t("need.similar")]
        buttons = []
        for number, each in enumerate(said.similar, start=1):
            lines.append(t("need.line", number=number, need=each.text, voices=voices(t, each)))
            buttons.append(Button(t.plain("need.support.button", number=number), "need.same", each.id, "main"))
        buttons.append(Button(t.plain("need.own.button"), "need.own", said.draft))
        return Reply(Markup("\n".join(lines)), tuple(buttons))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None


class MergeForm:
    """Two needs, chosen by a facilitator. Its argument is the scope."""

    name = "need.merge"

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` ``need.too_few``."""
        t = request.t
        needs = (await self._needs.merging(request.account, argument)).needs
        if len(needs) < 2:
            raise Refusal("need.too_few")
        choices = choices_of(needs)
        fields = (
            Field("first", "choice", t.plain("need.kept.label"), choices=choices),
            Field("second", "choice", t.plain("need.taken.label"), choices=choices),
        )
        return Form(self.name, t.plain("need.merge.title"), fields, argument)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass only with two different ones. Raises :class:`Refusal` ``need.itself``."""
        if first(answers, "second") and first(answers, "first") == first(answers, "second"):
            raise Refusal("need.itself", field="second")

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Merge them. Raises :class:`Refusal` ``need.*``."""
        need = await self._needs.merge(request.account, first(answers, "first"), first(answers, "second"))
        return Reply(request.t("need.merged", need=need.text, voices=voices(request.t, need)))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None


class CloseForm:
    """A need that is to come off the list. Its argument is the scope."""

    name = "need.close"

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` ``need.too_few``."""
        needs = (await self._needs.merging(request.account, argument)).needs
        if not needs:
            raise Refusal("need.too_few")
        return close_form(request.t, argument, needs)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; any of them will do."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Take it off the list. Raises :class:`Refusal` ``need.gone``."""
        await self._needs.close(request.account, first(answers, "need"))
        return Reply(request.t("need.closed"))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None
