"""Needs: how they are read, gathered into themes, and what of them is quoted."""

from __future__ import annotations

from datetime import date

import pytest

from community_bot.domain.needs import (
    NeedState,
    Voiced,
    check_merge,
    proposals,
    pulse,
    read_need,
    similar_to,
    week_of,
)
from community_bot.domain.refusal import Refusal

GRANT = Voiced("grant", "Writing grant proposals", 3)
HELP = Voiced("help", "I need help to write a grant proposal", 1)
TEAM = Voiced("team", "Mediating conflicts in a team", 1)
OTHER_TEAM = Voiced("other", "Conflict mediation for our team", 1)
SEEDS = Voiced("seeds", "A seed bank for the valley", 2)


@pytest.mark.parametrize("day", [date(2026, 11, 16), date(2026, 11, 19), date(2026, 11, 22)])
def test_of_a_need_only_the_week_is_known(day: date) -> None:
    assert week_of(day) == date(2026, 11, 16)


def test_a_need_is_one_line_in_its_one_spelling() -> None:
    assert read_need("  How do we\n write \u200bgrants? ") == "How do we write grants?"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("too short", "need.too_short"),
        ("x" * 301, "need.too_long"),
        ("x" * 5000, "need.too_long"),
        ("turned \u202earound by a sign", "need.invisible"),
    ],
)
def test_what_is_no_need_is_refused_with_its_field(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_need(text)
    assert (refused.value.code, refused.value.field) == (code, "need")


def test_a_joiner_in_a_script_or_a_picture_is_nothing_hidden() -> None:
    assert read_need("क्\u200dष a need of one word") == "क्\u200dष a need of one word"


def test_the_pulse_quotes_no_need_of_one_voice() -> None:
    found = pulse([HELP, TEAM, GRANT, OTHER_TEAM, SEEDS], limit=10)
    assert [(each.text, each.voices, each.needs) for each in found.themes] == [
        (GRANT.text, 4, 2),
        (SEEDS.text, 2, 1),
    ]
    assert found.quiet == 2


def test_a_pulse_of_nothing_has_no_themes() -> None:
    assert pulse([], limit=10).themes == ()
    assert pulse([GRANT, SEEDS], limit=1).themes[0].voices == 3


def test_what_is_proposed_for_merging_keeps_the_need_with_more_voices() -> None:
    assert proposals([HELP, SEEDS, GRANT], limit=5) == [("grant", "help")]
    assert proposals([HELP, GRANT, TEAM, OTHER_TEAM], limit=1) != []
    assert len(proposals([HELP, GRANT, TEAM, OTHER_TEAM], limit=1)) == 1


def test_who_adds_a_need_is_shown_those_that_are_like_it() -> None:
    assert similar_to("Help with writing a grant proposal", [SEEDS, TEAM, GRANT])[0] == "grant"
    assert similar_to("Repairing bicycles", [SEEDS, TEAM, GRANT]) == []


def test_only_two_open_needs_can_be_merged() -> None:
    check_merge("a", "b", (NeedState.OPEN, NeedState.OPEN))
    with pytest.raises(Refusal, match=r"need\.itself"):
        check_merge("a", "a", (NeedState.OPEN, NeedState.OPEN))
    for states in ((NeedState.OPEN, NeedState.MERGED), (NeedState.CLOSED, NeedState.OPEN)):
        with pytest.raises(Refusal, match=r"need\.over"):
            check_merge("a", "b", states)
