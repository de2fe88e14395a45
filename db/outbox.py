"""What is still to be done on a platform, written in the same transaction as what made it necessary.

So a crash between "saved" and "done there" heals at the next start. Details hold codes and places; an account,
where there is no member to ask for it, is sealed, and so is what names somebody to the member who is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, not_, select, update

from db.ids import MemberId
from db.keys import NetworkKeys, SealingKey
from db.tables import effect, member_key

KEPT = timedelta(days=14)
"""How long an effect is tried, or shown as failed."""
WORDS_FOR_A_ROOM = "words for a room"
KEPT_FOR_AN_ACCOUNT = timedelta(days=1)
"""The same for an account that is no member's any more: erased, or unlinked. Nothing of them stays longer."""


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One thing to do. ``target`` is (platform, user id) where no member stands behind it.

    ``words`` name somebody: they are for the member or the room this is for, and for no log.
    """

    id: int
    kind: str
    member_id: MemberId | None
    details: Mapping[str, str]
    target: tuple[str, str] | None
    attempts: int
    words: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Keep accounts and aliases out of tracebacks."""
        return f"EffectRow({self.kind})"


class Outbox:
    """Reads and writes effects inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def add(
        self,
        kind: str,
        details: Mapping[str, str],
        *,
        now: datetime,
        member_id: MemberId | None = None,
        target: tuple[str, str] | None = None,
        not_before: datetime | None = None,
        words: Mapping[str, str] | None = None,
    ) -> None:
        """Ask for something to be done, at ``not_before`` or at once.

        ``words`` are sealed with the key of the member it is for, or with the network's when they are for a room
        or for an account that is no member's.
        Raises LookupError when the member's key was destroyed.
        """
        if words and member_id is None and target is None and kind != "post":
            raise LookupError("words are for a member, for an account, or for a room")
        sealed = None
        if target is not None:
            sealed = self._keys.sealing.seal(json.dumps(target).encode(), "target of an effect")
        self._connection.execute(
            insert(effect).values(
                kind=kind,
                member_id=member_id,
                details=json.dumps(dict(details), ensure_ascii=False),
                sealed_words=self._sealed(words, member_id),
                sealed_target=sealed,
                not_before=not_before or now,
                attempts=0,
                purge_after=(not_before or now) + (KEPT if target is None else KEPT_FOR_AN_ACCOUNT),
            )
        )

    def _sealed(self, words: Mapping[str, str] | None, member_id: MemberId | None) -> bytes | None:
        if not words:
            return None
        if member_id is None:
            return self._keys.sealing.seal(json.dumps(dict(words)).encode(), WORDS_FOR_A_ROOM)
        wrapped = self._connection.execute(
            select(member_key.c.wrapped).where(member_key.c.member_id == member_id)
        ).scalar()
        if wrapped is None:
            raise LookupError("words are for a member who has a key")
        key = SealingKey(self._keys.unwrap(wrapped, member_id))
        return key.seal(json.dumps(dict(words)).encode(), f"words for {member_id}")

    def due(self, now: datetime, limit: int = 50) -> list[EffectRow]:
        """Return what is to be done now, the oldest first.

        What somebody is told waits for what they were to be told before it, when that is being tried again.
        """
        statement = (
            select(effect, member_key.c.wrapped)
            .outerjoin(member_key, member_key.c.member_id == effect.c.member_id)
            .where(effect.c.failure.is_(None), effect.c.not_before <= now, not_(_waits_for_another(now)))
            .order_by(effect.c.id)
            .limit(limit)
        )
        return [
            EffectRow(
                row.id,
                row.kind,
                None if row.member_id is None else MemberId(row.member_id),
                json.loads(row.details),
                self._target(row.sealed_target),
                row.attempts,
                self._words(row.sealed_words, row.wrapped, row.member_id),
            )
            for row in self._connection.execute(statement)
        ]

    def _words(self, sealed: bytes | None, wrapped: bytes | None, member_id: str | None) -> Mapping[str, str]:
        if sealed is None:
            return {}
        if member_id is None:
            opened = self._keys.sealing.unseal(sealed, WORDS_FOR_A_ROOM)
        elif wrapped is None:
            return {}
        else:
            opened = SealingKey(self._keys.unwrap(wrapped, member_id)).unseal(sealed, f"words for {member_id}")
        found: dict[str, str] = json.loads(opened)
        return found

    def _target(self, sealed: bytes | None) -> tuple[str, str] | None:
        if sealed is None:
            return None
        platform, user_id = json.loads(self._keys.sealing.unseal(sealed, "target of an effect"))
        return platform, user_id

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next effect is to be done, None when there is none."""
        statement = (
            select(effect.c.not_before)
            .where(effect.c.failure.is_(None), not_(_waits_for_another(now)))
            .order_by(effect.c.not_before)
        )
        return self._connection.execute(statement.limit(1)).scalar()

    def done(self, effect_id: int) -> None:
        """Forget what was done."""
        self._connection.execute(delete(effect).where(effect.c.id == effect_id))

    def again(self, effect_id: int, at: datetime) -> None:
        """Try again at a given time what could not be done now."""
        values = {"not_before": at, "attempts": effect.c.attempts + 1}
        self._connection.execute(update(effect).where(effect.c.id == effect_id).values(**values))

    def postpone(self, effect_id: int, at: datetime) -> None:
        """Do it at a better time; that is no failed try, and what was tried before no longer counts."""
        values = {"not_before": at, "attempts": 0, "purge_after": at + KEPT}
        self._connection.execute(update(effect).where(effect.c.id == effect_id).values(**values))

    def failed(self, effect_id: int, reason: str) -> None:
        """Give up for a stable reason; shown until it is purged."""
        self._connection.execute(update(effect).where(effect.c.id == effect_id).values(failure=reason))

    def drop(self, kind: str, member_id: MemberId) -> None:
        """Forget what is no longer wanted for a member."""
        where = (effect.c.kind == kind, effect.c.member_id == member_id)
        self._connection.execute(delete(effect).where(*where))

    def failures(self) -> dict[str, int]:
        """Return how many effects failed, by reason."""
        statement = select(effect.c.failure, func.count()).where(effect.c.failure.is_not(None))
        found = self._connection.execute(statement.group_by(effect.c.failure))
        return {row[0]: row[1] for row in found}


def _waits_for_another(now: datetime) -> ColumnElement[bool]:
    """Say of a "tell" whether an earlier one for the same member is being tried again later."""
    earlier = effect.alias("earlier")
    return exists().where(
        effect.c.kind == "tell",
        earlier.c.kind == "tell",
        earlier.c.member_id == effect.c.member_id,
        earlier.c.id < effect.c.id,
        earlier.c.failure.is_(None),
        earlier.c.attempts > 0,
        earlier.c.not_before > now,
    )
