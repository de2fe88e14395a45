"""Carrying out what was planned for learning spaces (NET-5, NET-6): step by step, resumable, undone when it fails.

Each step is written into the journal before it is done on a platform. So after a crash the next start goes on where
the last one was: a channel that was made and not yet noted is found again, and a change made twice is the same as
once. What cannot be done (a permission is missing, a limit is reached) turns the undertaking round: everything it
did is taken back, the newest first, until the platforms are as they were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from community_bot.domain.layout import Act, PieceKind, Step
from community_bot.domain.space_design import SpaceDesign
from community_bot.domain.space_state import SpaceState
from community_bot.logs import get_logger
from community_bot.platforms.builder import Builder
from community_bot.platforms.port import ImpossibleError, NotNowError
from community_bot.services.network import Network, Unit
from community_bot.services.space_plans import HomePlan, Planner, home_of
from db.errors import DatabaseError
from db.space_rows import SpaceHomeRow, SpaceRow
from db.space_store import SpaceChangedError
from db.work_store import StepRow, WorkRow, WorkStore

log = get_logger(__name__)

T = TypeVar("T")

AT_ONCE = 8
"""Undertakings side by side: one waits for a limit of a server while others go on elsewhere."""
ROUNDS = 4
"""How often a home is looked at until it is as planned: once to do it, once to see that it is so, twice for what
somebody else changes meanwhile."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=5)
TRIES = 60
"""With the waits between them more than four hours of a platform being away."""
LONGEST_NAP = 600.0
LONGEST_CALL = 600.0
"""Seconds that a look or one step may take, limits of the platform that are waited for included."""
BOT = "bot"


