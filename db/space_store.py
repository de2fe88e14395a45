"""Learning spaces, the homes they stand in, and what stands there."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import JSON, Connection, Text, cast, delete, insert, or_, select, type_coerce, update

from db.space_rows import PieceRow, SpaceHomeRow, SpaceRow, TitlesRow
from db.tables import space, space_home, space_piece


class SpaceChangedError(Exception):
    """Somebody else changed the space in the meantime."""


class SpaceStore:
    """Reads and writes spaces inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ── spaces

    def add(
        self, key: str, design: str, *, state: str, access: str, vouchers: int, stage: str | None, today: date
    ) -> None:
        """Note a new space."""
        values = {"key": key, "design": design, "state": state, "access": access, "vouchers": vouchers}
        values |= {"stage": stage, "state_since": today, "made_on": today, "version": 1}
        self._connection.execute(insert(space).values(**values))

    def get(self, key: str) -> SpaceRow | None:
        """Find a space."""
        row = self._connection.execute(select(space).where(space.c.key == key)).one_or_none()
        return None if row is None else SpaceRow(**row._mapping)

    def of_state(self, states: Collection[str]) -> list[SpaceRow]:
        """Return the spaces in one of these states, the oldest first."""
        statement = select(space).where(space.c.state.in_(states)).order_by(space.c.made_on, space.c.key)
        return [SpaceRow(**row._mapping) for row in self._connection.execute(statement)]

    def first_of_state(
        self, states: Collection[str], limit: int, *, hidden: str, also: Collection[str] = ()
    ) -> list[SpaceRow]:
        """Return some of the spaces in one of these states, the oldest first.

        ``hidden`` is the access of those that are left out, unless they are among ``also``.
        """
        seen = or_(space.c.access != hidden, space.c.key.in_(also)) if also else space.c.access != hidden
        statement = select(space).where(space.c.state.in_(states), seen).order_by(space.c.made_on, space.c.key)
        return [SpaceRow(**row._mapping) for row in self._connection.execute(statement.limit(limit))]

    def titles(self, states: Collection[str], keys: Collection[str] | None = None) -> list[TitlesRow]:
        """Return what the spaces in one of these states are called, the oldest first; of ``keys`` only when given.

        The titles alone are taken out of the designs: there may be thousands of spaces, and designs are long.
        """
        postgres = self._connection.dialect.name == "postgresql"
        titles = cast(space.c.design, JSON)["titles"] if postgres else type_coerce(space.c.design, JSON)["titles"]
        statement = select(space.c.key, space.c.access, cast(titles, Text)).where(space.c.state.in_(states))
        if keys is not None:
            statement = statement.where(space.c.key.in_(keys))
        rows = self._connection.execute(statement.order_by(space.c.made_on, space.c.key))
        return [TitlesRow(row[0], row[1], tuple(dict.fromkeys(json.loads(row[2]).values()))) for row in rows]

    def of_keys(self, keys: Collection[str]) -> list[SpaceRow]:
        """Return the spaces of these keys, the oldest first."""
        statement = select(space).where(space.c.key.in_(keys)).order_by(space.c.made_on, space.c.key)
        return [SpaceRow(**row._mapping) for row in self._connection.execute(statement)]

    def change(self, row: SpaceRow, **values: object) -> SpaceRow:
        """Change a space that is still as ``row`` says; return it anew. Raises :class:`SpaceChangedError`."""
        where = (space.c.key == row.key, space.c.version == row.version)
        done = self._connection.execute(update(space).where(*where).values(version=row.version + 1, **values))
        if done.rowcount != 1:
            raise SpaceChangedError(row.key)
        changed = self.get(row.key)
        assert changed is not None
        return changed

    def forget(self, key: str) -> None:
        """Remove a space with all that hangs on it."""
        self._connection.execute(delete(space).where(space.c.key == key))

    def any_asks_for_vouches(self) -> bool:
        """Say whether a space wants its newcomers vouched for."""
        return (
            self._connection.execute(select(space.c.key).where(space.c.vouchers > 0).limit(1)).scalar() is not None
        )

    # ── homes

    def settle(self, key: str, home: str, platform: str, language: str) -> None:
        """Note that a space is to stand in a home."""
        values = {"space": key, "home": home, "platform": platform, "language": language}
        self._connection.execute(insert(space_home).values(**values, overrides='{"facets": {}, "without": []}'))

    def homes(self, key: str) -> list[SpaceHomeRow]:
        """Return where a space is to stand."""
        statement = select(space_home).where(space_home.c.space == key)
        rows = self._connection.execute(statement.order_by(space_home.c.platform, space_home.c.home))
        return [SpaceHomeRow(**row._mapping) for row in rows]

    def override(self, key: str, home: str, overrides: str) -> None:
        """Note what was done by hand in a home and is meant so."""
        where = (space_home.c.space == key, space_home.c.home == home)
        self._connection.execute(update(space_home).where(*where).values(overrides=overrides))

    # ── pieces

    def pieces(self, key: str, home: str | None = None) -> list[PieceRow]:
        """Return what stands, or may stand, of a space; in all homes when ``home`` is None."""
        statement = select(space_piece).where(space_piece.c.space == key)
        if home is not None:
            statement = statement.where(space_piece.c.home == home)
        rows = self._connection.execute(statement.order_by(space_piece.c.home, space_piece.c.piece))
        return [PieceRow(**row._mapping) for row in rows]

    def pieces_of(self, keys: Collection[str]) -> Mapping[str, list[PieceRow]]:
        """Return what stands of several spaces, by space."""
        found: dict[str, list[PieceRow]] = {}
        statement = select(space_piece).where(space_piece.c.space.in_(keys))
        for row in self._connection.execute(statement.order_by(space_piece.c.home, space_piece.c.piece)):
            found.setdefault(row.space, []).append(PieceRow(**row._mapping))
        return found

    def refs_of(self, home: str, kind: str) -> list[str]:
        """Return what stands of one kind in one home, of all spaces."""
        where = (space_piece.c.home == home, space_piece.c.kind == kind, space_piece.c.ref.is_not(None))
        return list(self._connection.execute(select(space_piece.c.ref).where(*where)).scalars())

    def begin(self, key: str, home: str, piece: str, kind: str, now: datetime) -> datetime:
        """Note that a piece is about to be made; return since when that has been so.

        An attempt that was cut off keeps its time, so that what it made is found; a piece that stood there and is
        gone begins anew.
        """
        where = (space_piece.c.space == key, space_piece.c.home == home, space_piece.c.piece == piece)
        known = self._connection.execute(
            select(space_piece.c.begun_at, space_piece.c.ref).where(*where)
        ).one_or_none()
        if known is None:
            values = {"space": key, "home": home, "piece": piece, "kind": kind, "begun_at": now}
            self._connection.execute(insert(space_piece).values(**values))
            return now
        if known.ref is not None:
            self._connection.execute(update(space_piece).where(*where).values(ref=None, begun_at=now))
            return now
        begun: datetime = known.begun_at
        return begun

    def made(self, key: str, home: str, piece: str, ref: str) -> None:
        """Note what was made."""
        where = (space_piece.c.space == key, space_piece.c.home == home, space_piece.c.piece == piece)
        self._connection.execute(update(space_piece).where(*where).values(ref=ref))

    def gone(self, key: str, home: str, piece: str) -> None:
        """Note that a piece stands no more."""
        where = (space_piece.c.space == key, space_piece.c.home == home, space_piece.c.piece == piece)
        self._connection.execute(delete(space_piece).where(*where))

    def owner_of(self, home: str, ref: str) -> tuple[str, str] | None:
        """Return the space and piece that something on a platform belongs to."""
        where = (space_piece.c.home == home, space_piece.c.ref == ref)
        row = self._connection.execute(select(space_piece.c.space, space_piece.c.piece).where(*where)).one_or_none()
        return None if row is None else (row[0], row[1])
