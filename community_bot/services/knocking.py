"""Who knocks at a space on Matrix: members go the way they would by `/space join`; nobody else learns anything.

Nothing is ever said in a room: whoever knocks is answered alone, and those in the room see no more than Matrix
shows them, for as short as can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from community_bot.domain.account import Account
from community_bot.domain.home import MATRIX
from community_bot.domain.languages import language_of
from community_bot.domain.layout import PieceKind
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.tries import Tries
from community_bot.locales import Language, key
from community_bot.services.coming_in import Way, come_in, note_asked
from community_bot.services.directory import SpaceDoor
from community_bot.services.network import Asker, Network, Unit
from db.ids import MemberId

KNOCKS: Final = 5
"""So many knocks of one account are answered within an hour; then it stands there unheard."""
WORDS_AN_HOUR: Final = 30
"""Strangers who are written to within an hour: each costs a room, and many accounts can be one person's."""
ALL: Final = "all"


class Knocking:
    """Answers knocks. Not an action of anybody: it is Matrix that brings them, more than once perhaps."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._knocks = Tries(KNOCKS, timedelta(hours=1))
        self._told = Tries(1, timedelta(days=1))
        self._words = Tries(WORDS_AN_HOUR, timedelta(hours=1))

    async def doors(self) -> list[str]:
        """Return the Matrix spaces at which people can knock: all that the bot built."""
        return await self._network.look(lambda unit: unit.layouts.refs_of(MATRIX, PieceKind.CONTAINER))

    async def knocked(self, account: Account, room: str) -> None:
        """Decide about an account that knocks at a room; nothing happens where the room is no space's."""
        now = self._network.clock()
        if not self._knocks.may(account, now):
            return
        self._knocks.wrong(account, now)
        may_write = self._told.may(account, now) and self._words.may(ALL, now)
        answered = await self._network.act(lambda unit: _answer(unit, account, room, may_write=may_write))
        if answered.wrote:
            self._told.wrong(account, now)
            self._words.wrong(ALL, now)
        if answered.asked is not None:
            note_asked(self._network.keys, *answered.asked, now)


@dataclass(frozen=True, slots=True)
class _Answered:
    """Whether a stranger was written to; and which member now waits for which space's answer."""

    wrote: bool = False
    asked: tuple[MemberId, str] | None = None


def _answer(unit: Unit, account: Account, room: str, *, may_write: bool) -> _Answered:
    """Let in, ask, or send away."""
    door = _space_of(unit, room)
    if door is None:
        return _Answered()
    asker = unit.who(account)
    if not asker.may(Power.MEMBER):
        _send_away(unit, account, door)
        return _Answered(wrote=_say_why(unit, asker, door, may_write=may_write))
    try:
        way = come_in(unit, asker, door)
    except Refusal:
        # whatever the reason is: they are told that the door is closed for now, and nothing about the space
        _send_away(unit, account, door)
        _tell_where_they_knocked(unit, asker, key("access.knock_closed"))
        return _Answered()
    if way is not Way.ASKED:
        return _Answered()
    _tell_where_they_knocked(unit, asker, key("access.knock_asked"))
    return _Answered(asked=(asker.known.id, door.key))


def _say_why(unit: Unit, asker: Asker, door: SpaceDoor, *, may_write: bool) -> bool:
    """Tell somebody who may not come in what they can do; return whether it was a stranger who was told."""
    if asker.member is None:
        if may_write:
            details = {"text": key("access.knock_stranger"), "network": unit.rules.name}
            details["language"] = _spoken_at(unit, door)
            target = (asker.account.platform, asker.account.user_id)
            unit.outbox.add("tell", details, now=unit.now, target=target)
        return may_write
    if asker.member.state == MemberState.VOUCHING:
        _tell_where_they_knocked(unit, asker, key("access.knock_waiting"))
    elif asker.member.state == MemberState.ALUMNI:
        _tell_where_they_knocked(unit, asker, key("access.knock_left"))
    return False


def _space_of(unit: Unit, room: str) -> SpaceDoor | None:
    """Return the space that a room is for its participants; None for a room of facilitators, or of nobody."""
    owner = unit.layouts.owner_of(MATRIX, room)
    if owner is not None:
        door = unit.directory.get(owner[0])
        return door if door is not None and room in door.places.get("matrix", ()) else None
    return next((each for each in unit.rules.spaces if room in each.places.get("matrix", ())), None)


def _spoken_at(unit: Unit, door: SpaceDoor) -> Language:
    """Return the language of a space's rooms on Matrix: of a stranger's own we know nothing."""
    homes = unit.layouts.homes(door.key)
    language = next((each.language for each in homes if each.home == MATRIX), "")
    return language_of(language) or unit.rules.language


def _send_away(unit: Unit, account: Account, door: SpaceDoor) -> None:
    target = (account.platform, account.user_id)
    unit.outbox.add("release", {"space": door.key}, now=unit.now, target=target)


def _tell_where_they_knocked(unit: Unit, asker: Asker, text: str) -> None:
    """Answer a member's act with the account that did it, also while they pause: they are there just now."""
    details = {"text": text, "language": asker.known.profile.language}
    target = (asker.account.platform, asker.account.user_id)
    unit.outbox.add("tell", details, now=unit.now, target=target)
