"""Topics: what is proposed for a session, how many support it, what was decided and why; by whom is not known."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from db.ids import MemberId, new_person_id
from db.keys import NetworkKeys
from db.support_rows import SupportRows
from db.tables import topic, topic_support, vote, vote_option

SUPPORT = "topic support"
PROPOSER = "topic proposer"


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic, its words unsealed. ``reason`` and ``decided_by`` are there once it was decided."""

    id: str
    scope: str
    title: str
    skill: str
    language: str
    reason: str | None
    need_id: str | None
    state: str
    decided_by: str | None
    proposed_on: date
    decided_on: date | None
    supporters: int

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"TopicRow({self.state})"


class TopicStore:
    """Reads and writes topics inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys
        self.supporters = SupportRows(connection, keys, topic_support, SUPPORT)

    def add(
        self,
        scope: str,
        title: str,
        *,
        skill: str,
        language: str,
        need_id: str | None,
        proposer: MemberId,
        today: date,
        purge_after: datetime,
    ) -> TopicRow:
        """Propose a topic."""
        topic_id = new_person_id()
        self._connection.execute(
            insert(topic).values(
                id=topic_id,
                scope=scope,
                sealed_words=self._sealed(topic_id, title, skill, language, None),
                need_id=need_id,
                state="proposed",
                proposer_lookup=self.proposer_lookup(topic_id, proposer),
                proposed_on=today,
                purge_after=purge_after,
            )
        )
        return TopicRow(topic_id, scope, title, skill, language, None, need_id, "proposed", None, today, None, 0)

    def _sealed(self, topic_id: str, title: str, skill: str, language: str, reason: str | None) -> bytes:
        words = {"title": title, "skill": skill, "language": language, "reason": reason}
        return self._keys.sealing.seal(json.dumps(words, ensure_ascii=False).encode(), words_of(topic_id))

    def proposer_lookup(self, topic_id: str, member_id: MemberId) -> str:
        """Return under what the one who proposed a topic can be recognised: to let them withdraw it."""
        return self._keys.lookup(PROPOSER, topic_id, member_id)

    def is_proposer(self, topic_id: str, member_id: MemberId) -> bool:
        """Say whether a member proposed a topic."""
        statement = select(topic.c.proposer_lookup).where(topic.c.id == topic_id)
        return self._connection.execute(statement).scalar() == self.proposer_lookup(topic_id, member_id)

    # ── reading

    def get(self, topic_id: str) -> TopicRow | None:
        """Return a topic."""
        return next(iter(self._read(topic.c.id == topic_id)), None)

    def held(self, topic_id: str) -> TopicRow | None:
        """Return a topic as it is, and let nobody decide about it before this unit of work is done."""
        self._connection.execute(select(topic.c.id).where(topic.c.id == topic_id).with_for_update())
        return self.get(topic_id)

    def of_ids(self, ids: Collection[str]) -> list[TopicRow]:
        """Return the topics of these ids that there still are, in the order of ``ids``."""
        found = {each.id: each for each in self._read(topic.c.id.in_(ids))}
        return [found[each] for each in ids if each in found]

    def of_scopes(self, scopes: Collection[str], states: Collection[str]) -> list[TopicRow]:
        """Return the topics of some scopes, those with the most supporters first."""
        return self._read(topic.c.scope.in_(scopes), topic.c.state.in_(states))

    def _read(self, *conditions: ColumnElement[bool]) -> list[TopicRow]:
        counted = select(func.count()).where(topic_support.c.topic_id == topic.c.id).scalar_subquery()
        statement = select(topic, counted.label("supporters")).where(*conditions)
        rows = self._connection.execute(statement.order_by(counted.desc(), topic.c.proposed_on, topic.c.id))
        return [self._row(row) for row in rows]

    def _row(self, row: Row[Any]) -> TopicRow:
        words = json.loads(self._keys.sealing.unseal(row.sealed_words, words_of(row.id)))
        return TopicRow(
            row.id,
            row.scope,
            words["title"],
            words["skill"],
            words["language"],
            words["reason"],
            row.need_id,
            row.state,
            row.decided_by,
            row.proposed_on,
            row.decided_on,
            row.supporters,
        )

    # ── writing

    def support(self, topic_id: str, member_id: MemberId) -> bool:
        """Add a member's support; return False when it was there."""
        return self.supporters.add(topic_id, member_id, self._purge_after(topic_id))

    def _purge_after(self, topic_id: str) -> datetime:
        statement = select(topic.c.purge_after).where(topic.c.id == topic_id)
        found: datetime = self._connection.execute(statement).scalar_one()
        return found

    def set_state(self, topic_id: str, state: str, purge_after: datetime) -> None:
        """Move a topic on, and keep it until then; whether it may is the domain's to say."""
        self._change(topic_id, state=state, purge_after=purge_after)
        self.supporters.keep(topic_id, purge_after)

    def decide(
        self, row: TopicRow, state: str, *, by: str, reason: str | None, today: date, purge_after: datetime
    ) -> None:
        """Write down what was decided about a topic, by a vote or by a facilitator, and why."""
        sealed = self._sealed(row.id, row.title, row.skill, row.language, reason)
        self._change(
            row.id, state=state, decided_by=by, decided_on=today, sealed_words=sealed, purge_after=purge_after
        )
        self.supporters.keep(row.id, purge_after)

    def _change(self, topic_id: str, **values: object) -> None:
        self._connection.execute(update(topic).where(topic.c.id == topic_id).values(**values))

    def without_vote(self) -> list[str]:
        """Return topics that are said to be in a vote when no open one has them: the vote's row is gone."""
        voted = select(vote_option.c.topic_id).join(vote).where(vote.c.state == "open")
        statement = select(topic.c.id).where(topic.c.state == "voting", topic.c.id.not_in(voted))
        return list(self._connection.execute(statement).scalars())

    # ── one person with two records

    def move_person(self, source: MemberId, target: MemberId) -> None:
        """Let what a record proposed and supports be another's of the same person, once."""
        for topic_id in self.supporters.supported_by(source):
            self.supporters.remove(topic_id, source)
            self.supporters.add(topic_id, target, self._purge_after(topic_id))
        for topic_id in self._connection.execute(select(topic.c.id)).scalars().all():
            if self.is_proposer(topic_id, source):
                self._change(topic_id, proposer_lookup=self.proposer_lookup(topic_id, target))


def words_of(topic_id: str) -> str:
    """Return the context in which a topic's words are sealed."""
    return f"words of topic {topic_id}"
