"""Labels of invites, how long and how many, and when vouches are enough."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from community_bot.domain.invite import MOST_OPEN, MOST_OPEN_ENTRUSTED, check_days, most_open, read_label
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.vouching import check_voucher, is_enough

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "label", ["festival stall #2", "วงแม่น้ำ ครั้งที่ 3", "taller (Oaxaca)", "radio & zine, spring", "a/b"]
)
def test_a_label_says_where_an_invite_was_handed_out(label: str) -> None:
    assert read_label(f"  {label} ") == label


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("", "invite.label.empty"),
        ("x", "invite.label.too_short"),
        ("ก" * 41, "invite.label.too_long"),
        ("x" * 10_000, "invite.label.too_long"),
        ("🌱🌱", "invite.label.no_letters"),
        ("stall\u202ellats", "invite.label.invisible"),
        ("**stall**", "invite.label.characters"),
        ("call 0812345678", "invite.label.number"),
        ("-- stall", "invite.label.joiners"),
    ],
)
def test_a_label_is_one_short_line_without_markup_or_numbers_of_people(label: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_label(label)
    assert (refused.value.code, refused.value.field) == (code, "label")


def test_an_invite_holds_for_a_week_at_most() -> None:
    assert check_days(1) == timedelta(days=1)
    assert check_days(7) == timedelta(days=7)
    for days in (0, 8, -1):
        with pytest.raises(Refusal, match=r"invite\.days"):
            check_days(days)


def test_facilitators_may_have_more_invites_open() -> None:
    assert most_open([Role.MEMBER, Role.MODERATOR]) == MOST_OPEN
    assert most_open([Role.MEMBER, Role.FACILITATOR]) == MOST_OPEN_ENTRUSTED


@pytest.mark.parametrize("state", [each for each in MemberState if each is not MemberState.ACTIVE])
def test_only_active_members_vouch(state: MemberState) -> None:
    with pytest.raises(Refusal, match=r"vouch\.not_active"):
        check_voucher(state, None, TODAY)


def test_whoever_is_on_probation_vouches_once_it_has_passed() -> None:
    with pytest.raises(Refusal, match=r"vouch\.probation"):
        check_voucher(MemberState.ACTIVE, TODAY, TODAY)
    check_voucher(MemberState.ACTIVE, TODAY - timedelta(days=1), TODAY)


def test_a_group_does_not_admit_its_own_alone() -> None:
    river, radio, nobody = frozenset({"river"}), frozenset({"radio"}), frozenset[str]()
    assert not is_enough(2, river, [river, river | radio])
    assert is_enough(2, river, [river, radio])
    assert is_enough(2, river, [river, nobody])
    assert is_enough(2, nobody, [river, river])
    assert not is_enough(2, nobody, [river])
