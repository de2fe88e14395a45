"""Organisations and who belongs to them: titles sealed, found by keyed hash, never listed with their members."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, not_, select, update

from db.ids import AffiliationId, MemberId, OrganisationId, new_person_id
from db.keys import NetworkKeys
from db.tables import affiliation, member, organisation


class TitleTakenError(Exception):
    """Another organisation is known by this title, or by one that people would take for it."""


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation, its title and region unsealed."""

    id: OrganisationId
    title: str
    region: str | None
    state: str
    visibility: str
    registered_on: date

    def __repr__(self) -> str:
        """Keep the title out of tracebacks."""
        return f"OrganisationRow({self.state})"


@dataclass(frozen=True, slots=True)
class AffiliationRow:
    """One member and one organisation. ``state`` is ``offered`` or ``confirmed``; an ended one has no row."""

    id: AffiliationId
    member_id: MemberId
    organisation_id: OrganisationId
    steward: bool
    state: str
    since: date


class OrganisationStore:
    """Reads and writes organisations and affiliations inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    # ── organisations

    def add(
        self, title: str, likeness: str, region: str | None, *, state: str, visibility: str, today: date
    ) -> OrganisationRow:
        """Make an organisation. Raises :class:`TitleTakenError`."""
        if self.find(likeness) is not None:
            raise TitleTakenError
        organisation_id = OrganisationId(new_person_id())
        profile = json.dumps({"title": title, "region": region}, ensure_ascii=False)
        self._connection.execute(
            insert(organisation).values(
                id=organisation_id,
                sealed_profile=self._keys.sealing.seal(profile.encode(), _context(organisation_id)),
                title_lookup=self._keys.lookup("organisation", likeness),
                state=state,
                visibility=visibility,
                registered_on=today,
                version=1,
            )
        )
        return OrganisationRow(organisation_id, title, region, state, visibility, today)

    def get(self, organisation_id: OrganisationId) -> OrganisationRow | None:
        """Return an organisation."""
        return next(iter(self._read(organisation.c.id == organisation_id)), None)

    def find(self, likeness: str) -> OrganisationRow | None:
        """Return the organisation known by a title of this likeness."""
        lookup = self._keys.lookup("organisation", likeness)
        return next(iter(self._read(organisation.c.title_lookup == lookup)), None)

    def shown(self, visibilities: Collection[str], states: Collection[str]) -> list[OrganisationRow]:
        """Return the organisations that chose to be seen so, in no order that means anything."""
        return self._read(organisation.c.visibility.in_(visibilities), organisation.c.state.in_(states))

    def _read(self, *conditions: Any) -> list[OrganisationRow]:
        return [self._row(row) for row in self._connection.execute(select(organisation).where(*conditions))]

    def _row(self, row: Row[Any]) -> OrganisationRow:
        profile = json.loads(self._keys.sealing.unseal(row.sealed_profile, _context(row.id)))
        return OrganisationRow(
            OrganisationId(row.id),
            profile["title"],
            profile["region"],
            row.state,
            row.visibility,
            row.registered_on,
        )

    def set_state(self, organisation_id: OrganisationId, state: str) -> None:
        """Move an organisation; whether it may is the domain's to say."""
        self._change(organisation_id, state=state)

    def set_visibility(self, organisation_id: OrganisationId, visibility: str) -> None:
        """Change by whom an organisation may be seen."""
        self._change(organisation_id, visibility=visibility)

    def _change(self, organisation_id: OrganisationId, **values: object) -> None:
        self._connection.execute(
            update(organisation)
            .where(organisation.c.id == organisation_id)
            .values(version=organisation.c.version + 1, **values)
        )

    def remove(self, organisation_id: OrganisationId) -> None:
        """Remove an organisation and every affiliation with it."""
        self._connection.execute(delete(organisation).where(organisation.c.id == organisation_id))

    # ── affiliations

    def affiliate(
        self,
        member_id: MemberId,
        organisation_id: OrganisationId,
        *,
        state: str,
        steward: bool,
        today: date,
        purge_after: datetime,
    ) -> AffiliationId:
        """Write an affiliation; there must be none between the two."""
        affiliation_id = AffiliationId(new_person_id())
        self._connection.execute(
            insert(affiliation).values(
                id=affiliation_id,
                member_id=member_id,
                organisation_id=organisation_id,
                steward=steward,
                state=state,
                since=today,
                purge_after=purge_after,
            )
        )
        return affiliation_id

    def of(self, member_id: MemberId) -> list[AffiliationRow]:
        """Return the affiliations of a member, the oldest first."""
        return self._affiliations(affiliation.c.member_id == member_id)

    def between(self, member_id: MemberId, organisation_id: OrganisationId) -> AffiliationRow | None:
        """Return the affiliation of one member with one organisation."""
        found = self._affiliations(
            affiliation.c.member_id == member_id, affiliation.c.organisation_id == organisation_id
        )
        return found[0] if found else None

    def with_organisation(self, organisation_id: OrganisationId) -> list[AffiliationRow]:
        """Return every affiliation with an organisation: to tell people something, never to be shown."""
        return self._affiliations(affiliation.c.organisation_id == organisation_id)

    def _affiliations(self, *conditions: Any) -> list[AffiliationRow]:
        statement = select(affiliation).where(*conditions).order_by(affiliation.c.since, affiliation.c.id)
        return [
            AffiliationRow(
                AffiliationId(row.id),
                MemberId(row.member_id),
                OrganisationId(row.organisation_id),
                row.steward,
                row.state,
                row.since,
            )
            for row in self._connection.execute(statement)
        ]

    def confirm(self, affiliation_id: AffiliationId, today: date, purge_after: datetime) -> bool:
        """Confirm an offered affiliation; return False when it was withdrawn meanwhile."""
        where = (affiliation.c.id == affiliation_id, affiliation.c.state == "offered")
        values = {"state": "confirmed", "since": today, "purge_after": purge_after}
        return bool(self._connection.execute(update(affiliation).where(*where).values(**values)).rowcount)

    def set_steward(self, affiliation_id: AffiliationId, *, steward: bool) -> None:
        """Entrust a member with an organisation, or no longer."""
        self._connection.execute(
            update(affiliation).where(affiliation.c.id == affiliation_id).values(steward=steward)
        )

    def end(self, affiliation_id: AffiliationId) -> bool:
        """End an affiliation, which leaves nothing; return whether it was there."""
        where = affiliation.c.id == affiliation_id
        return bool(self._connection.execute(delete(affiliation).where(where)).rowcount)

    def end_all(self, member_id: MemberId) -> int:
        """End every affiliation of a member who leaves; return how many that were."""
        where = affiliation.c.member_id == member_id
        return self._connection.execute(delete(affiliation).where(where)).rowcount

    def move(self, source: MemberId, target: MemberId) -> None:
        """Give one record's affiliations to another of the same person; of two, the weightier stays."""
        for row in self.of(source):
            held = self.between(target, row.organisation_id)
            if held is not None:
                if (row.state == "confirmed", row.steward) <= (held.state == "confirmed", held.steward):
                    self.end(row.id)
                    continue
                self.end(held.id)
            self._connection.execute(update(affiliation).where(affiliation.c.id == row.id).values(member_id=target))

    def count(self, organisation_id: OrganisationId, states: Collection[str], *, stewards: bool = False) -> int:
        """Return how many members in some states belong to an organisation, or are its stewards."""
        statement = (
            select(func.count())
            .select_from(affiliation.join(member))
            .where(
                affiliation.c.organisation_id == organisation_id,
                affiliation.c.state == "confirmed",
                member.c.state.in_(states),
            )
        )
        if stewards:
            statement = statement.where(affiliation.c.steward)
        return self._connection.execute(statement).scalar_one()

    # ── every day

    def keep_with_members(self) -> None:
        """Let every confirmed affiliation end when its member's record does, and no earlier."""
        until = select(member.c.purge_after).where(member.c.id == affiliation.c.member_id).scalar_subquery()
        self._connection.execute(
            update(affiliation).where(affiliation.c.state == "confirmed").values(purge_after=until)
        )

    def remove_empty(self) -> int:
        """Remove organisations to which nobody belongs any more; return how many that were."""
        someone = exists().where(
            affiliation.c.organisation_id == organisation.c.id, affiliation.c.state == "confirmed"
        )
        return self._connection.execute(delete(organisation).where(not_(someone))).rowcount

    def in_state(self, state: str) -> list[OrganisationId]:
        """Return the organisations of a state."""
        found = self._connection.execute(select(organisation.c.id).where(organisation.c.state == state))
        return [OrganisationId(each) for each in found.scalars()]

    def end_in_state(self, member_state: str) -> int:
        """End every affiliation of the members in a state; return how many that were."""
        members = select(member.c.id).where(member.c.state == member_state)
        return self._connection.execute(delete(affiliation).where(affiliation.c.member_id.in_(members))).rowcount


def _context(organisation_id: str) -> str:
    return f"profile of {organisation_id}"
