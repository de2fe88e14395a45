"""Cohorts (`/cohort`): people who go through a learning space together, and on to the next one together.

Nobody is shown who is in one (SAF-17): those who facilitate see how many, the others not even that below five. An
alias is asked the same way whether anybody is known by it or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.cohort import (
    INVITE_KEPT,
    INVITES_A_DAY,
    KEPT_AFTERWARDS,
    LONGEST_REMINDER,
    LONGEST_TITLE,
    REMINDERS_A_DAY,
    SHORTEST_TITLE,
    CohortState,
    Place,
    shown_count,
)
from community_bot.domain.member import MemberState, has_access
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import SpaceState
from community_bot.domain.topics import read_words
from community_bot.domain.tries import Tries
from community_bot.locales import key
from community_bot.services.directory import SpaceDoor, Titles
from community_bot.services.letting_in import let_in_now, let_out_now
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.spaces import find_run, run_by
from db.cohort_store import CohortRow, CohortStore
from db.ids import MemberId
from db.member_rows import MemberRow

RUNNABLE = [each.value for each in SpaceState if each not in (SpaceState.ARCHIVED, SpaceState.PURGED)]
RUNNING = (CohortState.RUNNING.value,)


@dataclass(frozen=True, slots=True)
class CohortView:
    """A cohort as somebody may see it. ``members``: None for some, but too few to be told.

    ``place``: where the asker stands with it. ``invited`` is for those who facilitate it only.
    """

    id: str
    title: str
    space: str
    members: int | None
    place: Place | None = None
    invited: int | None = None
    leads: bool = False


@dataclass(frozen=True, slots=True)
class CohortsSeen:
    """The cohorts somebody is in, is asked into, or facilitates; and what their spaces are called."""

    views: tuple[CohortView, ...]
    titles: Titles


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of finishing: how many went on, and where to (None: nowhere)."""

    title: str
    moved: int
    next_space: SpaceDoor | None


