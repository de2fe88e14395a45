"""Changing the network's key: all that hangs on it is opened with the old one and closed with the new one, at once.

What is only known as a keyed hash of something nobody kept cannot be carried over: open invites, codes on their
way, the words that take an erasure back. That is dropped, and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from db.engine import Database
from db.errors import DatabaseError
from db.growth_key_rotation import HANDLED_IN_GROWTH, rotate_growth
from db.ids import MemberId
from db.keys import NetworkKeys, SealedOtherwiseError, SealingKey
from db.member_rows import Profile
from db.outbox import WORDS_FOR_A_ROOM
from db.source_labels import seal_source, unseal_source
from db.space_request_store import lookup_of, ticket_of
from db.tables import (
    arrival,
    buddy_request,
    dialogue,
    effect,
    identity,
    invite,
    key_mark,
    link_code,
    member,
    member_key,
    office_code,
    organisation,
    second_look,
    space_request,
    space_step,
    space_work,
    tally,
)
from db.topic_key_rotation import HANDLED_IN_TOPICS, rotate_topics
from db.work_store import PROGRESS

Likeness = Callable[[str], str]
"""What two names share that people would take for one another (``community_bot.domain.alias.likeness``)."""

DROPPED = (arrival, link_code, invite, office_code, buddy_request, second_look)
"""Found only by a code or an account that nobody kept: people ask anew."""


class WrongKeyError(DatabaseError):
    """The network's key is not the one that the database is sealed with."""

    code = "database.wrong_key"


@dataclass(frozen=True, slots=True)
class RotationReport:
    """What was closed anew, and what ended, by table. ``recovery_words``: erasures that cannot be taken back."""

    members: int
    dropped: dict[str, int]
    recovery_words: int


async def require_key(database: Database, keys: NetworkKeys) -> None:
    """Pass only when this is the key that the database is sealed with; a database without members takes any.

    Raises :class:`WrongKeyError`.
    """

    def work(connection: Connection) -> bool:
        known = connection.execute(select(key_mark.c.fingerprint)).scalar()
        if known is None:
            connection.execute(insert(key_mark).values(id=1, fingerprint=keys.fingerprint))
            return True
        return bool(known == keys.fingerprint)

    if not await database.transact(work):
        raise WrongKeyError(
            f"The database {database.describe()} is sealed with another network key.",
            "Put the key back that was in use (secrets/network_key). To change it: community-bot rotate-key.",
        )


async def is_sealed_with(database: Database, keys: NetworkKeys) -> bool:
    """Say whether this is the key that the database is sealed with."""
    statement = select(key_mark.c.fingerprint)
    return await database.look(lambda connection: connection.execute(statement).scalar() == keys.fingerprint)


async def rotate(database: Database, old: NetworkKeys, new: NetworkKeys, likeness: Likeness) -> RotationReport:
    """Close everything with the new key, in one transaction.

    Raises :class:`WrongKeyError`, with nothing changed, when something does not open with the old key.
    """

    def work(connection: Connection) -> RotationReport:
        return _Rotation(connection, old, new, likeness).run()

    try:
        return await database.transact(work)
    except SealedOtherwiseError as error:
        raise WrongKeyError(
            f"The database {database.describe()} does not open with the old network key.",
            "Use the key that is in use now as the old one; nothing was changed.",
        ) from error


