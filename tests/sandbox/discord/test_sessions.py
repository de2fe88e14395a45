"""Gateway sessions: resumed without loss, forgotten, refused, compressed, sharded."""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest

from sandbox.discord import RateLimits, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.support import Watcher, connected, usual_intents

pytestmark = pytest.mark.network


async def test_a_dropped_session_resumes_and_nothing_is_lost_or_seen_twice(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await mali.say(lobby, "before")
    await bot.until(lambda: bot.texts() == ["before"])
    await sim.drop_gateway()
    missed = [f"while away {number}" for number in range(20)]
    for text in missed:
        await mali.say(lobby, text)
    await bot.until(lambda: len(bot.texts("resumed")) == 1)
    await mali.say(lobby, "after")
    await bot.until(lambda: "after" in bot.texts())
    assert bot.texts() == ["before", *missed, "after"]
    assert sim.gateway.counts["resume"] == 1
    assert sim.gateway.counts["identify"] == 1


async def test_a_session_closed_with_a_code_resumes_too(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await sim.drop_gateway(code=4000)
    await mali.say(lobby, "while away")
    await bot.until(lambda: bot.texts() == ["while away"])


async def test_op_7_makes_the_bot_reconnect_and_resume(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    sim.gateway.ask_to_reconnect()
    await bot.until(lambda: bot.texts("resumed") == [""])
    await mali.say(lobby, "still here")
    await bot.until(lambda: bot.texts() == ["still here"])


async def test_a_forgotten_session_must_identify_again_and_has_missed_what_was_said(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await sim.drop_gateway(resumable=False)
    await mali.say(lobby, "nobody hears this")
    await bot.until(lambda: bot.readies == 2)
    await mali.say(lobby, "everybody hears this")
    await bot.until(lambda: "everybody hears this" in bot.texts())
    assert bot.texts() == ["everybody hears this"]
    assert sim.gateway.counts["invalid_session"] == 1


async def test_op_9_says_whether_the_session_may_be_resumed(sim: SimulatedDiscord) -> None:
    async with RawGateway(sim) as raw:
        session = await raw.identify()
        sim.gateway.invalidate(resumable=True)
        assert (await raw.receive())["d"] is True
        sim.gateway.invalidate(resumable=False)
        assert (await raw.receive())["d"] is False
    async with RawGateway(sim) as raw:
        await raw.send(6, {"token": sim.token, "session_id": session, "seq": 1})
        assert await raw.receive() == {"op": 9, "d": False, "s": None, "t": None}


async def test_a_wrong_token_is_refused(
    sim: SimulatedDiscord, point_at: Callable[[SimulatedDiscord], None]
) -> None:
    point_at(sim)
    client = Watcher(intents=usual_intents())
    with pytest.raises(discord.LoginFailure):
        await client.start("not.the.token")
    await client.close()
    async with RawGateway(sim) as raw:
        await raw.identify(token="not.the.token")
        assert await raw.closed_with() == 4004


async def test_an_intent_the_portal_has_not_granted_is_refused(
    point_at: Callable[[SimulatedDiscord], None],
) -> None:
    async with SimulatedDiscord(limits=RateLimits.off(), intents_allowed=frozenset({"members"})) as sim:
        point_at(sim)
        client = Watcher(intents=usual_intents())
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await client.start(sim.token)
        await client.close()


async def test_without_the_intent_the_bot_reads_no_content(
    sim: SimulatedDiscord,
    lobby: SimChannel,
    mali: SimMember,
    point_at: Callable[[SimulatedDiscord], None],
) -> None:
    point_at(sim)
    async with connected(sim, Watcher(intents=discord.Intents.default())) as client:
        await mali.say(lobby, "not for bots")
        await mali.say(lobby, f"but this is, <@{sim.bot_id}>")
        await client.until(lambda: len(client.texts()) == 2)
        assert client.texts() == ["", f"but this is, <@{sim.bot_id}>"]
        assert client.texts("join") == []


async def test_members_are_listed_in_chunks_with_the_nonce_of_the_request(
    sim: SimulatedDiscord, guild: SimGuild, mali: SimMember, bot: Watcher
) -> None:
    people = [guild.add_member(f"gardener{number}") for number in range(5)]
    seen = bot.get_guild(guild.id)
    assert seen is not None
    found = await seen.query_members("gardener", limit=3)
    assert {member.id for member in found} <= {person.id for person in people}
    assert len(found) == 3
    [one] = await seen.query_members(user_ids=[mali.id])
    assert one.display_name == "Mali"


async def test_a_shard_gets_the_events_of_its_own_guilds(
    sim: SimulatedDiscord,
    guild: SimGuild,
    lobby: SimChannel,
    mali: SimMember,
    point_at: Callable[[SimulatedDiscord], None],
) -> None:
    point_at(sim)
    own_shard = (guild.id >> 22) % 2
    seen: list[str] = []
    heard = asyncio.Event()

    class Sharded(discord.AutoShardedClient):
        async def on_message(self, message: discord.Message) -> None:
            seen.append(message.content)
            if message.content == "twice":
                heard.set()

    client = Sharded(intents=usual_intents(), shard_ids=[own_shard], shard_count=2, guild_ready_timeout=0.05)
    await client.login(sim.token)
    running = client.loop.create_task(client.connect())
    await client.wait_until_ready()
    await mali.say(lobby, "once")
    await mali.say(lobby, "twice")
    await asyncio.wait_for(heard.wait(), 5)
    assert seen == ["once", "twice"]
    assert client.get_guild(guild.id) is not None
    await client.close()
    await running


async def test_a_session_that_says_goodbye_is_forgotten(sim: SimulatedDiscord) -> None:
    async with RawGateway(sim) as raw:
        session = await raw.identify()
        await raw.socket.close(code=1000)
    async with RawGateway(sim) as raw:
        await raw.send(6, {"token": sim.token, "session_id": session, "seq": 1})
        assert (await raw.receive())["op"] == 9


@pytest.mark.parametrize("compress", [True, False])
async def test_a_client_may_send_binary_frames_and_choose_compression(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, compress: bool
) -> None:
    async with RawGateway(sim, compress=compress, binary=True) as raw:
        await raw.send(1, None)
        assert (await raw.receive())["op"] == 11
        await raw.identify()
        await mali.say(lobby, "ก" * 500)
        message = await raw.event("MESSAGE_CREATE")
        assert message["content"] == "ก" * 500
        assert message["member"]["nick"] is None
        assert raw.kinds == {aiohttp.WSMsgType.BINARY if compress else aiohttp.WSMsgType.TEXT}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("not json", 4002),
        ('{"op": 99, "d": null}', 4001),
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 2, "d": {"token": "x"}}', 4002),
    ],
)
async def test_what_discord_would_not_read_is_closed_with_its_code(
    sim: SimulatedDiscord, payload: str, code: int
) -> None:
    async with RawGateway(sim) as raw:
        await raw.socket.send_str(payload)
        assert await raw.closed_with() == code


@pytest.mark.parametrize(("changes", "code"), [({"intents": 1 << 30}, 4013), ({"shard": [2, 2]}, 4010)])
async def test_an_impossible_identify_is_closed_with_its_code(
    sim: SimulatedDiscord, changes: dict[str, Any], code: int
) -> None:
    async with RawGateway(sim) as raw:
        await raw.identify(wait=False, **changes)
        assert await raw.closed_with() == code


class RawGateway:
    """A websocket spoken to by hand, for what discord.py never does."""

    def __init__(self, sim: SimulatedDiscord, *, compress: bool = False, binary: bool = False) -> None:
        self._sim = sim
        self._query = "?v=10&encoding=json" + ("&compress=zlib-stream" if compress else "")
        self._inflate = zlib.decompressobj() if compress else None
        self._binary = binary
        self.kinds: set[aiohttp.WSMsgType] = set()

    async def __aenter__(self) -> "RawGateway":
        self._http = aiohttp.ClientSession()
        self.socket = await self._http.ws_connect(self._sim.gateway_url + self._query)
        assert (await self.receive())["d"]["heartbeat_interval"] == 41250
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.socket.close()
        await self._http.close()

    async def send(self, op: int, data: Any) -> None:
        text = json.dumps({"op": op, "d": data})
        await (self.socket.send_bytes(text.encode()) if self._binary else self.socket.send_str(text))

    async def receive(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=5)
        self.kinds.add(message.type)
        raw = self._inflate.decompress(message.data) if self._inflate is not None else message.data
        payload: dict[str, Any] = json.loads(raw)
        return payload

    async def event(self, name: str) -> dict[str, Any]:
        while (payload := await self.receive())["t"] != name:
            pass
        data: dict[str, Any] = payload["d"]
        return data

    async def identify(self, *, token: str | None = None, wait: bool = True, **changes: Any) -> str:
        wanted = {
            "token": token or self._sim.token,
            "intents": usual_intents().value,
            "properties": {"os": "any", "browser": "test", "device": "test"},
        }
        await self.send(2, wanted | changes)
        if token is not None or not wait:
            return ""
        return str((await self.event("READY"))["session_id"])

    async def closed_with(self) -> int | None:
        while (await self.socket.receive(timeout=5)).type is not aiohttp.WSMsgType.CLOSE:
            pass
        return self.socket.close_code
