"""Carrying out on the platforms what was decided, also what a crash left undone (NET-6).

Each effect may be done twice: it is forgotten only after the platform has said yes. Doors follow what is so when
their turn comes, so an old effect never opens what was closed since. What a member is told keeps its order. A
platform that is away holds up nobody on the other, and an effect that cannot be done holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from community_bot.domain.account import Account, PlatformName
from community_bot.domain.agreements import REMINDERS
from community_bot.domain.languages import Language, language_of
from community_bot.domain.member import MemberState, has_access, is_reachable
from community_bot.domain.quiet import quiet_until
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access
from community_bot.locales import Catalogues
from community_bot.logs import get_logger
from community_bot.platforms.port import Attachment, ImpossibleError, NotNowError, PlatformPort
from community_bot.services.directory import SpaceDoor, Titles
from community_bot.services.members import zone_of
from community_bot.services.network import Network, Unit
from community_bot.services.notices import notice, spaces_named
from community_bot.services.one_by_one import OneByOne
from db.errors import DatabaseError
from db.member_rows import MemberRow
from db.outbox import EffectRow

log = get_logger(__name__)

AT_ONCE = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
LONGEST_CALL = 60.0
"""Seconds one effect may take."""
TRIES = 40
"""With the waits between them about five hours; then the effect is shown as failed."""
EXPECTED = frozenset({"discord.member_gone", "matrix.member_gone", "discord.dms_closed", "discord.channel_gone"})
"""What needs nobody's attention: people leave, and close their direct messages."""


Attacher = Callable[[str, Language], Awaitable[Attachment]]
"""Makes a file when it is sent: from what a post names, in the room's language."""


@dataclass(frozen=True, slots=True)
class _People:
    """Whom an effect is about. ``belongs``: whether its door is to be open for them, as things are now.

    ``may_be_told``: whether they agreed to private messages that they did not ask for.
    """

    member: MemberRow | None
    accounts: tuple[Account, ...]
    belongs: bool
    may_be_told: bool = False
    door: SpaceDoor | None = None
    """The space it is about."""
    trusted: bool = False
    """Whether they facilitate that space."""
    titles: Titles = field(default_factory=Titles)


