"""The tables of learning spaces: how each is to be, what stands where, what is being built, who asks to come in.

Channel and room ids lead to no person. What a step changed on a platform can name one (a permission given to
somebody by hand), so it is sealed with the network's key, and gone when the work is over.
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
    text,
)

from db.columns import SequenceNumber, UtcDateTime
from db.tables.base import metadata
from db.tables.members import LOOKUP

SPACE_KEY = 40
_UNDER_WAY = text("state IN ('running', 'undoing')")


def _of_space(*, primary_key: bool = False) -> Column[str]:
    reference = ForeignKey("space.key", ondelete="CASCADE")
    return Column("space", String(SPACE_KEY), reference, primary_key=primary_key, nullable=False)


space = Table(
    "space",
    metadata,
    # the scope of roles, and what members are in: never typed by anybody
    Column("key", String(SPACE_KEY), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("state_since", Date, nullable=False),
    # open, request or unlisted
    Column("access", String(10), nullable=False),
    # how it is to be (community_bot.domain.space_design), as JSON
    Column("design", Text, nullable=False),
    Column("vouchers", Integer, nullable=False),
    # the stage of the Growth Cycle it is in
    Column("stage", String(40), nullable=True),
    # when its facilitators accepted its agreements
    Column("agreed_on", Date, nullable=True),
    # since when it has had no facilitator
    Column("alone_since", Date, nullable=True),
    # announced: its channels are deleted on this day
    Column("purge_on", Date, nullable=True),
    Column("version", Integer, nullable=False),
    Column("made_on", Date, nullable=False),
)

space_home = Table(
    "space_home",
    metadata,
    # a Discord server's id, or "matrix"
    _of_space(primary_key=True),
    Column("home", String(40), primary_key=True),
    Column("platform", String(10), nullable=False),
    Column("language", String(10), nullable=False),
    # what was changed by hand there and is meant so (community_bot.domain.layout.Overrides), as JSON
    Column("overrides", Text, nullable=False),
)

space_piece = Table(
    "space_piece",
    metadata,
    # what stands on a platform: a role, a category or Matrix space, a channel or room, a pinned post
    _of_space(primary_key=True),
    Column("home", String(40), primary_key=True),
    Column("piece", String(80), primary_key=True),
    Column("kind", String(10), nullable=False),
    # None while it is being made: it may exist already
    Column("ref", String(255), nullable=True, index=True),
    # when it was begun: what is older is somebody else's
    Column("begun_at", UtcDateTime, nullable=False),
)

space_work = Table(
    "space_work",
    metadata,
    # one undertaking: building, repairing, archiving or purging a space
    Column("id", String(26), primary_key=True),
    _of_space(),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    # JSON: what is to be repaired (home, piece), everything when null
    Column("only", Text, nullable=True),
    Column("total", Integer, nullable=False),
    # a stable code and the piece it is about
    Column("reason", String(60), nullable=True),
    Column("failed_piece", String(80), nullable=True),
    # who is told how it goes; and the message that is edited, sealed with the network's key
    Column("member_id", String(26), ForeignKey("member.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("sealed_progress", LargeBinary, nullable=True),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    Index("ix_space_work_state", "state", "not_before"),
    # one at a time for each space, also where two people press at the same moment
    Index("uq_space_work_open", "space", unique=True, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
)

space_step = Table(
    "space_step",
    metadata,
    # written before it is done on a platform, so that it can be found again, and undone
    Column("id", SequenceNumber, primary_key=True, autoincrement=True),
    Column("work_id", String(26), ForeignKey("space_work.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("home", String(40), nullable=False),
    Column("piece", String(80), nullable=False),
    # JSON: the step with its values before and after, sealed with the network's key
    Column("sealed_step", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    sqlite_autoincrement=True,
)

space_request = Table(
    "space_request",
    metadata,
    # one of two who must agree has said yes: a member asks to be let into a space, or a facilitator asks the member
    _of_space(primary_key=True),
    Column("member_id", String(26), ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True),
    # whether it is the member's answer that is waited for
    Column("offered", Boolean, nullable=False),
    # what buttons carry instead of anything that names somebody
    Column("ticket_lookup", String(LOOKUP), nullable=False, unique=True),
    Column("asked_on", Date, nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)

second_look = Table(
    "second_look",
    metadata,
    # an act that takes two people, asked for by one of them
    Column("id", String(26), primary_key=True),
    Column("act", String(20), nullable=False),
    Column("object", String(80), nullable=False),
    # a keyed hash of the asking member: it only tells that somebody else confirms
    Column("asker_lookup", String(LOOKUP), nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("act", "object"),
)

cohort = Table(
    "cohort",
    metadata,
    Column("id", String(26), primary_key=True),
    _of_space(),
    # what its facilitators call it, sealed with the network's key
    Column("sealed_title", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("begun_on", Date, nullable=False),
    Column("ended_on", Date, nullable=True),
    Index("ix_cohort_space", "space"),
)

cohort_member = Table(
    "cohort_member",
    metadata,
    Column("cohort_id", String(26), ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", String(26), ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True),
    # invited or in
    Column("state", String(10), nullable=False),
    Column("since", Date, nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)
