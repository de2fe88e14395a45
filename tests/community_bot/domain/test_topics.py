"""Topics: where they can go from where they are, and who may put them to the vote."""

from __future__ import annotations

import pytest

from community_bot.domain.refusal import Refusal
from community_bot.domain.topics import TopicState, check_move, may_be_put_to_the_vote

GONE_ON = (TopicState.CHOSEN, TopicState.DECLINED, TopicState.WITHDRAWN)


@pytest.mark.parametrize("following", [TopicState.VOTING, *GONE_ON])
def test_what_is_proposed_can_be_voted_on_decided_and_withdrawn(following: TopicState) -> None:
    check_move(TopicState.PROPOSED, following)


@pytest.mark.parametrize("following", GONE_ON)
def test_while_a_vote_is_open_nobody_decides(following: TopicState) -> None:
    with pytest.raises(Refusal, match=r"topic\.voting"):
        check_move(TopicState.VOTING, following)


@pytest.mark.parametrize("state", GONE_ON)
def test_what_is_decided_stays_so(state: TopicState) -> None:
    for following in TopicState:
        with pytest.raises(Refusal, match=r"topic\.decided"):
            check_move(state, following)


def test_three_supporters_or_a_facilitator_put_a_topic_to_the_vote() -> None:
    assert may_be_put_to_the_vote(3, facilitates=False)
    assert may_be_put_to_the_vote(0, facilitates=True)
    assert not may_be_put_to_the_vote(2, facilitates=False)
