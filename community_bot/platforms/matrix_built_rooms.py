"""Matrix spaces and rooms of learning spaces: made, brought into shape, emptied.

Each has an alias that is derived from the space, the piece and the network's key. So making one twice, also after a
lost answer or a crash, finds the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, RefusedError
from community_bot.domain.layout import Change, Found, Piece, PieceKind, Step, steps_between
from community_bot.logs import get_logger
from community_bot.platforms.builder import Refs
from community_bot.platforms.matrix_errors import LOGIN_LOST
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_layout import CONTAINER, LEFT
from community_bot.platforms.matrix_power import NOBODY, OLD_VERSIONS, with_power
from community_bot.platforms.matrix_rooms import SPACE_STATE, Lookup, hidden_alias
from community_bot.platforms.matrix_survey import RoomState, join_rule_content, listed_content, listed_facet
from community_bot.platforms.port import ImpossibleError

log = get_logger(__name__)

T = TypeVar("T")

AT_ONCE = 6
"""Requests beside each other."""
BEST_VERSION = "12"
"""From this room version on nobody can be given as much power as whoever made the room: the bot."""


async def beside(works: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do things beside each other, a few at a time. Raises the error of the first that fails."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(work: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await work()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(work)) for work in works]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


class BuiltRooms:
    """Acts on the rooms of learning spaces. Methods raise the kinds of ``EndError`` and :class:`ImpossibleError`.

    ``room_version``: what rooms are made with; None for the best that the homeserver has.
    """

    def __init__(self, homeserver: Homeserver, lookup: Lookup, room_version: str | None = None) -> None:
        self._homeserver = homeserver
        self._lookup = lookup
        self._room_version = room_version

    async def read(self, room: str) -> RoomState | None:
        """Return a room's state; of one that we left, as it was then. None when it is not for us to see."""
        events = await self._homeserver.states.all(room)
        return None if events is None else RoomState.of(events, self._homeserver.user_id)

    async def find(self, space: str, step: Step) -> str | None:
        """Return the room of a MAKE step if it stands and we are in it."""
        room = await self._homeserver.resolve(self._alias(space, step.key))
        own = self._homeserver.user_id
        return room if room is not None and await self._homeserver.membership(room, own) == "join" else None

    async def make(self, space: str, step: Step, refs: Refs) -> str:
        """Return the room of a MAKE step: made, or found and brought into shape."""
        alias = self._alias(space, step.key)
        wish = await self._wish(alias, step, refs)
        try:
            room = await self._homeserver.create(wish)
        except (BlockedError, RefusedError):
            # the alias is taken, by us: the answer was lost, two made it at once, or we left it since
            known = await self._homeserver.resolve(alias)
            if known is None:
                raise
            room = known
            await self._enter(room)
        state = await self.read(room)
        if state is None:
            raise ImpossibleError("matrix.lost_room")
        if not state.content(SPACE_STATE):
            await self._homeserver.states.put(room, SPACE_STATE, _marker(step))
        for change in await self._differences(state, step, room, refs):
            await self.change(change, room, refs)
        return room

    async def _enter(self, room: str) -> None:
        if await self._homeserver.membership(room, self._homeserver.user_id) == "join":
            return
        try:
            await self._homeserver.join(room)
        except (BlockedError, MissingError, RefusedError) as error:
            if error.reason == LOGIN_LOST:
                raise
            raise ImpossibleError("matrix.lost_room") from error

    async def _differences(self, state: RoomState, step: Step, room: str, refs: Refs) -> tuple[Step, ...]:
        container = refs.get(CONTAINER)
        facets = state.facets(container)
        if step.kind is PieceKind.ROOM and container is not None:
            listed = await self._homeserver.state(container, "m.space.child", room)
            facets |= {"listed": listed_facet(listed or {})}
        wanted = Piece(step.key, step.kind, step.after, step.within)
        return steps_between([wanted], {step.key: Found(room, facets)})

    async def change(self, step: Step, room: str, refs: Refs) -> None:
        """Bring the changed facets of a room about."""
        if any(each.facet == "encrypted" for each in step.changes):
            # what was turned on is never turned off again
            raise ImpossibleError("matrix.encrypted_room")
        if any(each.facet == LEFT and not each.after for each in step.changes):
            await self._enter(room)
        states = self._homeserver.states
        power: list[Change] = []
        for each in step.changes:
            match each.facet:
                case "name":
                    await states.put(room, "m.room.name", {"name": each.after})
                case "topic":
                    await states.put(room, "m.room.topic", {"topic": each.after})
                case "join_rule":
                    content = join_rule_content(each.after, refs.get(CONTAINER))
                    await states.put(room, "m.room.join_rules", content)
                case "history":
                    await states.put(
                        room, "m.room.history_visibility", {"history_visibility": each.after or "joined"}
                    )
                case "guests":
                    await states.put(room, "m.room.guest_access", {"guest_access": each.after or "forbidden"})
                case "listed":
                    await self._list(room, each.after, refs)
                case "left":
                    # entered above; and never left to take that back, as it could be for good
                    continue
                case _:
                    power.append(each)
        if power:
            await states.change(room, "m.room.power_levels", lambda content: with_power(content, power))

    async def _list(self, room: str, facet: str, refs: Refs) -> None:
        content = listed_content(facet, self._homeserver.server_name)
        await self._homeserver.states.put(refs[CONTAINER], "m.space.child", content, room)

    async def remove(self, step: Step, room: str, refs: Refs) -> None:
        """Empty a room, let go of its alias and leave it; fine when that was done.

        What was said stays on the homeservers of whoever was there, as Matrix has no way to delete a room for
        everybody. Nobody can come in any more, and ours may delete it once everybody has let go of it.
        """
        if step.kind is PieceKind.ROOM and CONTAINER in refs:
            await self._delist(room, refs)
        state = await self.read(room)
        if state is None or not state.joined:
            return
        own = state.level(state.own)
        if state.others() and own < int(state.levels.get("kick", 50)):
            raise ImpossibleError("matrix.forbidden")
        await self._homeserver.states.put(room, "m.room.join_rules", {"join_rule": "invite"})
        out = [who for who in state.others() if state.level(who) < own]
        if len(out) < len(state.others()):
            log.warning("somebody stays in a room that is removed, as they have as much power", platform="matrix")
        await beside(lambda who=who: self._put_out(room, who) for who in out)  # type: ignore[misc]
        for alias in await self._homeserver.aliases(room):
            await self._homeserver.drop_alias(alias)
        await self._homeserver.leave(room)
        await self._homeserver.forget(room)

    async def _delist(self, room: str, refs: Refs) -> None:
        try:
            await self._list(room, "", refs)
        except (BlockedError, MissingError, RefusedError) as error:
            if error.reason == LOGIN_LOST:
                raise
            # the space is gone, or closed to us: then nothing is listed there for anybody to find
            log.info("a room could not be taken off its space", platform="matrix", reason=error.reason)

    async def _put_out(self, room: str, person: str) -> None:
        try:
            await self._homeserver.kick(room, person)
        except (BlockedError, MissingError, RefusedError):
            # fine when they went by themselves meanwhile
            if await self._homeserver.membership(room, person) in ("join", "invite", "knock"):
                raise

    def _alias(self, space: str, piece: str) -> str:
        return hidden_alias(self._lookup("space room", space, piece), self._homeserver.server_name)

    async def _wish(self, alias: str, step: Step, refs: Refs) -> dict[str, Any]:
        """Return all that a room is to be from its first moment, for one request."""
        facets = step.after
        version = await self._version()
        power = with_power({}, [each for each in step.changes if each.facet.startswith("power:")])
        if version in OLD_VERSIONS:
            power["users"][self._homeserver.user_id] = NOBODY
        state = {
            "m.room.join_rules": join_rule_content(facets.get("join_rule", ""), refs.get(CONTAINER)),
            "m.room.history_visibility": {"history_visibility": facets.get("history", "joined")},
            "m.room.guest_access": {"guest_access": "forbidden"},
            SPACE_STATE: _marker(step),
        }
        return {
            "room_alias_name": alias[1:].partition(":")[0],
            "room_version": version,
            "preset": "private_chat",
            "visibility": "private",
            "name": facets.get("name", ""),
            **({"topic": facets["topic"]} if "topic" in facets else {}),
            **({"creation_content": {"type": "m.space"}} if step.kind is PieceKind.CONTAINER else {}),
            "initial_state": [{"type": kind, "state_key": "", "content": each} for kind, each in state.items()],
            "power_level_content_override": power,
        }

    async def _version(self) -> str:
        if self._room_version is None:
            default, available = await self._homeserver.room_versions()
            self._room_version = BEST_VERSION if BEST_VERSION in available else default
        return self._room_version


def _marker(step: Step) -> dict[str, str]:
    return {"kind": step.kind.value}
