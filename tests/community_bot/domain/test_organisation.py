"""Titles of organisations, their states, and how small numbers are told."""

from __future__ import annotations

import pytest

from community_bot.domain.organisation import (
    OrganisationState,
    after_a_day,
    after_confirming,
    check_room_for_steward,
    check_steward_may_go,
    read_title,
    size,
)
from community_bot.domain.refusal import Refusal


@pytest.mark.parametrize(
    "title",
    ["วงสายน้ำ", "Women & Rivers", "Círculo del Río (Oaxaca)", "Radio/Zine", "People's Library", "Collective 2519"],
)
def test_a_title_is_what_people_call_their_group(title: str) -> None:
    assert read_title(f" {title}  ") == title


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("R", "too_short"),
        ("R" * 61, "too_long"),
        ("R" * 10_000, "too_long"),
        ("🌊🌊🌊", "no_letters"),
        ("River\u202eelcriC", "invisible"),
        ("**River**", "characters"),
        ("River <@123>", "characters"),
        ("River 0105551234567", "number"),
        ("River  -- Circle", "joiners"),
        ("river.example/join", "address"),
        ("ก" + "\u0e48" * 6, "marks"),
    ],
)
def test_a_title_is_no_picture_link_number_or_trick(title: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_title(title)
    assert (refused.value.code, refused.value.field) == (f"organisation.title.{reason}", "title")


def test_a_second_member_makes_a_draft_an_organisation() -> None:
    assert after_confirming(OrganisationState.DRAFT) is OrganisationState.CONFIRMED
    assert after_confirming(OrganisationState.DORMANT) is OrganisationState.DORMANT


def test_an_organisation_rests_while_nobody_is_around_and_wakes_with_the_first() -> None:
    assert after_a_day(OrganisationState.CONFIRMED, 0) is OrganisationState.DORMANT
    assert after_a_day(OrganisationState.DORMANT, 1) is OrganisationState.CONFIRMED
    assert after_a_day(OrganisationState.DRAFT, 5) is OrganisationState.DRAFT


def test_fewer_than_three_members_are_not_counted_out() -> None:
    assert [size(n) for n in (0, 1, 2, 3, 12)] == [None, None, None, 3, 12]


def test_there_are_one_to_three_stewards() -> None:
    check_steward_may_go(2)
    check_room_for_steward(2)
    with pytest.raises(Refusal, match=r"organisation\.last_steward"):
        check_steward_may_go(1)
    with pytest.raises(Refusal, match=r"organisation\.stewards"):
        check_room_for_steward(3)
