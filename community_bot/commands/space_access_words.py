"""Saying how one stands to a space, how one comes in, and where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from community_bot.commands.request import Reply, Request
from community_bot.domain.account import Account
from community_bot.domain.graphemes import shorten
from community_bot.domain.space_design import Access as WayIn
from community_bot.domain.space_state import SpaceState
from community_bot.domain.words import in_language
from community_bot.locales import Markup, Translator, key
from community_bot.platforms.port import Button
from community_bot.services.access import Joined, Way
from community_bot.services.directory import SpaceDoor
from community_bot.services.space_views import Seen, Shown, Standing

MOST_PLACES: Final = 12
SHORT_PURPOSE: Final = 120
"""Characters of a purpose in a list that is read on a phone; the whole of it is one command away."""
WAYS: Final = {
    WayIn.OPEN: key("access.way.open"),
    WayIn.REQUEST: key("access.way.request"),
    WayIn.UNLISTED: key("access.way.unlisted"),
}
STANDINGS: Final = {
    Standing.INSIDE: key("access.standing.inside"),
    Standing.ASKED: key("access.standing.asked"),
    Standing.OFFERED: key("access.standing.offered"),
}
STATES: Final = {
    SpaceState.DRAFT: key("access.state.draft"),
    SpaceState.PILOT: key("access.state.pilot"),
    SpaceState.PAUSED: key("access.state.paused"),
    SpaceState.CLOSING: key("access.state.closing"),
    SpaceState.ARCHIVED: key("access.state.archived"),
}
"""What is worth saying: of an active space, nothing is."""


def line(t: Translator, seen: Seen) -> Markup:
    """Return a space as one item of a list."""
    facts = [t(WAYS[seen.door.access])]
    if seen.door.state in STATES:
        facts.append(t(STATES[seen.door.state]))
    if seen.stage is not None:
        facts.append(t("access.stage", stage=in_language(seen.stage.titles, t.language)))
    if seen.standing in STANDINGS:
        facts.append(t(STANDINGS[seen.standing]))
    title, said = seen.door.title(t.language), Markup(" · ".join(facts))
    purpose = in_language(seen.purposes, t.language)
    if not purpose:
        return t("access.list_line_bare", title=title, facts=said)
    return t("access.list_line", title=title, facts=said, purpose=shorten(purpose, SHORT_PURPOSE))


def facts_of(request: Request, shown: Shown) -> list[Markup]:
    """Return what there is to know of a space, one line each."""
    t, seen, door = request.t, shown.seen, shown.seen.door
    facts = [t("access.show_way", way=t(WAYS[door.access]))]
    if door.state in STATES:
        facts.append(t("access.show_state", state=t(STATES[door.state])))
    if seen.stage is not None:
        facts.append(t("access.show_stage", stage=in_language(seen.stage.titles, t.language)))
    few = shown.people is None
    facts.append(t("access.show_few") if few else t.count("access.show_people", shown.people or 0))
    if seen.standing in STANDINGS:
        facts.append(t("access.show_standing", standing=t(STANDINGS[seen.standing])))
    return facts + where(request, door, shown.places, elsewhere=shown.elsewhere)


def is_to_be_joined(seen: Seen) -> bool:
    """Say whether there is something to press for who wants to come in."""
    return seen.door.takes_members and seen.standing in (Standing.OUTSIDE, Standing.OFFERED)


def join_button(t: Translator, door: SpaceDoor) -> Button:
    """Return what leads into one space of several."""
    return Button(t.plain("access.join_named.button", title=door.title(t.language)), "space.join", door.key)


def ways_on(t: Translator, seen: Seen) -> tuple[Button, ...]:
    """Return what can be done about a space, as it is shown to somebody."""
    if is_to_be_joined(seen):
        asks = seen.door.access is WayIn.REQUEST and seen.standing is Standing.OUTSIDE
        label = t.plain("access.ask.button") if asks else t.plain("access.join.button")
        return (Button(label, "space.join", seen.door.key, "main"),)
    if seen.standing is Standing.INSIDE:
        return (Button(t.plain("access.leave.button"), "space.leave", seen.door.key),)
    return ()


def told(request: Request, joined: Joined) -> Reply:
    """Say what came of wanting to come in."""
    t, title = request.t, joined.door.title(request.language)
    match joined.way:
        case Way.ASKED:
            return Reply(t("access.asked", title=title), replaces=True)
        case Way.ASKED_ALREADY:
            return Reply(t("access.asked_already", title=title), replaces=True)
        case Way.IN_ALREADY:
            said = t("access.joined_already", title=title)
        case _:
            said = t("access.joined", title=title, leave=request.spell("space leave"))
    places = where(request, joined.door, joined.places, elsewhere=joined.elsewhere)
    return Reply(Markup("\n".join([said, *places])), replaces=True)


def where(request: Request, door: SpaceDoor, places: Sequence[str], *, elsewhere: bool) -> list[Markup]:
    """Say where a space is found: on this platform, or how one gets to the one where it is."""
    t = request.t
    if elsewhere:
        platform = "Matrix" if door.places.get("matrix") else "Discord"
        return [t("access.elsewhere", platform=platform, link=request.spell("me link"))]
    if not places:
        return []
    ways = " ".join(_mention(request.account, place) for place in places[:MOST_PLACES])
    return [t("access.show_places", places=Markup(ways))]


def _mention(account: Account, place: str) -> str:
    """Return what opens a channel or room where it is pressed."""
    if account.platform == "discord":
        return f"<#{place}>"
    _, _, server = (place if ":" in place else account.user_id).partition(":")
    return f"https://matrix.to/#/{quote(place, safe='!:')}?via={quote(server, safe=':')}"
