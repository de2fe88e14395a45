"""The first conversation: ends, what was heard, what is still to be said, and what was said where."""

import sqlalchemy as sa
from alembic import op

from db.columns import SequenceNumber, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint("key", name="uq_conversation_key"),
    )
    op.create_table(
        "bridge_end",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("conversation_id", sa.String(26), nullable=False),
        sa.Column("platform", sa.String(10), nullable=False),
        sa.Column("place", sa.String(255), nullable=False),
        sa.Column("joined_at_ref", sa.String(255), nullable=True),
        sa.Column("retired", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bridge_end"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_bridge_end_conversation_id_conversation"
        ),
        sa.UniqueConstraint("platform", "place", name="uq_bridge_end_platform_place"),
    )
    op.create_table(
        "bridge_webhook",
        sa.Column("webhook_id", sa.String(20), nullable=False),
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_bridge_webhook"),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_bridge_webhook_end_id_bridge_end"),
    )
    op.create_index("ix_bridge_webhook_end_id", "bridge_webhook", ["end_id"])
    op.create_table(
        "read_position",
        sa.Column("stream", sa.String(255), nullable=False),
        sa.Column("position", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_read_position"),
    )
    op.create_table(
        "relay_source",
        sa.Column("id", SequenceNumber, autoincrement=True, nullable=False),
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.Column("ref", sa.String(255), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relay_source"),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_relay_source_end_id_bridge_end"),
        sa.UniqueConstraint("end_id", "ref", name="uq_relay_source_end_id_ref"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_relay_source_purge_after", "relay_source", ["purge_after"])
    op.create_table(
        "relay_intent",
        sa.Column("id", SequenceNumber, autoincrement=True, nullable=False),
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.Column("source_id", SequenceNumber, nullable=False),
        sa.Column("operation", sa.String(10), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("failure", sa.String(40), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relay_intent"),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_relay_intent_end_id_bridge_end"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["relay_source.id"],
            name="fk_relay_intent_source_id_relay_source",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_relay_intent_purge_after", "relay_intent", ["purge_after"])
    op.create_index("ix_relay_intent_lane", "relay_intent", ["end_id", "id"])
    op.create_index("ix_relay_intent_source_id", "relay_intent", ["source_id"])
    op.create_table(
        "relay_copy",
        sa.Column("id", SequenceNumber, autoincrement=True, nullable=False),
        sa.Column("source_id", SequenceNumber, nullable=False),
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(255), nullable=False),
        sa.Column("webhook_id", sa.String(20), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relay_copy"),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["relay_source.id"],
            name="fk_relay_copy_source_id_relay_source",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_relay_copy_end_id_bridge_end"),
        sa.UniqueConstraint("source_id", "end_id", "part", name="uq_relay_copy_source_id_end_id_part"),
        sa.UniqueConstraint("end_id", "ref", name="uq_relay_copy_end_id_ref"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_relay_copy_purge_after", "relay_copy", ["purge_after"])
    op.create_index("ix_relay_copy_lane", "relay_copy", ["end_id", "id"])
