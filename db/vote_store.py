"""Votes and their ballots: open while a vote is, unreadable to everybody afterwards (TOP-3, DOMAIN 7.3).

Each vote has a random key of its own, wrapped with the network's. Under it a voter is found again, so that a second
ballot replaces the first, and choices are sealed. At the end the key and the ballots go in the transaction that
writes the counts; neither is in any backup. While a vote is open, whoever holds the database *and* the network's
key could read ballots: that is why the window is short, and nothing of it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from db.ids import MemberId, new_id
from db.keys import NetworkKeys, SealedOtherwiseError, new_member_key
from db.tables import ballot, member, space_member, vote, vote_option

OPEN = "open"


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One vote. ``topics`` in the order in which they stand on the ballot; ``result`` as it was written at the end.

    ``readable``: its key is there. Of an open vote it is missing only when it came out of a backup.
    """

    id: str
    scope: str
    state: str
    opened_at: datetime
    closes_at: datetime
    electorate: int
    quorum: int
    topics: tuple[str, ...]
    readable: bool
    result: dict[str, Any] | None


class BallotBox:
    """What one vote's own key does: finds a voter's ballot, and seals what is in it."""

    def __init__(self, secret: bytes, vote_id: str) -> None:
        # the derivation of the network's keys, on a key that lives for one vote
        self._keys = NetworkKeys(secret)
        self._vote_id = vote_id

    def voter(self, member_id: MemberId) -> str:
        """Return under what a member's ballot stands."""
        return self._keys.lookup("voter", member_id)

    def seal(self, choice: bytes, voter: str) -> bytes:
        """Seal a choice for one voter of this vote: nowhere else does it open."""
        return self._keys.sealing.seal(choice, f"ballot of {voter} in {self._vote_id}")

    def unseal(self, sealed: bytes, voter: str) -> bytes:
        """Return a choice. Raises :class:`SealedOtherwiseError`."""
        return self._keys.sealing.unseal(sealed, f"ballot of {voter} in {self._vote_id}")


