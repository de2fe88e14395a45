"""What the bench of the bridge computes, as opposed to what it measures."""

from __future__ import annotations

from sandbox.bench.bridge_bursts import best_possible
from sandbox.bench.bridge_casts import ON_DISCORD, ON_MATRIX, bursts_and_isolation, many, pairs
from sandbox.discord import RateLimits, Window


def test_thirty_messages_of_four_webhooks_take_one_pause_of_two_seconds() -> None:
    assert best_possible(RateLimits.discord()) == 2.0


def test_a_channel_that_takes_fewer_than_thirty_a_minute_holds_the_last_back_for_a_minute() -> None:
    assert best_possible(RateLimits(channel_webhooks=Window(20, 60.0))) == 60.0


def test_a_thousand_conversations_have_a_channel_and_a_room_each() -> None:
    network = many(1000)
    ends = {(end.home, end.room) for each in network.conversations for end in each.ends}
    assert len(network.conversations) == 1000
    assert len(ends) == 2000
    assert max(len(home.rooms) for home in network.homes) <= 500


def test_everybody_who_writes_is_at_home_where_it_is_written() -> None:
    for network in (pairs(8), bursts_and_isolation(3)):
        assert {each.key for each in network.members_of("river-house")} == set(ON_DISCORD)
        assert {each.key for each in network.members_of("hill-circle")} == set(ON_MATRIX)
