"""The way in, as one form: a modal on Discord, four questions on Matrix."""

from __future__ import annotations

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.request import Reply, Request
from community_bot.commands.specification import Option, button, command
from community_bot.domain.agreements import PURPOSES
from community_bot.domain.alias import LONGEST, SHORTEST
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import LANGUAGES, Language, Markup, key
from community_bot.platforms.port import Button
from community_bot.services.buddies import Buddies
from community_bot.services.network import Rules
from community_bot.services.onboarding import Choices, Onboarding, Welcomed

LANGUAGE_NAMES: dict[Language, str] = {"th": "ไทย", "en": "English", "es": "Español"}
"""Each in its own words: whoever looks for theirs cannot read the others."""


class Start:
    """`/start`, and what a newcomer is shown."""

    def __init__(self, onboarding: Onboarding, buddies: Buddies, rules: Rules) -> None:
        self._onboarding = onboarding
        self._buddies = buddies
        self._rules = rules

    @command("start", Option("code", required=False, most=40), power=Power.ANYONE)
    async def start(self, request: Request, code: str = "") -> Reply:
        """Show the way in, or how somebody stands; an invite's code opens the door where one is asked for."""
        if code:
            await self._onboarding.use_invite(request.account, request.incoming.home, code)
        standing = await self._onboarding.look(request.account)
        if standing is not None:
            return card(request, standing)
        open_form = Button(request.t.plain("welcome.start.button"), "form.open", "onboarding", "main")
        return Reply(request.t("welcome.greeting", network=self._rules.name), buttons=(open_form,))

    @button("buddy.ask")
    async def ask_for_buddy(self, request: Request, _argument: str) -> Reply:
        """Ask for company."""
        await self._buddies.ask(request.account)
        return Reply(request.t("buddy.is_asked"))

    @button("buddy.take")
    async def take_buddy(self, request: Request, argument: str) -> Reply:
        """Give company."""
        alias = await self._buddies.take(request.account, argument)
        return Reply(request.t("buddy.yours", alias=alias))


class OnboardingForm:
    """Language, agreements, alias, first space (MEM-3)."""

    name = "onboarding"

    def __init__(self, onboarding: Onboarding, rules: Rules) -> None:
        self._onboarding = onboarding
        self._rules = rules

    async def build(self, request: Request, _argument: str, answers: Answers) -> Form:
        """Return the form in the person's language so far. Raises :class:`Refusal` to who cannot fill it in."""
        standing = await self._onboarding.look(request.account)
        if standing is not None:
            raise Refusal("onboarding.member_already", alias=standing.alias, me=request.spell("me show"))
        t = request.t
        chosen = first(answers, "language") or t.language
        languages = tuple(Choice(each, LANGUAGE_NAMES[each], chosen=each == chosen) for each in LANGUAGES)
        agreed = answers.get("agreements", ())
        purposes = tuple(
            Choice(
                each.key,
                t.plain(f"purpose.{each.key}.label"),
                t.plain(f"purpose.{each.key}.hint"),
                chosen=each.key in agreed,
            )
            for each in PURPOSES
        )
        fields = [
            Field("language", "choice", t.plain("onboarding.language.label"), choices=languages),
            Field(
                "agreements",
                "ticks",
                t.plain("onboarding.agreements.label"),
                intro=t("onboarding.agreements_text", network=self._rules.name, days=str(self._rules.keep_days)),
                choices=purposes,
                fewest=sum(each.required for each in PURPOSES),
            ),
            Field(
                "alias",
                "line",
                t.plain("onboarding.alias.label"),
                t.plain("onboarding.alias.hint"),
                shortest=SHORTEST,
                longest=LONGEST,
                value=first(answers, "alias"),
            ),
        ]
        spaces = tuple(
            Choice(each.key, each.title(t.language), chosen=each.key == first(answers, "space"))
            for each in await self._onboarding.spaces()
        )
        if spaces:
            fields.append(
                Field("space", "choice", t.plain("onboarding.space.label"), choices=spaces, required=False)
            )
        return Form(self.name, t.plain("onboarding.form.title"), tuple(fields))

    async def check(self, request: Request, _argument: str, answers: Answers) -> None:
        """Pass when what was answered so far can stand."""
        upto = [name for name in ("language", "agreements", "alias", "space") if name in answers]
        if upto:
            await self._onboarding.check(
                request.account, request.incoming.names, self._choices(request, answers), upto=upto[-1]
            )

    async def submit(self, request: Request, _argument: str, answers: Answers) -> Reply:
        """Make a member of somebody, and show them where they are."""
        choices = self._choices(request, answers)
        welcomed = await self._onboarding.complete(request.account, request.incoming.names, choices)
        return card(request, welcomed)

    def language(self, answers: Answers) -> Language | None:
        """Return the language chosen in the form."""
        chosen = first(answers, "language")
        return next((each for each in LANGUAGES if each == chosen), None)

    def _choices(self, request: Request, answers: Answers) -> Choices:
        return Choices(
            self.language(answers) or request.language,
            frozenset(answers.get("agreements", ())),
            first(answers, "alias"),
            first(answers, "space"),
        )


def card(request: Request, welcomed: Welcomed) -> Reply:
    """Return what a member sees on arriving: who they are here, where to go, what they can do."""
    t = request.t
    lines = [t("welcome.again" if welcomed.again else "welcome.done", alias=welcomed.alias)]
    if welcomed.state is MemberState.VOUCHING:
        lines.append(t.count("welcome.vouching", welcomed.vouchers))
    elif welcomed.space is not None:
        lines.append(t("welcome.space", space=welcomed.titles.of(welcomed.space, t.language)))
        if welcomed.words is not None:
            lines.append(Markup(welcomed.words))
    if welcomed.state in (MemberState.PAUSED, MemberState.ALUMNI, MemberState.DORMANT):
        lines.append(t("welcome.away", resume=request.spell("me resume")))
    lines.append(
        t(
            "welcome.next",
            show=request.spell("me show"),
            help=request.spell("help"),
            link=request.spell("me link"),
            privacy=request.spell("privacy show"),
        )
    )
    buttons: tuple[Button, ...] = (Button(t.plain("welcome.help.button"), "help.open"),)
    if welcomed.state is MemberState.ACTIVE:
        buttons = (*buttons, Button(t.plain(key("buddy.ask.button")), "buddy.ask"))
    return Reply(Markup("\n\n".join(lines)), buttons=buttons)
