"""Keeping nothing longer than was said: once a day, and to the minute where somebody asked to be erased.

Every step may be repeated, and each is one transaction together with the count of what it removed; so a crash in
the middle leaves whole steps, and the proof never says more or less than what happened (SAF-3). Counts, never who.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from community_bot.domain.member import (
    ALUMNI_AFTER,
    DORMANT_AFTER,
    VOUCHES_KEPT,
    MemberEvent,
    MemberState,
    after,
)
from community_bot.domain.roles import NETWORK, Role
from community_bot.logs import get_logger
from community_bot.services.arrivals import take_back_unneeded
from community_bot.services.coming_in import end_unanswered
from community_bot.services.letting_in import entrust_now
from community_bot.services.members import take_access
from community_bot.services.network import Network, Unit
from community_bot.services.organisations import keep_up
from community_bot.services.votes import forget_voter
from db.ids import MemberId
from db.member_keys_file import MemberKeysFile
from db.retention import (
    destroy,
    end_expired_roles,
    expired_members,
    forget_vouches,
    leave_no_trace,
    next_erasure,
    purge,
    rows_of,
)

log = get_logger(__name__)

REMOVED = "removed"
"""The kind of tally that proves what was removed: rows by table and week."""
BOT = "bot"
"""Whose acts these are, in the audit: nobody's."""
TRY_AGAIN = timedelta(minutes=5)
EVERYTHING = 1_000_000
FAR_AWAY = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What one run did. ``removed`` are rows by table; ``copies_reached``: the members' keys beside the backups and
    the database's own log are rid of it too.
    """

    erased: int
    became_dormant: int
    became_alumni: int
    probations_ended: int
    removed: Mapping[str, int]
    copies_reached: bool


class Retention:
    """Removes what is due. Not an action of anybody; ``keys_file`` is where the running bot's backups lie."""

    def __init__(self, network: Network, keys_file: MemberKeysFile | None = None) -> None:
        self._network = network
        self._keys_file = keys_file
        self._copies_reached = True

    # ── to the minute

    async def next_due(self) -> datetime | None:
        """Return when :meth:`run_due` is to run next, None when nothing waits."""
        due = await self._network.look(lambda unit: next_erasure(unit.connection))
        if self._copies_reached:
            return due
        again = self._network.clock() + TRY_AGAIN
        return again if due is None else min(due, again)

    async def run_due(self) -> int:
        """Destroy everything of whoever's waiting time is over; return how many people that were."""
        return (await self._erase_due())[0]

    async def _erase_due(self) -> tuple[int, Counter[str]]:
        erased, removed = 0, Counter[str]()
        for member_id in await self._network.look(_due):
            gone = await self._network.act(lambda unit, who=member_id: _erase(unit, who))  # type: ignore[misc]
            erased += bool(gone)
            removed += gone
        if erased or not self._copies_reached:
            await self.reach_copies()
        return erased, removed

    async def reach_copies(self) -> None:
        """Have the keys that are gone also go from beside the backups, and from the disk."""
        self._copies_reached = await leave_no_trace(self._network.database)
        if not self._copies_reached:
            log.warning("what was removed is not overwritten yet", reason="database.busy")
        if self._keys_file is None:
            return
        try:
            await self._keys_file.write_again(self._network.database)
        except OSError as error:
            # said loudly and tried again: until then a backup could bring back who was erased
            self._copies_reached = False
            log.error("the members' keys beside the backups cannot be written", error_type=type(error).__name__)  # noqa: TRY400

    # ── once a day

    async def run_daily(self) -> RetentionReport:
        """Do everything that is due today; at any time, twice, or after a crash: what is done is no longer due."""
        erased, removed = await self._erase_due()
        dormant = await self._network.act(_become_dormant)
        alumni = await self._count(_become_alumni)
        probations = await self._network.act(_end_probations)
        organisations = await self._count(_keep_organisations_up)
        expired = await self._count(_remove_expired)
        removed += alumni.removed + organisations.removed + expired.removed
        await self.reach_copies()
        await self._network.act(_prove)
        report = RetentionReport(erased, dormant, alumni.members, probations, dict(removed), self._copies_reached)
        log.info("retention has run", removed=sum(report.removed.values()), ok=report.copies_reached)
        return report

    async def _count(self, step: Callable[[Unit], _Step]) -> _Step:
        return await self._network.act(step)


@dataclass(frozen=True, slots=True)
class _Step:
    members: int
    removed: Counter[str]


