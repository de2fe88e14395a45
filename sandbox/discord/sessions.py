"""Gateway sessions: what a client has been sent, kept so that it can ask for what it missed."""

import asyncio
import json
import secrets
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

# A client this far behind has stopped reading; Discord drops such a connection too.
_BACKLOG = 20_000
# Events a session can replay. Discord names no number; a session left alone longer than this is invalid.
_REPLAY = 4_096


class Connection:
    """One websocket: sends frames in order from a task of its own, compressed if the client asked for it."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, *, compress: bool) -> None:
        self._socket = socket
        self._transport = transport
        # zlib-stream: one context for the whole connection, every message ends with a sync flush.
        self._compressor = zlib.compressobj() if compress else None
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._close: tuple[int, str] | None = None
        self._writer = asyncio.create_task(self._write(), name="discord-gateway-writer")
        self.session: Session | None = None

    def send(self, op: int, data: Any = None, *, event: str | None = None, seq: int | None = None) -> None:
        """Queue one payload."""
        self.send_text(json.dumps({"op": op, "d": data, "s": seq, "t": event}, separators=(",", ":")))

    def send_text(self, text: str) -> None:
        """Queue one payload that is already JSON."""
        if self._frames.qsize() >= _BACKLOG:
            self.abort()
        else:
            self._frames.put_nowait(text)

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code once what is queued has been sent."""
        if self._close is None:
            self._close = (code, reason)
            self._frames.put_nowait(None)

    def abort(self) -> None:
        """Cut the connection without a word, as a broken network does."""
        self._transport.abort()

    async def _write(self) -> None:
        try:
            while (text := await self._frames.get()) is not None:
                if self._compressor is None:
                    await self._socket.send_str(text)
                else:
                    packed = self._compressor.compress(text.encode())
                    await self._socket.send_bytes(packed + self._compressor.flush(zlib.Z_SYNC_FLUSH))
            code, reason = self._close or (1000, "")
            await self._socket.close(code=code, message=reason.encode())
        except (ConnectionError, RuntimeError):
            self.abort()  # the client is gone: the reader notices and detaches the session

    @property
    def closing(self) -> bool:
        """Tell whether we, not the client, have ended it."""
        return self._close is not None

    async def finish(self) -> None:
        """Stop the writer once the websocket has ended; let it say goodbye first if it is just doing so."""
        if not self.closing:
            self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)


@dataclass(slots=True)
class Session:
    """What one IDENTIFY has opened: its intents, its shard, its numbered events.

    ``outward`` puts the addresses of files into what is sent.
    """

    intents: int
    shard: tuple[int, int]
    outward: Callable[[str], str] = str
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    seq: int = 0
    connection: Connection | None = None
    detached_at: float | None = None
    _sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_REPLAY))

    def dispatch(self, event: str, data: Mapping[str, Any]) -> None:
        """Number an event, keep it for a replay, and send it if the client is there."""
        self.seq += 1
        text = self.outward(json.dumps({"op": 0, "t": event, "s": self.seq, "d": data}, separators=(",", ":")))
        self._sent.append((self.seq, text))
        if self.connection is not None:
            self.connection.send_text(text)

    def attach(self, connection: Connection) -> None:
        """Continue on this connection."""
        self.connection = connection
        self.detached_at = None
        connection.session = self

    def detach(self, connection: Connection) -> None:
        """Go on numbering without a connection, unless another has already taken over."""
        if self.connection is connection:
            self.connection = None
            self.detached_at = time.monotonic()

    def can_replay(self, seq: int) -> bool:
        """Tell whether everything after ``seq`` is still at hand."""
        return seq <= self.seq and (not self._sent or self._sent[0][0] <= seq + 1)

    def replay(self, seq: int) -> int:
        """Send everything after ``seq`` again, and return how many events that were."""
        assert self.connection is not None
        missed = [text for number, text in self._sent if number > seq]
        for text in missed:
            self.connection.send_text(text)
        return len(missed)
