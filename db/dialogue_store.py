"""A form that somebody is filling in over several messages: sealed, and for 72 hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from db.engine import Database
from db.errors import DatabaseLockedError
from db.keys import NetworkKeys, SealedOtherwiseError
from db.positions import position, set_position
from db.tables import dialogue

KEPT = timedelta(hours=72)
"""For how long somebody may be in the middle of a form."""


class DialogueStore:
    """Reads and writes unfinished forms, one for each account, each call a unit of work of its own.

    It also keeps how far the face has read, so that a face needs no other way to the database.
    """

    def __init__(
        self, database: Database, keys: NetworkKeys, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    def _lookup(self, platform: str, user_id: str) -> str:
        return self._keys.lookup("account", platform, user_id)

    async def get(self, platform: str, user_id: str) -> bytes | None:
        """Return what was kept, None when there is nothing, or nothing that still counts."""
        lookup, now = self._lookup(platform, user_id), self._clock()
        where = (dialogue.c.account_lookup == lookup, dialogue.c.purge_after > now)
        statement = select(dialogue.c.sealed_answers).where(*where)
        sealed: bytes | None = await self._database.look(lambda connection: connection.execute(statement).scalar())
        if sealed is None:
            return None
        try:
            return self._keys.sealing.unseal(sealed, f"dialogue of {lookup}")
        except SealedOtherwiseError:
            # written under a key that was replaced since: nobody can go on with it, and it is purged in time
            return None

    async def put(self, platform: str, user_id: str, form: str, plain: bytes) -> None:
        """Keep how far somebody is, in the place of what was kept before."""
        lookup = self._lookup(platform, user_id)
        row = {
            "account_lookup": lookup,
            "form": form,
            "sealed_answers": self._keys.sealing.seal(plain, f"dialogue of {lookup}"),
            "purge_after": self._clock() + KEPT,
        }

        def work(connection: Connection) -> None:
            connection.execute(delete(dialogue).where(dialogue.c.account_lookup == lookup))
            connection.execute(insert(dialogue).values(**row))

        await self._database.transact(work)

    async def remove(self, platform: str, user_id: str) -> None:
        """Forget a form: it is finished, or was stopped."""
        where = dialogue.c.account_lookup == self._lookup(platform, user_id)
        await self._database.transact(lambda connection: connection.execute(delete(dialogue).where(where)))

    async def position(self, stream: str) -> str | None:
        """Return how far a stream was read, None when never."""
        return await self._database.look(lambda connection: position(connection, stream))

    async def set_position(self, stream: str, value: str) -> bool:
        """Note how far a stream was read; False when somebody else held the database: the next note brings it."""
        try:
            await self._database.transact(lambda connection: set_position(connection, stream, value))
        except DatabaseLockedError:
            return False
        return True
