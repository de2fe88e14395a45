"""`/me`: what members decide about themselves."""

from __future__ import annotations

from typing import cast

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.commands.start import LANGUAGE_NAMES
from community_bot.domain.account import PlatformName
from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.codes import LINK_CODE, read_code
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Grant, Power
from community_bot.locales import LANGUAGES, Catalogues, Language, Markup, Translator
from community_bot.platforms.port import Button
from community_bot.services.directory import Titles
from community_bot.services.linking import Claim, Linking, LinkStart
from community_bot.services.members import Members, Record
from community_bot.services.network import Rules

PLATFORM_NAMES: dict[str, str] = {"discord": "Discord", "matrix": "Matrix"}


class Me:
    """A member's own choices. Open to whoever has a record; the service says what the state allows."""

    def __init__(self, members: Members, linking: Linking, rules: Rules, catalogues: Catalogues) -> None:
        self._members = members
        self._linking = linking
        self._rules = rules
        self._catalogues = catalogues

    @command("me show", power=Power.OWN_RECORD)
    async def show(self, request: Request) -> Reply:
        """Show who somebody is here."""
        record = await self._members.show(request.account)
        buttons = [
            Button(request.t.plain("me.privacy.button"), "me.privacy"),
            Button(request.t.plain("me.link.button"), "me.link"),
        ]
        return Reply(self._record(request, record), buttons=tuple(buttons))

    @button("me.privacy")
    async def point_to_privacy(self, request: Request, _argument: str) -> Reply:
        """Say where everything that is kept can be seen, taken along and destroyed."""
        spelled = {name: request.spell(f"privacy {name}") for name in ("show", "export", "erase")}
        return Reply(request.t("me.privacy_ways", **spelled))

    def _record(self, request: Request, record: Record) -> Markup:
        t, profile = request.t, record.profile
        lines = [
            t("me.show.alias", alias=profile.alias),
            t("me.show.state", state=t(f"state.{record.state.value}")),
            t("me.show.since", day=record.joined_on),
            t("me.show.language", language=LANGUAGE_NAMES[cast("Language", profile.language)]),
            t("me.show.accounts", accounts=", ".join(PLATFORM_NAMES[each] for each in record.accounts)),
        ]
        if record.probation_until is not None:
            lines.append(t("me.show.probation", day=record.probation_until))
        if record.spaces:
            titles = ", ".join(record.titles.of(space, t.language) for space in record.spaces)
            lines.append(t("me.show.spaces", spaces=titles))
        if profile.region is not None:
            region = self._rules.country_pack.region(profile.region)
            lines.append(t("me.show.region", region=region.title(t.language) if region else profile.region))
        if profile.quiet_from is not None:
            lines.append(
                t(
                    "me.show.quiet",
                    since=profile.quiet_from,
                    until=profile.quiet_until,
                    zone=profile.zone or self._rules.zone,
                )
            )
        lines += [t("me.show.role", role=said_of_grant(request.t, record.titles, grant)) for grant in record.roles]
        return Markup("\n".join(f"- {line}" for line in lines))

    @command("me alias", Option("alias", most=200), power=Power.OWN_RECORD)
    async def alias(self, request: Request, alias: str) -> Reply:
        """Be known by another alias."""
        before = request.alias
        chosen = await self._members.set_alias(request.account, request.incoming.names, alias)
        return Reply(request.t("me.alias.changed", alias=chosen, before=before or ""))

    @command("me language", Option("language", Kind.CHOICE, choices=LANGUAGES), power=Power.OWN_RECORD)
    async def language(self, request: Request, language: str) -> Reply:
        """Be spoken to in another language; the answer is in it already."""
        chosen = cast("Language", language)
        await self._members.set_language(request.account, chosen)
        t = self._catalogues.translator(chosen)
        return Reply(t("me.language.changed", language=LANGUAGE_NAMES[chosen]))

    @command(
        "me calendar", Option("calendar", Kind.CHOICE, choices=("buddhist", "gregorian")), power=Power.OWN_RECORD
    )
    async def calendar(self, request: Request, calendar: str) -> Reply:
        """See years of another calendar first."""
        chosen = cast("CalendarPreference", calendar)
        await self._members.set_calendar(request.account, chosen)
        t = request.t.with_calendar(chosen)
        return Reply(t("me.calendar.changed", day=request.today))

    async def suggest_regions(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer provinces and regions."""
        pack = self._rules.country_pack
        found = pack.search(typed, request.language)
        return [Suggestion(each.code, each.title(request.language)) for each in found]

    @command(
        "me region", Option("region", required=False, most=80, suggest=suggest_regions), power=Power.OWN_RECORD
    )
    async def region(self, request: Request, region: str = "") -> Reply:
        """Say roughly where one is, or with nothing take it back."""
        code = None
        if region:
            found = self._rules.country_pack.find(region)
            if found is None:
                raise Refusal("me.region_unknown", field="region")
            code = found.code
        stored = await self._members.set_region(request.account, code)
        if stored is None:
            return Reply(request.t("me.region.removed" if code is None else "me.region.not_yet"))
        kept = self._rules.country_pack.region(stored)
        title = kept.title(request.language) if kept is not None else stored
        return Reply(request.t("me.region.kept" if stored == code else "me.region.coarser", region=title))

    @command(
        "me quiet",
        Option("since", required=False, most=5),
        Option("until", required=False, most=5),
        Option("zone", required=False, most=40),
        power=Power.OWN_RECORD,
    )
    async def quiet(self, request: Request, since: str = "", until: str = "", zone: str = "") -> Reply:
        """Be left alone between two times, or with nothing no longer."""
        profile = await self._members.set_quiet(request.account, since or None, until or None, zone or None)
        if profile.quiet_from is None:
            return Reply(request.t("me.quiet.off"))
        zone_name = profile.zone or self._rules.zone
        return Reply(request.t("me.quiet.on", since=profile.quiet_from, until=profile.quiet_until, zone=zone_name))

    @command("me pause", power=Power.OWN_RECORD)
    async def pause(self, request: Request) -> Reply:
        """Stop everything for a while."""
        await self._members.pause(request.account)
        return Reply(
            request.t("me.paused", resume=request.spell("me resume")),
            buttons=(Button(request.t.plain("me.resume.button"), "me.resume", weight="main"),),
        )

    @command("me resume", power=Power.OWN_RECORD)
    async def resume(self, request: Request) -> Reply:
        """Come back."""
        state = await self._members.resume(request.account)
        welcome = request.t("me.resumed", alias=request.alias or "")
        if state is MemberState.VOUCHING:
            needed = request.t.count("welcome.vouching", self._rules.vouchers)
            return Reply(Markup(f"{welcome}\n\n{needed}"))
        return Reply(welcome)

    @button("me.resume")
    async def resume_by_button(self, request: Request, _argument: str) -> Reply:
        """Come back, with the button under the pause."""
        return await self.resume(request)

    # ── accounts

    @command("me link", Option("code", required=False, most=40), power=Power.OWN_RECORD)
    async def link(self, request: Request, code: str = "") -> Reply:
        """Ask for a code with one account, type it with the other."""
        if code:
            return await self._claim(request, code, agreed=False)
        return self._link_step(request, await self._linking.begin(request.account))

    async def _claim(self, request: Request, code: str, *, agreed: bool) -> Reply:
        given_up = await self._linking.claim(request.account, code, names=request.incoming.names, agreed=agreed)
        if given_up is None:
            return Reply(request.t("link.claimed", link=request.spell("me link")))
        give = Button(request.t.plain("link.give.button"), "link.give", read_code(code)[:LINK_CODE], "danger")
        return Reply(request.t("link.gives_up", alias=given_up), buttons=(give,))

    @button("link.give")
    async def give(self, request: Request, argument: str) -> Reply:
        """Agree that what one has here goes to the account that gave the code."""
        return await self._claim(request, argument, agreed=True)

    @button("me.link")
    async def link_by_button(self, request: Request, _argument: str) -> Reply:
        """Ask for a code."""
        return await self.link(request)

    def _link_step(self, request: Request, step: LinkStart | Claim | None) -> Reply:
        t = request.t
        if isinstance(step, LinkStart):
            look = Button(t.plain("link.look.button"), "link.look", weight="main")
            text = t("link.code", code=step.code, minutes=str(step.minutes), link=request.spell("me link"))
            return Reply(text, buttons=(look,))
        if step is None:
            look = Button(t.plain("link.look.button"), "link.look", weight="main")
            return Reply(t("link.nobody_yet"), buttons=(look,))
        is_here = step.platform == "discord" == request.account.platform
        shown: str = Markup(f"<@{step.user_id}>") if is_here else " · ".join((*step.names, step.user_id))
        lines = [t("link.asked", platform=PLATFORM_NAMES[step.platform], account=shown)]
        if step.other_alias is not None:
            lines.append(t("link.merges", alias=step.other_alias, kept=request.alias or ""))
        buttons = (
            Button(t.plain("link.confirm.button"), "link.confirm", step.tag, weight="main"),
            Button(t.plain("link.refuse.button"), "link.refuse", weight="danger"),
        )
        return Reply(Markup("\n\n".join(lines)), buttons=buttons)

    @button("link.look")
    async def look(self, request: Request, _argument: str) -> Reply:
        """See which account typed the code."""
        return self._link_step(request, await self._linking.pending(request.account))

    @button("link.confirm")
    async def confirm(self, request: Request, argument: str) -> Reply:
        """Say yes to the account that was shown."""
        platform = await self._linking.confirm(request.account, argument)
        return Reply(request.t("link.done", platform=PLATFORM_NAMES[platform], unlink=request.spell("me unlink")))

    @button("link.refuse")
    async def refuse(self, request: Request, _argument: str) -> Reply:
        """Say no to an account."""
        await self._linking.refuse(request.account)
        return Reply(request.t("link.refused"))

    @command(
        "me unlink",
        Option("platform", Kind.CHOICE, required=False, choices=("discord", "matrix")),
        power=Power.OWN_RECORD,
    )
    async def unlink(self, request: Request, platform: str = "") -> Reply:
        """Take an account away: the one at hand, or the one on another platform."""
        gone = cast("PlatformName", await self._linking.unlink(request.account, platform or None))
        return Reply(request.t("link.gone", platform=PLATFORM_NAMES[gone]))

    # ── leaving

    @command("me leave", power=Power.OWN_RECORD)
    async def leave(self, request: Request) -> Reply:
        """Say what leaving means, and ask."""
        await self._members.show(request.account)
        sure = Button(request.t.plain("me.leave.button"), "me.leave", weight="danger")
        return Reply(request.t("me.leave.asked", erase=request.spell("privacy erase")), buttons=(sure,))

    @button("me.leave")
    async def leave_for_sure(self, request: Request, _argument: str) -> Reply:
        """Leave."""
        await self._members.leave(request.account)
        values = {"resume": request.spell("me resume"), "erase": request.spell("privacy erase")}
        return Reply(request.t("me.left", **values))


def said_of_grant(t: Translator, titles: Titles, grant: Grant) -> Markup:
    """Return a role, where it holds and until when, as a reader of ``t`` says it."""
    scope = t("scope.network") if grant.scope == NETWORK else titles.of(grant.scope, t.language)
    if grant.until is None:
        return t("role.held", role=t(f"role.{grant.role.value}"), scope=scope)
    return t("role.held_until", role=t(f"role.{grant.role.value}"), scope=scope, until=grant.until)
