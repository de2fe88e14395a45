"""The tables of members: who somebody is stands only in sealed columns, which need a key that is not here.

``account_lookup`` and the other ``*_lookup`` columns are keyed hashes (DOMAIN 3.1): with the network's key one
can ask whether an account is known; without it, nobody can tell whose row it is. Days, not times, stand on what
people did.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from db.columns import SequenceNumber, UtcDateTime
from db.tables.base import metadata

LOOKUP = 43
"""Characters of a keyed hash: 32 bytes in base64url without padding."""


def _of_member(*, primary_key: bool = False, index: bool = True) -> Column[str]:
    """Lead to a member; the row goes when the member goes."""
    reference = ForeignKey("member.id", ondelete="CASCADE")
    if primary_key:
        return Column("member_id", String(26), reference, primary_key=True)
    return Column("member_id", String(26), reference, nullable=False, index=index)


def _purge() -> Column[object]:
    return Column("purge_after", UtcDateTime, nullable=False, index=True)


member = Table(
    "member",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("state_since", Date, nullable=False),
    # alias, language, calendar, region, quiet hours, time zone: readable with the member's own key only
    Column("sealed_profile", LargeBinary, nullable=False),
    Column("alias_lookup", String(LOOKUP), nullable=True, unique=True),
    Column("joined_on", Date, nullable=False),
    Column("last_act_on", Date, nullable=False),
    Column("probation_until", Date, nullable=True),
    # set while an erasure waits (SAF-22): hidden from everybody, destroyed then
    Column("erase_at", UtcDateTime, nullable=True, index=True),
    Column("state_before_erase", String(12), nullable=True),
    Column("recovery_lookup", String(LOOKUP), nullable=True),
    Column("version", Integer, nullable=False),
    _purge(),
)

member_key = Table(
    "member_key",
    metadata,
    _of_member(primary_key=True),
    # wrapped by the network's key, which is outside the database; never part of a backup's main file (db.backup)
    Column("wrapped", LargeBinary, nullable=False),
    _purge(),
)

identity = Table(
    "identity",
    metadata,
    Column("id", String(26), primary_key=True),
    _of_member(),
    Column("platform", String(10), nullable=False),
    Column("account_lookup", String(LOOKUP), nullable=False, unique=True),
    Column("sealed_account", LargeBinary, nullable=False),
    Column("linked_on", Date, nullable=False),
    _purge(),
)

arrival = Table(
    "arrival",
    metadata,
    # no consent yet, so nothing but the keyed hash (DOMAIN 3.1, "joined"); gone after 72 hours
    Column("account_lookup", String(LOOKUP), primary_key=True),
    Column("platform", String(10), nullable=False),
    Column("home", String(255), nullable=False),
    Column("step", String(12), nullable=False),
    Column("greeting_ref", String(255), nullable=True),
    Column("invite_id", String(26), ForeignKey("invite.id", ondelete="SET NULL"), nullable=True),
    _purge(),
)

dialogue = Table(
    "dialogue",
    metadata,
    # a form that somebody is filling in over several messages (Matrix); sealed with the network's key
    Column("account_lookup", String(LOOKUP), primary_key=True),
    Column("form", String(40), nullable=False),
    Column("sealed_answers", LargeBinary, nullable=False),
    _purge(),
)

link_code = Table(
    "link_code",
    metadata,
    Column("code_lookup", String(LOOKUP), primary_key=True),
    _of_member(),
    Column("expires_at", UtcDateTime, nullable=False),
    # the account that typed the code, until the first side has said yes
    Column("claim_lookup", String(LOOKUP), nullable=True),
    Column("claim_platform", String(10), nullable=True),
    Column("sealed_claim", LargeBinary, nullable=True),
    _purge(),
)

consent = Table(
    "consent",
    metadata,
    Column("id", String(26), primary_key=True),
    _of_member(),
    Column("purpose", String(40), nullable=False),
    Column("wording_version", String(20), nullable=False),
    Column("language", String(10), nullable=False),
    Column("given_on", Date, nullable=False),
    Column("withdrawn_on", Date, nullable=True),
    _purge(),
)

space_member = Table(
    "space_member",
    metadata,
    _of_member(primary_key=True),
    Column("space", String(40), primary_key=True),
    Column("joined_on", Date, nullable=False),
    _purge(),
)

invite = Table(
    "invite",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("code_lookup", String(LOOKUP), nullable=False, unique=True),
    Column("sealed_label", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),
    # who made it, so that they can take it back; who used it is never written (MEM-6)
    Column("maker_id", String(26), ForeignKey("member.id", ondelete="CASCADE"), nullable=True, index=True),
    _purge(),
)

vouch = Table(
    "vouch",
    metadata,
    Column("newcomer_id", String(26), ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("voucher_id", String(26), ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("vouched_on", Date, nullable=False),
    _purge(),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("id", String(26), primary_key=True),
    _of_member(index=False),
    Column("role", String(20), nullable=False),
    # "network", or the key of a space
    Column("scope", String(40), nullable=False),
    Column("granted_on", Date, nullable=False),
    Column("until", Date, nullable=True),
    _purge(),
    UniqueConstraint("member_id", "role", "scope"),
)

office_code = Table(
    "office_code",
    metadata,
    # made by the operator on the machine itself: its bearer becomes network admin, once
    Column("code_lookup", String(LOOKUP), primary_key=True),
    _purge(),
)

buddy_request = Table(
    "buddy_request",
    metadata,
    # a newcomer would like company; who took it on is told to both and written nowhere
    _of_member(primary_key=True),
    Column("ticket_lookup", String(LOOKUP), nullable=False, unique=True),
    _purge(),
)

organisation = Table(
    "organisation",
    metadata,
    Column("id", String(26), primary_key=True),
    # its short title and region, sealed with the network's key: a database file alone names no group
    Column("sealed_profile", LargeBinary, nullable=False),
    Column("title_lookup", String(LOOKUP), nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("visibility", String(10), nullable=False),
    Column("registered_on", Date, nullable=False),
    Column("version", Integer, nullable=False),
)

affiliation = Table(
    "affiliation",
    metadata,
    Column("id", String(26), primary_key=True),
    _of_member(index=False),
    Column("organisation_id", String(26), ForeignKey("organisation.id", ondelete="CASCADE"), nullable=False),
    Column("steward", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", Date, nullable=False),
    _purge(),
    UniqueConstraint("member_id", "organisation_id"),
    Index("ix_affiliation_organisation_id", "organisation_id"),
)

data_request = Table(
    "data_request",
    metadata,
    Column("id", String(26), primary_key=True),
    _of_member(),
    Column("kind", String(12), nullable=False),
    # what the member asked for in their own words, sealed with the member's key
    Column("sealed_note", LargeBinary, nullable=True),
    Column("opened_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("done_on", Date, nullable=True),
    _purge(),
)

viewing = Table(
    "viewing",
    metadata,
    # which role looked at a member's record, by day (SAF-26); never who
    _of_member(primary_key=True),
    Column("role", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("times", Integer, nullable=False),
    _purge(),
)

effect = Table(
    "effect",
    metadata,
    # what is still to be done on a platform; applying it twice changes nothing
    Column("id", SequenceNumber, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("member_id", String(26), ForeignKey("member.id", ondelete="CASCADE"), nullable=True, index=True),
    # codes and places as JSON
    Column("details", Text, nullable=False),
    # what names somebody or is secret, sealed with the key of the member it is for
    Column("sealed_words", LargeBinary, nullable=True),
    # an account that is no member's (any more), sealed with the network's key
    Column("sealed_target", LargeBinary, nullable=True),
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failure", String(40), nullable=True),
    _purge(),
    Index("ix_effect_due", "failure", "not_before"),
    sqlite_autoincrement=True,
)

audit_entry = Table(
    "audit_entry",
    metadata,
    # a role did something, on a day: no person (DOMAIN 3.15). Each entry seals the one before it
    Column("id", SequenceNumber, primary_key=True, autoincrement=True),
    Column("day", Date, nullable=False),
    Column("actor_role", String(20), nullable=False),
    Column("action", String(40), nullable=False),
    Column("object_kind", String(20), nullable=False),
    Column("reason", String(40), nullable=True),
    Column("digest", String(64), nullable=False),
    sqlite_autoincrement=True,
)

tally = Table(
    "tally",
    metadata,
    # counts that belong to nobody: steps of the way in, labels of invites, rows removed. By week
    Column("kind", String(20), primary_key=True),
    Column("week", Date, primary_key=True),
    Column("what", String(255), primary_key=True),
    Column("total", Integer, nullable=False),
)

welcome_wording = Table(
    "welcome_wording",
    metadata,
    # written by facilitators for everybody who arrives
    Column("scope", String(40), primary_key=True),
    Column("language", String(10), primary_key=True),
    Column("wording", Text, nullable=False),
    Column("edited_on", Date, nullable=False),
)

key_mark = Table(
    "key_mark",
    metadata,
    # tells whether the network's key is the one that everything here is sealed with
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(LOOKUP), nullable=False),
)
