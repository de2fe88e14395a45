"""Holding one row until a unit of work is done, where two that only count would each miss the other.

SQLite has one writer, so there it is nothing; PostgreSQL locks the row.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from db.ids import MemberId, OrganisationId
from db.tables import member, organisation, space


def hold_member(connection: Connection, member_id: MemberId) -> None:
    """Let no other unit of work that holds this member go on before this one is done."""
    connection.execute(select(member.c.id).where(member.c.id == member_id).with_for_update())


def hold_organisation(connection: Connection, organisation_id: OrganisationId) -> None:
    """Let no other unit of work that holds this organisation go on before this one is done."""
    connection.execute(select(organisation.c.id).where(organisation.c.id == organisation_id).with_for_update())


def hold_space(connection: Connection, key: str) -> None:
    """Let no other unit of work that holds this space go on before this one is done."""
    connection.execute(select(space.c.key).where(space.c.key == key).with_for_update())