class _Rotation:
    """One change of keys, inside one transaction."""

    def __init__(self, connection: Connection, old: NetworkKeys, new: NetworkKeys, likeness: Likeness) -> None:
        self._connection = connection
        self._old = old
        self._new = new
        self._likeness = likeness

    def run(self) -> RotationReport:
        """Do it, table by table."""
        keys = {row.member_id: self._rewrap(row) for row in self._all(member_key)}
        lookups = self._accounts(keys)
        words = self._members(keys)
        self._dialogues(lookups)
        self._organisations()
        self._effects()
        self._sources()
        self._space_requests()
        self._undertakings()
        rotate_topics(self._connection, self._old, self._new, list(keys))
        rotate_growth(self._connection, self._old, self._new)
        dropped = Counter({table.name: self._connection.execute(delete(table)).rowcount for table in DROPPED})
        dropped["dialogue"] += self._forget_dialogues(set(lookups.values()))
        self._connection.execute(delete(key_mark))
        self._connection.execute(insert(key_mark).values(id=1, fingerprint=self._new.fingerprint))
        return RotationReport(len(keys), dict(+dropped), words)

    def _all(self, table: Table) -> list[Row[Any]]:
        return list(self._connection.execute(select(table)))

    def _rewrap(self, row: Row[Any]) -> SealingKey:
        raw = self._old.unwrap(row.wrapped, row.member_id)
        where = member_key.c.member_id == row.member_id
        self._set(member_key, where, wrapped=self._new.wrap(raw, row.member_id))
        return SealingKey(raw)

    def _set(self, table: Table, where: Any, **values: object) -> None:
        self._connection.execute(update(table).where(where).values(**values))

    def _accounts(self, keys: dict[MemberId, SealingKey]) -> dict[str, str]:
        """Find each account anew; return the new look-up of each old one."""
        lookups: dict[str, str] = {}
        for row in self._all(identity):
            user_id = keys[row.member_id].unseal(row.sealed_account, f"account {row.id}").decode()
            lookups[row.account_lookup] = self._new.lookup("account", row.platform, user_id)
            self._set(identity, identity.c.id == row.id, account_lookup=lookups[row.account_lookup])
        return lookups

    def _members(self, keys: dict[MemberId, SealingKey]) -> int:
        words = 0
        for row in self._all(member):
            words += row.recovery_lookup is not None
            found = None
            if row.alias_lookup is not None:
                profile = Profile.unpacked(keys[row.id].unseal(row.sealed_profile, f"profile of {row.id}"))
                found = self._new.lookup("alias", self._likeness(profile.alias))
            self._set(member, member.c.id == row.id, alias_lookup=found, recovery_lookup=None)
        return words

    def _reseal(self, sealed: bytes, context: str, new_context: str | None = None) -> bytes:
        return self._new.sealing.seal(self._old.sealing.unseal(sealed, context), new_context or context)

    def _dialogues(self, lookups: dict[str, str]) -> None:
        for row in self._all(dialogue):
            found = lookups.get(row.account_lookup)
            if found is not None:
                sealed = self._reseal(
                    row.sealed_answers, f"dialogue of {row.account_lookup}", f"dialogue of {found}"
                )
                where = dialogue.c.account_lookup == row.account_lookup
                self._set(dialogue, where, account_lookup=found, sealed_answers=sealed)

    def _forget_dialogues(self, kept: set[str]) -> int:
        """Drop forms of accounts that belong to nobody yet: whose they are cannot be found any more."""
        gone = [row.account_lookup for row in self._all(dialogue) if row.account_lookup not in kept]
        for lookup in gone:
            self._connection.execute(delete(dialogue).where(dialogue.c.account_lookup == lookup))
        return len(gone)

    def _organisations(self) -> None:
        for row in self._all(organisation):
            context = f"profile of {row.id}"
            title = json.loads(self._old.sealing.unseal(row.sealed_profile, context))["title"]
            self._set(
                organisation,
                organisation.c.id == row.id,
                sealed_profile=self._reseal(row.sealed_profile, context),
                title_lookup=self._new.lookup("organisation", self._likeness(title)),
            )

    def _effects(self) -> None:
        for row in self._all(effect):
            if row.sealed_target is not None:
                sealed = self._reseal(row.sealed_target, "target of an effect")
                self._set(effect, effect.c.id == row.id, sealed_target=sealed)
            if row.sealed_words is not None and row.member_id is None:
                sealed = self._reseal(row.sealed_words, WORDS_FOR_A_ROOM)
                self._set(effect, effect.c.id == row.id, sealed_words=sealed)

    def _undertakings(self) -> None:
        for step in self._all(space_step):
            sealed = self._reseal(step.sealed_step, f"step of {step.work_id}")
            self._set(space_step, space_step.c.id == step.id, sealed_step=sealed)
        for row in self._all(space_work):
            if row.sealed_progress is not None:
                sealed = self._reseal(row.sealed_progress, PROGRESS)
                self._set(space_work, space_work.c.id == row.id, sealed_progress=sealed)

    def _sources(self) -> None:
        """Count the labels of invites on under the new key."""
        statement = select(tally).where(tally.c.kind == "source")
        for row in list(self._connection.execute(statement)):
            label = unseal_source(self._old, row.what)
            where = (tally.c.kind == "source", tally.c.week == row.week, tally.c.what == row.what)
            self._connection.execute(update(tally).where(*where).values(what=seal_source(self._new, label)))

    def _space_requests(self) -> None:
        """Give each request a ticket under the new key; buttons that were shown before lead nowhere then."""
        for row in self._all(space_request):
            ticket = ticket_of(self._new, row.space, row.member_id, row.asked_on, offered=row.offered)
            where = (space_request.c.space == row.space) & (space_request.c.member_id == row.member_id)
            self._set(space_request, where, ticket_lookup=lookup_of(self._new, ticket))


HANDLED = {
    **HANDLED_IN_TOPICS,
    **HANDLED_IN_GROWTH,
    "member.sealed_profile": "opens with the member's own key, which is wrapped anew",
    "member.alias_lookup": "computed anew",
    "member.recovery_lookup": "dropped",
    "member_key.wrapped": "wrapped anew",
    "identity.account_lookup": "computed anew",
    "identity.sealed_account": "opens with the member's own key",
    "data_request.sealed_note": "opens with the member's own key",
    "effect.sealed_words": "opens with the member's own key; for a room, sealed anew",
    "dialogue.account_lookup": "computed anew, or dropped",
    "dialogue.sealed_answers": "sealed anew",
    "organisation.sealed_profile": "sealed anew",
    "organisation.title_lookup": "computed anew",
    "effect.sealed_target": "sealed anew",
    "space_request.ticket_lookup": "computed anew",
    "space_step.sealed_step": "sealed anew",
    "space_work.sealed_progress": "sealed anew",
    "key_mark.fingerprint": "computed anew",
}
"""Columns that hang on the network's key and what becomes of them, apart from the tables that are dropped."""
