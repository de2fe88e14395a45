"""Which accounts belong to one person, for mentions that are to reach them at the other end of a bridge."""

from __future__ import annotations

from collections.abc import Sequence

from community_bot.domain.account import PlatformName
from community_bot.services.network import Network, Unit


class LinkedAccounts:
    """Looks into the members' own links; somebody who is no member has none."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def on(self, other: PlatformName, platform: PlatformName, user_ids: Sequence[str]) -> dict[str, str]:
        """Return for each of these accounts on ``platform`` the person's account on ``other``, where there is one.

        On the same platform that is the account itself: a member of the network may be called at every end.
        """
        return await self._network.look(lambda unit: self._found(unit, other, platform, user_ids))

    def _found(
        self, unit: Unit, other: PlatformName, platform: PlatformName, user_ids: Sequence[str]
    ) -> dict[str, str]:
        found: dict[str, str] = {}
        for user_id in dict.fromkeys(user_ids):
            member = unit.members.find(platform, user_id)
            if member is None:
                continue
            if platform == other:
                found[user_id] = user_id
                continue
            linked = [each.user_id for each in unit.members.accounts(member.id) if each.platform == other]
            if linked:
                found[user_id] = linked[0]
        return found
