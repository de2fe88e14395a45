"""`/org`: the organisations one belongs to, and what stewards do for theirs."""

from __future__ import annotations

from typing import Final

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.alias import LONGEST
from community_bot.domain.collation import in_order
from community_bot.domain.organisation import LONGEST_TITLE, SHORTEST_TITLE, OrganisationState, Visibility
from community_bot.domain.refusal import Refusal
from community_bot.domain.regions import CountryPack
from community_bot.domain.roles import Power
from community_bot.locales import Markup, key
from community_bot.platforms.port import Button
from community_bot.services.organisations import Organisations, Own
from community_bot.services.stewardship import Stewardship

STATES: Final = {
    OrganisationState.DRAFT: key("organisation.state.draft"),
    OrganisationState.CONFIRMED: key("organisation.state.confirmed"),
    OrganisationState.DORMANT: key("organisation.state.dormant"),
}
SEEN_BY: Final = {
    Visibility.HIDDEN: key("organisation.seen.hidden"),
    Visibility.NETWORK: key("organisation.seen.network"),
    Visibility.PUBLIC: key("organisation.seen.public"),
}
LEVELS: Final = tuple(each.value for each in Visibility)
MOST_OFFERS = 5
"""Shown at once, with two buttons each."""


class OrganisationCommands:
    """Belonging to organisations. Titles are offered only to those who belong to them."""

    def __init__(self, organisations: Organisations, stewardship: Stewardship, country: CountryPack) -> None:
        self._organisations = organisations
        self._stewardship = stewardship
        self._country = country

    # ── what is offered while somebody types: one's own, never others'

    async def own_titles(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the organisations the asker belongs to."""
        return self._matching(request, typed, await self._own(request, offered=False))

    async def offered_titles(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the organisations that wait for the asker's answer."""
        return self._matching(request, typed, await self._own(request, offered=True))

    async def regions(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer provinces and groups of them."""
        found = self._country.search(typed, request.language)
        return [Suggestion(region.code, region.title(request.language)) for region in found]

    async def _own(self, request: Request, *, offered: bool) -> list[Own]:
        return [each for each in await self._organisations.show(request.account) if each.offered is offered]

    def _matching(self, request: Request, typed: str, found: list[Own]) -> list[Suggestion]:
        titles = in_order((each.title for each in found), request.language)
        return [Suggestion(title, title) for title in titles if typed.casefold() in title.casefold()]

    # ── belonging

    @command(
        "org register",
        Option("title", least=SHORTEST_TITLE, most=LONGEST_TITLE),
        Option("visibility", Kind.CHOICE, required=False, choices=LEVELS),
        Option("region", required=False, most=80, suggest=regions),
        power=Power.REGISTER_ORGANISATION,
    )
    async def register(
        self, request: Request, title: str, visibility: str = Visibility.HIDDEN.value, region: str | None = None
    ) -> Reply:
        """Register an organisation and say what comes next."""
        level = Visibility(visibility)
        registered = await self._organisations.register(request.account, title, level, region)
        return Reply(
            request.t(
                "organisation.registered",
                title=registered,
                seen=request.t(SEEN_BY[level]),
                invite=request.spell("org invite"),
                visibility=request.spell("org visibility"),
            )
        )

    @command("org show")
    async def show(self, request: Request) -> Reply:
        """Show the asker's own organisations, with buttons for what waits for an answer."""
        found = await self._organisations.show(request.account)
        if not found:
            return Reply(request.t("organisation.none_yet", register=request.spell("org register")))
        parts = [self._described(request, each) for each in found]
        return Reply(Markup("\n\n".join(parts)), buttons=_answers(request, found))

    @command("org list", power=Power.ANYONE)
    async def list(self, request: Request) -> Reply:
        """Show the organisations that chose to be seen."""
        shown = {each.title: each.region for each in await self._organisations.listed(request.account)}
        if not shown:
            return Reply(request.t("organisation.none_listed"))
        lines = [
            request.t("organisation.list_line", title=title)
            if shown[title] is None
            else request.t("organisation.list_line_region", title=title, region=self._region(request, shown[title]))
            for title in in_order(shown, request.language)
        ]
        return Reply(Markup("\n".join([request.t("organisation.list_head"), *lines])))

    @command("org confirm", Option("organisation", required=False, most=LONGEST_TITLE, suggest=offered_titles))
    async def confirm(self, request: Request, organisation: str | None = None) -> Reply:
        """Confirm the one that is named; without a title, show what waits, so that nobody says yes unseen."""
        if organisation is not None:
            return await self.confirm_button(request, organisation)
        offers = await self._own(request, offered=True)
        if not offers:
            raise Refusal("organisation.no_offer")
        parts = [request.t("organisation.offer", title=each.title) for each in offers[:MOST_OFFERS]]
        return Reply(
            Markup("\n".join([*parts, "", request.t("organisation.offer_foot")])), buttons=_answers(request, offers)
        )

    @button("organisation.confirm")
    async def confirm_button(self, request: Request, wanted: str) -> Reply:
        """Confirm an affiliation."""
        title = await self._organisations.confirm(request.account, wanted)
        leave = request.spell("org leave")
        return Reply(request.t("organisation.confirmed", title=title, leave=leave), replaces=True)

    @command("org decline", Option("organisation", required=False, most=LONGEST_TITLE, suggest=offered_titles))
    async def decline(self, request: Request, organisation: str | None = None) -> Reply:
        """Say no to a steward's question."""
        title = await self._organisations.decline(request.account, organisation)
        return Reply(request.t("organisation.declined", title=title), replaces=True)

    @button("organisation.decline")
    async def decline_button(self, request: Request, wanted: str) -> Reply:
        """Say no by button."""
        return await self.decline(request, wanted)

    @command("org leave", Option("organisation", required=False, most=LONGEST_TITLE, suggest=own_titles))
    async def leave(self, request: Request, organisation: str | None = None) -> Reply:
        """End the asker's own affiliation."""
        title = await self._organisations.leave(request.account, organisation)
        return Reply(request.t("organisation.ended", title=title))

    # ── stewards

    @command(
        "org invite",
        Option("alias", most=LONGEST),
        Option("organisation", required=False, most=LONGEST_TITLE, suggest=own_titles),
    )
    async def invite(self, request: Request, alias: str, organisation: str | None = None) -> Reply:
        """Ask a member whether they belong; the answer is the same for every alias."""
        title = await self._stewardship.invite(request.account, alias, organisation)
        return Reply(request.t("organisation.invited", alias=alias, title=title))

    @command(
        "org end",
        Option("alias", most=LONGEST),
        Option("organisation", required=False, most=LONGEST_TITLE, suggest=own_titles),
    )
    async def end(self, request: Request, alias: str, organisation: str | None = None) -> Reply:
        """End somebody's affiliation; the answer is the same for every alias."""
        title = await self._stewardship.end(request.account, alias, organisation)
        return Reply(request.t("organisation.ended_for", alias=alias, title=title))

    @command(
        "org visibility",
        Option("level", Kind.CHOICE, choices=LEVELS),
        Option("organisation", required=False, most=LONGEST_TITLE, suggest=own_titles),
    )
    async def visibility(self, request: Request, level: str, organisation: str | None = None) -> Reply:
        """Decide who may come across the title."""
        chosen = Visibility(level)
        title = await self._stewardship.set_visibility(request.account, chosen, organisation)
        return Reply(request.t("organisation.visibility_set", title=title, seen=request.t(SEEN_BY[chosen])))

    @command(
        "org stewards",
        Option("step", Kind.CHOICE, choices=("add", "down", "up")),
        Option("alias", required=False, most=LONGEST),
        Option("organisation", required=False, most=LONGEST_TITLE, suggest=own_titles),
    )
    async def stewards(
        self, request: Request, step: str, alias: str | None = None, organisation: str | None = None
    ) -> Reply:
        """Name a steward, step down, or take up what nobody holds."""
        # stepping down or up names nobody: on Matrix the word after it is the organisation
        own = organisation or alias
        if step == "down":
            title = await self._stewardship.step_down(request.account, own)
            return Reply(request.t("organisation.stepped_down", title=title))
        if step == "up":
            title = await self._stewardship.take_up(request.account, own)
            return Reply(request.t("organisation.taken_up", title=title))
        if alias is None:
            raise Refusal("organisation.whom", field="alias")
        title = await self._stewardship.entrust(request.account, alias, organisation)
        return Reply(request.t("organisation.steward_named", alias=alias, title=title))

    @command("org close", Option("organisation", required=False, most=LONGEST_TITLE, suggest=own_titles))
    async def close(self, request: Request, organisation: str | None = None) -> Reply:
        """Say what closing does, and ask once."""
        affiliation, title = await self._stewardship.closing(request.account, organisation)
        yes = Button(request.t.plain("organisation.close.button"), "organisation.close", affiliation, "danger")
        return Reply(request.t("organisation.closing", title=title), buttons=(yes,))

    @button("organisation.close")
    async def close_button(self, request: Request, wanted: str) -> Reply:
        """Close it."""
        title = await self._stewardship.close(request.account, wanted)
        return Reply(request.t("organisation.closed", title=title), replaces=True)

    @command("org accept", Option("title", most=LONGEST_TITLE), power=Power.CONFIRM_ORGANISATION)
    async def accept(self, request: Request, title: str) -> Reply:
        """Confirm somebody's draft."""
        accepted = await self._stewardship.accept(request.account, title)
        return Reply(request.t("organisation.accepted", title=accepted))

    # ── words

    def _described(self, request: Request, each: Own) -> Markup:
        t = request.t
        if each.offered:
            return t("organisation.offer", title=each.title)
        lines = [t("organisation.steward_of" if each.steward else "organisation.belongs", title=each.title)]
        lines.append(t("organisation.state_line", state=t(STATES[each.state])))
        lines.append(t("organisation.seen_line", seen=t(SEEN_BY[each.visibility])))
        if each.region is not None:
            lines.append(t("organisation.region_line", region=self._region(request, each.region)))
        if each.steward:
            few = each.members is None
            lines.append(t("organisation.few") if few else t.count("organisation.size", each.members or 0))
        return Markup("\n".join(lines))

    def _region(self, request: Request, code: str | None) -> str:
        region = self._country.region(code or "")
        return (code or "") if region is None else region.title(request.language)


def _answers(request: Request, found: list[Own]) -> tuple[Button, ...]:
    offers = [each for each in found if each.offered][:MOST_OFFERS]
    return tuple(
        made
        for each in offers
        for made in (
            Button(
                request.t.plain("organisation.confirm.button", title=each.title),
                "organisation.confirm",
                each.id,
                "main",
            ),
            Button(
                request.t.plain("organisation.decline.button", title=each.title), "organisation.decline", each.id
            ),
        )
    )
