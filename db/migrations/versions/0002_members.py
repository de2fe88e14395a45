"""Members: who has come, who belongs and under which alias, what they agreed to; all of it sealed."""

import sqlalchemy as sa
from alembic import op

from db.columns import SequenceNumber, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", SequenceNumber, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object_kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dialogue",
        sa.Column("account_lookup", sa.String(length=43), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_lookup", name="pk_dialogue"),
    )
    op.create_index("ix_dialogue_purge_after", "dialogue", ["purge_after"], unique=False)
    op.create_table(
        "key_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(length=43), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_mark"),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("sealed_profile", sa.LargeBinary(), nullable=False),
        sa.Column("alias_lookup", sa.String(length=43), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("last_act_on", sa.Date(), nullable=False),
        sa.Column("probation_until", sa.Date(), nullable=True),
        sa.Column("erase_at", UtcDateTime(), nullable=True),
        sa.Column("state_before_erase", sa.String(length=12), nullable=True),
        sa.Column("recovery_lookup", sa.String(length=43), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
        sa.UniqueConstraint("alias_lookup", name="uq_member_alias_lookup"),
    )
    op.create_index("ix_member_erase_at", "member", ["erase_at"], unique=False)
    op.create_index("ix_member_purge_after", "member", ["purge_after"], unique=False)
    op.create_table(
        "office_code",
        sa.Column("code_lookup", sa.String(length=43), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code_lookup", name="pk_office_code"),
    )
    op.create_index("ix_office_code_purge_after", "office_code", ["purge_after"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("sealed_profile", sa.LargeBinary(), nullable=False),
        sa.Column("title_lookup", sa.String(length=43), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.UniqueConstraint("title_lookup", name="uq_organisation_title_lookup"),
    )
    op.create_table(
        "tally",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=255), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "week", "what", name="pk_tally"),
    )
    op.create_table(
        "welcome_wording",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("edited_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "language", name="pk_welcome_wording"),
    )
    op.create_table(
        "affiliation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.String(length=26), nullable=False),
        sa.Column("steward", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_affiliation_member_id_member", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_affiliation_organisation_id_organisation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_affiliation"),
        sa.UniqueConstraint("member_id", "organisation_id", name="uq_affiliation_member_id_organisation_id"),
    )
    op.create_index("ix_affiliation_organisation_id", "affiliation", ["organisation_id"], unique=False)
    op.create_index("ix_affiliation_purge_after", "affiliation", ["purge_after"], unique=False)
    op.create_table(
        "buddy_request",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("ticket_lookup", sa.String(length=43), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_buddy_request_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name="pk_buddy_request"),
        sa.UniqueConstraint("ticket_lookup", name="uq_buddy_request_ticket_lookup"),
    )
    op.create_index("ix_buddy_request_purge_after", "buddy_request", ["purge_after"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("wording_version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_consent_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_member_id", "consent", ["member_id"], unique=False)
    op.create_index("ix_consent_purge_after", "consent", ["purge_after"], unique=False)
    op.create_table(
        "data_request",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_data_request_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_data_request"),
    )
    op.create_index("ix_data_request_member_id", "data_request", ["member_id"], unique=False)
    op.create_index("ix_data_request_purge_after", "data_request", ["purge_after"], unique=False)
    op.create_table(
        "effect",
        sa.Column("id", SequenceNumber, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_target", sa.LargeBinary(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=40), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_effect_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_effect"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_effect_due", "effect", ["failure", "not_before"], unique=False)
    op.create_index("ix_effect_member_id", "effect", ["member_id"], unique=False)
    op.create_index("ix_effect_purge_after", "effect", ["purge_after"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("platform", sa.String(length=10), nullable=False),
        sa.Column("account_lookup", sa.String(length=43), nullable=False),
        sa.Column("sealed_account", sa.LargeBinary(), nullable=False),
        sa.Column("linked_on", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_identity_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("account_lookup", name="uq_identity_account_lookup"),
    )
    op.create_index("ix_identity_member_id", "identity", ["member_id"], unique=False)
    op.create_index("ix_identity_purge_after", "identity", ["purge_after"], unique=False)
    op.create_table(
        "invite",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("code_lookup", sa.String(length=43), nullable=False),
        sa.Column("sealed_label", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("maker_id", sa.String(length=26), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["maker_id"], ["member.id"], name="fk_invite_maker_id_member", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_invite"),
        sa.UniqueConstraint("code_lookup", name="uq_invite_code_lookup"),
    )
    op.create_index("ix_invite_maker_id", "invite", ["maker_id"], unique=False)
    op.create_index("ix_invite_purge_after", "invite", ["purge_after"], unique=False)
    op.create_table(
        "link_code",
        sa.Column("code_lookup", sa.String(length=43), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("claim_lookup", sa.String(length=43), nullable=True),
        sa.Column("claim_platform", sa.String(length=10), nullable=True),
        sa.Column("sealed_claim", sa.LargeBinary(), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_link_code_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_lookup", name="pk_link_code"),
    )
    op.create_index("ix_link_code_member_id", "link_code", ["member_id"], unique=False)
    op.create_index("ix_link_code_purge_after", "link_code", ["purge_after"], unique=False)
    op.create_table(
        "member_key",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_member_key_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name="pk_member_key"),
    )
    op.create_index("ix_member_key_purge_after", "member_key", ["purge_after"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_role_grant_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.UniqueConstraint("member_id", "role", "scope", name="uq_role_grant_member_id_role_scope"),
    )
    op.create_index("ix_role_grant_purge_after", "role_grant", ["purge_after"], unique=False)
    op.create_table(
        "space_member",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("space", sa.String(length=40), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_space_member_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "space", name="pk_space_member"),
    )
    op.create_index("ix_space_member_purge_after", "space_member", ["purge_after"], unique=False)
    op.create_table(
        "viewing",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_viewing_member_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "role", "day", name="pk_viewing"),
    )
    op.create_index("ix_viewing_purge_after", "viewing", ["purge_after"], unique=False)
    op.create_table(
        "vouch",
        sa.Column("newcomer_id", sa.String(length=26), nullable=False),
        sa.Column("voucher_id", sa.String(length=26), nullable=False),
        sa.Column("vouched_on", sa.Date(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newcomer_id"], ["member.id"], name="fk_vouch_newcomer_id_member", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["member.id"], name="fk_vouch_voucher_id_member", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("newcomer_id", "voucher_id", name="pk_vouch"),
    )
    op.create_index("ix_vouch_purge_after", "vouch", ["purge_after"], unique=False)
    op.create_table(
        "arrival",
        sa.Column("account_lookup", sa.String(length=43), nullable=False),
        sa.Column("platform", sa.String(length=10), nullable=False),
        sa.Column("home", sa.String(length=255), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("greeting_ref", sa.String(length=255), nullable=True),
        sa.Column("invite_id", sa.String(length=26), nullable=True),
        sa.Column("purge_after", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invite_id"], ["invite.id"], name="fk_arrival_invite_id_invite", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("account_lookup", name="pk_arrival"),
    )
    op.create_index("ix_arrival_purge_after", "arrival", ["purge_after"], unique=False)
