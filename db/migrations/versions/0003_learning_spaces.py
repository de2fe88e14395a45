"""Learning spaces: how each is to be and what stands where; needs, topics and votes; growth and experiments."""

import sqlalchemy as sa
from alembic import op

from db.columns import SequenceNumber, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "growth_round",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_growth_round"),
    )
    op.create_table(
        "need",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("merged_into", sa.String(length=26), nullable=True),
        sa.Column("voices", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["need.id"], name="fk_need_merged_into_need", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_need"),
    )
    op.create_index("ix_need_purge_after", "need", ["purge_after"], unique=False)
    op.create_index("ix_need_scope", "need", ["scope"], unique=False)
    op.create_table(
        "second_look",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("object", sa.String(length=80), nullable=False),
        sa.Column("asker_lookup", sa.String(length=43), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_second_look"),
        sa.UniqueConstraint("act", "object", name="uq_second_look_act_object"),
    )
    op.create_index("ix_second_look_purge_after", "second_look", ["purge_after"], unique=False)
    op.create_table(
        "space",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("access", sa.String(length=10), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("vouchers", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("alone_since", sa.Date(), nullable=True),
        sa.Column("purge_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_space"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("electorate", sa.Integer(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("wrapped_secret", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.String(length=2000), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
    )
    op.create_index("ix_vote_closes_at", "vote", ["closes_at"], unique=False)
    op.create_index("ix_vote_purge_after", "vote", ["purge_after"], unique=False)
    op.create_index("ix_vote_scope", "vote", ["scope"], unique=False)
    op.create_table(
        "ballot",
        sa.Column("vote_id", sa.String(length=26), nullable=False),
        sa.Column("voter_lookup", sa.String(length=43), nullable=False),
        sa.Column("sealed_choice", sa.LargeBinary(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name="fk_ballot_vote_id_vote", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vote_id", "voter_lookup", name="pk_ballot"),
    )
    op.create_index("ix_ballot_purge_after", "ballot", ["purge_after"], unique=False)
    op.create_index("ix_ballot_vote_id", "ballot", ["vote_id"], unique=False)
    op.create_table(
        "cohort",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("sealed_title", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_cohort_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_cohort"),
    )
    op.create_index("ix_cohort_space", "cohort", ["space"], unique=False)
    op.create_table(
        "experiment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("stops_on", sa.Date(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("frozen", sa.String(length=64), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_experiment_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_experiment"),
    )
    op.create_index("ix_experiment_space", "experiment", ["space"], unique=False)
    op.create_table(
        "growth_feed",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("from_space", sa.String(length=40), nullable=False),
        sa.Column("to_space", sa.String(length=40), nullable=False),
        sa.Column("sealed_what", sa.LargeBinary(), nullable=False),
        sa.Column("passed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["from_space"], ["space.key"], name="fk_growth_feed_from_space_space", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round"], ["growth_round.number"], name="fk_growth_feed_round_growth_round", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_space"], ["space.key"], name="fk_growth_feed_to_space_space", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_growth_feed"),
        sa.UniqueConstraint("round", "from_space", "to_space", name="uq_growth_feed_round_from_space_to_space"),
    )
    op.create_table(
        "growth_note",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round"], ["growth_round.number"], name="fk_growth_note_round_growth_round", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_growth_note_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round", "space", name="pk_growth_note"),
    )
    op.create_table(
        "need_support",
        sa.Column("need_id", sa.String(length=26), nullable=False),
        sa.Column("supporter_lookup", sa.String(length=43), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name="fk_need_support_need_id_need", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("need_id", "supporter_lookup", name="pk_need_support"),
    )
    op.create_index("ix_need_support_purge_after", "need_support", ["purge_after"], unique=False)
    op.create_table(
        "space_home",
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("platform", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("overrides", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_space_home_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("space", "home", name="pk_space_home"),
    )
    op.create_table(
        "space_piece",
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("piece", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_space_piece_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("space", "home", "piece", name="pk_space_piece"),
    )
    op.create_index("ix_space_piece_ref", "space_piece", ["ref"], unique=False)
    op.create_table(
        "space_request",
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("ticket_lookup", sa.String(length=43), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_space_request_member_id_member", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_space_request_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("space", "member_id", name="pk_space_request"),
        sa.UniqueConstraint("ticket_lookup", name="uq_space_request_ticket_lookup"),
    )
    op.create_index("ix_space_request_member_id", "space_request", ["member_id"], unique=False)
    op.create_index("ix_space_request_purge_after", "space_request", ["purge_after"], unique=False)
    op.create_table(
        "space_work",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("only", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("failed_piece", sa.String(length=80), nullable=True),
        sa.Column("member_id", sa.String(length=26), nullable=True),
        sa.Column("sealed_progress", sa.LargeBinary(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_space_work_member_id_member", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_space_work_space_space", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_space_work"),
    )
    op.create_index("ix_space_work_member_id", "space_work", ["member_id"], unique=False)
    op.create_index("ix_space_work_purge_after", "space_work", ["purge_after"], unique=False)
    op.create_index("ix_space_work_state", "space_work", ["state", "not_before"], unique=False)
    op.create_index(
        "uq_space_work_open",
        "space_work",
        ["space"],
        unique=True,
        sqlite_where=sa.text("state IN ('running', 'undoing')"),
        postgresql_where=sa.text("state IN ('running', 'undoing')"),
    )
    op.create_table(
        "topic",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("need_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=12), nullable=True),
        sa.Column("proposer_lookup", sa.String(length=43), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name="fk_topic_need_id_need", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_topic"),
    )
    op.create_index("ix_topic_purge_after", "topic", ["purge_after"], unique=False)
    op.create_index("ix_topic_scope", "topic", ["scope"], unique=False)
    op.create_table(
        "cohort_member",
        sa.Column("cohort_id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name="fk_cohort_member_cohort_id_cohort", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_cohort_member_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cohort_id", "member_id", name="pk_cohort_member"),
    )
    op.create_index("ix_cohort_member_member_id", "cohort_member", ["member_id"], unique=False)
    op.create_index("ix_cohort_member_purge_after", "cohort_member", ["purge_after"], unique=False)
    op.create_table(
        "experiment_arm",
        sa.Column("experiment_id", sa.String(length=26), nullable=False),
        sa.Column("cohort_id", sa.String(length=26), nullable=False),
        sa.Column("sealed_arm", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name="fk_experiment_arm_cohort_id_cohort", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
            name="fk_experiment_arm_experiment_id_experiment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("experiment_id", "cohort_id", name="pk_experiment_arm"),
    )
    op.create_table(
        "round_topic",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.String(length=26), nullable=False),
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("carried_over", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round"], ["growth_round.number"], name="fk_round_topic_round_growth_round", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["space"], ["space.key"], name="fk_round_topic_space_space", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name="fk_round_topic_topic_id_topic", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round", "topic_id", name="pk_round_topic"),
    )
    op.create_table(
        "space_step",
        sa.Column("id", SequenceNumber, autoincrement=True, nullable=False),
        sa.Column("work_id", sa.String(length=26), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("piece", sa.String(length=80), nullable=False),
        sa.Column("sealed_step", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_id"], ["space_work.id"], name="fk_space_step_work_id_space_work", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_space_step"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_space_step_work_id", "space_step", ["work_id"], unique=False)
    op.create_table(
        "topic_support",
        sa.Column("topic_id", sa.String(length=26), nullable=False),
        sa.Column("supporter_lookup", sa.String(length=43), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name="fk_topic_support_topic_id_topic", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("topic_id", "supporter_lookup", name="pk_topic_support"),
    )
    op.create_index("ix_topic_support_purge_after", "topic_support", ["purge_after"], unique=False)
    op.create_table(
        "vote_option",
        sa.Column("vote_id", sa.String(length=26), nullable=False),
        sa.Column("topic_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name="fk_vote_option_topic_id_topic", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name="fk_vote_option_vote_id_vote", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vote_id", "topic_id", name="pk_vote_option"),
    )
