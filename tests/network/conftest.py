"""Networks for the tests of this room."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from tests.network.two_rooms import TWO_ROOMS, TwoRooms


@pytest.fixture
def limits() -> RateLimits:
    """Discord's limits as they are, thirty times faster; a test may say otherwise."""
    return RateLimits.discord().scaled(1 / 30)


@pytest.fixture
async def rooms(limits: RateLimits) -> AsyncIterator[TwoRooms]:
    """A network of two rooms whose bot has not been started."""
    async with SandboxNetwork(TWO_ROOMS, limits=limits) as network:
        yield TwoRooms(network)
