"""The gateway: websockets that identify, resume, beat, and receive the world's events."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.discord.faults import Faults
from sandbox.discord.sessions import Connection, Session
from sandbox.discord.world import World, shard_of

HEARTBEAT_MS = 41_250
# A session whose client does not come back is forgotten after this many seconds, the oldest first.
_RESUME_WITHIN = 180.0
_DETACHED_KEPT = 8
# Between two events that are held back and keep their order.
_APART_SECONDS = 0.001

_DISPATCH, _HEARTBEAT, _IDENTIFY, _PRESENCE, _VOICE, _RESUME = 0, 1, 2, 3, 4, 6
_RECONNECT, _MEMBERS, _INVALID, _HELLO, _ACK, _SOUNDBOARD = 7, 8, 9, 10, 11, 31


class Gateway:
    """Accept websockets and keep the sessions behind them.

    ``counts`` tells tests what happened: identifies, resumes, replayed events, invalid sessions.
    """

    def __init__(self, world: World, token: str, faults: Faults) -> None:
        self._world = world
        self._token = token
        self._faults = faults
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._late: set[asyncio.TimerHandle] = set()
        self._held: dict[str, float] = {}
        """Until when, in the loop's seconds, the newest message of a channel is held back."""
        self._changed = asyncio.Event()
        self.url = ""
        self.counts: Counter[str] = Counter()
        world.subscribe(self._on_event)

    # ------------------------------------------------------------------ events out

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        """Send an event, or hold it back for a while; others then overtake it, as far as the faults say."""
        lateness = self._faults.lateness(event)
        keeps_order = event == "MESSAGE_CREATE" and self._faults.orderly
        said_in = str(payload.get("channel_id")) if keeps_order else ""
        before = self._held.get(said_in, 0.0)
        if lateness <= 0 and not before:
            self._deliver(event, payload)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + lateness
        if said_in:
            due = self._held[said_in] = max(due, before + _APART_SECONDS)
        handle: asyncio.TimerHandle | None = None

        def deliver() -> None:
            if handle is not None:
                self._late.discard(handle)
            if self._held.get(said_in) == due:
                del self._held[said_in]
            self._deliver(event, payload)

        handle = loop.call_at(due, deliver)
        self._late.add(handle)

    def _deliver(self, event: str, payload: Mapping[str, Any]) -> None:
        times = 2 if self._faults.duplicates(event) else 1
        for session in tuple(self._sessions.values()):
            number, count = session.shard
            if shard_of(event, payload, count) != number:
                continue
            shaped = self._world.shape(session.intents, event, payload)
            if shaped is not None:
                for _ in range(times):
                    session.dispatch(event, shaped)

    # ------------------------------------------------------------------ one websocket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one gateway connection from HELLO to its end."""
        if request.query.get("encoding", "json") != "json":
            return web.Response(status=400, text="this gateway speaks JSON only")
        if request.query.get("compress", "zlib-stream") != "zlib-stream":
            return web.Response(status=400, text="this gateway compresses with zlib-stream only")
        socket = web.WebSocketResponse(max_msg_size=65_536, compress=False, timeout=1.0)
        await socket.prepare(request)
        transport = request.transport
        if not isinstance(transport, asyncio.Transport):
            return socket  # the client left during the handshake
        connection = Connection(socket, transport, compress="compress" in request.query)
        self._connections.add(connection)
        try:
            connection.send(_HELLO, {"heartbeat_interval": HEARTBEAT_MS, "_trace": []})
            async for message in socket:
                # hikari sends its JSON in binary frames.
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    self._receive(connection, message.data)
        finally:
            if connection.session is not None:
                self._leave(connection, connection.session, socket.close_code)
            await connection.finish()
            self._connections.discard(connection)
            self._announce()
        return socket

    def _leave(self, connection: Connection, session: Session, code: int | None) -> None:
        session.detach(connection)
        # A client that says goodbye with 1000 or 1001 has ended its session (gateway.mdx).
        if code in (1000, 1001) and not connection.closing and session.connection is None:
            self._sessions.pop(session.id, None)

    def _receive(self, connection: Connection, raw: str | bytes) -> None:
        try:
            payload = json.loads(raw)
            op, data = int(payload["op"]), payload.get("d")
        except (ValueError, KeyError, TypeError):
            connection.close(4002, "Error while decoding payload.")
            return
        if op == _HEARTBEAT:
            connection.send(_ACK)
        elif op == _IDENTIFY:
            self._identify(connection, data)
        elif op == _RESUME:
            self._resume(connection, data)
        elif op not in (_PRESENCE, _VOICE, _MEMBERS, _SOUNDBOARD):
            connection.close(4001, "Unknown opcode.")
        elif connection.session is None:
            connection.close(4003, "Not authenticated.")
        elif op == _MEMBERS:
            for chunk in self._world.chunks(connection.session.intents, data):
                connection.session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    # ------------------------------------------------------------------ opening a session

    def _identify(self, connection: Connection, data: Any) -> None:
        if connection.session is not None:
            connection.close(4005, "Already authenticated.")
            return
        refusal = self._refusal(data)
        if refusal is not None:
            connection.close(*refusal)
            return
        number, count = data.get("shard") or (0, 1)
        session = Session(int(data["intents"]), (int(number), int(count)), self._world.cdn.outward)
        self._forget_the_lost()
        self._sessions[session.id] = session
        session.attach(connection)
        self.counts["identify"] += 1
        guilds = self._world.guild_ids(session.shard)
        application = {"id": str(self._world.backend.application_id), "flags": self._world.portal_flags}
        ready: dict[str, Any] = {
            "v": 10,
            "user": self._world.bot_payload(),
            "guilds": [{"id": str(guild), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "session_type": "normal",
            "private_channels": [],
            "application": application,
        }
        if data.get("shard"):
            ready["shard"] = [number, count]
        session.dispatch("READY", ready)
        for guild in filter(self._world.is_available, guilds):
            shaped = self._world.shape(session.intents, "GUILD_CREATE", self._world.guild_payload(guild))
            if shaped is not None:
                session.dispatch("GUILD_CREATE", shaped)
        self._announce()

    def _refusal(self, data: Any) -> tuple[int, str] | None:
        """Return the close code for an IDENTIFY that Discord would not accept (opcodes-and-status-codes)."""
        if not isinstance(data, dict) or not isinstance(data.get("intents"), int) or not data.get("properties"):
            return 4002, "Error while decoding payload."
        if not self._knows(data.get("token")):
            return 4004, "Authentication failed."
        number, count = data.get("shard") or (0, 1)
        if not 0 <= number < count:
            return 4010, "Invalid shard."
        if data["intents"] < 0 or data["intents"] >> 26:
            return 4013, "Invalid intent(s)."
        if self._world.refuses(data["intents"]):
            return 4014, "Disallowed intent(s)."
        return None

    def _resume(self, connection: Connection, data: Any) -> None:
        if not isinstance(data, dict) or not self._knows(data.get("token")):
            connection.close(4004, "Authentication failed.")
            return
        self._forget_the_lost()
        session = self._sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        if session is None or not isinstance(seq, int) or not session.can_replay(seq):
            self.counts["invalid_session"] += 1
            connection.send(_INVALID, False)
            return
        if session.connection is not None:
            session.connection.abort()  # the old one died without our noticing
        session.attach(connection)
        self.counts["resume"] += 1
        self.counts["replayed"] += session.replay(seq)
        session.dispatch("RESUMED", {"_trace": []})
        self._announce()

    def _knows(self, token: object) -> bool:
        return isinstance(token, str) and token.removeprefix("Bot ") == self._token

    def _forget_the_lost(self) -> None:
        lost = sorted(
            (session.detached_at, session.id)
            for session in self._sessions.values()
            if session.detached_at is not None
        )
        now = time.monotonic()
        for place, (since, name) in enumerate(lost):
            if now - since > _RESUME_WITHIN or place < len(lost) - _DETACHED_KEPT:
                del self._sessions[name]

    # ------------------------------------------------------------------ what tests and faults do

    @property
    def connected(self) -> int:
        """Return how many sessions have a client on the line."""
        return sum(session.connection is not None for session in self._sessions.values())

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_connected(self, sessions: int = 1) -> None:
        """Wait until so many sessions have a client on the line; 0 waits until none has."""
        while self.connected != sessions:
            await self._changed.wait()

    async def drop(self, *, resumable: bool = True, code: int | None = None) -> None:
        """Cut every session off and return when the connections are gone.

        Without a code the network breaks; with one the gateway closes with it. Where ``resumable`` is False
        the sessions are forgotten, so that a RESUME is answered with op 9, d=false.
        """
        cut = set(self._connections)
        if not resumable:
            self._sessions.clear()
        for connection in cut:
            if code is None:
                connection.abort()
            else:
                connection.close(code)
        while cut & self._connections:
            await self._changed.wait()

    def ask_to_reconnect(self) -> None:
        """Send op 7 to every client, as Discord does before it takes a server down."""
        for connection in self._connections:
            connection.send(_RECONNECT)

    def invalidate(self, *, resumable: bool) -> None:
        """Send op 9 to every client; sessions that are not resumable are forgotten."""
        for connection in self._connections:
            connection.send(_INVALID, resumable)
        if not resumable:
            self._sessions.clear()

    async def close(self) -> None:
        """Close every connection and forget every session."""
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        self._sessions.clear()
        for connection in tuple(self._connections):
            connection.close(1001, "Going away.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                while self._connections:
                    await self._changed.wait()
        for connection in tuple(self._connections):
            connection.abort()
