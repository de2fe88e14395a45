"""The tables of the bridge: references only, never a word that was said."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

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
    # where it stands now, when the place that is named was replaced by another; empty where it stands there
    Column("moved_to", String(255), nullable=True),
    # nothing said before this point crosses (DOMAIN 3.11: no history backfill); empty until first seen
    Column("joined_at_ref", String(255), nullable=True),
    Column("retired", Integer, nullable=False, default=0),
    # a moderator asked that nothing comes in or goes out for now
    Column("paused", Integer, nullable=False, default=0, server_default="0"),
    # a digest of what its room was told last of being joined; empty when it was told nothing, or that it is no more
    Column("told", String(43), nullable=True),
    # how the place stands for good (a room was encrypted, or replaced): a start then need not ask for each; empty
    # while that is not known
    Column("standing", String(20), nullable=True),
    UniqueConstraint("platform", "place"),
)

bridge_past = Table(
    "bridge_past",
    metadata,
    # places that an end has left for those that replaced them: what it said there, and what was said there, may
    # still be taken back there
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False),
    Column("place", String(255), nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    PrimaryKeyConstraint("end_id", "place"),
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
    # the thread it stands in at its own end; empty in the channel or room itself
    Column("thread", String(255), nullable=True),
    # no foreign keys: one that is forgotten leaves a number that is never given again
    Column("root_id", SequenceNumber, nullable=True),
    Column("reply_to_id", SequenceNumber, nullable=True),
    # deleted at its source: nothing more is made of it, however late its beginning is heard
    Column("gone", Integer, nullable=False, default=0, server_default="0"),
    Column("pinned", Integer, nullable=False, default=0, server_default="0"),
    # it stands in a place that its end has left
    Column("behind", Integer, nullable=False, default=0, server_default="0"),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("end_id", "ref"),
    # quotes follow what they quote
    Index(
        "ix_relay_source_reply_to_id",
        "reply_to_id",
        sqlite_where=text("reply_to_id IS NOT NULL"),
        postgresql_where=text("reply_to_id IS NOT NULL"),
    ),
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
    # until when its author is to be told that it cannot cross; empty when they were, or when nobody is to be told
    Column("tell_until", UtcDateTime, nullable=True),
    # the first of those that are said in one message
    Column("bundle", SequenceNumber, nullable=True),
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
    # the thread it stands in there; empty in the channel or room itself
    Column("thread", String(255), nullable=True),
    # who said it: the webhook on Discord, the ghost on Matrix (empty: the bot). Only they can edit or delete it
    Column("speaker", String(43), nullable=True),
    # somebody took it away at that end: it stays away, and nobody tries to edit it
    Column("removed", Integer, nullable=False, default=0, server_default="0"),
    # it stands in a place that its end has left: it can be taken away there, and nothing else
    Column("behind", Integer, nullable=False, default=0, server_default="0"),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("source_id", "end_id", "part"),
    # not unique: several messages have the same copy where their lines were joined
    Index("ix_relay_copy_ref", "end_id", "ref"),
    Index("ix_relay_copy_lane", "end_id", "id"),
    sqlite_autoincrement=True,
)

relay_thread = Table(
    "relay_thread",
    metadata,
    # the message a thread hangs from, wherever it was said
    Column("root_id", SequenceNumber, ForeignKey("relay_source.id", ondelete="CASCADE"), nullable=False),
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False),
    # a Discord thread's id; on Matrix the event it hangs from
    Column("handle", String(255), nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    PrimaryKeyConstraint("root_id", "end_id"),
    UniqueConstraint("end_id", "handle"),
)

relay_mark = Table(
    "relay_mark",
    metadata,
    # an event that changes a message without being one (an edit, a reaction): its id, so that taking it back is
    # understood. Which emoji, and whose, is never written down
    Column("end_id", String(26), ForeignKey("bridge_end.id"), nullable=False),
    Column("ref", String(255), nullable=False),
    Column("source_id", SequenceNumber, ForeignKey("relay_source.id", ondelete="CASCADE"), nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    PrimaryKeyConstraint("end_id", "ref"),
    Index("ix_relay_mark_source_id", "source_id"),
)
