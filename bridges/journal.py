"""The one writer: puts what the bridge has to remember into the database, many things in one transaction.

SQLite lets one connection write at a time and PostgreSQL charges for every commit. So everybody hands their
piece to the journal and waits; whatever has gathered by the time the previous commit is done goes in together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from db.bridge_rows import Delivery, Intent, Place, ReceiptBatch
from db.engine import Database
from db.errors import DatabaseLockedError, DatabaseUnreachableError
from db.ids import EndId, IntentId, SourceId
from db.relay_record import RelayRecord

log = structlog.get_logger("bridges.journal")

T = TypeVar("T")
Look = Callable[[Connection], T]
"""What reads or writes in an open transaction."""
MOST_AT_ONCE = 200
"""Pieces in one transaction: enough for any burst, few enough that a commit stays short."""
FEW = 4
"""Brief pieces that are brief together."""
RETRY_SECONDS = 0.5


class JournalClosedError(Exception):
    """The bridge is stopping; nothing more is written."""


@dataclass(frozen=True, slots=True)
class _Piece:
    write: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    then: Callable[[Any], None] | None
    brief: bool
    """It is about one message, or one thing of it."""

    def succeed(self, result: Any) -> None:
        if self.then is not None:
            self.then(result)
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Journal:
    """Owns all writes of the message flow. :meth:`run` is its task."""

    def __init__(self, database: Database, record: RelayRecord) -> None:
        self._database = database
        self._record = record
        self._unheeded: set[asyncio.Future[None]] = set()
        self._waiting: list[_Piece] = []
        self._wake = asyncio.Event()
        self._closed = False
        self._ended = asyncio.Event()
        self.stalled = False
        """True while the database refuses writes; pieces are kept and tried again."""

    def receive(self, batch: ReceiptBatch, then: Callable[[list[Intent]], None]) -> asyncio.Future[list[Intent]]:
        """Remember what was heard; await the result to know it is safe.

        ``then`` is called with the intents that follow right after the commit, in the order of the calls to
        this method, so that lanes get them in order.
        """
        brief = len(batch.receipts) <= 1
        return self._enter(lambda connection: self._record.hear(connection, batch), then, brief=brief)

    def settle(self, delivery: Delivery) -> asyncio.Future[None]:
        """Remember what came of an intent. Await the result where the next step needs it to be safe."""
        return self._enter(lambda connection: self._record.deliver(connection, [delivery]), brief=True)

    def settle_all(self, deliveries: Sequence[Delivery]) -> asyncio.Future[None]:
        """Remember several deliveries, all or none."""
        return self._enter(lambda connection: self._record.deliver(connection, deliveries))

    def join(self, intents: Sequence[IntentId]) -> asyncio.Future[None]:
        """Remember that these are about to be said in one message."""
        return self._enter(lambda connection: self._record.join(connection, intents))

    def put_aside(self, end: EndId, after: IntentId, until: IntentId, reason: str) -> asyncio.Future[None]:
        """Take what waits to be said between two intents (not the first) out of its lane, with the reason."""
        return self._enter(lambda connection: self._record.put_aside(connection, end, after, until, reason))

    def settle_unheeded(self, delivery: Delivery, lane: str) -> None:
        """Remember it without anybody waiting: for what may be said again without harm."""
        future = self.settle(delivery)
        self._unheeded.add(future)
        future.add_done_callback(partial(self._look_after, lane))

    def _look_after(self, lane: str, future: asyncio.Future[None]) -> None:
        self._unheeded.discard(future)
        if not future.cancelled() and (error := future.exception()) is not None:
            # said but not written down: after a restart it is said again with the same key, which changes nothing
            log.warning("a delivery was not written", lane=lane, error_type=type(error).__name__)

    def remember_thread(self, root: SourceId, end: EndId, handle: str) -> asyncio.Future[None]:
        """Remember that a thread hangs from a message at an end."""
        return self._enter(
            lambda connection: self._record.remember_thread(connection, root, end, handle), brief=True
        )

    def move(self, end: EndId, to: Place) -> asyncio.Future[bool]:
        """Let an end be at another place from now on; False when it may not."""
        return self._enter(lambda connection: self._record.move(connection, end, to, datetime.now(UTC)))

    def try_again(self, intent: IntentId) -> asyncio.Future[Intent | None]:
        """Put what could not be done back into its lane; None when it is not known any more."""
        return self._enter(lambda connection: self._record.try_again(connection, intent))

    def look(self, look: Look[T]) -> asyncio.Future[T]:
        """Look something up about one message in its turn: after all that was handed in before."""
        return self._enter(look, brief=True)

    def change(self, write: Look[T]) -> asyncio.Future[T]:
        """Make another change of the bridge's rows in its turn: after all that was handed in before."""
        return self._enter(write)

    def _enter(
        self, write: Callable[[Connection], T], then: Callable[[T], None] | None = None, *, brief: bool = False
    ) -> asyncio.Future[T]:
        if self._closed:
            raise JournalClosedError
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Piece(write, future, then, brief))
        self._wake.set()
        return future

    async def run(self) -> None:
        """Write until :meth:`close` is called and everything handed in before is written."""
        try:
            while not (self._closed and not self._waiting):
                await self._wake.wait()
                self._wake.clear()
                await self._drain()
        finally:
            self._closed = True
            for piece in self._waiting:
                piece.fail(JournalClosedError())
            self._ended.set()

    async def close(self) -> None:
        """Take nothing more, and wait until what was handed in is written or has failed."""
        self._closed = True
        self._wake.set()
        await self._ended.wait()

    async def _drain(self) -> None:
        while self._waiting:
            pieces, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                await self._write(pieces)
                self.stalled = False
            except (DatabaseLockedError, DatabaseUnreachableError) as error:
                self.stalled = True
                if self._closed:
                    # nothing is lost: positions were not moved either, so all of it is heard again at start
                    for piece in pieces:
                        piece.fail(error)
                    continue
                self._waiting = pieces + self._waiting
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - one bad piece must not take the others down: tell them apart
                await self._write_apart(pieces)

    async def _write(self, pieces: list[_Piece]) -> None:
        brief = len(pieces) <= FEW and all(piece.brief for piece in pieces)
        results = await self._database.transact(
            lambda connection: [p.write(connection) for p in pieces], brief=brief
        )
        for piece, result in zip(pieces, results, strict=True):
            piece.succeed(result)

    async def _write_apart(self, pieces: list[_Piece]) -> None:
        for piece in pieces:
            try:
                await self._write([piece])
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for this piece
                piece.fail(error)
