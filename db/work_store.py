"""Undertakings: building, repairing, archiving or purging a space, and the journal of their steps.

A step is written before it is carried out, with what was there before: so what a crash cut off is found again, and
what failed half-way is taken back exactly. The journal is deleted when the undertaking is over.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from db.ids import MemberId, new_person_id
from db.keys import NetworkKeys
from db.tables import space_step, space_work

KEPT = timedelta(days=30)
PROGRESS = "progress of an undertaking"
OPEN = ("running", "undoing")


class WorkUnderWayError(Exception):
    """Something else is being built at this space."""


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One undertaking. ``only``: home to piece keys, None for everything.

    ``state``: ``running``, ``undoing``, ``done``, ``undone`` (failed and taken back) or ``stuck`` (failed, and not
    everything could be taken back). ``shown``: where its progress is told: platform, and when it was told place
    and ref.
    """

    id: str
    space: str
    kind: str
    state: str
    only: Mapping[str, Collection[str]] | None
    total: int
    reason: str | None
    failed_piece: str | None
    member_id: MemberId | None
    shown: Mapping[str, str]
    begun_at: datetime
    not_before: datetime
    attempts: int

    def __repr__(self) -> str:
        """Keep places out of tracebacks."""
        return f"WorkRow({self.kind}, {self.state})"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the journal; ``step`` is packed. ``state`` is ``intended``, ``done`` or ``undone``."""

    id: int
    home: str
    piece: str
    step: str
    state: str

    def __repr__(self) -> str:
        """Keep what a step changed out of tracebacks: it can name somebody."""
        return f"StepRow({self.state})"


class WorkStore:
    """Reads and writes undertakings inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def add(
        self,
        space: str,
        kind: str,
        *,
        now: datetime,
        member_id: MemberId | None = None,
        platform: str | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> str:
        """Begin an undertaking and return its id.

        Raises :class:`WorkUnderWayError`: each space has one at a time. Of two begun at the same moment
        a unique index refuses one, which is then run again and told so.
        """
        if self.open_of(space) is not None:
            raise WorkUnderWayError(space)
        work_id = new_person_id()
        shown = None if platform is None else self._seal({"platform": platform})
        pieces = None if only is None else json.dumps({home: sorted(keys) for home, keys in only.items()})
        values: dict[str, object] = {
            "id": work_id,
            "space": space,
            "kind": kind,
            "state": "running",
            "only": pieces,
            "total": 0,
        }
        values |= {"member_id": member_id, "sealed_progress": shown, "begun_at": now, "not_before": now}
        self._connection.execute(insert(space_work).values(**values, attempts=0, purge_after=now + KEPT))
        return work_id

    def get(self, work_id: str) -> WorkRow | None:
        """Find an undertaking."""
        row = self._connection.execute(select(space_work).where(space_work.c.id == work_id)).one_or_none()
        return None if row is None else self._row(row)

    def open_of(self, space: str) -> WorkRow | None:
        """Return what is under way at a space."""
        where = (space_work.c.space == space, space_work.c.state.in_(OPEN))
        row = self._connection.execute(select(space_work).where(*where)).one_or_none()
        return None if row is None else self._row(row)

    def last_of(self, space: str) -> WorkRow | None:
        """Return a space's newest undertaking, over or not."""
        statement = select(space_work).where(space_work.c.space == space)
        row = self._connection.execute(
            statement.order_by(space_work.c.begun_at.desc(), space_work.c.id.desc()).limit(1)
        ).one_or_none()
        return None if row is None else self._row(row)

    def due(self, now: datetime, limit: int) -> list[WorkRow]:
        """Return what is to be gone on with, the oldest first."""
        statement = select(space_work).where(space_work.c.state.in_(OPEN), space_work.c.not_before <= now)
        rows = self._connection.execute(statement.order_by(space_work.c.begun_at, space_work.c.id).limit(limit))
        return [self._row(row) for row in rows]

    def next_due(self, now: datetime) -> datetime | None:
        """Return when something is to be gone on with."""
        statement = select(func.min(space_work.c.not_before)).where(space_work.c.state.in_(OPEN))
        return self._connection.execute(statement.where(space_work.c.not_before > now)).scalar()

    def untold(self) -> dict[MemberId, list[WorkRow]]:
        """Return the undertakings whose progress, or end, somebody is still to be told of, by member."""
        found: dict[MemberId, list[WorkRow]] = {}
        statement = select(space_work).where(
            space_work.c.member_id.is_not(None), space_work.c.sealed_progress.is_not(None)
        )
        for row in self._connection.execute(statement.order_by(space_work.c.begun_at, space_work.c.id)):
            found.setdefault(MemberId(row.member_id), []).append(self._row(row))
        return found

    def told_at(self, work_ids: Collection[str], shown: Mapping[str, str]) -> None:
        """Note where the progress of undertakings is shown."""
        where = space_work.c.id.in_(work_ids)
        self._connection.execute(update(space_work).where(where).values(sealed_progress=self._seal(shown)))

    def told(self, work_ids: Collection[str]) -> None:
        """Note that somebody was told how undertakings ended; who they were is forgotten with it."""
        where = space_work.c.id.in_(work_ids)
        self._connection.execute(update(space_work).where(where).values(sealed_progress=None, member_id=None))

    def planned(self, work_id: str, home: str, more: int) -> None:
        """Add a home's steps to how many an undertaking has; when it is gone on with there, they are counted."""
        begun = select(space_step.c.id).where(space_step.c.work_id == work_id, space_step.c.home == home).limit(1)
        if self._connection.execute(begun).scalar() is not None:
            return
        values = {"total": space_work.c.total + more}
        self._connection.execute(update(space_work).where(space_work.c.id == work_id).values(**values))

    def again(self, work_id: str, at: datetime, reason: str) -> None:
        """Go on at a given time with what could not be done now.

        What is taken back keeps the reason for that: who asked wants to know why, not what was waited for.
        """
        why = case((space_work.c.state == "undoing", space_work.c.reason), else_=reason[:60])
        values = {"not_before": at, "attempts": space_work.c.attempts + 1, "reason": why}
        self._connection.execute(update(space_work).where(space_work.c.id == work_id).values(**values))

    def gets_on(self, work_id: str) -> None:
        """Note that it goes on after a wait: what comes next is a first attempt again."""
        waited = (space_work.c.id == work_id, space_work.c.attempts > 0)
        why = case((space_work.c.state == "undoing", space_work.c.reason), else_=None)
        self._connection.execute(update(space_work).where(*waited).values(attempts=0, reason=why))

    def turned(self, work_id: str, reason: str, piece: str | None, now: datetime) -> None:
        """Begin to take back what was done, because of something that cannot be."""
        values = {
            "state": "undoing",
            "reason": reason[:60],
            "failed_piece": piece,
            "attempts": 0,
            "not_before": now,
        }
        self._connection.execute(update(space_work).where(space_work.c.id == work_id).values(**values))

    def over(self, work_id: str, state: str, reason: str | None = None, piece: str | None = None) -> None:
        """End an undertaking; its journal goes with it."""
        values: dict[str, object] = {"state": state}
        if reason is not None:
            values |= {"reason": reason[:60], "failed_piece": piece}
        elif state == "done":
            values["reason"] = None
        self._connection.execute(update(space_work).where(space_work.c.id == work_id).values(**values))
        self._connection.execute(delete(space_step).where(space_step.c.work_id == work_id))

    # ── the journal

    def intend(self, work_id: str, home: str, piece: str, step: str) -> int:
        """Write down a step before it is carried out; the same step again is the same entry."""
        newest = select(space_step).where(
            space_step.c.work_id == work_id, space_step.c.home == home, space_step.c.piece == piece
        )
        for row in self._connection.execute(newest.where(space_step.c.state == "intended")):
            if self._open(row.sealed_step, work_id) == step:
                return int(row.id)
        sealed = self._keys.sealing.seal(step.encode(), f"step of {work_id}")
        values = {"work_id": work_id, "home": home, "piece": piece, "sealed_step": sealed, "state": "intended"}
        done = self._connection.execute(insert(space_step).values(**values))
        assert done.inserted_primary_key is not None
        return int(done.inserted_primary_key[0])

    def mark(self, step_id: int, state: str) -> None:
        """Note what became of a step."""
        self._connection.execute(update(space_step).where(space_step.c.id == step_id).values(state=state))

    def journal(self, work_id: str) -> list[StepRow]:
        """Return the steps of an undertaking that were begun and not taken back, the newest first."""
        where = (space_step.c.work_id == work_id, space_step.c.state != "undone")
        rows = self._connection.execute(select(space_step).where(*where).order_by(space_step.c.id.desc()))
        return [
            StepRow(int(row.id), row.home, row.piece, self._open(row.sealed_step, work_id), row.state)
            for row in rows
        ]

    def done_steps(self, work_ids: Collection[str]) -> dict[str, int]:
        """Return how many steps of undertakings are done."""
        statement = select(space_step.c.work_id, func.count()).where(
            space_step.c.work_id.in_(work_ids), space_step.c.state == "done"
        )
        return {row[0]: row[1] for row in self._connection.execute(statement.group_by(space_step.c.work_id))}

    def _open(self, sealed: bytes, work_id: str) -> str:
        return self._keys.sealing.unseal(sealed, f"step of {work_id}").decode()

    def _seal(self, shown: Mapping[str, str]) -> bytes:
        return self._keys.sealing.seal(json.dumps(dict(shown)).encode(), PROGRESS)

    def _row(self, row: Row[tuple[object, ...]]) -> WorkRow:
        shown: dict[str, str] = {}
        if row.sealed_progress is not None:
            shown = json.loads(self._keys.sealing.unseal(row.sealed_progress, PROGRESS))
        return WorkRow(
            id=row.id,
            space=row.space,
            kind=row.kind,
            state=row.state,
            only=None if row.only is None else json.loads(row.only),
            total=row.total,
            reason=row.reason,
            failed_piece=row.failed_piece,
            member_id=None if row.member_id is None else MemberId(row.member_id),
            shown=shown,
            begun_at=row.begun_at,
            not_before=row.not_before,
            attempts=row.attempts,
        )
