"""Entrusting people with roles, for a time, in one space or the whole network (`/admin roles`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.codes import OFFICE_CODE, new_code, read_code
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import LONGEST_TERM, NETWORK, Grant, Power, Role, check_grant
from community_bot.domain.tries import Tries
from community_bot.locales import key
from community_bot.services.directory import SpaceDoor, Titles
from community_bot.services.letting_in import entrust_now, let_in_now
from community_bot.services.members import own_held
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.onboarding import activate
from community_bot.services.space_finding import find_space, known_spaces
from db.member_rows import MemberRow

OFFICE_CODE_HOLDS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody entrusted with a role: under their alias, and until when."""

    alias: str
    grant: Grant
    titles: Titles = field(default_factory=Titles, compare=False)


class Roles:
    """Giving roles and taking them back. Nobody gives what they lack, or changes what they hold themselves."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._tries = Tries(5, timedelta(hours=1))

    @action
    async def grant(self, account: Account, alias: str, role: Role, scope: str, days: int | None) -> Holder:
        """Entrust a member with a role for ``days`` (its longest term when None).

        Raises :class:`Refusal` ``role.*``, ``space.unknown``.
        """

        def work(unit: Unit) -> Holder:
            asker, member = self._both(unit, account, alias, scope)
            longest = LONGEST_TERM.get(role, timedelta())
            # whatever number somebody types is a term that is refused, not a date that does not exist
            term = longest if days is None else timedelta(days=max(0, min(days, longest.days + 1)))
            until = unit.today + term
            check_grant(asker.grants, role, scope, until, unit.today)
            if member.state not in (MemberState.ACTIVE, MemberState.DORMANT):
                raise Refusal("role.not_active", field="alias")
            unit.grants.give(member.id, role, scope, today=unit.today, until=until, purge_after=unit.end_of(until))
            unit.ledger.record(unit.today, asker.role, "role.granted", "member", role.value)
            if role is Role.FACILITATOR and scope != NETWORK:
                # whoever facilitates a space is in it
                let_in_now(unit, member, scope, by=asker.role)
                entrust_now(unit, member.id, scope)
            unit.outbox.add(
                "tell",
                {
                    "text": key("role.granted_notice"),
                    "role": role.value,
                    "until": until.isoformat(),
                    "scope": scope,
                },
                now=unit.now,
                member_id=member.id,
            )
            return Holder(member.profile.alias, Grant(role, scope, until), unit.directory.titles([scope]))

        return await self._network.act(work)

    @action
    async def revoke(self, account: Account, alias: str, role: Role, scope: str) -> None:
        """Take a role back. Raises :class:`Refusal` ``role.*``."""

        def work(unit: Unit) -> None:
            asker, member = self._both(unit, account, alias, scope)
            check_grant(asker.grants, role, scope, unit.today + timedelta(days=1), unit.today)
            if not unit.grants.end(member.id, role, scope):
                raise Refusal("role.not_held")
            if role is Role.FACILITATOR and scope != NETWORK:
                entrust_now(unit, member.id, scope)
            unit.ledger.record(unit.today, asker.role, "role.revoked", "member", role.value)

        await self._network.act(work)

    def _both(self, unit: Unit, account: Account, alias: str, scope: str) -> tuple[Asker, MemberRow]:
        asker = unit.asker(account, Power.GRANT_ROLE, scope)
        if scope != NETWORK:
            unit.directory.find(scope)
        member = unit.members.find_by_alias(likeness(alias))
        if member is None or member.state == MemberState.ERASING:
            raise Refusal("role.no_such_member", field="alias")
        if member.id == asker.known.id:
            raise Refusal("role.oneself", field="alias")
        return asker, member

    @action
    async def holders(self, account: Account) -> list[Holder]:
        """Return who is entrusted with what (GOV-1), where the asker entrusts people: a space, or everywhere."""

        def work(unit: Unit) -> list[Holder]:
            asker = unit.who(account)
            scopes = {grant.scope for grant in asker.grants if asker.may(Power.GRANT_ROLE, grant.scope)}
            if not scopes:
                unit.asker(account, Power.GRANT_ROLE)
            found: list[Holder] = []
            for role in LONGEST_TERM:
                for row in unit.grants.holders(role):
                    member = unit.members.get(row.member_id)
                    grant = Grant(role, row.scope, row.until)
                    # who is hidden or away holds nothing just now
                    holds = member is not None and grant in unit.grants_of(member)
                    if member is None or not holds or not grant.holds(row.scope, unit.today):
                        continue
                    if asker.may(Power.GRANT_ROLE, row.scope):
                        found.append(Holder(member.profile.alias, grant, unit.directory.titles([row.scope])))
            return found

        return await self._network.look(work)

    async def scopes(self, account: Account) -> list[SpaceDoor]:
        """Return the spaces that somebody can mean when they entrust people: those they know of."""

        def work(unit: Unit) -> list[SpaceDoor]:
            return unit.directory.listed(also=known_spaces(unit, unit.who(account)))

        return await self._network.look(work)

    async def scope_named(self, account: Account, text: str) -> str:
        """Return the key of a space that somebody means. Raises :class:`Refusal` ``space.unknown``."""
        return await self._network.look(lambda unit: find_space(unit, unit.who(account), text).key)

    @action
    async def take_office(self, account: Account, text: str) -> Grant:
        """Become network admin with a code that the operator made on the machine itself.

        Who waits to be vouched for is admitted by it: somebody has to be the first. Raises :class:`Refusal`
        ``role.office_code``, ``role.tries``, ``role.not_active``.
        """
        now = self._network.clock()
        if not self._tries.may(account, now):
            raise Refusal("role.tries")

        def work(unit: Unit) -> Grant | None:
            member = own_held(unit, account)
            if not unit.offices.take(read_code(text), unit.now):
                return None
            if member.state not in (MemberState.VOUCHING, MemberState.ACTIVE):
                raise Refusal("role.not_active")
            if member.state == MemberState.VOUCHING:
                activate(unit, member)
            until = unit.today + LONGEST_TERM[Role.NETWORK_ADMIN]
            end = unit.end_of(until)
            unit.grants.give(member.id, Role.NETWORK_ADMIN, NETWORK, today=unit.today, until=until, purge_after=end)
            unit.ledger.record(unit.today, "operator", "role.granted", "member", Role.NETWORK_ADMIN)
            return Grant(Role.NETWORK_ADMIN, NETWORK, until)

        grant = await self._network.act(work)
        if grant is None:
            self._tries.wrong(account, now)
            raise Refusal("role.office_code")
        return grant


async def make_office_code(network: Network) -> str:
    """Return a code, good once and for a day, with which a member becomes network admin. For the operator only."""
    code = new_code(OFFICE_CODE)
    await network.act(lambda unit: unit.offices.give(read_code(code), unit.now + OFFICE_CODE_HOLDS))
    return code
