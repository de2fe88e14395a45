"""The tables of needs, topics and votes: what is needed, never by whom; what was chosen, never by whom.

Supporters and voters stand here as keyed hashes over the thing and the member together, so that nobody supports or
votes twice and no two rows can be seen to be the same person's. Ballots are sealed with a key that is made for one
vote and destroyed at its end, together with the ballots. Words are sealed with the network's key.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from db.columns import UtcDateTime
from db.tables.base import metadata
from db.tables.members import LOOKUP

need = Table(
    "need",
    metadata,
    Column("id", String(26), primary_key=True),
    # a space's key, or "network"
    Column("scope", String(40), nullable=False, index=True),
    # JSON: text and language; sealed with the network's key
    Column("sealed_words", LargeBinary, nullable=False),
    # open, merged, chosen or closed
    Column("state", String(10), nullable=False),
    Column("merged_into", String(26), ForeignKey("need.id", ondelete="SET NULL"), nullable=True),
    # how many said or supported it, those merged into it included
    Column("voices", Integer, nullable=False),
    # the Monday of the week, so that nobody is found by when they were writing
    Column("week", Date, nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)

need_support = Table(
    "need_support",
    metadata,
    Column("need_id", String(26), ForeignKey("need.id", ondelete="CASCADE"), primary_key=True),
    Column("supporter_lookup", String(LOOKUP), primary_key=True),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)

topic = Table(
    "topic",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("scope", String(40), nullable=False, index=True),
    # JSON: title, skill, language, and the reason of a decision; sealed with the network's key
    Column("sealed_words", LargeBinary, nullable=False),
    Column("need_id", String(26), ForeignKey("need.id", ondelete="SET NULL"), nullable=True),
    # proposed, voting, chosen, declined or withdrawn
    Column("state", String(10), nullable=False),
    # vote or facilitator, once decided
    Column("decided_by", String(12), nullable=True),
    # a keyed hash over topic and member: the one who may withdraw it
    Column("proposer_lookup", String(LOOKUP), nullable=False),
    Column("proposed_on", Date, nullable=False),
    Column("decided_on", Date, nullable=True),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)

topic_support = Table(
    "topic_support",
    metadata,
    Column("topic_id", String(26), ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True),
    Column("supporter_lookup", String(LOOKUP), primary_key=True),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)

vote = Table(
    "vote",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("scope", String(40), nullable=False, index=True),
    # open, chosen, tied, no_quorum or void
    Column("state", String(10), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closes_at", UtcDateTime, nullable=False, index=True),
    # frozen when it opens: how many could vote, and how many must
    Column("electorate", Integer, nullable=False),
    Column("quorum", Integer, nullable=False),
    # this vote's own key, wrapped with the network's; destroyed at the end, and in no backup
    Column("wrapped_secret", LargeBinary, nullable=True),
    # JSON, after the end: ballots cast, and how many for each topic
    Column("result", String(2000), nullable=True),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
)

vote_option = Table(
    "vote_option",
    metadata,
    Column("vote_id", String(26), ForeignKey("vote.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", String(26), ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, nullable=False),
)

ballot = Table(
    "ballot",
    metadata,
    # only while a vote is open, and in no backup
    Column("vote_id", String(26), ForeignKey("vote.id", ondelete="CASCADE"), primary_key=True),
    # a hash over the member with the vote's own key: beyond the end nobody can compute it again
    Column("voter_lookup", String(LOOKUP), primary_key=True),
    # of one length whatever was chosen
    Column("sealed_choice", LargeBinary, nullable=False),
    Column("purge_after", UtcDateTime, nullable=False, index=True),
    Index("ix_ballot_vote_id", "vote_id"),
)
