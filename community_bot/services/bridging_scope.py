"""Whose place a channel or room is: the space it belongs to, the language spoken there, the people who run it."""

from __future__ import annotations

from community_bot.domain.account import PlatformName
from community_bot.domain.home import MATRIX
from community_bot.domain.member import MemberState, has_access
from community_bot.domain.roles import NETWORK, POWERS, Power, Role
from community_bot.locales import Language
from community_bot.services.bridging_port import Named
from community_bot.services.network import Rules, Unit
from db.bridge_rows import Place, Platform
from db.ids import MemberId

_ADMINS = (Role.NETWORK_ADMIN, NETWORK)


def platform_of(place: Place) -> PlatformName:
    """Return a place's platform as the community names it."""
    return "discord" if place.platform is Platform.DISCORD else "matrix"


def scope_of(unit: Unit, place: Place) -> str:
    """Return the key of the space a place belongs to, or the network's where it belongs to none."""
    platform = platform_of(place)
    for door in unit.rules.spaces:
        if place.ref in door.places.get(platform, ()):
            return door.key
    homes = {home.key for home in unit.rules.homes if home.platform == platform}
    for home in sorted(homes | ({MATRIX} if platform == "matrix" else set())):
        owner = unit.layouts.owner_of(home, place.ref)
        if owner is not None:
            return owner[0]
    return NETWORK


def language_of_place(rules: Rules, named: Named) -> Language:
    """Return the language that is spoken in a place: its home's, else the network's."""
    return next((home.language for home in rules.homes if home.key == named.home), rules.language)


def keepers_of(unit: Unit, scope: str) -> list[MemberId]:
    """Return who runs the bridge in a space; where nobody does, who runs it in the whole network.

    Network admins come last: they are asked where there is nobody else.
    """
    roles = [role for role in Role if Power.PAUSE_BRIDGE in POWERS[role] and role is not Role.NETWORK_ADMIN]
    for asked in ([(role, scope) for role in roles], [(role, NETWORK) for role in roles], [_ADMINS]):
        found = [member for role, where in asked for member in _holders(unit, role, where)]
        if found:
            return list(dict.fromkeys(found))
    return []


def _holders(unit: Unit, role: Role, scope: str) -> list[MemberId]:
    return [
        row.member_id
        for row in unit.grants.holders(role)
        if row.scope == scope
        and (row.until is None or unit.today <= row.until)
        and (member := unit.members.get(row.member_id)) is not None
        and has_access(MemberState(member.state))
    ]
