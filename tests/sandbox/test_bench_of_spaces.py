"""The bench of learning spaces: what it holds against the measured time, and that it measures."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.bench.spaces import best_possible, measure
from sandbox.discord import RateLimits

CHANNELS, ROLES = "POST /guilds/{id}/channels", "POST /guilds/{id}/roles"
MESSAGES = "POST /channels/{id}/messages"


@pytest.mark.parametrize(
    ("needed", "seconds"),
    [
        ({}, 0.0),
        # the first window is free
        ({(CHANNELS, "1"): 10}, 0.0),
        ({(CHANNELS, "1"): 11}, 5.0),
        # each server has a bucket of its own, and each route
        ({(CHANNELS, "1"): 10, (CHANNELS, "2"): 10, (ROLES, "1"): 10}, 0.0),
        ({(CHANNELS, "1"): 350, (CHANNELS, "2"): 21}, 170.0),
        ({(MESSAGES, "3"): 6}, 5.0),
        # and all of it together is held back by the limit of the whole bot
        ({(MESSAGES, str(channel)): 5 for channel in range(100)}, 9.0),
    ],
)
def test_the_best_possible_time_is_that_of_the_fullest_bucket(
    needed: dict[tuple[str, str], int], seconds: float
) -> None:
    assert best_possible(Counter(needed), RateLimits.discord()) == seconds


def test_without_limits_nothing_is_held_back() -> None:
    assert best_possible(Counter({(CHANNELS, "1"): 1000}), RateLimits.off()) == 0.0


@pytest.mark.network
@pytest.mark.long
async def test_a_few_spaces_are_measured() -> None:
    told: list[str] = []
    figures: dict[str, Any] = await measure(
        told.append, spaces=4, on_matrix=2, limits=RateLimits.discord().scaled(1 / 30)
    )
    provision = figures["provision"]
    assert provision["seconds"] > provision["best_possible_seconds"] > 0
    assert provision["ratio"] > 1
    discord, matrix = provision["discord"], provision["matrix"]
    # for each space a category, six channels, two roles, and three posts that are said and pinned
    assert discord["needed_requests"] == 4 * (7 + 2 + 2 * 3) < discord["requests"]
    assert discord["progress"]["messages"] == 1
    assert discord["progress"]["edits"] >= 1
    assert matrix["rooms"] == 2 * 7
    assert told