def count_removed(unit: Unit, removed: Counter[str]) -> None:
    """Note in the same transaction what it removes."""
    for table, rows in sorted(removed.items()):
        if rows:
            unit.ledger.count(REMOVED, table, unit.today, rows)


def _due(unit: Unit) -> list[MemberId]:
    asked = unit.members.due_for_erasing(unit.now)
    return [*asked, *(each for each in expired_members(unit.connection, unit.now) if each not in asked)]


def _erase(unit: Unit, member_id: MemberId) -> Counter[str]:
    """Destroy one member; nothing, when they have come back in the meantime."""
    if member_id not in _due(unit):
        return Counter()
    member = unit.members.get(member_id)
    if member is not None:
        # doors that are still to be closed on the platforms no longer have a member to ask for the account
        if member.state == MemberState.ERASING:
            open_doors = {
                effect.details["space"]
                for effect in unit.outbox.due(FAR_AWAY, EVERYTHING)
                if effect.member_id == member_id and effect.kind == "release"
            }
        else:
            open_doors = {space for space, _ in unit.spaces.of(member_id)}
        for account in unit.members.accounts(member_id):
            for space in sorted(open_doors):
                target = (account.platform, account.user_id)
                unit.outbox.add("release", {"space": space}, now=unit.now, target=target)
    forget_voter(unit, member_id)
    removed = destroy(unit.connection, member_id)
    count_removed(unit, removed)
    unit.ledger.record(unit.today, BOT, "member.erased", "member")
    return removed


def _become_dormant(unit: Unit) -> int:
    """Stop writing to who has been silent for 90 days."""
    silent = unit.members.due_for_state(MemberState.ACTIVE, silent_since=unit.today - DORMANT_AFTER)
    for member_id in silent:
        following = after(MemberState.ACTIVE, MemberEvent.SILENCE_90_DAYS)
        unit.members.set_state(member_id, following, unit.today)
        unit.outbox.drop("tell", member_id)
    return len(silent)


def _become_alumni(unit: Unit) -> _Step:
    """End access, roles and affiliations of who has been silent for a year; what is their own stays theirs."""
    removed: Counter[str] = Counter()
    silent = unit.members.due_for_state(MemberState.DORMANT, silent_since=unit.today - ALUMNI_AFTER)
    for member_id in silent:
        member = unit.members.get(member_id)
        if member is None:
            continue
        before = rows_of(unit.connection, member_id)
        following = after(MemberState.DORMANT, MemberEvent.SILENCE_365_DAYS)
        unit.members.set_state(member_id, following, unit.today)
        take_access(unit, member)
        removed += before - rows_of(unit.connection, member_id)
    count_removed(unit, removed)
    return _Step(len(silent), removed)


def _end_probations(unit: Unit) -> int:
    """Let newcomers be like everybody, and see what was said before they came (SAF-15)."""
    over = unit.members.due_for_end_of_probation(unit.today)
    for member_id in over:
        unit.members.end_probation(member_id)
        member = unit.members.get(member_id)
        if member is not None and member.state in (MemberState.ACTIVE, MemberState.PAUSED, MemberState.DORMANT):
            for space, _ in unit.spaces.of(member_id):
                details = {"space": space, "after": "probation"}
                unit.outbox.add("admit", details, now=unit.now, member_id=member_id)
    return len(over)


def _keep_organisations_up(unit: Unit) -> _Step:
    """Let affiliations live as long as members' records, and let go of organisations nobody is left of."""
    removed = +Counter({"organisation": keep_up(unit)})
    count_removed(unit, removed)
    return _Step(0, removed)


def _remove_expired(unit: Unit) -> _Step:
    greetings = unit.arrivals.expired_greetings(unit.now)
    end_unanswered(unit)
    for office in unit.grants.over(unit.today, unit.now):
        if office.role == Role.FACILITATOR and office.scope != NETWORK:
            entrust_now(unit, office.member_id, office.scope)
    removed = purge(unit.connection, unit.now)
    for platform, ref in greetings:
        # whoever did not want to begin is not named in the channel for ever
        take_back_unneeded(unit, platform, ref)
    removed["role_grant"] += end_expired_roles(unit.connection, unit.today)
    removed["vouch"] += forget_vouches(unit.connection, unit.today - VOUCHES_KEPT)
    removed = +removed
    count_removed(unit, removed)
    return _Step(0, removed)


def _prove(unit: Unit) -> None:
    """Note that the day's run was done, once a day however often it is repeated."""
    entry = (unit.today, BOT, "retention.run", "network", None)
    if entry not in unit.ledger.audit():
        unit.ledger.record(unit.today, BOT, "retention.run", "network")
