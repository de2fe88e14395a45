"""Organisations: their states, who may see them, and when a steward may go (DOMAIN 3.2, ORG-1 to ORG-4)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.short_name import read_short_name


class OrganisationState(StrEnum):
    """Where an organisation is. A closed one has no record: nothing is kept of a group that ended."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    DORMANT = "dormant"
    """Nobody who belongs to it is around at the moment."""


class Visibility(StrEnum):
    """Who may come across an organisation's title: nobody, members, everybody (ORG-2)."""

    HIDDEN = "hidden"
    NETWORK = "network"
    PUBLIC = "public"


class AffiliationState(StrEnum):
    """How a member and an organisation stand to each other; an ended affiliation has no record."""

    OFFERED = "offered"
    CONFIRMED = "confirmed"


SHORTEST_TITLE, LONGEST_TITLE = 2, 60
"""In code points, as Discord counts."""
TITLE_SIGNS = frozenset("&,()/")
MOST_STEWARDS = 3
MOST_DRAFTS = 3
"""How many drafts one member may have: else titles could be tried out, or taken away from others."""
SMALL = 3
"""An organisation with fewer members than this is only "small" (DOMAIN 3.2)."""
OFFER_KEPT = timedelta(days=30)
OFFERS_A_DAY = 20
"""By one organisation: enough for a group that arrives, too few to try out aliases."""
BELONGING = frozenset({MemberState.ACTIVE, MemberState.PAUSED, MemberState.DORMANT})
AROUND = frozenset({MemberState.ACTIVE, MemberState.PAUSED})


def read_title(text: str) -> str:
    """Return a title in its one spelling. Raises :class:`Refusal` ``organisation.title.*``, field "title"."""
    return read_short_name(
        text,
        family="organisation.title",
        field="title",
        shortest=SHORTEST_TITLE,
        longest=LONGEST_TITLE,
        also=TITLE_SIGNS,
    )


def size(members: int) -> int | None:
    """Return a number of members as it may be told, None for "fewer than three"."""
    return members if members >= SMALL else None


def after_confirming(state: OrganisationState) -> OrganisationState:
    """Return the state after another member confirmed that they belong.

    Two people who say independently that a group exists are what makes it more than a title (an affiliation needs
    both sides). A group of one is confirmed by a network admin.
    """
    return OrganisationState.CONFIRMED if state is OrganisationState.DRAFT else state


def after_a_day(state: OrganisationState, around: int) -> OrganisationState:
    """Return the state when ``around`` of its members are around: none lets it rest, one wakes it."""
    if state is OrganisationState.DRAFT:
        return state
    return OrganisationState.CONFIRMED if around else OrganisationState.DORMANT


def check_steward_may_go(stewards: int) -> None:
    """Pass when one of its stewards may go. Raises :class:`Refusal` ``organisation.last_steward``."""
    if stewards <= 1:
        raise Refusal("organisation.last_steward")


def check_room_for_steward(stewards: int) -> None:
    """Pass when an organisation may have one steward more. Raises :class:`Refusal` ``organisation.stewards``."""
    if stewards >= MOST_STEWARDS:
        raise Refusal("organisation.stewards", most=MOST_STEWARDS)
