"""Where needs, topics and votes belong: to one learning space or the whole network; and who takes part there."""

from __future__ import annotations

from dataclasses import dataclass

from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power
from community_bot.domain.space_state import SpaceState
from community_bot.services.directory import Titles
from community_bot.services.network import Asker, Network, Unit

OVER = frozenset({SpaceState.ARCHIVED, SpaceState.PURGED})
"""In these nothing is asked or decided any more; what was decided can still be read."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A space by its key, or ``network``; ``titles`` say what the space is called."""

    key: str
    titles: Titles


class Scopes:
    """Finding what somebody means by a space."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def mine(self, account: Account) -> list[Scope]:
        """Return where somebody takes part, the network first; nothing to who is no member."""

        def work(unit: Unit) -> list[Scope]:
            asker = unit.who(account)
            if not asker.may(Power.MEMBER):
                return []
            keys = scopes_of(unit, asker)
            titles = unit.directory.titles(keys)
            return [Scope(key, titles) for key in keys]

        return await self._network.look(work)

    async def named(self, account: Account, text: str) -> Scope:
        """Return what somebody means, when they take part there. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Scope:
            asker = unit.asker(account, Power.MEMBER)
            key = NETWORK
            if text.strip() not in ("", NETWORK):
                key = unit.directory.named(text, also=scopes_of(unit, asker)).key
            take_part(unit, asker, key, reading=True)
            return Scope(key, unit.directory.titles([key]))

        return await self._network.look(work)


def scopes_of(unit: Unit, asker: Asker) -> list[str]:
    """Return the network, the spaces somebody is in, and those they facilitate."""
    spaces = [space for space, _ in unit.spaces.of(asker.known.id)]
    run = [grant.scope for grant in asker.grants if asker.may(Power.RUN_SPACE, grant.scope)]
    return list(dict.fromkeys([NETWORK, *spaces, *run]))


def take_part(unit: Unit, asker: Asker, scope: str, *, reading: bool = False) -> None:
    """Pass when somebody takes part in a space: they are in it, or facilitate it. Everybody does in the network.

    Raises :class:`Refusal` ``space.unknown``, ``topic.elsewhere``, or ``topic.space_over`` where a space is over
    and more than ``reading`` is wanted.
    """
    if scope == NETWORK:
        return
    door = unit.directory.find(scope)
    if scope not in dict(unit.spaces.of(asker.known.id)) and not asker.may(Power.RUN_SPACE, scope):
        raise Refusal("topic.elsewhere", field="space")
    if door.state in OVER and not reading:
        raise Refusal("topic.space_over", field="space")


def facilitates(unit: Unit, asker: Asker, scope: str) -> bool:
    """Say whether somebody runs a space, or for the network the network."""
    return asker.may(Power.RUN_SPACE, scope)
