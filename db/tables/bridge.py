"""The tables of the bridge: references only, never a word that was said."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from db.columns import SequenceNumber, UtcDateTime
from db.tables.base import metadata

conversation = Table(
    "conversation",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("key", String(40), nullable=False, unique=True),
)

bridge_end = Table(
    "bridge_end",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("conversation_id", String(26), ForeignKey("conversation.id"), nullable=False),
    Column("platform", String(10), nullable=False),
    # a channel id or a room id: a place, not a person
    Column("place", String(255), nullable=False),
    # nothing said before this point crosses (DOMAIN 3.11: no history backfill); empty until first seen
    Column("joined_at_ref", String(255), nullable=True),
    Column("retired", Integer, nullable=False, default=0),
    UniqueConstraint("platform", "place"),
)

bridge_webhook = Table(
    "bridge_webhook",
    metadata,
    # only the id, which tells our own copies from everyone's messages; the token is asked of Discord at start
    Column("webhook_id", String(20), primary_key=True),
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False, index=True),
)

read_position = Table(
    "read_position",
    metadata,
    Column("stream", String(255), primary_key=True),
    Column("position", String(255), nullable=False),
)

relay_source = Table(
    "relay_source",
    metadata,
    Column("id", SequenceNumber, primary_key=True, autoincrement=True),
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False),
    Column("ref", String(255), nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("end_id", "ref"),
    sqlite_autoincrement=True,
)

relay_intent = Table(
    "relay_intent",
    metadata,
    Column("id", SequenceNumber, primary_key=True, autoincrement=True),
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False),
    Column("source_id", SequenceNumber, ForeignKey("relay_source.id", ondelete="CASCADE"), nullable=False),
    Column("operation", String(10), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # empty while it waits; a stable reason code once it is known that it can never cross
    Column("failure", String(40), nullable=True),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    Index("ix_relay_intent_lane", "end_id", "id"),
    Index("ix_relay_intent_source_id", "source_id"),
    sqlite_autoincrement=True,
)

relay_copy = Table(
    "relay_copy",
    metadata,
    Column("id", SequenceNumber, primary_key=True, autoincrement=True),
    Column("source_id", SequenceNumber, ForeignKey("relay_source.id", ondelete="CASCADE"), nullable=False),
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("ref", String(255), nullable=False),
    # the webhook that sent it: Discord lets only that one edit or delete it
    Column("webhook_id", String(20), nullable=True),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("source_id", "end_id", "part"),
    UniqueConstraint("end_id", "ref"),
    Index("ix_relay_copy_lane", "end_id", "id"),
    sqlite_autoincrement=True,
)
