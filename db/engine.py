"""One way to a database, SQLite or PostgreSQL, with the settings each needs to be safe and quick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from db.errors import DatabaseDamagedError, DatabaseLockedError, DatabaseUnreachableError, OvertakenError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")

BUSY_SECONDS = 5.0
"""How long a SQLite writer waits for another before it gives up."""
READERS = 2
"""Threads that read an SQLite file: one long look must not hold up the short ones."""
QUICK_SECONDS = 0.005
"""How long a write may have taken for the next brief one to be done without a thread."""

SQLITE_DAMAGED = ("file is not a database", "disk image is malformed")
SQLITE_UNREACHABLE = ("unable to open", "disk I/O error", "disk is full", "readonly database")


class Database:
    """Owns the connections; runs work inside transactions.

    SQLite runs in WAL mode, so readers never wait for the writer, with ``synchronous=FULL``: what was
    acknowledged survives a power cut, which costs about 0.2 ms a commit. Foreign keys are on.

    What the running bot does goes through :meth:`transact` and :meth:`look`. On an SQLite file each runs in one
    go, on a thread for writing and a few for reading: through aiosqlite each statement changes threads four times,
    which made a receipt of three statements cost three times as much. A brief write is done on the event loop's own
    thread while nobody else writes and the disk is quick: to wake a thread for it, and the loop after it, takes up
    to ten times as long as the write itself when the machine has other things to do. :meth:`write` and
    :meth:`read` are for work that has something to wait for in between; the engine behind them is only made where
    somebody uses it.
    """

    def __init__(self, url: str, *, password: str | None = None, busy_seconds: float = BUSY_SECONDS) -> None:
        parsed = make_url(url)
        self.url: URL = parsed.set(password=password) if password is not None else parsed
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._busy_ms = int(busy_seconds * 1000)
        self._made: AsyncEngine | None = None
        self._file: Engine | None = None
        if self.is_sqlite and self.path is not None:
            # the connection used last is the one that knows the file and the statements
            self._file = create_engine(
                self.url.set(drivername="sqlite+pysqlite"), connect_args=self._arguments, pool_use_lifo=True
            )
            self._prepare_sqlite(self._file)
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-writer")
        self._closed = False
        self._in_hand = 0
        """Writes that the writing thread was given and has not done."""
        self._last_took = 0.0
        """How many seconds the last write took, wherever it was done."""
        self._reading = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="database-reader")

    @property
    def _arguments(self) -> dict[str, float]:
        return {"timeout": self._busy_ms / 1000}

    @property
    def engine(self) -> AsyncEngine:
        """The engine behind :meth:`write` and :meth:`read`."""
        if self._made is None:
            self._made = self._make_engine()
        return self._made

    def _make_engine(self) -> AsyncEngine:
        # a tenth of the memory that a bot on SQLite needs is in this import
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        if not self.is_sqlite:
            # the bridge has one writer and short reads: a small pool is enough and spares the server
            return create_async_engine(self.url, pool_size=5, max_overflow=5, pool_pre_ping=True)
        engine = create_async_engine(self.url, connect_args=self._arguments)
        self._prepare_sqlite(engine.sync_engine)
        return engine

    def _prepare_sqlite(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def _prepare(dbapi_connection: Any, _record: Any) -> None:
            # transactions are begun by us (below), so that reads see one state and writes never upgrade a lock
            dbapi_connection.isolation_level = None
            cursor = dbapi_connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={self._busy_ms}")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            # freed pages are overwritten: what was purged is not left readable in the file
            cursor.execute("PRAGMA secure_delete=ON")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Any) -> None:
            options = connection.get_execution_options()
            if not options.get("at_once"):
                connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
                return
            # who may not wait here leaves it to a thread that may
            driver = connection.connection.driver_connection
            driver.execute("PRAGMA busy_timeout=0")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                driver.execute(f"PRAGMA busy_timeout={self._busy_ms}")

    @property
    def path(self) -> Path | None:
        """Return the SQLite file, or None for a server or an in-memory database."""
        if not self.is_sqlite or self.url.database in (None, "", ":memory:"):
            return None
        return Path(self.url.database or "")

    def describe(self) -> str:
        """Return the address without its password."""
        return self.url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open one unit of work; it is committed at the end, or wholly undone when an exception passes.

        Raises :class:`DatabaseLockedError` or :class:`DatabaseUnreachableError`.
        """
        async with self._connection() as connection:
            await connection.execution_options(writes=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open one consistent view for reading. Raises as :meth:`write`."""
        async with self._connection() as connection:
            if not self.is_sqlite:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        try:
            connection = await self.engine.connect()
        except (DBAPIError, OSError) as error:
            raise self._explain(error) from error
        try:
            yield connection
        except DBAPIError as error:
            raise self._explain(error) from error
        finally:
            await connection.close()

    async def transact(self, work: Callable[[Connection], T], *, brief: bool = False) -> T:
        """Run ``work`` in one unit of work, as :meth:`write` does. Raises as :meth:`write`.

        ``brief`` says that it is a few statements about a few rows. It may be begun twice: nothing but the database
        may be changed by it.
        """
        if self._file is None:
            return await self._transact_beside_others(work)
        if brief and self._is_at_ease:
            try:
                return self._transact(self._file, work, at_once=True)
            except (DBAPIError, OSError) as error:
                explained = self._explain(error)
                if not isinstance(explained, DatabaseLockedError):
                    raise explained from error
        self._in_hand += 1
        try:
            return await self._run(self._writing, partial(self._transact, self._file, work))
        finally:
            self._in_hand -= 1

    @property
    def _is_at_ease(self) -> bool:
        """Whether a write can be expected not to wait, for others or for the disk."""
        return not self._closed and not self._in_hand and self._last_took <= QUICK_SECONDS

    def _transact(self, engine: Engine, work: Callable[[Connection], T], *, at_once: bool = False) -> T:
        begun_at = monotonic()
        try:
            with engine.connect().execution_options(writes=True, at_once=at_once) as connection, connection.begin():
                return work(connection)
        finally:
            self._last_took = monotonic() - begun_at

    async def _run(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except (DBAPIError, OSError) as error:
            raise self._explain(error) from error

    async def _transact_beside_others(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``; when another unit of work wrote the same thing meanwhile, run it again on what it left."""
        for _ in range(4):
            try:
                async with self.write() as connection:
                    return await connection.run_sync(work)
            except OvertakenError:
                # each statement sees what was committed before it: the first did not, this one did
                continue
            except DBAPIError as error:
                # a unique constraint told what the second run will see for itself, and answer in words; or two
                # waited for each other, and this one gave way
                if not isinstance(error, IntegrityError) and _state(error) not in ("40P01", "40001"):
                    raise
        async with self.write() as connection:
            return await connection.run_sync(work)

    async def look(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one consistent view for reading. Raises as :meth:`write`."""
        if self._file is None:
            async with self.read() as connection:
                return await connection.run_sync(work)
        return await self._run(self._reading, partial(_look, self._file, work))

    async def ping(self) -> None:
        """Prove that the database answers. Raises as :meth:`write`."""
        await self.look(lambda connection: connection.execute(text("SELECT 1")))

    async def cut_log(self) -> bool:
        """Cut off an SQLite file's write-ahead log; return False when somebody stood in the way.

        Raises as :meth:`write`.
        """
        return self._file is None or await self._run(self._writing, partial(_cut_log, self._file))

    async def close(self) -> None:
        """Close every connection; a transaction under way is finished first."""
        self._closed = True
        for threads in (self._writing, self._reading):
            await asyncio.to_thread(threads.shutdown)
        if self._file is not None:
            self._file.dispose()
        if self._made is not None:
            await self._made.dispose()

    def prepare_folder(self) -> None:
        """Make the SQLite file's folder, readable by its owner only.

        Raises :class:`DatabaseUnreachableError` when the folder cannot be made.
        """
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> Exception:
        """Turn a driver's complaint into ours where an operator can act on it; pass the rest on."""
        if isinstance(error, OperationalError) and "locked" in str(error.orig):
            return DatabaseLockedError(
                f"The database {self.describe()} is held by another process.",
                "Stop the other copy of the bot (or the program that has the file open) and start again.",
            )
        if any(words in str(getattr(error, "orig", "")) for words in SQLITE_DAMAGED):
            return DatabaseDamagedError(
                f"The database {self.describe()} cannot be read: the file is damaged, or is no database.",
                "Put the file aside and restore a backup: community-bot restore FILE.",
            )
        if isinstance(error, OSError) or _is_unreachable(error):
            reason = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
            return DatabaseUnreachableError(
                f"The database {self.describe()} cannot be opened ({reason}).",
                "Check database.url, that its folder exists and may be written, or that the server is running "
                "and the secret database_password is right.",
            )
        return error


def _look(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection, connection.begin():
        return work(connection)


def _cut_log(engine: Engine) -> bool:
    # on the driver's own connection: inside a transaction, which ours always are, there is no checkpoint
    connection = engine.raw_connection()
    try:
        row = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    return row is not None and row[0] == 0


def _is_unreachable(error: Exception) -> bool:
    """Say whether the database itself is out of reach, as opposed to a statement that was wrong."""
    original, state = getattr(error, "orig", None), _state(error)
    if state is not None:
        # PostgreSQL's classes: connection (08), refused login (28), no such database (3D), shutting down (57)
        return state[:2] in ("08", "28", "3D", "57")
    told = str(original)
    return isinstance(error, OperationalError) and any(words in told for words in SQLITE_UNREACHABLE)


def _state(error: Exception) -> str | None:
    """Return PostgreSQL's code for what went wrong, None where there is none."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state if isinstance(state, str) else None
