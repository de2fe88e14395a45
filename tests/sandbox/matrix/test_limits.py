"""The rate limits of the homeserver: Synapse's own when wished, none in the way otherwise."""

from __future__ import annotations

import pytest

from sandbox.matrix import MatrixPerson, MatrixRefusedError, RealSynapse

pytestmark = pytest.mark.network


async def test_synapses_own_limits_refuse_the_message_after_the_burst() -> None:
    async with RealSynapse(default_limits=True) as synapse:
        people = [await synapse.person(f"person{number}") for number in range(8)]
        assert len({person.access_token for person in people}) == 8, "more than may log in: burst 5"

        som = people[0]
        room = await som.create_room("Eager")

        with pytest.raises(MatrixRefusedError) as refused:
            await _say_many_times(som, room)

        assert (refused.value.status, refused.value.code) == (429, "M_LIMIT_EXCEEDED")
        assert refused.value.retry_after is not None
        assert 0 < refused.value.retry_after <= 10
        # Making the room counts too, so fewer than the burst of 10 may come through.
        assert 5 <= len(await som.messages(room)) <= 10


async def test_synapses_own_limits_refuse_the_eager_host() -> None:
    async with RealSynapse(default_limits=True) as synapse:
        som = await synapse.person("som")
        with pytest.raises(MatrixRefusedError, match="M_LIMIT_EXCEEDED"):
            for number in range(30):
                await _make_and_invite(som, f"@guest{number}:river.localhost")


async def test_without_them_rooms_invitations_and_joins_are_as_many_as_wished() -> None:
    async with RealSynapse() as synapse:
        guests = await synapse.people({f"guest{number}": f"Guest {number}" for number in range(30)})
        som = await synapse.person("som")
        party = await som.create_room("Party")
        for guest in guests:
            await _make_and_invite(som, guest.user_id)
            await som.invite(party, guest.user_id)
            await guest.join(party)
        assert len(await som.members(party)) == 31


async def _make_and_invite(host: MatrixPerson, guest: str) -> None:
    await host.invite(await host.create_room("Table for two"), guest)


async def _say_many_times(person: MatrixPerson, room: str) -> None:
    for number in range(20):
        await person.say(room, str(number))
