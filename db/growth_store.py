"""Rounds of the Growth Cycle: what spaces pass on to one another, what they work on, why one stands alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from db.ids import new_person_id
from db.keys import NetworkKeys
from db.tables import growth_feed, growth_note, growth_round, round_topic


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round, numbered from 1."""

    number: int
    state: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What one space passes on to another, unsealed; ``passed_on`` on a day, or not (yet)."""

    id: str
    round: int
    from_space: str
    to_space: str
    what: str
    passed_on: date | None

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"FeedRow({self.round})"


@dataclass(frozen=True, slots=True)
class RoundTopicRow:
    """What a space works on; ``carried_over``: for how many rounds it has been taken along."""

    topic_id: str
    space: str
    carried_over: int


class GrowthStore:
    """Reads and writes rounds inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    # ── rounds

    def last(self) -> RoundRow | None:
        """Return the newest round, closed or not."""
        return self._round(growth_round.c.number == select(func.max(growth_round.c.number)).scalar_subquery())

    def get(self, number: int) -> RoundRow | None:
        """Return a round."""
        return self._round(growth_round.c.number == number)

    def _round(self, condition: ColumnElement[bool]) -> RoundRow | None:
        row = self._connection.execute(select(growth_round).where(condition)).one_or_none()
        return None if row is None else RoundRow(**row._mapping)

    def begin(self, number: int, state: str, starts_on: date, ends_on: date) -> None:
        """Write a new round down."""
        values = {"number": number, "state": state, "starts_on": starts_on, "ends_on": ends_on}
        self._connection.execute(insert(growth_round).values(**values))

    def set_state(self, number: int, state: str) -> None:
        """Move a round on; whether it may is the domain's to say."""
        self._connection.execute(update(growth_round).where(growth_round.c.number == number).values(state=state))

    # ── feeds

    def feeds(self, number: int) -> list[FeedRow]:
        """Return what is passed on in a round, the oldest first."""
        statement = select(growth_feed).where(growth_feed.c.round == number).order_by(growth_feed.c.id)
        return [
            FeedRow(
                row.id,
                row.round,
                row.from_space,
                row.to_space,
                self._keys.sealing.unseal(row.sealed_what, what_of(row.id)).decode(),
                row.passed_on,
            )
            for row in self._connection.execute(statement)
        ]

    def feed(self, number: int, from_space: str, to_space: str, what: str) -> str:
        """Write a feed down; return its id."""
        feed_id = new_person_id()
        self._connection.execute(
            insert(growth_feed).values(
                id=feed_id,
                round=number,
                from_space=from_space,
                to_space=to_space,
                sealed_what=self._keys.sealing.seal(what.encode(), what_of(feed_id)),
            )
        )
        return feed_id

    def unfeed(self, number: int, from_space: str, to_space: str) -> bool:
        """Take a feed out again; return whether there was one."""
        where = (
            growth_feed.c.round == number,
            growth_feed.c.from_space == from_space,
            growth_feed.c.to_space == to_space,
        )
        return bool(self._connection.execute(delete(growth_feed).where(*where)).rowcount)

    def set_passed_on(self, feed_id: str, day: date | None) -> None:
        """Note that something was passed on, or that it was not after all."""
        self._connection.execute(update(growth_feed).where(growth_feed.c.id == feed_id).values(passed_on=day))

    # ── notes

    def notes(self, number: int) -> dict[str, str]:
        """Return why spaces stand alone in a round, by space."""
        rows = self._connection.execute(select(growth_note).where(growth_note.c.round == number))
        return {
            row.space: self._keys.sealing.unseal(row.sealed_note, note_of(row.round, row.space)).decode()
            for row in rows
        }

    def write_note(self, number: int, space: str, note: str | None) -> None:
        """Write down why a space stands alone, in place of what stood there; None takes it out."""
        where = (growth_note.c.round == number, growth_note.c.space == space)
        self._connection.execute(delete(growth_note).where(*where))
        if note is not None:
            sealed = self._keys.sealing.seal(note.encode(), note_of(number, space))
            self._connection.execute(insert(growth_note).values(round=number, space=space, sealed_note=sealed))

    # ── topics

    def topics(self, number: int) -> list[RoundTopicRow]:
        """Return what is worked on in a round."""
        columns = (round_topic.c.topic_id, round_topic.c.space, round_topic.c.carried_over)
        statement = select(*columns).where(round_topic.c.round == number)
        rows = self._connection.execute(statement.order_by(round_topic.c.topic_id))
        return [RoundTopicRow(row.topic_id, row.space, row.carried_over) for row in rows]

    def topics_of_all_rounds(self) -> frozenset[str]:
        """Return the topics that were in some round."""
        return frozenset(self._connection.execute(select(round_topic.c.topic_id).distinct()).scalars())

    def take_up(self, number: int, space: str, topic_id: str, carried_over: int) -> None:
        """Take a topic into a round."""
        values = {"round": number, "space": space, "topic_id": topic_id, "carried_over": carried_over}
        self._connection.execute(insert(round_topic).values(**values))

    def put_back(self, number: int, topic_id: str) -> bool:
        """Take a topic out of a round again; return whether it was in it."""
        where = (round_topic.c.round == number, round_topic.c.topic_id == topic_id)
        return bool(self._connection.execute(delete(round_topic).where(*where)).rowcount)


def what_of(feed_id: str) -> str:
    """Return the context in which what is passed on is sealed."""
    return f"what is passed on in {feed_id}"


def note_of(number: int, space: str) -> str:
    """Return the context in which a space's note is sealed."""
    return f"note of {space} in round {number}"
