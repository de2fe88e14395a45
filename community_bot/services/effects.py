"""Carrying out on the platforms what was decided, also what a crash left undone (NET-6).

Each effect may be done twice: it is forgotten only after the platform has said yes. Doors follow what is so when
their turn comes, so an old effect never opens what was closed since. What a member is told keeps its order. A
platform that is away holds up nobody on the other, and an effect that cannot be done holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from community_bot.domain.account import Account, PlatformName
from community_bot.domain.agreements import REMINDERS
from community_bot.domain.member import MemberState, has_access, is_reachable
from community_bot.domain.quiet import quiet_until
from community_bot.locales import Catalogues
from community_bot.logs import get_logger
from community_bot.platforms.port import ImpossibleError, NotNowError, PlatformPort
from community_bot.services.members import zone_of
from community_bot.services.network import Network, Unit
from community_bot.services.notices import notice
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


@dataclass(frozen=True, slots=True)
class _People:
    """Whom an effect is about. ``belongs``: whether its door is to be open for them, as things are now.

    ``may_be_told``: whether they agreed to private messages that they did not ask for.
    """

    member: MemberRow | None
    accounts: tuple[Account, ...]
    belongs: bool
    may_be_told: bool = False


class Effects:
    """Runs the outbox. :meth:`run` is its task."""

    def __init__(
        self,
        network: Network,
        ports: Mapping[PlatformName, PlatformPort],
        catalogues: Catalogues,
        *,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        self._network = network
        self._ports = ports
        self._catalogues = catalogues
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
            case "tell":
                await self._tell(effect)
            case "take_back":
                await self._take_back(effect)
            case _:
                raise ImpossibleError("effect.unknown")

    async def _access(self, effect: EffectRow) -> None:
        """Open or close every door of a space, each by itself: one that stays shut must not shut the others."""
        space = next((each for each in self._network.rules.spaces if each.key == effect.details["space"]), None)
        people = await self._people(effect)
        if space is None or people.belongs is not (effect.kind == "admit"):
            # decided otherwise since; what follows from that has an effect of its own
            return
        history = people.member is None or people.member.probation_until is None
        later: NotNowError | None = None
        never: ImpossibleError | None = None
        for account in people.accounts:
            port = self._ports.get(account.platform)
            if port is None:
                continue
            for place in space.places.get(account.platform, ()):
                try:
                    if effect.kind == "admit":
                        await port.admit(account.user_id, place, history=history)
                    else:
                        await port.release(account.user_id, place)
                except NotNowError as error:
                    later = error
                except ImpossibleError as error:
                    never = never if error.reason in EXPECTED else error
        if later is not None or never is not None:
            raise later or never  # type: ignore[misc]

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
            card = notice(effect, member, port, rules=self._network.rules, catalogues=self._catalogues)
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
                return _People(None, (account,), _belongs(unit, holder, effect))
            member = None if effect.member_id is None else unit.members.get(effect.member_id)
            if member is None:
                return _People(None, (), belongs=False)
            accounts = tuple(_account(each.platform, each.user_id) for each in unit.members.accounts(member.id))
            agreed = REMINDERS in unit.consents.holding(member.id)
            return _People(member, accounts, _belongs(unit, member, effect), may_be_told=agreed)

        return await self._network.look(work)


def _belongs(unit: Unit, member: MemberRow | None, effect: EffectRow) -> bool:
    if member is None or not has_access(MemberState(member.state)):
        return False
    return effect.details.get("space") in dict(unit.spaces.of(member.id))


def _account(platform: str, user_id: str) -> Account:
    return Account("discord" if platform == "discord" else "matrix", user_id)


class _QuietError(Exception):
    """It is the person's quiet time, until ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__("quiet")
        self.until = until
