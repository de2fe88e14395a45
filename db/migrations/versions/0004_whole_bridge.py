"""The whole bridge: threads, replies, edits and deletions, who said a copy, ends that pause or move."""

import sqlalchemy as sa
from alembic import op

from db.columns import SequenceNumber, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bridge_end", sa.Column("paused", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("bridge_end", sa.Column("told", sa.String(43), nullable=True))
    op.add_column("bridge_end", sa.Column("standing", sa.String(20), nullable=True))
    op.add_column("bridge_end", sa.Column("moved_to", sa.String(255), nullable=True))
    for column in (
        sa.Column("thread", sa.String(255), nullable=True),
        sa.Column("root_id", SequenceNumber, nullable=True),
        sa.Column("reply_to_id", SequenceNumber, nullable=True),
        sa.Column("gone", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("pinned", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("behind", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("relay_source", column)
    given = sa.text("reply_to_id IS NOT NULL")
    op.create_index(
        "ix_relay_source_reply_to_id", "relay_source", ["reply_to_id"], sqlite_where=given, postgresql_where=given
    )
    # nothing refers to a copy, so it may be made anew
    with op.batch_alter_table("relay_copy") as table:
        table.drop_constraint("uq_relay_copy_end_id_ref", type_="unique")
        table.alter_column(
            "webhook_id",
            new_column_name="speaker",
            existing_type=sa.String(20),
            type_=sa.String(43),
            existing_nullable=True,
        )
        table.add_column(sa.Column("thread", sa.String(255), nullable=True))
        table.add_column(sa.Column("removed", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("behind", sa.Integer(), nullable=False, server_default="0"))
        table.create_index("ix_relay_copy_ref", ["end_id", "ref"])
    op.add_column("relay_intent", sa.Column("bundle", SequenceNumber, nullable=True))
    op.add_column("relay_intent", sa.Column("tell_until", UtcDateTime(), nullable=True))
    op.execute("UPDATE relay_intent SET operation = 'say' WHERE operation = 'create'")
    op.create_table(
        "relay_thread",
        sa.Column("root_id", SequenceNumber, nullable=False),
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.Column("handle", sa.String(255), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["root_id"], ["relay_source.id"], name="fk_relay_thread_root_id_relay_source", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_relay_thread_end_id_bridge_end"),
        sa.PrimaryKeyConstraint("root_id", "end_id", name="pk_relay_thread"),
        sa.UniqueConstraint("end_id", "handle", name="uq_relay_thread_end_id_handle"),
    )
    op.create_table(
        "relay_mark",
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.Column("ref", sa.String(255), nullable=False),
        sa.Column("source_id", SequenceNumber, nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["relay_source.id"], name="fk_relay_mark_source_id_relay_source", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_relay_mark_end_id_bridge_end"),
        sa.PrimaryKeyConstraint("end_id", "ref", name="pk_relay_mark"),
    )
    op.create_index("ix_relay_mark_source_id", "relay_mark", ["source_id"])
    op.create_table(
        "bridge_past",
        sa.Column("end_id", sa.String(26), nullable=False),
        sa.Column("place", sa.String(255), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["end_id"], ["bridge_end.id"], name="fk_bridge_past_end_id_bridge_end"),
        sa.PrimaryKeyConstraint("end_id", "place", name="pk_bridge_past"),
    )
    for name in ("relay_thread", "relay_mark", "bridge_past"):
        op.create_index(f"ix_{name}_purge_after", name, ["purge_after"])