class Cohorts:
    """Going through spaces together."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._invites = Tries(INVITES_A_DAY, timedelta(days=1))
        self._reminders = Tries(REMINDERS_A_DAY, timedelta(days=1))

    async def spaces_run(self, account: Account, typed: str = "") -> list[SpaceDoor]:
        """Return the spaces that somebody runs, those with ``typed`` in their title."""
        return await self._network.look(lambda unit: run_by(unit, account, typed))

    async def led(self, account: Account, typed: str = "") -> list[str]:
        """Return the titles of running cohorts that somebody facilitates, those with ``typed`` in them."""

        def work(unit: Unit) -> list[str]:
            wanted = likeness(typed)
            return [each.title for each in _led(unit, unit.who(account)) if wanted in likeness(each.title)][:25]

        return await self._network.look(work)

    # ── facilitating

    @action
    async def create(self, account: Account, space: str, title: str) -> str:
        """Begin a cohort in a space; return its title.

        Raises :class:`Refusal` ``space.unknown``, ``cohort.taken``, ``cohort.too_short`` and the like.
        """
        words = read_words(title, family="cohort", field="title", shortest=SHORTEST_TITLE, longest=LONGEST_TITLE)

        def work(unit: Unit) -> str:
            row = find_run(unit, account, space)
            asker = unit.asker(account, Power.RUN_SPACE, row.key)
            if row.state not in RUNNABLE:
                raise Refusal("cohort.space_over", field="space")
            if any(likeness(each.title) == likeness(words) for each in _led(unit, asker)):
                raise Refusal("cohort.taken", field="title")
            cohorts_of(unit).add(row.key, words, state=CohortState.RUNNING.value, today=unit.today)
            unit.ledger.record(unit.today, asker.role, "cohort.begun", "cohort")
            return words

        return await self._network.act(work)

    @action
    async def invite(self, account: Account, cohort: str, alias: str) -> str:
        """Ask a member whether they join; return the cohort's title.

        The same happens, to be seen, whoever the alias is, or is not. Raises :class:`Refusal` ``cohort.unknown``,
        ``cohort.which``, ``cohort.not_open``, ``cohort.invites`` after 40 in a day.
        """

        def work(unit: Unit) -> tuple[MemberId, str]:
            asker, row = self._find(unit, account, cohort)
            if not unit.directory.find(row.space).takes_members:
                raise Refusal("cohort.not_open")
            if not self._invites.may(asker.known.id, unit.now):
                raise Refusal("cohort.invites", most=INVITES_A_DAY)
            member = unit.members.find_by_alias(likeness(alias))
            store = cohorts_of(unit)
            # of who pauses nothing is noted, and they are not asked (MEM-7)
            there = member is not None and member.state in (MemberState.ACTIVE, MemberState.DORMANT)
            if member is not None and there and store.place(row.id, member.id) is None:
                until = unit.end_of(unit.today + INVITE_KEPT)
                store.put(row.id, member.id, Place.INVITED.value, unit.today, until)
                details = {
                    "text": key("cohort.invited_notice"),
                    "space": row.space,
                    "button": "cohort.join",
                    "label": key("cohort.join.button"),
                    "button_2": "cohort.decline",
                    "label_2": key("cohort.decline.button"),
                    "argument": row.id,
                }
                unit.outbox.add("tell", details, now=unit.now, member_id=member.id, words={"title": row.title})
            unit.ledger.record(unit.today, asker.role, "cohort.invited", "cohort")
            return asker.known.id, row.title

        member_id, title = await self._network.act(work)
        self._invites.wrong(member_id, self._network.clock())
        return title

    @action
    async def remind(self, account: Account, cohort: str, words: str) -> str:
        """Tell everybody in a cohort something, privately; return its title.

        Who did not agree to such messages, or pauses, gets none. Raises :class:`Refusal` ``cohort.*``, and
        ``cohort.reminders`` after two in a day.
        """
        said = read_words(words, family="cohort", field="words", shortest=2, longest=LONGEST_REMINDER)

        def work(unit: Unit) -> tuple[str, str]:
            asker, row = self._find(unit, account, cohort)
            if not self._reminders.may(row.id, unit.now):
                raise Refusal("cohort.reminders", most=REMINDERS_A_DAY)
            for member_id in cohorts_of(unit).members(row.id, Place.IN.value):
                details = {"text": key("cohort.reminder_notice"), "space": row.space}
                given = {"title": row.title, "words": said}
                unit.outbox.add("tell", details, now=unit.now, member_id=member_id, words=given)
            unit.ledger.record(unit.today, asker.role, "cohort.reminded", "cohort")
            return row.id, row.title

        cohort_id, title = await self._network.act(work)
        self._reminders.wrong(cohort_id, self._network.clock())
        return title

    @action
    async def finish(self, account: Account, cohort: str, next_space: str | None, *, leave: bool) -> Finished:
        """End a cohort; everybody in it comes into the next space, and with ``leave`` out of this one.

        Who joined was told that the cohort moves together. Raises :class:`Refusal` ``cohort.*``, ``space.unknown``,
        ``cohort.same_space``, ``cohort.next_not_open``, ``authority.lacks`` where the next space lets nobody in
        without being asked and is not theirs to run.
        """

        def work(unit: Unit) -> Finished:
            asker, row = self._find(unit, account, cohort)
            door = None if not next_space else self._next(unit, account, asker, row, next_space)
            members = self._there(unit, row)
            for member in members:
                if door is not None:
                    let_in_now(unit, member, door.key, by=asker.role)
                    if leave:
                        _let_out(unit, member, row.space, asker.role)
                self._tell_of_the_end(unit, member, row, door)
            until = unit.end_of(unit.today + KEPT_AFTERWARDS)
            cohorts_of(unit).finish(row.id, CohortState.FINISHED.value, unit.today, until)
            unit.ledger.record(unit.today, asker.role, "cohort.finished", "cohort", "moved" if door else None)
            return Finished(row.title, len(members), door)

        return await self._network.act(work)

    def _next(self, unit: Unit, account: Account, asker: Asker, row: CohortRow, wanted: str) -> SpaceDoor:
        own = [space for space, _ in unit.spaces.of(asker.known.id)]
        run = [each.key for each in run_by(unit, account, wanted)]
        door = unit.directory.named(wanted, also=[*own, *run])
        if door.key == row.space:
            raise Refusal("cohort.same_space", field="next_space")
        if not door.takes_members:
            raise Refusal("cohort.next_not_open", field="next_space")
        if door.access is not Access.OPEN:
            unit.asker(account, Power.RUN_SPACE, door.key)
        return door

    def _there(self, unit: Unit, row: CohortRow) -> list[MemberRow]:
        members = (unit.members.get(each) for each in cohorts_of(unit).members(row.id, Place.IN.value))
        return [each for each in members if each is not None and has_access(MemberState(each.state))]

    def _tell_of_the_end(self, unit: Unit, member: MemberRow, row: CohortRow, door: SpaceDoor | None) -> None:
        details = {"text": key("cohort.ended_notice"), "space": row.space}
        if door is not None:
            details = {"text": key("cohort.moved_notice"), "space": row.space, "next_space": door.key}
        unit.outbox.add("tell", details, now=unit.now, member_id=member.id, words={"title": row.title})

    def _find(self, unit: Unit, account: Account, wanted: str) -> tuple[Asker, CohortRow]:
        """Return who asks and the running cohort of theirs that is meant, held. Raises :class:`Refusal`."""
        asker = unit.asker(account, Power.MEMBER)
        if not any(asker.may(Power.RUN_SPACE, grant.scope) for grant in asker.grants):
            raise Refusal("authority.lacks")
        same = likeness(wanted)
        found = [each for each in _led(unit, asker) if wanted == each.id or likeness(each.title) == same]
        if not found:
            raise Refusal("cohort.unknown", field="cohort")
        if len(found) > 1:
            raise Refusal("cohort.which", field="cohort")
        row = cohorts_of(unit).held(found[0].id)
        if row is None or row.state != CohortState.RUNNING.value:
            raise Refusal("cohort.unknown", field="cohort")
        return unit.asker(account, Power.RUN_SPACE, row.space), row

    # ── taking part

    @action
    async def show(self, account: Account) -> CohortsSeen:
        """Return the running cohorts somebody is in, is asked into, or facilitates. Raises :class:`Refusal`."""

        def work(unit: Unit) -> CohortsSeen:
            asker = unit.asker(account, Power.MEMBER)
            store = cohorts_of(unit)
            places = store.of_member(asker.known.id)
            led = {each.id: each for each in _led(unit, asker)}
            rows = [*(each for each in store.of_ids(places) if each.id not in led), *led.values()]
            views = [
                _view(store, row, places.get(row.id), leads=row.id in led)
                for row in rows
                if row.state == CohortState.RUNNING.value
            ]
            return CohortsSeen(tuple(views), unit.directory.titles([each.space for each in views]))

        return await self._network.look(work)

    @action
    async def join(self, account: Account, cohort_id: str) -> tuple[str, SpaceDoor]:
        """Say yes: be in the cohort and in its space; return its title and the space.

        Raises :class:`Refusal` ``cohort.gone``, ``cohort.not_open``.
        """

        def work(unit: Unit) -> tuple[str, SpaceDoor]:
            member = unit.asker(account, Power.MEMBER).known
            store, row = cohorts_of(unit), cohorts_of(unit).held(cohort_id)
            place = None if row is None else store.place(row.id, member.id)
            if row is None or place is None or row.state != CohortState.RUNNING.value:
                raise Refusal("cohort.gone")
            door = unit.directory.find(row.space)
            if not door.takes_members:
                raise Refusal("cohort.not_open")
            store.put(row.id, member.id, Place.IN.value, unit.today, unit.keep_until)
            let_in_now(unit, member, row.space)
            unit.ledger.record(unit.today, "member", "cohort.joined", "cohort")
            return row.title, door

        return await self._network.act(work)

    @action
    async def decline(self, account: Account, cohort_id: str) -> None:
        """Say no, or leave a cohort; its space stays open to who is in it. Nobody is told.

        Raises :class:`Refusal` ``cohort.gone``.
        """

        def work(unit: Unit) -> None:
            member = unit.asker(account, Power.MEMBER).known
            if not cohorts_of(unit).remove(cohort_id, member.id):
                raise Refusal("cohort.gone")
            unit.ledger.record(unit.today, "member", "cohort.left", "cohort")

        await self._network.act(work)


def cohorts_of(unit: Unit) -> CohortStore:
    """Return the cohorts."""
    return CohortStore(unit.connection, unit.keys)


def of_one_person(unit: Unit, source: MemberId, target: MemberId) -> None:
    """Let the cohorts of a record be another's of the same person."""
    cohorts_of(unit).move_member(source, target)


def _let_out(unit: Unit, member: MemberRow, space: str, by: str) -> None:
    """Let a member out of a space, unless they run it."""
    if not any(grant.scope == space for grant in unit.grants_of(member)):
        let_out_now(unit, member.id, space, by=by)


def _led(unit: Unit, asker: Asker) -> list[CohortRow]:
    """Return the running cohorts of the spaces somebody runs."""
    spaces = [row.key for row in unit.layouts.of_state(RUNNABLE) if asker.may(Power.RUN_SPACE, row.key)]
    return cohorts_of(unit).of_spaces(spaces, RUNNING) if spaces else []


def _view(store: CohortStore, row: CohortRow, place: str | None, *, leads: bool) -> CohortView:
    members = store.count(row.id, Place.IN.value)
    return CohortView(
        row.id,
        row.title,
        row.space,
        members if leads else shown_count(members),
        None if place is None else Place(place),
        store.count(row.id, Place.INVITED.value) if leads else None,
        leads,
    )