class StuckError(Exception):
    """A step cannot be done, for a stable reason."""

    def __init__(self, reason: str, piece: str | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.piece = piece


@dataclass(slots=True)
class _Site:
    """Where an undertaking is at work. ``refs`` follow what stands there."""

    work: WorkRow
    home: str
    builder: Builder
    refs: dict[str, str]


class Building:
    """Runs undertakings. :meth:`run` is its task."""

    def __init__(self, network: Network, planner: Planner) -> None:
        self._network = network
        self._planner = planner
        self._bell = network.bell("building")
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Carry out undertakings until cancelled."""
        try:
            while True:
                self._bell.clear()
                try:
                    await self._begin_due()
                    await self._wait()
                except DatabaseError as error:
                    # what is to be done stands there, and is gone on with when the database answers again
                    log.warning("building waits for the database", reason=error.code)
                    await asyncio.sleep(FIRST_WAIT.total_seconds())
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)
            self._under_way.clear()

    async def run_due(self) -> None:
        """Carry out what is due now, to its end or until it has to wait."""
        await self._begin_due()
        while self._under_way:
            await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
            self._collect()
            await self._begin_due()

    async def _begin_due(self) -> None:
        self._collect()
        works = await self._network.look(lambda unit: _works(unit).due(unit.now, AT_ONCE + len(self._under_way)))
        for work in works:
            if work.id not in self._under_way and len(self._under_way) < AT_ONCE:
                self._under_way[work.id] = asyncio.create_task(self._guarded(work), name=f"building {work.id}")

    def _collect(self) -> None:
        for work_id, task in list(self._under_way.items()):
            if task.done():
                del self._under_way[work_id]
                if not task.cancelled():
                    # every failure was dealt with there; what comes up here ends the process
                    task.result()

    async def _wait(self) -> None:
        next_due = await self._network.look(lambda unit: _works(unit).next_due(unit.now))
        wait = LONGEST_NAP
        if next_due is not None:
            wait = min(wait, max(0.05, (next_due - self._network.clock()).total_seconds()))
        bell = asyncio.create_task(self._bell.wait())
        try:
            await asyncio.wait({bell, *self._under_way.values()}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()

    async def _guarded(self, work: WorkRow) -> None:
        try:
            await (self._undo(work) if work.state == "undoing" else self._carry_out(work))
        except NotNowError as error:
            await self._later(work, error.reason, error.retry_after)
        except DatabaseError as error:
            log.warning("building waits for the database", reason=error.code)
            await asyncio.sleep(FIRST_WAIT.total_seconds())
        except SpaceChangedError:
            # somebody wrote at the same moment: the next look sees what
            await self._later(work, "space.changed", None)
        except Exception:
            # ours to mend; until then it is tried again, ever more rarely
            log.exception("an undertaking failed in a way nobody foresaw", kind=work.kind)
            await self._later(work, "building.failed", None)

    async def _later(self, work: WorkRow, reason: str, retry_after: float | None) -> None:
        if work.attempts + 1 >= TRIES:
            await self._turn(work, StuckError(reason, None))
            return
        wait = timedelta(seconds=retry_after) if retry_after else min(FIRST_WAIT * 2**work.attempts, LONGEST_WAIT)
        at = self._network.clock() + wait
        await self._network.act(lambda unit: _works(unit).again(work.id, at, reason))

    # ── forward

    async def _carry_out(self, work: WorkRow) -> None:
        row, homes = await self._network.look(lambda unit: _space(unit, work))
        if row is None:
            await self._network.act(lambda unit: _works(unit).over(work.id, "done"))
            return
        wanted = [each for each in homes if work.only is None or each.home in work.only]
        # what is removed does not come back: that is only begun when all the rest stands everywhere
        for removing in (work.kind == "purge", True):
            found = await asyncio.gather(
                *(self._settle(work, row, each, removing=removing) for each in wanted), return_exceptions=True
            )
            if await self._failed(work, found):
                return
            wanted = [each for each, over in zip(wanted, found, strict=True) if over is not True]
        await self._network.act(lambda unit: _finish(unit, work))

    async def _failed(self, work: WorkRow, found: Sequence[bool | BaseException]) -> bool:
        """Say whether a home cannot be as planned, and turn round then. Raises what has to be waited for."""
        errors = [each for each in found if isinstance(each, BaseException)]
        for error in errors:
            if not isinstance(error, StuckError | NotNowError | DatabaseError):
                raise error
        stuck = next((each for each in errors if isinstance(each, StuckError)), None)
        if stuck is not None:
            await self._turn(work, stuck)
        elif errors:
            raise errors[0]
        return stuck is not None

    async def _turn(self, work: WorkRow, stuck: StuckError) -> None:
        """Give up: go back what can be gone back."""
        log.warning("an undertaking is given up", kind=work.kind, reason=stuck.reason)
        if work.kind == "purge" or work.state == "undoing":
            # what was deleted does not come back; what stands is tried again when somebody asks for it
            await self._network.act(lambda unit: _works(unit).over(work.id, "stuck", stuck.reason, stuck.piece))
            return
        await self._network.act(lambda unit: _works(unit).turned(work.id, stuck.reason, stuck.piece, unit.now))

    async def _settle(self, work: WorkRow, row: SpaceRow, where: SpaceHomeRow, *, removing: bool) -> bool:
        """Make one home as planned, and see that it is so; return whether nothing is left to be removed there.

        Raises :class:`StuckError`, NotNowError.
        """
        home = home_of(where)
        builder = self._planner.builder(home.platform)
        if builder is None:
            raise StuckError("space.no_platform", None)
        only = None if work.only is None else set(work.only[home.key])
        for turn in range(ROUNDS):
            try:
                plan = await _in_time(self._planner.in_home(row, home, purpose=work.kind))
            except ImpossibleError as error:
                raise StuckError(error.reason, None) from error
            chosen = [each for each in plan.steps if only is None or each.key in only]
            steps = [each for each in chosen if removing or each.act is not Act.REMOVE]
            await self._network.act(partial(_looked, work=work, plan=plan, steps=len(chosen), first=turn == 0))
            if not steps:
                return not chosen
            site = _Site(work, home.key, builder, dict(plan.refs))
            for step in steps:
                try:
                    await _in_time(self._do(site, step))
                except ImpossibleError as error:
                    raise StuckError(error.reason, step.key) from error
        raise StuckError("space.unsettled", None)

    async def _do(self, site: _Site, step: Step) -> None:
        """Carry out one step. Raises the port's two errors."""
        if step.act is Act.MAKE:
            await self._make(site, step)
            return
        work, home = site.work, site.home
        step_id = await self._network.act(lambda unit: _works(unit).intend(work.id, home, step.key, step.packed()))
        if step.act is Act.CHANGE:
            await site.builder.change(home, step, site.refs[step.key], site.refs)
        else:
            await site.builder.remove(home, step, site.refs[step.key], site.refs)
            del site.refs[step.key]

        def note(unit: Unit) -> None:
            if step.act is Act.REMOVE:
                unit.layouts.gone(work.space, home, step.key)
            _works(unit).mark(step_id, "done")
            _works(unit).gets_on(work.id)

        await self._network.act(note)

    async def _make(self, site: _Site, step: Step) -> None:
        work, home = site.work, site.home

        def begin(unit: Unit) -> tuple[int, bool, datetime]:
            pieces = unit.layouts.pieces(work.space, home)
            cut_off = any(each.piece == step.key and each.ref is None for each in pieces)
            since = unit.layouts.begin(work.space, home, step.key, step.kind.value, unit.now)
            return _works(unit).intend(work.id, home, step.key, step.packed()), cut_off, since

        step_id, cut_off, since = await self._network.act(begin)
        ref = await self._left_over(site, step, since) if cut_off else None
        if ref is None:
            ref = await site.builder.make(home, work.space, step, site.refs)
        site.refs[step.key] = made = ref

        def note(unit: Unit) -> None:
            unit.layouts.made(work.space, home, step.key, made)
            _works(unit).mark(step_id, "done")
            _works(unit).gets_on(work.id)

        await self._network.act(note)

    async def _left_over(self, site: _Site, step: Step, since: datetime) -> str | None:
        """Return what an attempt that was cut off made, and nobody noted."""
        found = await site.builder.find_made(site.home, site.work.space, step, site.refs, since=since)

        def unowned(unit: Unit) -> str | None:
            return next((each for each in found if unit.layouts.owner_of(site.home, each) is None), None)

        return await self._network.look(unowned)

    # ── back

    async def _undo(self, work: WorkRow) -> None:
        """Take back what was done, the newest first. Raises NotNowError."""
        journal = await self._network.look(lambda unit: _works(unit).journal(work.id))
        failure: StuckError | None = None
        for entry in journal:
            try:
                await _in_time(self._take_back(work, entry))
            except ImpossibleError as error:
                failure = StuckError(error.reason, entry.piece)
                log.warning("a step cannot be taken back", kind=work.kind, reason=error.reason)
        if failure is not None:
            await self._turn(work, failure)
            return
        # what was removed is not there again: that is not as it was before
        left = any(Step.unpacked(entry.step).act is Act.REMOVE for entry in journal)
        await self._network.act(lambda unit: _works(unit).over(work.id, "stuck" if left else "undone"))

    async def _take_back(self, work: WorkRow, entry: StepRow) -> None:
        step = Step.unpacked(entry.step)
        if step.act is Act.REMOVE:
            return
        pieces, homes = await self._network.look(
            lambda unit: (unit.layouts.pieces(work.space, entry.home), unit.layouts.homes(work.space))
        )
        home = home_of(next(each for each in homes if each.home == entry.home))
        builder = self._planner.builder(home.platform)
        if builder is None:
            raise ImpossibleError("space.no_platform")
        refs = {each.piece: each.ref for each in pieces if each.ref is not None}
        site = _Site(work, home.key, builder, refs)
        ref = refs.get(entry.piece)
        if ref is None and step.act is Act.MAKE:
            since = next((each.begun_at for each in pieces if each.piece == entry.piece), None)
            if since is not None:
                ref = await self._left_over(site, step, since)
        if ref is not None:
            back = step.undone
            if back.act is Act.REMOVE:
                await builder.remove(home.key, back, ref, refs)
            else:
                await builder.change(home.key, back, ref, refs)

        def note(unit: Unit) -> None:
            if step.act is Act.MAKE:
                unit.layouts.gone(work.space, entry.home, entry.piece)
            _works(unit).mark(entry.id, "undone")
            _works(unit).gets_on(work.id)

        await self._network.act(note)


async def _in_time(act: Awaitable[T]) -> T:
    """Do something that may be repeated. Raises NotNowError when it never ends: it must not keep its place."""
    try:
        async with asyncio.timeout(LONGEST_CALL):
            return await act
    except TimeoutError as error:
        raise NotNowError("building.timeout") from error


def _works(unit: Unit) -> WorkStore:
    return WorkStore(unit.connection, unit.keys)


def _space(unit: Unit, work: WorkRow) -> tuple[SpaceRow | None, list[SpaceHomeRow]]:
    return unit.layouts.get(work.space), unit.layouts.homes(work.space)


def _looked(unit: Unit, *, work: WorkRow, plan: HomePlan, steps: int, first: bool) -> None:
    """Note what a look at a home showed: how much there is to do, or that all is as planned."""
    if steps:
        if first:
            _works(unit).planned(work.id, plan.home.key, steps)
        return
    # neither wanted nor there: begun and never made, or deleted by hand
    wanted = {piece.key for piece in plan.wanted}
    for piece in unit.layouts.pieces(work.space, plan.home.key):
        if piece.piece not in wanted and piece.piece not in plan.found:
            unit.layouts.gone(work.space, plan.home.key, piece.piece)


def _finish(unit: Unit, work: WorkRow) -> None:
    """End an undertaking that was carried out, with what follows from it for the space."""
    steps = [Step.unpacked(entry.step) for entry in _works(unit).journal(work.id)]
    opened = any(step.act is Act.MAKE and step.kind is not PieceKind.POST for step in steps)
    # who was let in by a role that is no more is let in one by one
    opened = opened or (work.kind != "purge" and any(step.kind is PieceKind.ROLE for step in steps))
    _works(unit).over(work.id, "done")
    if opened:
        # what is new is closed to everybody until they are let in
        for member_id in unit.spaces.members_of(work.space):
            unit.outbox.add("admit", {"space": work.space}, now=unit.now, member_id=member_id)
    row = unit.layouts.get(work.space)
    if row is None:
        return
    if work.kind == "archive":
        design = replace(SpaceDesign.unpacked(row.design), read_only=True, bridged=False)
        unit.layouts.change(row, state=SpaceState.ARCHIVED.value, state_since=unit.today, design=design.packed())
        unit.ledger.record(unit.today, BOT, "space.archived", "space")
    elif work.kind == "purge":
        unit.layouts.change(row, state=SpaceState.PURGED.value, state_since=unit.today, purge_on=None)
        unit.ledger.record(unit.today, BOT, "space.purged", "space")
    else:
        unit.ledger.record(unit.today, BOT, f"space.{work.kind}", "space")
