"""Networks for the tests of this room."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from tests.network.two_rooms import TWO_ROOMS, TwoRooms


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the processes that tests start keep their bytecode, where the environment forbids it beside the source.

    Otherwise each of them compiles every library anew, which takes longer than all it does.
    """
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            own = tmp_path_factory.getbasetemp()
            # the workers of one run share it: their own folders stand in the same one
            shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
            patch.delenv("PYTHONDONTWRITEBYTECODE")
            patch.setenv("PYTHONPYCACHEPREFIX", str(shared / "bytecode"))
        yield


@pytest.fixture
def limits() -> RateLimits:
    """Discord's limits as they are, thirty times faster; a test may say otherwise."""
    return RateLimits.discord().scaled(1 / 30)


@pytest.fixture
async def rooms(limits: RateLimits) -> AsyncIterator[TwoRooms]:
    """A network of two rooms whose bot has not been started."""
    async with SandboxNetwork(TWO_ROOMS, limits=limits) as network:
        yield TwoRooms(network)
