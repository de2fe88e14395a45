"""A secret vote about topics: who may open it, how it is counted, what of it is ever told (TOP-3, DOMAIN 3.4).

Each voter approves of any number of the topics, and the topic with the most approvals is chosen: the "dots" of
DOMAIN 3.4 without a limit on dots, which needs no explaining on a small screen and does not punish similar topics.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from community_bot.domain.refusal import Refusal

FEWEST_TOPICS, MOST_TOPICS = 2, 10
"""On one ballot. With one there is nothing to choose between: a facilitator decides."""
FEWEST_DAYS, MOST_DAYS = 3, 10
FEWEST_BALLOTS = 3
"""No quorum is smaller, whatever the settings say: the counts of one ballot, or of two, are what people chose."""
TICKED, LEFT = b"1", b"0"


class VoteState(StrEnum):
    """Where a vote is. ``void``: what was cast is lost or was tampered with, so it decides nothing."""

    OPEN = "open"
    CHOSEN = "chosen"
    TIED = "tied"
    NO_QUORUM = "no_quorum"
    VOID = "void"


def quorum_of(electorate: int, least: int, percent: int) -> int:
    """Return how many must vote: ``least``, or ``percent`` of those who can, whichever is more."""
    return max(FEWEST_BALLOTS, least, -(-electorate * percent // 100))


def check_opening(topics: int, days: int, electorate: int, quorum: int) -> None:
    """Pass when a vote can be opened so. Raises :class:`Refusal` ``vote.topics``, ``vote.days``, ``vote.too_few``.

    Where fewer could vote than must, a vote would only look like a choice.
    """
    if not FEWEST_TOPICS <= topics <= MOST_TOPICS:
        raise Refusal("vote.topics", field="topics", least=FEWEST_TOPICS, most=MOST_TOPICS)
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise Refusal("vote.days", field="days", least=FEWEST_DAYS, most=MOST_DAYS)
    if electorate < quorum:
        raise Refusal("vote.too_few")


def read_ticks(positions: Collection[int], topics: int) -> frozenset[int]:
    """Return the ticked topics, counted from 0. Raises :class:`Refusal` ``vote.choice`` for what is not on it."""
    if not all(0 <= position < topics for position in positions):
        raise Refusal("vote.choice")
    return frozenset(positions)


def packed(ticks: Collection[int]) -> bytes:
    """Return a choice, of one length whatever was chosen and however many topics there are."""
    return b"".join(TICKED if position in ticks else LEFT for position in range(MOST_TOPICS))


def unpacked(choice: bytes) -> frozenset[int]:
    """Return the ticked topics again. Raises ValueError for anything that is no choice."""
    if len(choice) != MOST_TOPICS or set(choice) - set(TICKED + LEFT):
        raise ValueError("that is no choice")
    return frozenset(position for position in range(MOST_TOPICS) if choice[position : position + 1] == TICKED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a vote came to. ``winners``: positions of the topics with the most approvals, one unless tied.

    ``counts`` (by position) and ``ballots`` are None without a quorum: what few people chose is theirs, and how few
    they were is nobody's business either. With one they are all told, small counts too: the crowd in which each
    voter stands is the quorum, not those who chose the same.
    """

    state: VoteState
    winners: tuple[int, ...] = ()
    counts: tuple[int, ...] | None = None
    ballots: int | None = None


def count(choices: Sequence[Collection[int]], topics: int, quorum: int) -> Outcome:
    """Count ballots.

    Between topics with the same count nothing is drawn by lot: DOMAIN asks that each decision is posted with its
    reason (TOP-4), and chance is none. A tie stays visibly a tie until a facilitator decides among the tied and
    says why, or opens a run-off.
    """
    if len(choices) < max(quorum, FEWEST_BALLOTS):
        return Outcome(VoteState.NO_QUORUM)
    counts = tuple(sum(position in choice for choice in choices) for position in range(topics))
    winners = tuple(position for position, each in enumerate(counts) if each == max(counts))
    state = VoteState.CHOSEN if len(winners) == 1 else VoteState.TIED
    return Outcome(state, winners, counts, len(choices))
