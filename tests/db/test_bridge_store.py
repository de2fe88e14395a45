"""The bridge's rows, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from db.bridge_rows import (
    ConversationRow,
    Copy,
    Delivery,
    EndRow,
    Intent,
    Operation,
    Place,
    Platform,
    Receipt,
    ReceiptBatch,
)
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import EndId, IntentId
from db.joined_ends import joined_ends
from db.relay_record import RelayRecord
from db.relay_store import RelayStore
from db.retention import purge_expired

CHANNEL = Place(Platform.DISCORD, "100000000000000001")
OTHER_CHANNEL = Place(Platform.DISCORD, "100000000000000002")
ROOM = Place(Platform.MATRIX, "!radio:river.example")
HEARD_AT = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)


@pytest.fixture
def relay(database: Database) -> RelayStore:
    return RelayStore(database)


@pytest.fixture
def store(database: Database) -> BridgeStore:
    return BridgeStore(database)


def record_of(database: Database) -> RelayRecord:
    return RelayRecord(is_sqlite=database.is_sqlite, keep_days=90)


async def receive(database: Database, batch: ReceiptBatch) -> list[Intent]:
    return await database.transact(lambda connection: record_of(database).hear(connection, batch))


async def settle(database: Database, *deliveries: Delivery) -> None:
    await database.transact(lambda connection: record_of(database).deliver(connection, deliveries))


async def moved(database: Database, end: EndId, to: Place) -> bool:
    return await database.transact(lambda connection: record_of(database).move(connection, end, to, HEARD_AT))


def heard(conversation: ConversationRow, *refs: str) -> ReceiptBatch:
    source, *others = conversation.ends
    return ReceiptBatch(tuple(Receipt(source.id, ref, tuple(end.id for end in others), HEARD_AT) for ref in refs))


async def test_settling_twice_changes_nothing(store: BridgeStore) -> None:
    first = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    second = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    assert first == second
    assert [end.place for end in first[0].ends] == [CHANNEL, ROOM]


async def test_an_end_taken_out_and_put_back_starts_anew(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (before,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    end = before.ends[1]
    await receive(database, ReceiptBatch(joined={end.id: "s1"}))
    await receive(database, heard(before, "1"))
    await store.settle_conversations({"radio": [CHANNEL]})
    assert await relay.waiting_count(end.id) == 0
    (after,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    again = next(row for row in after.ends if row.place == ROOM)
    assert (again.id, again.joined_at_ref) == (end.id, None)


async def test_an_end_that_moved_is_known_by_the_place_that_was_named(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (before,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    channel, room = before.ends
    await receive(database, ReceiptBatch(joined={room.id: "s1"}))
    intents = await receive(database, heard(before, "1", "2"))
    await settle(database, Delivery(intents[0], (Copy(0, "$a"),)))
    newer = Place(Platform.MATRIX, "!newer:river.example")
    assert await moved(database, room.id, newer)
    (after,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    assert after.ends[1] == EndRow(room.id, room.conversation_id, newer, None, moved_from=ROOM, past=(ROOM,))
    assert after.ends[1].named == ROOM
    # what waits goes along, what stands behind is known as that
    assert await relay.waiting_count(room.id) == 1
    assert await relay.copies(intents[0].source, room.id) == [Copy(0, "$a", behind=True)]
    assert await relay.last_copy(room.id) is None
    standing = await database.look(lambda c: relay.standing_in(c, intents[0].source, room.id))
    assert standing == []
    assert [each.place for each in await database.look(joined_ends)] == [CHANNEL, newer]
    # where it is now may be named instead, and is then its name
    (renamed,) = await store.settle_conversations({"radio": [CHANNEL, newer]})
    assert (renamed.ends[1].id, renamed.ends[1].place, renamed.ends[1].moved_from) == (room.id, newer, None)
    assert not await moved(database, room.id, ROOM), "nobody goes in a circle"
    assert not await moved(database, channel.id, newer), "two ends are never one place"
    assert (await purge_expired(database, HEARD_AT + timedelta(days=3650)))["bridge_past"] == 1


async def test_a_place_that_is_named_beside_the_one_it_replaced_is_another_end(
    store: BridgeStore, database: Database
) -> None:
    (before,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    newer = Place(Platform.MATRIX, "!newer:river.example")
    assert await moved(database, before.ends[1].id, newer)
    (after,) = await store.settle_conversations({"radio": [CHANNEL, ROOM, newer]})
    places = {end.place: end.id for end in after.ends}
    assert places[ROOM] == before.ends[1].id
    assert set(places) == {CHANNEL, ROOM, newer}


async def test_what_was_heard_before_yields_no_second_intent(database: Database, store: BridgeStore) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    assert len(await receive(database, heard(conversation, "1", "2"))) == 2
    again = await receive(database, heard(conversation, "2", "3"))
    assert [intent.source_ref for intent in again] == ["3"]


async def test_a_large_batch_keeps_its_order_in_every_lane(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, OTHER_CHANNEL, ROOM]})
    refs = [str(number) for number in range(333)]
    await receive(database, heard(conversation, *refs))
    for end in conversation.ends[1:]:
        assert [
            i.source_ref for i in await relay.waiting(end.id, tuple(Operation), after=IntentId(0), limit=1000)
        ] == refs
        assert await relay.waiting_count(end.id) == 333


async def test_a_lane_is_read_on_from_where_it_stopped(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    await receive(database, heard(conversation, *"abcde"))
    room = conversation.ends[1]
    first = await relay.waiting(room.id, tuple(Operation), after=IntentId(0), limit=2)
    rest = await relay.waiting(room.id, tuple(Operation), after=first[-1].id, limit=10)
    assert [i.source_ref for i in [*first, *rest]] == list("abcde")
    assert first[0].received_at == HEARD_AT


async def test_a_finished_intent_leaves_the_lane_and_its_copies_are_known(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    (intent,) = await receive(database, heard(conversation, "1"))
    await settle(database, Delivery(intent, (Copy(0, "$a"),), finished=False))
    assert await relay.waiting_count(intent.end) == 1
    await settle(database, Delivery(intent, (Copy(1, "$b"),)))
    assert await relay.waiting_count(intent.end) == 0
    assert await relay.copies(intent.source, intent.end) == [Copy(0, "$a"), Copy(1, "$b")]
    assert await relay.last_copy(intent.end) == "$b"


async def test_writing_a_delivery_twice_changes_nothing(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    (intent,) = await receive(database, heard(conversation, "1"))
    for _ in range(2):
        await settle(database, Delivery(intent, (Copy(0, "$a"),)))
    assert await relay.copies(intent.source, intent.end) == [Copy(0, "$a")]


async def test_a_message_that_can_never_cross_stays_out_of_the_lane_with_its_reason(
    database: Database, store: BridgeStore, relay: RelayStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    first, second = await receive(database, heard(conversation, "1", "2"))
    await settle(database, Delivery(first, failure="matrix.too_large"))
    assert await relay.waiting(first.end, tuple(Operation), after=IntentId(0), limit=9) == [second]


async def test_positions_move_in_the_same_transaction_as_what_was_heard(
    database: Database, store: BridgeStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    batch = ReceiptBatch(heard(conversation, "1").receipts, {"matrix:bot": "s2"})

    def fail(connection: Connection) -> None:
        record_of(database).hear(connection, batch)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.transact(fail)
    assert await store.position("matrix:bot") is None
    assert len(await receive(database, batch)) == 1
    assert await store.position("matrix:bot") == "s2"


async def test_webhooks_of_an_end_are_remembered_for_good(store: BridgeStore) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    channel = conversation.ends[0]
    for webhook in ("11", "12", "11"):
        await store.remember_webhook(channel.id, webhook)
    assert await store.webhooks_of([channel.id]) == {channel.id: {"11", "12"}}


async def test_positions_of_many_streams_are_read_at_once_and_what_never_was_is_left_out(
    database: Database, store: BridgeStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    streams = {f"discord:{number}": str(number) for number in range(1200)}
    await receive(database, ReceiptBatch(heard(conversation, "1").receipts, streams))
    assert await store.positions([*streams, "discord:none"]) == streams


async def test_how_a_place_stands_is_kept_until_it_joins_anew(store: BridgeStore) -> None:
    wanted = {"radio": [CHANNEL, ROOM]}
    (conversation,) = await store.settle_conversations(wanted)
    room = next(end for end in conversation.ends if end.place == ROOM)
    await store.stand({room.id: "encrypted"})

    async def standing() -> str | None:
        (again,) = await store.settle_conversations(wanted)
        return next(end.standing for end in again.ends if end.place == ROOM)

    assert await standing() == "encrypted"
    await store.settle_conversations({"radio": [CHANNEL]})
    # what became of it while nobody looked is not known
    assert await standing() is None


async def test_what_has_expired_is_removed_and_counted_and_nothing_else(
    database: Database, store: BridgeStore
) -> None:
    (conversation,) = await store.settle_conversations({"radio": [CHANNEL, ROOM]})
    first, _ = await receive(database, heard(conversation, "1", "2"))
    await settle(database, Delivery(first, (Copy(0, "$a"),)))
    day_90 = HEARD_AT + timedelta(days=90)
    assert sum((await purge_expired(database, day_90)).values()) == 0
    removed = await purge_expired(database, day_90 + timedelta(days=1))
    assert removed == {"relay_copy": 1, "relay_intent": 1, "relay_source": 2}
    assert await store.settle_conversations({"radio": [CHANNEL, ROOM]}) == [conversation]
