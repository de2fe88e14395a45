"""The life of a member (DOMAIN 3.1): states, and which of them may follow which."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from community_bot.domain.refusal import Refusal


class MemberState(StrEnum):
    """Where a member is. Who has not consented yet is no member and has no record (MEM-1)."""

    VOUCHING = "vouching"
    ACTIVE = "active"
    PAUSED = "paused"
    DORMANT = "dormant"
    ALUMNI = "alumni"
    ERASING = "erasing"
    """Hidden from everybody and waiting to be destroyed (SAF-22)."""


class MemberEvent(StrEnum):
    """What moves a member from one state to another."""

    VOUCHED = "vouched"
    PAUSE = "pause"
    RESUME = "resume"
    ACT = "act"
    SILENCE_90_DAYS = "silence_90_days"
    SILENCE_365_DAYS = "silence_365_days"
    LEAVE = "leave"
    ERASE = "erase"


_S, _E = MemberState, MemberEvent
TRANSITIONS: dict[tuple[MemberState, MemberEvent], MemberState] = {
    (_S.VOUCHING, _E.VOUCHED): _S.ACTIVE,
    (_S.ACTIVE, _E.PAUSE): _S.PAUSED,
    (_S.DORMANT, _E.PAUSE): _S.PAUSED,
    (_S.PAUSED, _E.RESUME): _S.ACTIVE,
    (_S.DORMANT, _E.RESUME): _S.ACTIVE,
    (_S.ALUMNI, _E.RESUME): _S.ACTIVE,
    (_S.DORMANT, _E.ACT): _S.ACTIVE,
    (_S.ACTIVE, _E.SILENCE_90_DAYS): _S.DORMANT,
    (_S.DORMANT, _E.SILENCE_365_DAYS): _S.ALUMNI,
    **{(state, _E.LEAVE): _S.ALUMNI for state in (_S.VOUCHING, _S.ACTIVE, _S.PAUSED, _S.DORMANT)},
    **{(state, _E.ERASE): _S.ERASING for state in _S if state is not _S.ERASING},
}
"""Every step that exists; whatever is not here does not happen. Back from ERASING it is the state before."""

ARRIVAL_KEPT = timedelta(days=2)
"""How long it is remembered, without consent, that an account was greeted: to the end of the second day, which is
72 hours at most (DOMAIN 3.1), and tells no time of day."""
DORMANT_AFTER = timedelta(days=90)
ALUMNI_AFTER = timedelta(days=365)
VOUCHES_KEPT = timedelta(days=30)
"""Who vouched for whom is forgotten this long after activation (DOMAIN 7.3)."""


def after(state: MemberState, event: MemberEvent) -> MemberState:
    """Return the state that follows. Raises :class:`Refusal` ``member.not_now`` where nothing does."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise Refusal("member.not_now", state=state.value)
    return following


def is_reachable(state: MemberState) -> bool:
    """Say whether the bot may write to a member by itself: not to one who paused, left, or is being erased."""
    return state in (MemberState.VOUCHING, MemberState.ACTIVE)


def has_access(state: MemberState) -> bool:
    """Say whether the doors of a member's spaces are open to them: from being admitted to leaving."""
    return state in (MemberState.ACTIVE, MemberState.PAUSED, MemberState.DORMANT)