class VoteStore:
    """Reads and writes votes inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    # ── votes

    def open(
        self,
        scope: str,
        topics: Sequence[str],
        *,
        opened_at: datetime,
        closes_at: datetime,
        electorate: int,
        quorum: int,
        purge_after: datetime,
    ) -> VoteRow:
        """Open a vote about topics, in their order."""
        vote_id = new_id()
        self._connection.execute(
            insert(vote).values(
                id=vote_id,
                scope=scope,
                state=OPEN,
                opened_at=opened_at,
                closes_at=closes_at,
                electorate=electorate,
                quorum=quorum,
                wrapped_secret=self._keys.wrap(new_member_key(), wrapped_for(vote_id)),
                purge_after=purge_after,
            )
        )
        self._connection.execute(
            insert(vote_option),
            [{"vote_id": vote_id, "topic_id": each, "position": place} for place, each in enumerate(topics)],
        )
        return VoteRow(vote_id, scope, OPEN, opened_at, closes_at, electorate, quorum, tuple(topics), True, None)

    def get(self, vote_id: str) -> VoteRow | None:
        """Return a vote."""
        return next(iter(self._read(vote.c.id == vote_id)), None)

    def held(self, vote_id: str) -> VoteRow | None:
        """Return a vote as it is, and let nobody cast in it or close it before this unit of work is done.

        Otherwise a ballot could come in, on PostgreSQL, between the counting and the deleting.
        """
        self._connection.execute(select(vote.c.id).where(vote.c.id == vote_id).with_for_update())
        return self.get(vote_id)

    def open_in(self, scopes: Collection[str]) -> list[VoteRow]:
        """Return the open votes of some scopes, the one that closes first first."""
        return self._read(vote.c.state == OPEN, vote.c.scope.in_(scopes))

    def ended_in(self, scope: str, limit: int) -> list[VoteRow]:
        """Return the votes of a scope that are over, the newest first."""
        return self._read(vote.c.state != OPEN, vote.c.scope == scope)[::-1][:limit]

    def to_end(self, now: datetime) -> list[VoteRow]:
        """Return open votes whose window is over, and those whose key is missing: nothing more can come of them."""
        return [each for each in self._read(vote.c.state == OPEN) if each.closes_at <= now or not each.readable]

    def next_end(self) -> datetime | None:
        """Return when the next vote is to be ended; the opening of one without a key, as that is due."""
        ends = [each.closes_at if each.readable else each.opened_at for each in self._read(vote.c.state == OPEN)]
        return min(ends, default=None)

    def _read(self, *conditions: ColumnElement[bool]) -> list[VoteRow]:
        statement = select(vote).where(*conditions).order_by(vote.c.closes_at, vote.c.id)
        return [self._row(row) for row in self._connection.execute(statement)]

    def _row(self, row: Row[Any]) -> VoteRow:
        options = select(vote_option.c.topic_id).where(vote_option.c.vote_id == row.id)
        return VoteRow(
            row.id,
            row.scope,
            row.state,
            row.opened_at,
            row.closes_at,
            row.electorate,
            row.quorum,
            tuple(self._connection.execute(options.order_by(vote_option.c.position)).scalars()),
            row.wrapped_secret is not None,
            None if row.result is None else json.loads(row.result),
        )

    def electorate(self, scope: str | None, states: Collection[str]) -> int:
        """Return how many members in these states are in a space, or in the network for None."""
        statement = select(func.count()).select_from(member).where(member.c.state.in_(states))
        if scope is not None:
            joined = member.join(
                space_member, and_(space_member.c.member_id == member.c.id, space_member.c.space == scope)
            )
            statement = select(func.count()).select_from(joined).where(member.c.state.in_(states))
        return self._connection.execute(statement).scalar_one()

    # ── ballots

    def box(self, vote_id: str) -> BallotBox:
        """Return a vote's own key. Raises LookupError when it is gone, :class:`SealedOtherwiseError`."""
        wrapped = self._connection.execute(select(vote.c.wrapped_secret).where(vote.c.id == vote_id)).scalar()
        if wrapped is None:
            raise LookupError("the vote's key was destroyed")
        return BallotBox(self._keys.unwrap(wrapped, wrapped_for(vote_id)), vote_id)

    def cast(self, vote_id: str, member_id: MemberId, choice: bytes, purge_after: datetime) -> bool:
        """Put a ballot in, instead of the one this member had; return whether there was one. Raises LookupError."""
        box = self.box(vote_id)
        voter = box.voter(member_id)
        sealed = box.seal(choice, voter)
        where = (ballot.c.vote_id == vote_id, ballot.c.voter_lookup == voter)
        if self._connection.execute(update(ballot).where(*where).values(sealed_choice=sealed)).rowcount:
            return True
        self._connection.execute(
            insert(ballot).values(
                vote_id=vote_id, voter_lookup=voter, sealed_choice=sealed, purge_after=purge_after
            )
        )
        return False

    def take_back(self, vote_id: str, member_id: MemberId) -> bool:
        """Take a member's ballot out; return whether there was one. Raises LookupError."""
        where = (ballot.c.vote_id == vote_id, ballot.c.voter_lookup == self.box(vote_id).voter(member_id))
        return bool(self._connection.execute(delete(ballot).where(*where)).rowcount)

    def has_cast(self, vote_id: str, member_id: MemberId) -> bool:
        """Say, to the member and to nobody else, whether they have a ballot in it. Raises LookupError."""
        where = (ballot.c.vote_id == vote_id, ballot.c.voter_lookup == self.box(vote_id).voter(member_id))
        return self._connection.execute(select(ballot.c.vote_id).where(*where)).first() is not None

    def choices(self, vote_id: str) -> list[bytes]:
        """Return what was chosen, in no order that means anything: only to be counted, at the end.

        Raises LookupError without a key, :class:`SealedOtherwiseError` when a ballot was tampered with.
        """
        box = self.box(vote_id)
        statement = select(ballot.c.voter_lookup, ballot.c.sealed_choice).where(ballot.c.vote_id == vote_id)
        rows = self._connection.execute(statement.order_by(ballot.c.voter_lookup))
        return [box.unseal(row.sealed_choice, row.voter_lookup) for row in rows]

    def end(self, vote_id: str, state: str, result: dict[str, Any], purge_after: datetime) -> None:
        """End a vote: what it came to is written, its ballots and its key are destroyed."""
        self._connection.execute(delete(ballot).where(ballot.c.vote_id == vote_id))
        self._connection.execute(
            update(vote)
            .where(vote.c.id == vote_id)
            .values(
                state=state,
                wrapped_secret=None,
                result=json.dumps(result, separators=(",", ":")),
                purge_after=purge_after,
            )
        )

    # ── people

    def forget_voter(self, member_id: MemberId) -> int:
        """Take a member's ballots out of every open vote; return how many those were."""
        return sum(self.take_back(vote_id, member_id) for vote_id in self._boxes())

    def move_voter(self, source: MemberId, target: MemberId) -> None:
        """Let the ballots of a record be those of another of the same person; of two in one vote one stays."""
        for vote_id, box in self._boxes().items():
            voter = box.voter(source)
            statement = select(ballot).where(ballot.c.vote_id == vote_id, ballot.c.voter_lookup == voter)
            row = self._connection.execute(statement).first()
            if row is None:
                continue
            self.take_back(vote_id, source)
            if not self.has_cast(vote_id, target):
                self.cast(vote_id, target, box.unseal(row.sealed_choice, voter), row.purge_after)

    def _boxes(self) -> dict[str, BallotBox]:
        """Return the open votes whose ballots can be found; of the others nothing will be counted anyway."""
        found = {}
        for each in self._read(vote.c.state == OPEN):
            try:
                found[each.id] = self.box(each.id)
            except (LookupError, SealedOtherwiseError):
                # out of a backup, or tampered with: it is found void when it is to be ended
                continue
        return found


def wrapped_for(vote_id: str) -> str:
    """Return for what a vote's own key is wrapped."""
    return f"vote {vote_id}"
