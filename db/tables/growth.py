"""The tables of the Growth Cycle and of experiments: what spaces pass on to one another, and what was tried.

Nothing here leads to a person. What facilitators wrote is sealed with the network's key all the same.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from db.tables.base import metadata
from db.tables.spaces import SPACE_KEY


def _space(name: str = "space", *, primary_key: bool = False) -> Column[str]:
    reference = ForeignKey("space.key", ondelete="CASCADE")
    return Column(name, String(SPACE_KEY), reference, primary_key=primary_key, nullable=False)


growth_round = Table(
    "growth_round",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    # planning, running, reflecting or closed
    Column("state", String(10), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
)

growth_feed = Table(
    "growth_feed",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("round", Integer, ForeignKey("growth_round.number", ondelete="CASCADE"), nullable=False),
    _space("from_space"),
    _space("to_space"),
    # what is passed on, in words
    Column("sealed_what", LargeBinary, nullable=False),
    # whether it was passed on, by the end of the round
    Column("passed_on", Date, nullable=True),
    UniqueConstraint("round", "from_space", "to_space"),
)

growth_note = Table(
    "growth_note",
    metadata,
    # why a space feeds none and is fed by none in a round
    Column("round", Integer, ForeignKey("growth_round.number", ondelete="CASCADE"), primary_key=True),
    _space(primary_key=True),
    Column("sealed_note", LargeBinary, nullable=False),
)

round_topic = Table(
    "round_topic",
    metadata,
    # what a space works on in a round; carried over when it was not finished in the one before
    Column("round", Integer, ForeignKey("growth_round.number", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", String(26), ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True),
    _space(),
    Column("carried_over", Integer, nullable=False),
)

experiment = Table(
    "experiment",
    metadata,
    Column("id", String(26), primary_key=True),
    _space(),
    # draft, registered, running, stopped or decided
    Column("state", String(12), nullable=False),
    # JSON: question, hypothesis, note of the decision
    Column("sealed_words", LargeBinary, nullable=False),
    # the id of a metric (DOMAIN 5)
    Column("measure", String(40), nullable=False),
    Column("least", Integer, nullable=False),
    Column("starts_on", Date, nullable=True),
    Column("stops_on", Date, nullable=False),
    Column("registered_on", Date, nullable=True),
    # over everything that is frozen at registration: it shows that nothing was changed
    Column("frozen", String(64), nullable=True),
    # keep, adapt or stop
    Column("decision", String(10), nullable=True),
    Column("decided_on", Date, nullable=True),
    Index("ix_experiment_space", "space"),
)

experiment_arm = Table(
    "experiment_arm",
    metadata,
    # assigned by cohort, never by person
    Column("experiment_id", String(26), ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
    Column("cohort_id", String(26), ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True),
    # what facilitators call it, sealed with the network's key
    Column("sealed_arm", LargeBinary, nullable=False),
)