class Effects:
    """Runs the outbox. :meth:`run` is its task."""

    def __init__(
        self,
        network: Network,
        ports: Mapping[PlatformName, PlatformPort],
        catalogues: Catalogues,
        *,
        attachments: Mapping[str, Attacher] | None = None,
        one_by_one: OneByOne | None = None,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        self._network = network
        self._ports = ports
        self._catalogues = catalogues
        self._attachments = attachments or {}
        self._one_by_one = one_by_one
        self._longest_call = longest_call
        self._bell = network.bell("effects")

    async def run(self) -> None:
        """Carry out effects until cancelled."""
        while True:
            self._bell.clear()
            try:
                if not await self.run_due():
                    await self._wait()
            except* DatabaseError as errors:
                # what is to be done stands there, and is done when the database answers again
                first = errors.exceptions[0]
                code = first.code if isinstance(first, DatabaseError) else "database.busy"
                log.warning("decisions wait for the database", reason=code)
                await asyncio.sleep(FIRST_WAIT.total_seconds())

    async def run_due(self) -> int:
        """Carry out what is due now; return how much that was."""
        due = await self._network.look(lambda unit: unit.outbox.due(unit.now))
        by_member: dict[object, list[EffectRow]] = {}
        for effect in due:
            by_member.setdefault(effect.member_id or effect.target or effect.id, []).append(effect)
        limit = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for effects in by_member.values():
                group.create_task(self._in_order(effects, limit))
        return len(due)

    async def _wait(self) -> None:
        next_due = await self._network.look(lambda unit: unit.outbox.next_due(unit.now))
        wait = LONGEST_WAIT.total_seconds()
        if next_due is not None:
            wait = min(wait, max(0.05, (next_due - self._network.clock()).total_seconds()))
        try:
            async with asyncio.timeout(wait):
                await self._bell.wait()
        except TimeoutError:
            # something became due, or it is time to look anyway
            return

    async def _in_order(self, effects: Sequence[EffectRow], limit: asyncio.Semaphore) -> None:
        async with limit:
            untold = False
            for effect in effects:
                if effect.kind == "tell" and untold:
                    # said after what was decided before it
                    continue
                done = await self._carry_out(effect)
                untold = untold or (effect.kind == "tell" and not done)

    async def _carry_out(self, effect: EffectRow) -> bool:
        """Do one thing; return whether it is settled, one way or the other, or false when it is tried again."""
        try:
            async with asyncio.timeout(self._longest_call):
                await self._do(effect)
        except TimeoutError:
            # a call that never ends must not keep everybody else waiting
            return await self._try_again(effect, "effect.timeout", None)
        except NotNowError as error:
            return await self._try_again(effect, error.reason, error.retry_after)
        except _QuietError as quiet:
            until = quiet.until
            await self._network.act(lambda unit: unit.outbox.postpone(effect.id, until))
            return True
        except ImpossibleError as error:
            await self._give_up(effect, error.reason)
            return True
        except Exception:
            # ours to mend; until then it is put aside like any other, so that what stands behind it is done
            log.exception("an effect failed in a way nobody foresaw", kind=effect.kind)
            return await self._try_again(effect, "effect.failed", None)
        await self._network.act(lambda unit: unit.outbox.done(effect.id))
        return True

    async def _try_again(self, effect: EffectRow, reason: str, retry_after: float | None) -> bool:
        if effect.attempts + 1 >= TRIES:
            await self._give_up(effect, reason)
            return True
        own_wait = min(FIRST_WAIT * 2**effect.attempts, LONGEST_WAIT)
        at = self._network.clock() + (timedelta(seconds=retry_after) if retry_after else own_wait)
        await self._network.act(lambda unit: unit.outbox.again(effect.id, at))
        return False

    async def _give_up(self, effect: EffectRow, reason: str) -> None:
        if reason in EXPECTED:
            await self._network.act(lambda unit: unit.outbox.done(effect.id))
            return
        log.warning("an effect cannot be carried out", kind=effect.kind, reason=reason)
        await self._network.act(lambda unit: unit.outbox.failed(effect.id, reason[:40]))

    # ── kinds

    async def _do(self, effect: EffectRow) -> None:
        match effect.kind:
            case "admit" | "release":
                await self._access(effect)
            case "entrust":
                await self._entrust(effect)
            case "post":
                await self._post(effect)
            case "tell":
                await self._tell(effect)
            case "take_back":
                await self._take_back(effect)
            case _:
                raise ImpossibleError("effect.unknown")

    async def _access(self, effect: EffectRow) -> None:
        """Open or close what belongs to a space, as things are now: the channels and rooms, the roles, the say."""
        people = await self._people(effect)
        door = people.door
        if door is None or people.belongs is not (effect.kind == "admit"):
            # decided otherwise since; what follows from that has an effect of its own
            return
        acts = (
            act
            for account in people.accounts
            if (port := self._ports.get(account.platform)) is not None
            for act in _acts(port, account, door, people, effect)
        )
        await _all_of(acts)
        if people.trusted and effect.kind == "admit":
            await self._settle_one_by_one(door, people)

    async def _entrust(self, effect: EffectRow) -> None:
        """Let somebody into what only a space's facilitators see and do, or out of it, as things are now."""
        people = await self._people(effect)
        if people.door is None:
            return
        door, trusted = people.door, people.trusted
        acts = (
            act
            for account in people.accounts
            if (port := self._ports.get(account.platform)) is not None
            for act in _trust(port, account, door, trusted=trusted)
        )
        await _all_of(acts)
        await self._settle_one_by_one(door, people)

    async def _settle_one_by_one(self, door: SpaceDoor, people: _People) -> None:
        if self._one_by_one is not None and door.access is Access.UNLISTED:
            await _all_of(self._one_by_one.settle(door.key, account) for account in people.accounts)

    async def _post(self, effect: EffectRow) -> None:
        """Say something to everybody in a channel or room."""
        port = self._ports.get("discord" if effect.details["platform"] == "discord" else "matrix")
        if port is None:
            return
        titles = await self._network.look(lambda unit: unit.directory.titles(spaces_named(effect)))
        card = notice(effect, None, port, rules=self._network.rules, catalogues=self._catalogues, titles=titles)
        kind, _, argument = effect.details.get("attach", "").partition(":")
        if kind:
            language = language_of(effect.details.get("language")) or self._network.rules.language
            card = replace(card, files=(await self._attachments[kind](argument, language),))
        await port.post(effect.details["place"], card, key=f"effect-{effect.id}")

    async def _tell(self, effect: EffectRow) -> None:
        people = await self._people(effect)
        member = people.member
        if member is not None and effect.details.get("always") != "yes":
            if not people.may_be_told or not is_reachable(MemberState(member.state)):
                return
            self._respect_quiet(member)
        later: NotNowError | None = None
        never: ImpossibleError | None = None
        for account in people.accounts:
            port = self._ports.get(account.platform)
            if port is None:
                continue
            card = notice(
                effect,
                member,
                port,
                rules=self._network.rules,
                catalogues=self._catalogues,
                titles=people.titles,
            )
            try:
                await port.tell(account.user_id, card, key=f"effect-{effect.id}")
            except NotNowError as error:
                later = error
            except ImpossibleError as error:
                never = error
            else:
                # said once is enough, wherever it was heard
                return
        if later is not None or never is not None:
            raise later or never  # type: ignore[misc]

    def _respect_quiet(self, member: MemberRow) -> None:
        profile = member.profile
        now = self._network.clock().astimezone(zone_of(profile, self._network.rules.zone))
        until = quiet_until(profile.quiet_from, profile.quiet_until, now)
        if until is not None:
            raise _QuietError(until)

    async def _take_back(self, effect: EffectRow) -> None:
        port = self._ports.get("discord" if effect.details["platform"] == "discord" else "matrix")
        if port is not None:
            await port.take_back(effect.details["place"], effect.details["ref"])

    async def _people(self, effect: EffectRow) -> _People:
        """Return whom an effect is about: a member's accounts, or one account that is no member's (any more)."""

        def work(unit: Unit) -> _People:
            if effect.target is not None:
                account = _account(*effect.target)
                # it may have come back since, with this member or another
                holder = unit.members.find(account.platform, account.user_id)
                belongs, trusted = _belongs(unit, holder, effect), _trusted(unit, holder, effect)
                return _People(None, (account,), belongs, door=_door(unit, effect), trusted=trusted)
            member = None if effect.member_id is None else unit.members.get(effect.member_id)
            if member is None:
                return _People(None, (), belongs=False)
            return _People(
                member,
                tuple(_account(each.platform, each.user_id) for each in unit.members.accounts(member.id)),
                _belongs(unit, member, effect),
                may_be_told=REMINDERS in unit.consents.holding(member.id),
                door=_door(unit, effect),
                trusted=_trusted(unit, member, effect),
                titles=unit.directory.titles(spaces_named(effect)),
            )

        return await self._network.look(work)


def _belongs(unit: Unit, member: MemberRow | None, effect: EffectRow) -> bool:
    if member is None or not has_access(MemberState(member.state)):
        return False
    return effect.details.get("space") in dict(unit.spaces.of(member.id))


def _trusted(unit: Unit, member: MemberRow | None, effect: EffectRow) -> bool:
    """Say whether somebody facilitates the space that an effect is about."""
    if member is None or not has_access(MemberState(member.state)):
        return False
    wanted = (Role.FACILITATOR, effect.details.get("space"))
    return any(
        (each.role, each.scope) == wanted and each.holds(each.scope, unit.today) for each in unit.grants_of(member)
    )


def _door(unit: Unit, effect: EffectRow) -> SpaceDoor | None:
    return unit.directory.get(effect.details["space"]) if effect.details.get("space") else None


def _acts(
    port: PlatformPort, account: Account, door: SpaceDoor, people: _People, effect: EffectRow
) -> Iterator[Awaitable[None]]:
    """Yield what opens or closes a space to one account."""
    platform, user_id = account.platform, account.user_id
    roles, places = door.roles.get(platform, ()), door.places.get(platform, ())
    if effect.kind == "release":
        for place, role in roles:
            yield port.take_role(user_id, place, role)
        for place in places:
            yield port.release(user_id, place)
        yield from _trust(port, account, door, trusted=False)
        return
    # who is entrusted with a space sees what was said there before
    history = people.trusted or people.member is None or people.member.probation_until is None
    if roles and history:
        for place, role in roles:
            yield port.give_role(user_id, place, role)
        if effect.details.get("after") == "probation":
            # let in one by one until now, without what was said before; the role lets in with it
            for place in places:
                yield port.release(user_id, place)
    else:
        entrances = places if door.entrances is None else door.entrances.get(platform, ())
        for place in entrances:
            yield port.admit(user_id, place, history=history)
    if people.trusted:
        yield from _trust(port, account, door, trusted=True)


def _trust(port: PlatformPort, account: Account, door: SpaceDoor, *, trusted: bool) -> Iterator[Awaitable[None]]:
    platform, user_id = account.platform, account.user_id
    for place, role in door.trusted_roles.get(platform, ()):
        yield port.give_role(user_id, place, role) if trusted else port.take_role(user_id, place, role)
    if trusted and door.trusted_roles.get(platform) and platform == "discord":
        # the role opens them
        return
    for place in door.trusted_places.get(platform, ()):
        yield port.admit(user_id, place, history=True) if trusted else port.release(user_id, place)


async def _all_of(acts: Iterable[Awaitable[None]]) -> None:
    """Do all of it, whatever becomes of one. Raises what matters most of what went wrong."""
    later: NotNowError | None = None
    never: ImpossibleError | None = None
    for act in acts:
        try:
            await act
        except NotNowError as error:
            later = error
        except ImpossibleError as error:
            never = never if error.reason in EXPECTED else error
    if later is not None or never is not None:
        raise later or never  # type: ignore[misc]


def _account(platform: str, user_id: str) -> Account:
    return Account("discord" if platform == "discord" else "matrix", user_id)


class _QuietError(Exception):
    """It is the person's quiet time, until ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__("quiet")
        self.until = until
