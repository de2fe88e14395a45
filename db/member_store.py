"""Members and their linked accounts: kept sealed, found by keyed hash.

A store lives as long as one unit of work: it is made on the connection that ``Database.transact`` or
``Database.look`` hands out, and all of its methods are part of that transaction.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from db.errors import OvertakenError
from db.ids import MemberId, new_person_id
from db.keys import NetworkKeys, SealingKey, new_member_key
from db.member_rows import IdentityRow, MemberRow, Profile
from db.tables import identity, member, member_key, metadata


class AliasTakenError(Exception):
    """Another member is known by this alias, or by one that people would take for it."""


class AccountTakenError(OvertakenError):
    """The account belongs to another member (invariant I2); who looked first can only have been overtaken."""


class MemberStore:
    """Reads and writes members inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    # ── finding

    def account_lookup(self, platform: str, user_id: str) -> str:
        """Return the keyed hash of an account."""
        return self._keys.lookup("account", platform, user_id)

    def find(self, platform: str, user_id: str) -> MemberRow | None:
        """Return the member an account belongs to, whatever state they are in."""
        lookup = self.account_lookup(platform, user_id)
        found = self._connection.execute(select(identity.c.member_id).where(identity.c.account_lookup == lookup))
        member_id = found.scalar()
        return None if member_id is None else self.get(MemberId(member_id))

    def find_by_alias(self, likeness: str) -> MemberRow | None:
        """Return the member known by an alias of this likeness (``community_bot.domain.alias.likeness``)."""
        lookup = self._keys.lookup("alias", likeness)
        member_id = self._connection.execute(select(member.c.id).where(member.c.alias_lookup == lookup)).scalar()
        return None if member_id is None else self.get(MemberId(member_id))

    def get(self, member_id: MemberId) -> MemberRow | None:
        """Return a member, None when they or their key are gone."""
        row = self._connection.execute(
            select(member, member_key.c.wrapped).join(member_key).where(member.c.id == member_id)
        ).first()
        return None if row is None else self._row(row)

    def _row(self, row: Row[Any]) -> MemberRow:
        key = SealingKey(self._keys.unwrap(row.wrapped, row.id))
        return MemberRow(
            MemberId(row.id),
            row.state,
            row.state_since,
            Profile.unpacked(key.unseal(row.sealed_profile, f"profile of {row.id}")),
            row.joined_on,
            row.last_act_on,
            row.probation_until,
            row.erase_at,
            row.state_before_erase,
        )

    def key(self, member_id: MemberId) -> SealingKey:
        """Return a member's own key. Raises LookupError when it was destroyed."""
        statement = select(member_key.c.wrapped).where(member_key.c.member_id == member_id)
        wrapped = self._connection.execute(statement).scalar()
        if wrapped is None:
            raise LookupError("the member's key was destroyed")
        return SealingKey(self._keys.unwrap(wrapped, member_id))

    def accounts(self, member_id: MemberId) -> list[IdentityRow]:
        """Return a member's accounts, the first linked first."""
        rows = self._connection.execute(
            select(identity).where(identity.c.member_id == member_id).order_by(identity.c.linked_on, identity.c.id)
        ).all()
        if not rows:
            return []
        key = self.key(member_id)
        return [
            IdentityRow(row.platform, key.unseal(row.sealed_account, f"account {row.id}").decode(), row.linked_on)
            for row in rows
        ]

    def count(self, state: str) -> int:
        """Return how many members are in a state."""
        statement = select(func.count()).select_from(member).where(member.c.state == state)
        return self._connection.execute(statement).scalar_one()

    def nobody_yet(self) -> bool:
        """Say whether nobody has ever become a member and stayed."""
        return self._connection.execute(select(member.c.id).limit(1)).first() is None

    # ── writing

    def add(
        self,
        profile: Profile,
        likeness: str,
        *,
        state: str,
        today: date,
        keep_until: datetime,
        probation: date | None,
    ) -> MemberRow:
        """Make a member with a key of their own. Raises :class:`AliasTakenError`."""
        member_id, raw_key = MemberId(new_person_id()), new_member_key()
        lookup = self._free_alias(likeness, None)
        row = MemberRow(member_id, state, today, profile, today, today, probation, None, None)
        self._connection.execute(
            insert(member).values(
                id=member_id,
                state=state,
                state_since=today,
                sealed_profile=SealingKey(raw_key).seal(profile.packed(), f"profile of {member_id}"),
                alias_lookup=lookup,
                joined_on=today,
                last_act_on=today,
                probation_until=probation,
                version=1,
                purge_after=keep_until,
            )
        )
        wrapped = self._keys.wrap(raw_key, member_id)
        self._connection.execute(
            insert(member_key).values(member_id=member_id, wrapped=wrapped, purge_after=keep_until)
        )
        return row

    def _free_alias(self, likeness: str, owner: MemberId | None) -> str:
        lookup = self._keys.lookup("alias", likeness)
        holder = self._connection.execute(select(member.c.id).where(member.c.alias_lookup == lookup)).scalar()
        if holder is not None and holder != owner:
            raise AliasTakenError
        return lookup

    def save_profile(self, member_id: MemberId, profile: Profile, likeness: str) -> None:
        """Replace what a member chose. Raises :class:`AliasTakenError`, LookupError."""
        lookup = self._free_alias(likeness, member_id)
        sealed = self.key(member_id).seal(profile.packed(), f"profile of {member_id}")
        self._change(member_id, sealed_profile=sealed, alias_lookup=lookup)

    def set_state(self, member_id: MemberId, state: str, today: date) -> None:
        """Move a member; whether they may is the domain's to say."""
        self._change(member_id, state=state, state_since=today)

    def begin_erasing(self, member_id: MemberId, before: str, at: datetime, recovery: str, today: date) -> None:
        """Hide a member; ``recovery`` is the word that undoes it until ``at``."""
        self._change(
            member_id,
            state="erasing",
            state_since=today,
            state_before_erase=before,
            erase_at=at,
            recovery_lookup=self._keys.lookup("recovery", member_id, recovery),
        )

    def recovers(self, member_id: MemberId, word: str) -> bool:
        """Say whether a word undoes this member's erasure."""
        stored = self._connection.execute(select(member.c.recovery_lookup).where(member.c.id == member_id)).scalar()
        return stored is not None and stored == self._keys.lookup("recovery", member_id, word)

    def stop_erasing(self, member_id: MemberId, state: str, today: date) -> None:
        """Bring a hidden member back."""
        self._change(
            member_id, state=state, state_since=today, state_before_erase=None, erase_at=None, recovery_lookup=None
        )

    def end_probation(self, member_id: MemberId) -> None:
        """Let a member be like every other."""
        self._change(member_id, probation_until=None)

    def due_for_erasing(self, now: datetime) -> list[MemberId]:
        """Return whose waiting time is over."""
        rows = self._connection.execute(select(member.c.id).where(member.c.erase_at <= now))
        return [MemberId(found) for found in rows.scalars()]

    def due_for_state(self, state: str, *, silent_since: date) -> list[MemberId]:
        """Return members in a state whose last act was on that day or before."""
        statement = select(member.c.id).where(member.c.state == state, member.c.last_act_on <= silent_since)
        return [MemberId(found) for found in self._connection.execute(statement).scalars()]

    def due_for_end_of_probation(self, today: date) -> list[MemberId]:
        """Return whose probation has passed."""
        rows = self._connection.execute(select(member.c.id).where(member.c.probation_until < today))
        return [MemberId(found) for found in rows.scalars()]

    def _change(self, member_id: MemberId, **values: object) -> None:
        changed = self._connection.execute(
            update(member).where(member.c.id == member_id).values(version=member.c.version + 1, **values)
        )
        if changed.rowcount != 1:
            raise LookupError("there is no such member")

    def touch(self, member_id: MemberId, today: date, keep_until: datetime) -> None:
        """Note that a member did something today, and keep what is theirs for as long again.

        Written once a day at most, however much somebody does.
        """
        touched = self._connection.execute(
            update(member).where(member.c.id == member_id, member.c.last_act_on < today).values(last_act_on=today)
        )
        if touched.rowcount:
            for table in (member, *KEPT_WITH_THE_MEMBER):
                column = table.c.id if table is member else table.c.member_id
                self._connection.execute(update(table).where(column == member_id).values(purge_after=keep_until))

    # ── accounts

    def link(self, member_id: MemberId, platform: str, user_id: str, today: date, keep_until: datetime) -> None:
        """Add an account to a member. Raises :class:`AccountTakenError`, LookupError."""
        lookup = self.account_lookup(platform, user_id)
        holder = select(identity.c.member_id).where(identity.c.account_lookup == lookup)
        owner = self._connection.execute(holder).scalar()
        if owner == member_id:
            return
        if owner is not None:
            raise AccountTakenError
        identity_id = new_person_id()
        self._connection.execute(
            insert(identity).values(
                id=identity_id,
                member_id=member_id,
                platform=platform,
                account_lookup=lookup,
                sealed_account=self.key(member_id).seal(user_id.encode(), f"account {identity_id}"),
                linked_on=today,
                purge_after=keep_until,
            )
        )

    def unlink(self, platform: str, user_id: str) -> bool:
        """Take an account from its member; return whether it was linked."""
        lookup = self.account_lookup(platform, user_id)
        return bool(self._connection.execute(delete(identity).where(identity.c.account_lookup == lookup)).rowcount)

    # ── the end

    def destroy(self, member_id: MemberId) -> None:
        """Destroy a member's key and every row of theirs (I4). What is left in old copies cannot be read."""
        self._connection.execute(delete(member_key).where(member_key.c.member_id == member_id))
        self._connection.execute(delete(member).where(member.c.id == member_id))


KEPT_WITH_THE_MEMBER = tuple(
    metadata.tables[name] for name in ("member_key", "identity", "consent", "space_member")
)
"""What is kept for as long as the member is; whatever else leads to a member has an end of its own."""
