"""Unlisted spaces on Discord: what a role gives elsewhere is given to each facilitator alone (SAF-7).

A role is seen by everybody of a server, so an unlisted space has none. What its facilitators may do in each channel
is what the space's layout says of them, the same that ``/space check`` holds against what stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from community_bot.domain.account import Account, PlatformName
from community_bot.domain.layout import Act, Change, PieceKind, Step
from community_bot.domain.space_design import Access
from community_bot.platforms.builder import Builder
from community_bot.services.network import Network, Unit
from community_bot.services.space_plans import GUEST, Basis, basis_of, home_of
from db.space_rows import SpaceHomeRow, SpaceRow


class OneByOne:
    """Brings what one account is allowed in an unlisted space to what its layout says."""

    def __init__(self, network: Network, builders: Mapping[PlatformName, Builder]) -> None:
        self._network = network
        self._builders = builders

    async def settle(self, space: str, account: Account) -> None:
        """Give an account in each channel what is theirs there, or nothing. Raises the port's two errors.

        Nothing happens where roles do it, and on Matrix, where power levels are each person's own anyway.
        """
        builder = self._builders.get("discord")
        if builder is None or account.platform != "discord":
            return
        for row, where, basis in await self._network.look(lambda unit: _unlisted(unit, space)):
            home, facet = home_of(where), f"{GUEST}{account.user_id}"
            for piece in builder.layout(row.key, basis.design, home, basis.people):
                if piece.kind is not PieceKind.ROOM or piece.key not in basis.refs:
                    continue
                # what was there before plays no part: the overwrite is written as a whole
                change = Change(facet, "", piece.facets.get(facet, ""))
                step = Step(Act.CHANGE, piece.key, piece.kind, (change,), piece.within)
                await builder.change(home.key, step, basis.refs[piece.key], basis.refs)


def _unlisted(unit: Unit, space: str) -> list[tuple[SpaceRow, SpaceHomeRow, Basis]]:
    row = unit.layouts.get(space)
    if row is None or row.access != Access.UNLISTED.value:
        return []
    homes = (each for each in unit.layouts.homes(space) if each.platform == "discord")
    return [(row, each, basis_of(unit, row, home_of(each), "apply")) for each in homes]
