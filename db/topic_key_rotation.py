"""Changing the network's key for needs, topics and votes: words sealed anew, supporters found anew.

A supporter is a hash of somebody; under the new key it is found by trying who they are. Who was erased since cannot
be tried: their hash stays as it is, counts on, and is found by nobody. Ballots hang on their vote's own key, which
is only wrapped anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Table, and_, select, update

from db.ids import MemberId
from db.keys import NetworkKeys
from db.need_store import SUPPORT as NEED_SUPPORT
from db.need_store import words_of as words_of_need
from db.tables import need, need_support, topic, topic_support, vote
from db.topic_store import PROPOSER
from db.topic_store import SUPPORT as TOPIC_SUPPORT
from db.topic_store import words_of as words_of_topic
from db.vote_store import wrapped_for

HANDLED_IN_TOPICS = {
    "need.sealed_words": "sealed anew",
    "need_support.supporter_lookup": "computed anew; of who was erased, left as it is",
    "topic.sealed_words": "sealed anew",
    "topic.proposer_lookup": "computed anew; of who was erased, left as it is",
    "topic_support.supporter_lookup": "computed anew; of who was erased, left as it is",
    "vote.wrapped_secret": "wrapped anew",
    "ballot.voter_lookup": "hangs on the vote's own key",
    "ballot.sealed_choice": "opens with the vote's own key",
}


def rotate_topics(connection: Connection, old: NetworkKeys, new: NetworkKeys, members: Sequence[MemberId]) -> None:
    """Close everything about needs, topics and votes with the new key. Raises :class:`SealedOtherwiseError`."""
    for row in connection.execute(select(need)).all():
        context = words_of_need(row.id)
        sealed = new.sealing.seal(old.sealing.unseal(row.sealed_words, context), context)
        connection.execute(update(need).where(need.c.id == row.id).values(sealed_words=sealed))
    for row in connection.execute(select(topic)).all():
        context = words_of_topic(row.id)
        sealed = new.sealing.seal(old.sealing.unseal(row.sealed_words, context), context)
        proposers = _anew(old, new, PROPOSER, row.id, members)
        proposer = proposers.get(row.proposer_lookup, row.proposer_lookup)
        values = {"sealed_words": sealed, "proposer_lookup": proposer}
        connection.execute(update(topic).where(topic.c.id == row.id).values(**values))
    for table, thing, kind in (
        (need_support, need_support.c.need_id, NEED_SUPPORT),
        (topic_support, topic_support.c.topic_id, TOPIC_SUPPORT),
    ):
        for thing_id in connection.execute(select(thing).distinct()).scalars().all():
            anew = _anew(old, new, kind, thing_id, members)
            _find_anew(connection, table, thing, thing_id, anew)
    for row in connection.execute(select(vote).where(vote.c.wrapped_secret.is_not(None))).all():
        use = wrapped_for(row.id)
        wrapped = new.wrap(old.unwrap(row.wrapped_secret, use), use)
        connection.execute(update(vote).where(vote.c.id == row.id).values(wrapped_secret=wrapped))


def _anew(
    old: NetworkKeys, new: NetworkKeys, kind: str, thing_id: str, members: Sequence[MemberId]
) -> dict[str, str]:
    """Return the new look-up of each member's old one, for one thing."""
    return {old.lookup(kind, thing_id, each): new.lookup(kind, thing_id, each) for each in members}


def _find_anew(
    connection: Connection, table: Table, thing: Column[str], thing_id: str, anew: dict[str, str]
) -> None:
    found = select(table.c.supporter_lookup).where(thing == thing_id)
    for lookup in connection.execute(found).scalars().all():
        if lookup in anew:
            where = and_(thing == thing_id, table.c.supporter_lookup == lookup)
            connection.execute(update(table).where(where).values(supporter_lookup=anew[lookup]))
