"""Application services registered with the homeserver."""

from __future__ import annotations

import pytest

from sandbox.matrix import MatrixPerson, RealSynapse

pytestmark = pytest.mark.network

REGISTRATION = {
    "id": "ghosts",
    "url": None,
    "as_token": "as-token-of-the-sandbox",
    "hs_token": "hs-token-of-the-sandbox",
    "sender_localpart": "ghostkeeper",
    "rate_limited": False,
    "namespaces": {"users": [{"exclusive": True, "regex": "@ghost_.*:river\\.localhost"}]},
}


async def test_an_application_service_may_act_once_it_is_registered() -> None:
    async with RealSynapse(appservices=[REGISTRATION]) as synapse:
        keeper = MatrixPerson(synapse.url, "@ghostkeeper:river.localhost", "as-token-of-the-sandbox")
        try:
            room = await keeper.create_room("Haunted")
            await keeper.say(room, "boo")

            assert [(seen.sender, seen.body) for seen in await keeper.messages(room)] == [
                ("@ghostkeeper:river.localhost", "boo")
            ]
        finally:
            await keeper.close()
