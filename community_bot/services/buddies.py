"""A companion for the first weeks, when a newcomer would like one: somebody who welcomes, asked one to one.

Who accompanies whom is told to the two and written nowhere (DOMAIN 7.3: who knows whom).
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.codes import INVITE_CODE, new_code, read_code
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Grant, Power, Role
from community_bot.locales import key
from community_bot.services.network import Network, Unit, action
from db.ids import MemberId

ASKED_AT_ONCE = 3
REQUEST_HOLDS = timedelta(days=7)


class Buddies:
    """Asking for company, and giving it."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def ask(self, account: Account) -> None:
        """Ask up to three of those who welcome. Raises :class:`Refusal` ``buddy.asked``, ``buddy.nobody``."""

        def work(unit: Unit) -> None:
            member = unit.asker(account, Power.MEMBER).known
            if unit.buddies.has_asked(member.id, unit.now):
                raise Refusal("buddy.asked")
            places = {NETWORK, *(space for space, _ in unit.spaces.of(member.id))}
            willing = {
                row.member_id
                for role in (Role.HOST, Role.FACILITATOR)
                for row in unit.grants.holders(role)
                if row.scope in places
                and Grant(role, row.scope, row.until).holds(row.scope, unit.today)
                and row.member_id != member.id
                and _is_there(unit, row.member_id)
            }
            if not willing:
                raise Refusal("buddy.nobody")
            ticket = new_code(INVITE_CODE)
            unit.buddies.ask(member.id, read_code(ticket), unit.now + REQUEST_HOLDS)
            for chosen in secrets.SystemRandom().sample(sorted(willing), min(ASKED_AT_ONCE, len(willing))):
                unit.outbox.add(
                    "tell",
                    {
                        "text": key("buddy.asked_notice"),
                        "button": "buddy.take",
                        "label": key("buddy.take.button"),
                    },
                    words={"alias": member.profile.alias, "argument": ticket},
                    now=unit.now,
                    member_id=chosen,
                )

        await self._network.act(work)

    @action
    async def take(self, account: Account, ticket: str) -> str:
        """Accompany whoever asked; return their alias. Raises :class:`Refusal` ``buddy.taken``."""

        def work(unit: Unit) -> str:
            asker = unit.asker(account, Power.MEMBER)
            newcomer_id = unit.buddies.take(read_code(ticket), unit.now)
            newcomer = None if newcomer_id is None else unit.members.get(newcomer_id)
            # who left, paused or is being erased since is nobody to be told of
            if newcomer is None or newcomer.id == asker.known.id or newcomer.state != MemberState.ACTIVE:
                raise Refusal("buddy.taken")
            unit.outbox.add(
                "tell",
                {"text": key("buddy.taken_notice")},
                words={"alias": asker.known.profile.alias},
                now=unit.now,
                member_id=newcomer.id,
            )
            return newcomer.profile.alias

        return await self._network.act(work)


def _is_there(unit: Unit, member_id: MemberId) -> bool:
    member = unit.members.get(member_id)
    return member is not None and member.state == MemberState.ACTIVE
