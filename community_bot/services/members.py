"""What members decide about themselves (`/me`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness, read_alias
from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.member import MemberEvent, MemberState, after
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Grant, Role
from community_bot.locales import LANGUAGES, Language
from community_bot.services.directory import Titles
from community_bot.services.network import Network, Unit, action
from db.holding import hold_member
from db.member_rows import MemberRow, Profile
from db.member_store import AliasTakenError
from db.space_request_store import SpaceRequestStore

REGION = "region"
"""The kind of tally that counts how many chose a region."""
FEWEST_OF_A_REGION = 5
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Record:
    """What a member sees of themselves. ``accounts`` are platforms only; the ids stay where they are."""

    profile: Profile
    state: MemberState
    joined_on: date
    probation_until: date | None
    spaces: tuple[str, ...]
    accounts: tuple[str, ...]
    roles: tuple[Grant, ...]
    titles: Titles = field(default_factory=Titles, compare=False)


class Members:
    """A member's own choices."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def show(self, account: Account) -> Record:
        """Return what a member sees of themselves. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Record:
            member = own(unit, account)
            spaces = tuple(space for space, _ in unit.spaces.of(member.id))
            roles = tuple(grant for grant in unit.grants_of(member) if grant.role is not Role.MEMBER)
            return Record(
                member.profile,
                MemberState(member.state),
                member.joined_on,
                member.probation_until,
                spaces,
                tuple(identity.platform for identity in unit.members.accounts(member.id)),
                roles,
                unit.directory.titles([*spaces, *(grant.scope for grant in roles)]),
            )

        return await self._network.look(work)

    @action
    async def set_alias(self, account: Account, names: Sequence[str], text: str) -> str:
        """Be known by another alias from now on; return it. Raises :class:`Refusal` ``alias.*``."""
        alias = read_alias(text, account_names=names)

        def work(unit: Unit) -> str:
            member = own_held(unit, account)
            try:
                unit.members.save_profile(member.id, replace(member.profile, alias=alias), likeness(alias))
            except AliasTakenError:
                raise Refusal("alias.taken", field="alias") from None
            return alias

        return await self._network.act(work)

    @action
    async def set_language(self, account: Account, language: Language) -> None:
        """Be spoken to in another language. Raises :class:`Refusal` ``me.language_unknown``."""
        if language not in LANGUAGES:
            raise Refusal("me.language_unknown", field="language")
        await self._change(account, language=language)

    @action
    async def set_calendar(self, account: Account, calendar: CalendarPreference) -> None:
        """See years of another calendar first. Raises :class:`Refusal` ``me.calendar_unknown``."""
        if calendar not in get_args(CalendarPreference):
            raise Refusal("me.calendar_unknown", field="calendar")
        await self._change(account, calendar=calendar)

    @action
    async def set_region(self, account: Account, region: str | None) -> str | None:
        """Say roughly where one is, or take it back; return what was stored.

        It is kept only as exactly as five people have chosen (invariant I5): the first four of a province are kept
        as being in its region, the first four of a region not at all. The counts belong to nobody.
        """

        def work(unit: Unit) -> str | None:
            member = own_held(unit, account)
            stored, counted = None, member.profile.region_counted
            if region is not None:
                path = self._path(unit, region)
                if not path:
                    raise Refusal("me.region_unknown", field="region")
                if not counted:
                    # once in a member's life: whoever tries five times is not five people
                    for code in path:
                        unit.ledger.count(REGION, code, unit.today)
                chosen = unit.ledger.counts(REGION, date.min)
                stored = next((code for code in path if chosen.get(code, 0) >= FEWEST_OF_A_REGION), None)
                counted = True
            self._save(unit, member, replace(member.profile, region=stored, region_counted=counted))
            return stored

        return await self._network.act(work)

    def _path(self, unit: Unit, code: str | None) -> list[str]:
        """Return a region and the one it lies in, the exact one first; nothing for one that does not exist."""
        place = None if code is None else unit.rules.country_pack.region(code)
        if place is None:
            return []
        return [place.code] if place.parent is None else [place.code, place.parent]

    @action
    async def set_quiet(self, account: Account, since: str | None, until: str | None, zone: str | None) -> Profile:
        """Be left alone between two times of day, in one's own zone; without times, no longer.

        Raises :class:`Refusal` ``me.time_unreadable``, ``me.zone_unknown``, ``me.quiet_half`` or
        ``me.quiet_nothing`` for a time that ends when it begins.
        """
        if (since is None) != (until is None):
            raise Refusal("me.quiet_half")
        if zone is not None and zone not in _zones():
            raise Refusal("me.zone_unknown", field="zone")
        values: dict[str, str | None] = {"quiet_from": _clock(since), "quiet_until": _clock(until)}
        if since is not None and values["quiet_from"] == values["quiet_until"]:
            raise Refusal("me.quiet_nothing")
        return await self._change(account, **values, **({"zone": zone} if zone else {}))

    async def _change(self, account: Account, **values: str | None) -> Profile:
        def work(unit: Unit) -> Profile:
            member = own_held(unit, account)
            profile = replace(member.profile, **values)  # type: ignore[arg-type]
            self._save(unit, member, profile)
            return profile

        return await self._network.act(work)

    def _save(self, unit: Unit, member: MemberRow, profile: Profile) -> None:
        unit.members.save_profile(member.id, profile, likeness(profile.alias))

    @action
    async def pause(self, account: Account) -> None:
        """Stop everything for a while: nothing is recorded, nobody is pinged (MEM-7)."""
        await self._move(account, MemberEvent.PAUSE)

    @action
    async def resume(self, account: Account) -> MemberState:
        """Come back from a pause, from a long silence, or after having left; return how one stands then.

        Where members vouch for newcomers, they do so again for who had left: nobody gets in by leaving before they
        were admitted, and an account that changed hands meanwhile does not get in by itself.
        """

        def work(unit: Unit) -> MemberState:
            before = unit.members.find(account.platform, account.user_id)
            member = own_held(unit, account)
            if before is not None and before.state == MemberState.DORMANT:
                # doing something at all has ended the silence
                return MemberState(member.state)
            following = after(MemberState(member.state), MemberEvent.RESUME)
            if member.state == MemberState.ALUMNI and unit.rules.vouchers > 0:
                following = MemberState.VOUCHING
            unit.members.set_state(member.id, following, unit.today)
            unit.members.touch(member.id, unit.today, unit.keep_until)
            if following is MemberState.ACTIVE:
                for space, _ in unit.spaces.of(member.id):
                    unit.outbox.add("admit", {"space": space}, now=unit.now, member_id=member.id)
            return following

        return await self._network.act(work)

    async def _move(self, account: Account, event: MemberEvent) -> None:
        def work(unit: Unit) -> None:
            member = own_held(unit, account)
            unit.members.set_state(member.id, after(MemberState(member.state), event), unit.today)

        await self._network.act(work)

    @action
    async def leave(self, account: Account) -> None:
        """Leave the network: access, roles and affiliations end; what is one's own can still be seen or erased."""

        def work(unit: Unit) -> None:
            member = own_held(unit, account)
            unit.members.set_state(member.id, after(MemberState(member.state), MemberEvent.LEAVE), unit.today)
            take_access(unit, member)
            unit.ledger.record(unit.today, Role.MEMBER, "member.left", "member")

        await self._network.act(work)


