"""What is known of the messages of one end: the newest, those in a thread, those that are pinned."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from db.bridge_rows import Change, Copy, Delivery, Intent, Operation, Place, Platform, Receipt, ReceiptBatch
from db.bridge_store import BridgeStore
from db.engine import Database
from db.relay_record import RelayRecord
from db.relay_store import RelayStore

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


async def test_an_end_tells_what_is_known_of_it(database: Database) -> None:
    places = [Place(Platform.DISCORD, "1"), Place(Platform.DISCORD, "2")]
    (conversation,) = await BridgeStore(database).settle_conversations({"plaza": places})
    here, there = (end.id for end in conversation.ends)
    record = RelayRecord(is_sqlite=database.is_sqlite, keep_days=90)

    def said(ref: str, thread: str | None = None) -> Receipt:
        return Receipt(here, ref, (there,), NOW, thread)

    def talk(connection: Connection) -> None:
        receipts = (said("10"), said("11"), said("12", "10"))
        intents: list[Intent] = record.hear(connection, ReceiptBatch(receipts))
        record.deliver(connection, [Delivery(i, (Copy(0, f"9{i.source_ref}", "w"),)) for i in intents])
        pin = Change(here, "10", Operation.PIN, NOW, (there,), pinned=True)
        gone = Change(here, "11", Operation.DELETE, NOW, (there,))
        asked = record.hear(connection, ReceiptBatch((pin, gone)))
        record.deliver(connection, [Delivery(each) for each in asked if each.operation is Operation.DELETE])

    await database.transact(talk)
    store = RelayStore(database)
    assert await store.newest_sources(here, 10) == [("12", "10"), ("10", None)]
    assert await store.newest_sources(here, 1) == [("12", "10")]
    assert await store.sources_in_thread(here, "10") == ["12"]
    assert await store.pinned_at(here, None) == [frozenset({"10"})]
    assert await store.pinned_at(here, "10") == []
    assert await store.pinned_at(there, None) == [], "its lane has still to pin it"
    (pin,) = await store.waiting(there, (Operation.PIN,), after=0, limit=5)  # type: ignore[arg-type]
    await database.transact(lambda connection: record.deliver(connection, [Delivery(pin)]))
    assert await store.pinned_at(there, None) == [frozenset({"910"})]


async def test_the_threads_in_which_copies_stand_are_told_newest_first(database: Database) -> None:
    places = [Place(Platform.DISCORD, "1"), Place(Platform.DISCORD, "2")]
    (conversation,) = await BridgeStore(database).settle_conversations({"plaza": places})
    here, there = (end.id for end in conversation.ends)
    record = RelayRecord(is_sqlite=database.is_sqlite, keep_days=90)

    def talk(connection: Connection) -> None:
        for ref, thread in (("10", None), ("11", "a"), ("12", "b"), ("13", "a"), ("14", "c")):
            receipt = Receipt(here, ref, (there,), NOW)
            (intent,) = record.hear(connection, ReceiptBatch((receipt,)))
            record.deliver(connection, [Delivery(intent, (Copy(0, f"9{ref}", "w", thread),))])
        record.hear(connection, ReceiptBatch((Change(there, "914", Operation.DELETE, NOW, (here,)),)))

    await database.transact(talk)
    store = RelayStore(database)
    assert await store.threads_of_copies(there, 10) == [("a", "913"), ("b", "912")]
    assert await store.threads_of_copies(there, 1) == [("a", "913")]
    assert await store.threads_of_copies(here, 10) == []
