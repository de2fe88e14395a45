"""`/admin`: entrusting people with roles, the words of welcome, how the network is."""

from __future__ import annotations

from community_bot.commands.forms import Answers, Field, Form, first
from community_bot.commands.me import said_of_grant
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, command
from community_bot.commands.start import LANGUAGE_NAMES
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import LONGEST_TERM, NETWORK, Power, Role
from community_bot.locales import LANGUAGES, Language, Markup
from community_bot.platforms.port import Button
from community_bot.services.directory import Titles
from community_bot.services.roles import Roles
from community_bot.services.welcome import LONGEST, Welcome
from community_bot.services.wellbeing import FEWEST, Health

GIVEN = tuple(role.value for role in LONGEST_TERM)
STEPS = ("arrived", "consented", "vouching", "active", "left")
"""The way in, as it is counted (MET-11)."""


class Admin:
    """What those entrusted with the network do."""

    def __init__(self, roles: Roles, health: Health) -> None:
        self._roles = roles
        self._health = health

    async def suggest_scopes(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the whole network, and each space."""
        found = [Suggestion(NETWORK, request.t.plain("scope.network"))]
        known = await self._roles.scopes(request.account)
        found += [Suggestion(space.key, space.title(request.language)) for space in known]
        return [each for each in found if typed.casefold() in each.label.casefold()]

    async def _scope(self, request: Request, text: str) -> str:
        """Return the scope somebody means: its key, or its title in any language. Raises :class:`Refusal`."""
        wanted = text.strip().casefold()
        if wanted in ("", NETWORK, request.t.plain("scope.network").casefold()):
            return NETWORK
        return await self._roles.scope_named(request.account, text)

    @command(
        "admin grant",
        Option("alias", most=80),
        Option("role", Kind.CHOICE, choices=GIVEN),
        Option("days", Kind.NUMBER, required=False, least=1, most=365),
        Option("scope", required=False, most=80, suggest=suggest_scopes),
        power=Power.GRANT_ROLE,
    )
    async def grant(
        self, request: Request, alias: str, role: str, days: int | None = None, scope: str = ""
    ) -> Reply:
        """Entrust a member with a role."""
        held = await self._roles.grant(request.account, alias, Role(role), await self._scope(request, scope), days)
        said = said_of_grant(request.t, held.titles, held.grant)
        return Reply(request.t("role.granted", alias=held.alias, role=said, revoke=request.spell("admin revoke")))

    @command(
        "admin revoke",
        Option("alias", most=80),
        Option("role", Kind.CHOICE, choices=GIVEN),
        Option("scope", required=False, most=80, suggest=suggest_scopes),
        power=Power.GRANT_ROLE,
    )
    async def revoke(self, request: Request, alias: str, role: str, scope: str = "") -> Reply:
        """Take a role back."""
        await self._roles.revoke(request.account, alias, Role(role), await self._scope(request, scope))
        return Reply(request.t("role.revoked", alias=alias, role=request.t(f"role.{role}")))

    @command("admin roles", power=Power.GRANT_ROLE)
    async def roles(self, request: Request) -> Reply:
        """Show who is entrusted with what."""
        holders = await self._roles.holders(request.account)
        if not holders:
            return Reply(request.t("role.nobody"))
        t = request.t
        lines = [
            f"- {t('role.holder', alias=each.alias, role=said_of_grant(t, each.titles, each.grant))}"
            for each in holders
        ]
        return Reply(Markup("\n".join(lines)))

    @command("admin claim", Option("code", most=40), power=Power.MEMBER, listed=False)
    async def claim(self, request: Request, code: str) -> Reply:
        """Become network admin with the operator's code."""
        grant = await self._roles.take_office(request.account, code)
        return Reply(request.t("role.claimed", role=said_of_grant(request.t, Titles(), grant)))

    @command(
        "admin welcome", Option("scope", required=False, most=80, suggest=suggest_scopes), power=Power.EDIT_WELCOME
    )
    async def welcome(self, request: Request, scope: str = "") -> Reply:
        """Choose the language whose words of welcome to edit."""
        chosen = await self._scope(request, scope)
        buttons = tuple(Button(LANGUAGE_NAMES[each], "form.open", f"welcome {chosen} {each}") for each in LANGUAGES)
        return Reply(request.t("welcome.which_language"), buttons=buttons)

    @command("admin health", power=Power.SEE_HEALTH)
    async def health(self, request: Request) -> Reply:
        """Show how the network is."""
        t = request.t
        found = await self._health.look(request.account)
        lines: list[str] = [f"**{t('health.way_in')}**"]
        for step in STEPS:
            total = found.way_in.get(step, 0)
            shown = f"<{FEWEST}" if total is None else str(total)
            lines.append(f"- {t(f'health.step.{step}', total=shown)}")
        failures = sum(found.failed.values())
        lines += ["", t.count("health.failed", failures) if failures else t("health.none_failed")]
        lines += [f"- `{reason}`: {total}" for reason, total in sorted(found.failed.items())]
        lines += ["", t.count("health.removed", sum(found.removed.values()))]
        lines.append(t("health.audit_whole" if found.audit_is_whole else "health.audit_broken"))
        return Reply(Markup("\n".join(lines)))

    @command("admin audit", power=Power.SEE_HEALTH)
    async def audit(self, request: Request) -> Reply:
        """Show what was done lately, by which role; never by whom."""
        entries = await self._health.audit(request.account)
        lines = [
            f"- {request.t('audit.entry', day=day, role=role, action=action, reason=reason or '')}"
            for day, role, action, _kind, reason in entries
        ]
        return Reply(Markup("\n".join([request.t("audit.heading"), *lines])))


class WelcomeForm:
    """The words of welcome of one scope in one language."""

    name = "welcome"

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome

    @staticmethod
    def _parts(argument: str) -> tuple[str, Language]:
        scope, _, language = argument.partition(" ")
        if language not in LANGUAGES:
            raise Refusal("welcome.language")
        return scope, language

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form with the words as they are."""
        scope, language = self._parts(argument)
        written = await self._welcome.read(request.account, scope, language)
        field = Field(
            "wording",
            "paragraph",
            request.t.plain("welcome.wording.label"),
            request.t.plain("welcome.wording.hint"),
            required=False,
            longest=LONGEST,
            value=first(answers, "wording") or written or "",
        )
        return Form(self.name, request.t.plain("welcome.form.title"), (field,), argument)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; writing checks."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Replace the words; show them as they will be read."""
        scope, language = self._parts(argument)
        wording = first(answers, "wording")
        await self._welcome.write(request.account, scope, language, wording)
        again = Button(request.t.plain("welcome.edit.button"), "form.open", f"welcome {scope} {language}")
        if not wording.strip():
            return Reply(request.t("welcome.reset", language=LANGUAGE_NAMES[language]), buttons=(again,))
        shown = request.t("welcome.written", language=LANGUAGE_NAMES[language])
        return Reply(Markup(f"{shown}\n\n{Markup(wording)}"), buttons=(again,))

    def language(self, answers: Answers) -> Language | None:
        """Return none: the form speaks the person's language."""
        return None
