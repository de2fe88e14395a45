"""Topics: candidates for a session, from a proposal to a decision whose reason everybody can see (TOP-1 to 4)."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from community_bot.domain.refusal import Refusal
from community_bot.domain.short_name import BLANKS

SHORTEST_TITLE, LONGEST_TITLE = 4, 80
LONGEST_SKILL = 60
SHORTEST_REASON, LONGEST_REASON = 10, 300
SUPPORTERS_FOR_A_VOTE = 3
"""A topic with so many can be put to the vote by anybody who takes part (DOMAIN 3.4, proposed → voting)."""


class TopicState(StrEnum):
    """Where a topic is."""

    PROPOSED = "proposed"
    VOTING = "voting"
    CHOSEN = "chosen"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


LIVE = (TopicState.PROPOSED, TopicState.VOTING)
"""What can still be chosen."""


class DecidedBy(StrEnum):
    """How a topic was decided; a facilitator's decision is visibly such."""

    VOTE = "vote"
    FACILITATOR = "facilitator"


def read_words(text: str, *, family: str, field: str, shortest: int, longest: int) -> str:
    """Return a short text on one line, in its one spelling.

    Raises :class:`Refusal` ``<family>.too_short``, ``.too_long`` or ``.invisible`` for ``field``. Zero-width signs
    that Thai keyboards leave between words are taken out, other invisible ones refused: they hide what is said.
    """
    if len(text) > 4 * longest:
        raise Refusal(f"{family}.too_long", field=field, longest=longest)
    bare = "".join(character for character in text if character not in "\u200b\u2060\ufeff\u00ad")
    words = " ".join(unicodedata.normalize("NFC", bare).split())
    if any(_hides(character) for character in words):
        raise Refusal(f"{family}.invisible", field=field)
    if len(words) < shortest:
        raise Refusal(f"{family}.too_short", field=field, shortest=shortest)
    if len(words) > longest:
        raise Refusal(f"{family}.too_long", field=field, longest=longest)
    return words


def _hides(character: str) -> bool:
    # joiners belong to some scripts and to pictures; what turns the direction of writing does not
    if character in "\u200c\u200d":
        return False
    return unicodedata.category(character) in ("Cf", "Cc", "Co", "Cn", "Cs") or character in BLANKS


def check_move(state: TopicState, following: TopicState) -> None:
    """Pass when a topic can go on so. Raises :class:`Refusal` ``topic.voting`` or ``topic.decided``.

    While a vote is open nobody ends it, a facilitator's decision or the proposer's change of mind included.
    """
    if state is TopicState.PROPOSED and following is not TopicState.PROPOSED:
        return
    if state is TopicState.VOTING:
        raise Refusal("topic.voting")
    raise Refusal("topic.decided")


def may_be_put_to_the_vote(supporters: int, *, facilitates: bool) -> bool:
    """Say whether somebody who takes part may put a topic on a ballot."""
    return facilitates or supporters >= SUPPORTERS_FOR_A_VOTE
