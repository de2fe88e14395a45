"""What a person does with a client of their own: arriving, threads, reactions, direct rooms, files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from sandbox.matrix import MatrixPerson, MatrixRefusedError, RealSynapse

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def som(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("som", display_name="ส้มโอ")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inez(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("inez", display_name="Inés")


async def test_a_person_names_themselves_and_their_client(synapse: RealSynapse, som: MatrixPerson) -> None:
    ploy = await synapse.person("ploy")
    await ploy.set_display_name("พลอย")
    device = await ploy.name_client("Ploy's telephone")
    assert await som.display_name(ploy.user_id) == "พลอย"
    assert await ploy.clients() == {device: "Ploy's telephone"}


async def test_a_room_is_joined_by_its_alias_and_then_among_those_joined(
    som: MatrixPerson, inez: MatrixPerson
) -> None:
    room = await som.create_room("Lobby", public=True, alias="lobby")
    assert room not in await inez.joined()
    assert await inez.join("#lobby:river.localhost") == room
    assert room in await inez.joined()
    await som.kick(room, inez.user_id)
    assert room not in await inez.joined()


async def test_an_invitation_is_waited_for_seen_and_accepted(som: MatrixPerson, inez: MatrixPerson) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(inez.wait_for_invitation(lambda seen: seen.name == "Only by invitation"))
        room = await som.create_room("Only by invitation", invite=[inez.user_id])
    invitation = waiting.result()
    assert (invitation.room_id, invitation.inviter) == (room, som.user_id)
    assert not invitation.direct
    assert not invitation.encrypted
    assert invitation in await inez.invitations()
    await inez.join(room)
    assert invitation not in await inez.invitations()


async def test_an_invitation_nobody_sends_is_not_waited_for_without_end(inez: MatrixPerson) -> None:
    with pytest.raises(TimeoutError):
        await inez.wait_for_invitation(lambda seen: seen.name == "Never", timeout=0.3)


async def test_a_direct_room_is_marked_and_may_be_encrypted(som: MatrixPerson, inez: MatrixPerson) -> None:
    plain = await som.start_direct(inez.user_id)
    hidden = await som.start_direct(inez.user_id, encrypted=True)
    first = await inez.wait_for_invitation(lambda seen: seen.room_id == plain)
    second = await inez.wait_for_invitation(lambda seen: seen.room_id == hidden)
    assert (first.direct, first.encrypted) == (True, False)
    assert (second.direct, second.encrypted) == (True, True)
    assert (await som.direct_rooms())[inez.user_id] == [plain, hidden]
    assert await inez.direct_rooms() == {}


async def test_a_thread_an_answer_and_a_mention_say_what_they_belong_to(som: MatrixPerson) -> None:
    room = await som.create_room("Threads")
    root = await som.say(room, "the question")
    in_thread = await som.reply_in_thread(room, root, "in its thread")
    await som.reply_in_thread(room, root, "and on", latest=in_thread)
    await som.reply(room, root, "an answer outside")
    await som.mention(room, "@inez:river.localhost", "1 < 2")
    _, first, second, answer, mention = await som.messages(room)
    assert (first.thread, first.reply_to) == (root, None)
    assert (second.thread, second.reply_to) == (root, None)
    assert (answer.thread, answer.reply_to) == (None, root)
    assert mention.mentions == ["@inez:river.localhost"]
    assert mention.formatted_body is not None
    assert mention.formatted_body.endswith("</a>: 1 &lt; 2")
    assert answer.formatted_body is None


async def test_a_reaction_is_waited_for_seen_and_taken_back(som: MatrixPerson, inez: MatrixPerson) -> None:
    room = await som.create_room("Reactions", public=True)
    await inez.join(room)
    message = await som.say(room, "seeds or trees?")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(som.wait_for_reaction(room, message, "🌱", inez.user_id))
        reaction = await inez.react(room, message, "🌱")
        await waiting
    await som.react(room, message, "🌱")
    assert {key: sorted(who) for key, who in (await som.reactions(room, message)).items()} == {
        "🌱": [inez.user_id, som.user_id]
    }
    await inez.redact(room, reaction)
    assert await som.reactions(room, message) == {"🌱": [som.user_id]}
    with pytest.raises(TimeoutError):
        await som.wait_for_reaction(room, message, "🌳", inez.user_id, timeout=0.3)


async def test_a_file_is_handed_over_and_only_an_account_may_fetch_it(
    synapse: RealSynapse, som: MatrixPerson, inez: MatrixPerson
) -> None:
    room = await som.create_room("Files", public=True)
    await inez.join(room)
    await som.send_file(room, "plan.txt", "ปลูกในเดือนพฤษภาคม".encode())
    [message] = await inez.messages(room)
    assert message.body == "plan.txt"
    assert (await inez.download(message)).decode() == "ปลูกในเดือนพฤษภาคม"
    stranger = MatrixPerson(synapse.url, "@nobody:river.localhost", "no-token")
    with pytest.raises(MatrixRefusedError, match="M_UNKNOWN_TOKEN"):
        await stranger.download(message)
    await stranger.close()
    media = message.content["url"].removeprefix("mxc://")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{synapse.url}/_matrix/media/v3/download/{media}") as answer,
    ):
        assert answer.status == 404, "the old way without an account is closed"


async def test_who_comes_is_waited_for(som: MatrixPerson, inez: MatrixPerson) -> None:
    room = await som.create_room("Coming", public=True)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(som.wait_for_members(room, lambda now: inez.user_id in now))
        tasks.create_task(inez.join(room))
    assert waiting.result() == {som.user_id: "ส้มโอ", inez.user_id: "Inés"}


async def test_a_knock_lets_itself_be_answered_with_an_invitation(som: MatrixPerson, inez: MatrixPerson) -> None:
    room = await som.create_room("Knock")
    await som.put_state(room, "m.room.join_rules", {"join_rule": "knock"})
    await inez.knock(room, reason="I grow things")
    assert (await som.state(room, "m.room.member", state_key=inez.user_id))["membership"] == "knock"
    await som.invite(room, inez.user_id)
    await inez.join(room)
    assert inez.user_id in await som.members(room)


async def test_a_hundred_and_fifty_people_are_made_within_seconds(synapse: RealSynapse) -> None:
    names = {f"crowd{number}": f"Somebody {number}" for number in range(150)}
    started = asyncio.get_running_loop().time()
    people = await synapse.people(names)
    assert asyncio.get_running_loop().time() - started < 20, "two seconds on an idle machine"
    assert [person.user_id for person in people] == [f"@{name}:river.localhost" for name in names]
    assert await people[7].display_name() == "Somebody 7"
