"""Vouching: k members say that they know a newcomer, and not all of them from the newcomer's own group (MEM-4)."""

from __future__ import annotations

from collections.abc import Collection, Set
from datetime import date

from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal


def check_voucher(state: MemberState, probation_until: date | None, today: date) -> None:
    """Pass when somebody's word counts. Raises :class:`Refusal` ``vouch.not_active`` or ``vouch.probation``."""
    if state is not MemberState.ACTIVE:
        raise Refusal("vouch.not_active")
    if probation_until is not None and today <= probation_until:
        raise Refusal("vouch.probation", until=probation_until)


def is_enough(needed: int, groups_of_newcomer: Set[str], groups_of_vouchers: Collection[Set[str]]) -> bool:
    """Say whether these vouchers admit a newcomer; each voucher stands there with the organisations they belong to.

    At least one must share no organisation with the newcomer, so that no group lets in its own alone (DOMAIN 3.1).
    An organisation that has offered the newcomer an affiliation counts as theirs.
    """
    outside = [groups for groups in groups_of_vouchers if not groups & groups_of_newcomer]
    return len(groups_of_vouchers) >= needed and bool(outside)
