"""The bridge's lasting rows: conversations, their ends, the webhooks that are ours, how far streams were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, select, update

from db.bridge_rows import ConversationRow, EndRow, Place, Platform
from db.engine import Database
from db.ids import ConversationId, EndId, new_id
from db.inserting import insert_of
from db.moving_ends import as_named
from db.positions import position
from db.tables import bridge_end, bridge_past, bridge_webhook, conversation, read_position, relay_intent

PIECE = 500
"""Values in one question: SQLite takes 32 766, PostgreSQL's driver 32 767, and both are slow long before."""
T = TypeVar("T")


class BridgeStore:
    """Reads and writes them, each call in a transaction of its own but :meth:`settle`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert: Any = insert_of(is_sqlite=database.is_sqlite)

    # ── conversations and ends

    async def settle_conversations(self, wanted: Mapping[str, Sequence[Place]]) -> list[ConversationRow]:
        """Do what :meth:`settle` does, in a transaction of its own."""
        return await self._database.transact(lambda connection: self.settle(connection, wanted))

    def settle(self, connection: Connection, wanted: Mapping[str, Sequence[Place]]) -> list[ConversationRow]:
        """Make the stored conversations equal to ``wanted`` (key to places) and return them.

        An end that is wanted no more is retired: its lane stops and its map stays until it expires. An end that
        comes back, or moves to another conversation, starts anew: nothing said before crosses. One whose place was
        replaced is known by the place that was named, or by where it is now where that is named instead.
        """
        as_named(connection, {place for places in wanted.values() for place in places})
        stored_keys = {row.key: row.id for row in connection.execute(select(conversation))}
        stored_ends = {
            Place(Platform(row.platform), row.place): row for row in connection.execute(select(bridge_end))
        }
        listed: set[Place] = set()
        for key, places in wanted.items():
            conversation_id = stored_keys.get(key)
            if conversation_id is None:
                conversation_id = new_id()
                connection.execute(conversation.insert().values(id=conversation_id, key=key))
            for place in places:
                listed.add(place)
                self._settle_end(connection, stored_ends.get(place), place, conversation_id)
        for place, row in stored_ends.items():
            if place not in listed and not row.retired:
                connection.execute(update(bridge_end).where(bridge_end.c.id == row.id).values(retired=1))
                connection.execute(delete(relay_intent).where(relay_intent.c.end_id == row.id))
        return self.conversations(connection, wanted)

    def _settle_end(self, connection: Connection, row: Row[Any] | None, place: Place, conversation_id: str) -> None:
        if row is None:
            connection.execute(
                bridge_end.insert().values(
                    id=new_id(),
                    conversation_id=conversation_id,
                    platform=place.platform,
                    place=place.ref,
                    retired=0,
                )
            )
        elif row.retired or row.conversation_id != conversation_id:
            anew = {
                "retired": 0,
                "joined_at_ref": None,
                "paused": 0,
                "told": None,
                "standing": None,
                "moved_to": None,
            }
            connection.execute(delete(bridge_past).where(bridge_past.c.end_id == row.id))
            connection.execute(
                update(bridge_end).where(bridge_end.c.id == row.id).values(conversation_id=conversation_id, **anew)
            )
            connection.execute(delete(relay_intent).where(relay_intent.c.end_id == row.id))

    def conversations(self, connection: Connection, keys: Iterable[str]) -> list[ConversationRow]:
        """Return the stored conversations with these keys, those that have ends."""
        past: dict[str, list[str]] = {}
        for left in connection.execute(select(bridge_past).order_by(bridge_past.c.purge_after)):
            past.setdefault(left.end_id, []).append(left.place)
        rows = connection.execute(
            select(bridge_end, conversation.c.key)
            .join(conversation, conversation.c.id == bridge_end.c.conversation_id)
            .where(bridge_end.c.retired == 0)
            .order_by(bridge_end.c.id)
        )
        ends: dict[str, list[EndRow]] = {key: [] for key in keys}
        for row in rows:
            if row.key not in ends:
                continue
            platform = Platform(row.platform)
            ends[row.key].append(
                EndRow(
                    EndId(row.id),
                    ConversationId(row.conversation_id),
                    Place(platform, row.moved_to or row.place),
                    row.joined_at_ref,
                    bool(row.paused),
                    row.standing,
                    Place(platform, row.place) if row.moved_to is not None else None,
                    tuple(Place(platform, each) for each in past.get(row.id, ())),
                )
            )
        return [
            ConversationRow(members[0].conversation_id, key, tuple(members))
            for key, members in ends.items()
            if members
        ]

    async def stand(self, standings: Mapping[EndId, str]) -> None:
        """Remember how the places of ends stand for good."""

        def write(connection: Connection) -> None:
            for end, standing in standings.items():
                connection.execute(update(bridge_end).where(bridge_end.c.id == end).values(standing=standing))

        if standings:
            await self._database.transact(write)

    # ── webhooks: only their ids

    async def webhooks_of(self, ends: Sequence[EndId]) -> dict[EndId, frozenset[str]]:
        """Return the ids of every webhook that was ever ours in these ends, so that no copy is taken for news."""

        def read(connection: Connection) -> dict[EndId, frozenset[str]]:
            found: dict[EndId, set[str]] = {}
            for some in _in_pieces(ends):
                for row in connection.execute(select(bridge_webhook).where(bridge_webhook.c.end_id.in_(some))):
                    found.setdefault(EndId(row.end_id), set()).add(row.webhook_id)
            return {end: frozenset(ids) for end, ids in found.items()}

        return await self._database.look(read)

    async def remember_webhook(self, end: EndId, webhook_id: str) -> None:
        new = self._insert(bridge_webhook).values(webhook_id=webhook_id, end_id=end).on_conflict_do_nothing()
        await self._database.transact(lambda connection: connection.execute(new))

    # ── reading on

    async def position(self, stream: str) -> str | None:
        """Return how far ``stream`` was read, None when never."""
        return await self._database.look(lambda connection: position(connection, stream))

    async def positions(self, streams: Sequence[str]) -> dict[str, str]:
        """Return how far streams were read; those that never were are left out."""

        def read(connection: Connection) -> dict[str, str]:
            found: dict[str, str] = {}
            for some in _in_pieces(streams):
                rows = connection.execute(select(read_position).where(read_position.c.stream.in_(some)))
                found |= {row.stream: row.position for row in rows}
            return found

        return await self._database.look(read)

    async def pause(self, end: EndId, *, paused: bool) -> None:
        """Remember whether an end pauses."""
        await self._database.transact(
            lambda connection: connection.execute(
                update(bridge_end).where(bridge_end.c.id == end).values(paused=int(paused))
            )
        )


def _in_pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]
