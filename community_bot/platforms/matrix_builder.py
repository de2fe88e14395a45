"""Building learning spaces on Matrix; fulfils :class:`community_bot.platforms.builder.Builder`.

A home there is the homeserver of the bot's account. All is read from the homeserver; nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, RefusedError
from community_bot.domain.account import PlatformName
from community_bot.domain.home import Home
from community_bot.domain.layout import Act, Found, Piece, PieceKind, Step, kind_of
from community_bot.domain.space_design import SpaceDesign
from community_bot.platforms.builder import Obstacle, People, Refs, Stranger, Survey
from community_bot.platforms.matrix_built_rooms import BuiltRooms, beside
from community_bot.platforms.matrix_errors import LOGIN_LOST, explained
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_layout import CONTAINER, LEFT, YES, matrix_layout
from community_bot.platforms.matrix_posts import MatrixPosts
from community_bot.platforms.matrix_rooms import Lookup
from community_bot.platforms.matrix_survey import RoomState, post_facets

LOGIN = "login"
"""What is lacking when the homeserver does not know us."""
LONGEST_NAME = 255
"""Bytes (client-server API, m.room.name)."""


class MatrixBuilder:
    """Builds through the bot's account. ``lookup`` is the network's keyed look-up, ``room_version`` for tests."""

    platform: PlatformName = "matrix"

    def __init__(self, homeserver: Homeserver, *, lookup: Lookup, room_version: str | None = None) -> None:
        self._homeserver = homeserver
        self._rooms = BuiltRooms(homeserver, lookup, room_version)
        self._posts = MatrixPosts(homeserver)

    def layout(self, space: str, design: SpaceDesign, home: Home, people: People) -> tuple[Piece, ...]:
        """Return what is to stand there. Nobody is let in one by one here: whoever is in the space may come in."""
        return matrix_layout(design, home.language, people.facilitators, own=self._homeserver.user_id)

    # ── looking

    async def survey(self, home: str, refs: Refs) -> Survey:
        """Read what stands there.

        ``lacking`` has event types and acts by Matrix's own names. A room that we left stands still, as it was then
        (facet ``left``): going back is a change and no making, whose undoing would empty it. One that does not let
        us back by ourselves is ``lost`` too.
        """
        async with explained():
            try:
                await self._homeserver.room_versions()
                return await self._look(refs)
            except BlockedError as error:
                if error.reason != LOGIN_LOST or refs:
                    raise
                return Survey({}, lacking=frozenset({LOGIN}))

    async def _look(self, refs: Refs) -> Survey:
        keys = [key for key in refs if kind_of(key) in (PieceKind.CONTAINER, PieceKind.ROOM)]
        read = await beside([partial(self._rooms.read, refs[key]) for key in keys])
        states = {key: state for key, state in zip(keys, read, strict=True) if state is not None}
        there = {key: state for key, state in states.items() if state.joined}
        space = states.get(CONTAINER)
        container = None if space is None else refs[CONTAINER]
        listed = {} if space is None else space.children()
        found: dict[str, Found] = {}
        for key, state in states.items():
            facets = state.facets(container)
            if key not in there:
                facets[LEFT] = YES
            if key != CONTAINER and refs[key] in listed:
                facets["listed"] = listed[refs[key]]
            found[key] = Found(refs[key], facets)
        hidden = {refs[key]: key for key in keys if key not in states}
        for room in await self._homeserver.invited(hidden) if hidden else ():
            # whoever is invited sees nothing of a room, not even what they saw before
            found[hidden[room]] = Found(room, {LEFT: YES})
        found |= await self._look_at_posts(refs, states)
        open_to = (
            [] if container is None or not (CONTAINER in there or states[CONTAINER].may_return([])) else [container]
        )
        lost = {key for key, state in states.items() if not state.joined and not state.may_return(open_to)}
        strangers = [room for room in listed if room not in refs.values()]
        return Survey(
            found,
            strangers=tuple(await beside([partial(self._stranger, room) for room in strangers])),
            lacking=frozenset().union(*(state.lacking() for state in there.values())),
            lost=frozenset(lost),
        )

    async def _look_at_posts(self, refs: Refs, states: Mapping[str, RoomState]) -> dict[str, Found]:
        """Read the posts, also in a room that we left: they stand there, and the way back is the room's step."""
        rooms = {key: _room_of(key) for key in refs if kind_of(key) is PieceKind.POST}
        keys = [key for key, room in rooms.items() if room in states]
        events = await beside([partial(self._homeserver.event, refs[rooms[key]], refs[key]) for key in keys])
        found: dict[str, Found] = {}
        for key, event in zip(keys, events, strict=True):
            facets = None if event is None else post_facets(event, states[rooms[key]].pinned)
            if facets is not None:
                found[key] = Found(refs[key], facets)
        return found

    async def _stranger(self, room: str) -> Stranger:
        content = await self._homeserver.state(room, "m.room.name") or {}
        return Stranger(str(content.get("name") or room), room)

    def obstacles(self, survey: Survey, steps: Sequence[Step]) -> tuple[Obstacle, ...]:
        """Return what would keep these steps from being carried out. Pure."""
        if LOGIN in survey.lacking:
            return (Obstacle("home"),)
        if not steps:
            return ()
        found = [Obstacle("permission", {"permission": each}) for each in sorted(survey.lacking)]
        for step in steps:
            if step.act is not Act.REMOVE and step.key in survey.lost:
                found.append(Obstacle("lost", {"piece": step.key}))
            if step.act is Act.REMOVE or step.kind is PieceKind.POST:
                continue
            name = step.after.get("name", "" if step.act is Act.MAKE else step.key)
            if not name.strip() or len(name.encode()) > LONGEST_NAME:
                found.append(Obstacle("name", {"piece": step.key, "name": name}))
        return tuple(found)

    # ── building

    async def find_made(self, home: str, space: str, step: Step, refs: Refs, *, since: datetime) -> tuple[str, ...]:
        """Return what was made, perhaps not listed or pinned yet; :meth:`make` would go on with it.

        ``since`` is not needed: a room has an alias of its own, and a post says which piece it is.
        """
        async with explained():
            if step.kind is not PieceKind.POST:
                made = await self._rooms.find(space, step)
            else:
                made = await self._posts.find(step, refs[_room_of(step.key)])
        return () if made is None else (made,)

    async def make(self, home: str, space: str, step: Step, refs: Refs) -> str:
        """Carry out a MAKE step. A room that we left is entered again, or else ``matrix.lost_room`` is raised."""
        async with explained():
            if step.kind is PieceKind.POST:
                return await self._posts.make(step, refs[_room_of(step.key)])
            return await self._rooms.make(space, step, refs)

    async def change(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        """Bring the changed facets about. Raises ``matrix.encrypted_room`` where somebody encrypted a room."""
        async with explained():
            if step.kind is PieceKind.POST:
                await self._posts.change(step, refs[_room_of(step.key)], ref)
            else:
                await self._rooms.change(step, ref, refs)

    async def remove(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        """Remove a piece; a room is emptied and left, as Matrix has no way to delete it for everybody."""
        async with explained():
            if step.kind is not PieceKind.POST:
                await self._rooms.remove(step, ref, refs)
                return
            room = refs.get(_room_of(step.key))
            if room is None:
                return
            try:
                await self._posts.remove(room, ref)
            except (MissingError, BlockedError, RefusedError) as error:
                if error.reason == LOGIN_LOST or await self._is_in(room):
                    raise

    async def _is_in(self, room: str) -> bool:
        return await self._homeserver.membership(room, self._homeserver.user_id) == "join"


def _room_of(post: str) -> str:
    """Return the key of the room that a post stands in: ``post.<room>.<name>``."""
    return "room." + post.removeprefix("post.").rpartition(".")[0]