def own(unit: Unit, account: Account) -> MemberRow:
    """Return whoever asks about themselves, also while they wait to be vouched for, pause or have left.

    Raises :class:`Refusal` ``authority.not_member`` or ``authority.erasing``.
    """
    member = unit.who(account).known
    if member.state == MemberState.ERASING:
        raise Refusal("authority.erasing")
    return member


def own_held(unit: Unit, account: Account) -> MemberRow:
    """Return whoever changes something of their own, held until this is done. Raises as :func:`own`.

    Two of their acts at the same moment, on two platforms perhaps, would each undo the other's.
    """
    hold_member(unit.connection, own(unit, account).id)
    return own(unit, account)


def take_access(unit: Unit, member: MemberRow) -> None:
    """End what a member could reach and decide: spaces, roles, affiliations."""
    for space, _ in unit.spaces.of(member.id):
        unit.spaces.leave(member.id, space)
        unit.outbox.add("release", {"space": space}, now=unit.now, member_id=member.id)
    SpaceRequestStore(unit.connection, unit.keys).forget_all(member.id)
    unit.grants.end_all(member.id)
    unit.organisations.end_all(member.id)


def _clock(text: str | None) -> str | None:
    if text is None:
        return None
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
    found = _CLOCK.fullmatch(digits)
    if found is None:
        raise Refusal("me.time_unreadable")
    return f"{int(found[1]):02d}:{found[2]}"


@cache
def _zones() -> frozenset[str]:
    """Return every zone there is; asked once, as it means reading a folder."""
    return frozenset(available_timezones())


def zone_of(profile: Profile, network_zone: str) -> ZoneInfo:
    """Return the time zone in which a member reads times."""
    return ZoneInfo(profile.zone or network_zone)
