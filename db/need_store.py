"""Needs: what people must learn, how many said so, in which week; by whom is not known (TOP-1).

Nothing leads from a need to who wrote it: no hash of them, and an id that tells the week as the row does. So one's
own need can be supported once by oneself: with each need one voice may be too many, and that is the price.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from secrets import token_bytes
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, insert, select, update
from ulid import ULID

from db.ids import MemberId
from db.keys import NetworkKeys
from db.support_rows import SupportRows
from db.tables import member, need, need_support

SUPPORT = "need support"


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One need, its words unsealed. ``gathered``: others were merged into it, so its voices are an upper bound."""

    id: str
    scope: str
    text: str
    language: str
    state: str
    voices: int
    gathered: bool
    week: date

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"NeedRow({self.state})"


class NeedStore:
    """Reads and writes needs inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys
        self.supporters = SupportRows(connection, keys, need_support, SUPPORT)

    def add(self, scope: str, text: str, language: str, week: date, purge_after: datetime) -> NeedRow:
        """Write a need down. ``week`` is its Monday."""
        need_id = week_id(week)
        words = json.dumps({"text": text, "language": language}, ensure_ascii=False)
        self._connection.execute(
            insert(need).values(
                id=need_id,
                scope=scope,
                sealed_words=self._keys.sealing.seal(words.encode(), words_of(need_id)),
                state="open",
                voices=1,
                week=week,
                purge_after=purge_after,
            )
        )
        return NeedRow(need_id, scope, text, language, "open", 1, False, week)

    def get(self, need_id: str) -> NeedRow | None:
        """Return a need."""
        return next(iter(self._read(need.c.id == need_id)), None)

    def held(self, need_id: str) -> NeedRow | None:
        """Return a need as it is, and let nobody change its voices before this unit of work is done."""
        self._connection.execute(select(need.c.id).where(need.c.id == need_id).with_for_update())
        return self.get(need_id)

    def of_scope(self, scope: str, states: Collection[str] = ("open",)) -> list[NeedRow]:
        """Return the needs of a scope, those with the most voices first."""
        return self._read(need.c.scope == scope, need.c.state.in_(states))

    def _read(self, *conditions: ColumnElement[bool]) -> list[NeedRow]:
        other = need.alias("other")
        gathered = exists().where(other.c.merged_into == need.c.id).label("gathered")
        statement = select(need, gathered).where(*conditions).order_by(need.c.voices.desc(), need.c.id)
        return [self._row(row) for row in self._connection.execute(statement)]

    def _row(self, row: Row[Any]) -> NeedRow:
        words = json.loads(self._keys.sealing.unseal(row.sealed_words, words_of(row.id)))
        return NeedRow(
            row.id, row.scope, words["text"], words["language"], row.state, row.voices, bool(row.gathered), row.week
        )

    # ── voices

    def support(self, need_id: str, member_id: MemberId, purge_after: datetime) -> bool:
        """Add a member's voice, and keep the need for that much longer; return False when it was there."""
        if not self.supporters.add(need_id, member_id, purge_after):
            return False
        self._voices(need_id, 1)
        self._connection.execute(update(need).where(need.c.id == need_id).values(purge_after=purge_after))
        self.supporters.keep(need_id, purge_after)
        return True

    def take_back(self, need_id: str, member_id: MemberId) -> bool:
        """Take a member's voice back; return whether it was there."""
        if not self.supporters.remove(need_id, member_id):
            return False
        self._voices(need_id, -1)
        return True

    def _voices(self, need_id: str, by: int) -> None:
        self._connection.execute(update(need).where(need.c.id == need_id).values(voices=need.c.voices + by))

    def set_state(self, need_id: str, state: str) -> None:
        """Move a need; whether it may is the domain's to say."""
        self._connection.execute(update(need).where(need.c.id == need_id).values(state=state))

    def merge(self, source: NeedRow, target: NeedRow, purge_after: datetime) -> int:
        """Make one need part of another; return the voices they have together.

        A hash cannot be turned into that of another need. But it can be tried for each member whether they are
        behind it: so supporters are carried over, and who supported both counts once. Who wrote one and supported
        the other cannot be known and counts twice. Hashes that nobody fits any more (people who were erased) stay
        counted and are dropped.
        """
        there, both = self.supporters.all(source.id), 0
        for member_id in self._members():
            if self.supporters.lookup(source.id, member_id) in there:
                both += not self.supporters.add(target.id, member_id, purge_after)
                self.supporters.remove(source.id, member_id)
        voices = source.voices + target.voices - both
        self._connection.execute(need_support.delete().where(need_support.c.need_id == source.id))
        # what was part of the source before is part of the target now
        self._connection.execute(update(need).where(need.c.merged_into == source.id).values(merged_into=target.id))
        self._connection.execute(
            update(need)
            .where(need.c.id == source.id)
            .values(state="merged", merged_into=target.id, purge_after=purge_after)
        )
        self._connection.execute(
            update(need).where(need.c.id == target.id).values(voices=voices, purge_after=purge_after)
        )
        self.supporters.keep(target.id, purge_after)
        return voices

    def _members(self) -> Iterable[MemberId]:
        return [MemberId(each) for each in self._connection.execute(select(member.c.id)).scalars()]

    # ── one person with two records

    def move_supporter(self, source: MemberId, target: MemberId) -> None:
        """Let what a record supports be supported by another of the same person, once."""
        for need_id in self.supporters.supported_by(source):
            statement = select(need.c.purge_after).where(need.c.id == need_id)
            purge_after = self._connection.execute(statement).scalar_one()
            self.supporters.remove(need_id, source)
            if not self.supporters.add(need_id, target, purge_after):
                self._voices(need_id, -1)


def week_id(week: date) -> str:
    """Return a new id that tells the week and nothing else: a ULID with the time of its Monday (UTC)."""
    moment = datetime.combine(week, time.min, UTC)
    return str(ULID(int(moment.timestamp() * 1000).to_bytes(6, "big") + token_bytes(10)))


def words_of(need_id: str) -> str:
    """Return the context in which a need's words are sealed."""
    return f"words of need {need_id}"
