"""People of the other side as accounts of their own: made when they speak, gone when they leave.

Each has an account whose name is a keyed digest, so a homeserver's database tells nobody who somebody is elsewhere.
It joins, where needed invited by the bot, and speaks under the name its person goes by (application-service API,
"Identity assertion"). What stands in its way costs no message: then the bot's own account says it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_ghost_accounts import FORBIDDEN, BannedError, GhostAccounts, Looks
from bridges.ends.matrix_registration import GhostNames
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from bridges.plain_text import plain_name

log = structlog.get_logger("bridges.matrix")

MOST_GHOSTS = 5000
"""Of how many it is remembered how they look and where they are; the others are asked about again."""
TRY_AGAIN_SECONDS = 300.0
"""For how long a ghost that was refused is not tried again: three requests for each message would be in vain."""
NAME_LIMIT = 255
"""UTF-16 units; Synapse takes 256 characters."""


@dataclass(frozen=True, slots=True)
class Face:
    """How somebody is seen: ``opaque`` is the keyed digest of who they are, ``avatar`` an ``mxc:`` address."""

    opaque: str
    name: str = field(repr=False)
    avatar: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """Where something stands now. ``speaker`` is the ghost's digest, None for the bot's own account."""

    ref: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class _Refusal:
    until: float
    banned: bool


@dataclass(slots=True)
class _Ghost:
    """What is known of one ghost. Its lock is held while it is made, so that whoever comes meanwhile waits."""

    user: str
    looks: Looks | None = None
    """None until it is known to exist."""
    rooms: set[str] = field(default_factory=set)
    refused: dict[str, _Refusal] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Ghosts:
    """Makes, dresses, moves and speaks for the ghosts of one homeserver.

    ``client`` has the token of the application service, and the bot's account as its ``user_id``. ``bot`` is the
    road on which the bot speaks for a ghost when it is to be its own login. ``clock`` gives seconds that only go
    forward.
    :attr:`fallbacks` counts what the bot said because a ghost could not.
    """

    def __init__(
        self,
        client: MatrixClient,
        names: GhostNames,
        *,
        bot: MatrixClient | None = None,
        suffix: str = "",
        most: int = MOST_GHOSTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._bot = bot
        self._accounts = GhostAccounts(client)
        self._names = names
        self._suffix = suffix
        self._most = most
        self._clock = clock
        self._ghosts: OrderedDict[str, _Ghost] = OrderedDict()
        self._looked: set[str] = set()
        """Rooms of which it is known which ghosts are in them."""
        self._looking: dict[str, asyncio.Lock] = {}
        self.fallbacks = 0

    def user_for(self, opaque: str) -> str:
        """Return the account of somebody's ghost, which may not exist yet. Raises as :meth:`GhostNames.user_of`."""
        return self._names.user_of(opaque)

    def is_ours(self, sender: str) -> bool:
        """Say whether a sender is one of our ghosts: by its name, so known before it ever spoke."""
        return self._names.is_ours(sender)

    # ── speaking

    async def say(
        self,
        room_id: str,
        key: str,
        face: Face,
        *,
        as_ghost: Mapping[str, Any],
        as_bot: Mapping[str, Any],
        kind: str = "m.room.message",
    ) -> Said:
        """Say something once under the transaction id ``key``: as the ghost, or as the bot where that fails.

        Raises :class:`EndError`'s kinds, :class:`BannedError` among them. After an :class:`UnsureError` look for
        the copy among what the bot and :meth:`user_for` said before saying it again: a homeserver keeps the
        transaction ids of an application service in memory only.
        """
        path, user = ("rooms", room_id, "send", kind, key), self.user_for(face.opaque)
        try:
            # twice: it may have been sent away, and then it comes in again
            for _ in range(2):
                if not await self.enter(room_id, face):
                    break
                try:
                    answer = await self._client.put(*path, body=as_ghost, as_user=user)
                    return Said(str(answer["event_id"]), face.opaque)
                except BlockedError as error:
                    await self._find_out(room_id, user, error)
            self.fallbacks += 1
            if self._bot is None:
                answer = await self._client.put(*path, body=as_bot, as_user=self._client.user_id)
            else:
                answer = await self._bot.put(*path, body=as_bot)
            return Said(str(answer["event_id"]), None)
        except MissingError as error:
            raise BlockedError("matrix.room_gone") from error

    async def _find_out(self, room_id: str, user: str, error: BlockedError) -> None:
        """Learn why a ghost may not speak. What is certain is that nothing was said."""
        ghost = self._known(user)
        ghost.rooms.discard(room_id)
        try:
            inside = error.reason != FORBIDDEN or await self._accounts.membership(user, room_id) == "join"
        except UnsureError as unsure:
            raise NotSentError(unsure.reason) from unsure
        if inside:
            # the room asks for more power than a ghost has, or the homeserver knows the service no more
            self._refuse(ghost, room_id, error)

    # ── being there

    async def enter(self, room_id: str, face: Face) -> bool:
        """Have a ghost stand in a room under its name; False when it cannot, and the bot is to speak instead.

        Calls for the same ghost wait for the first. Raises :class:`BannedError`; :class:`NotSentError` or
        :class:`BlockedError` when the homeserver is away or the bot not in the room: it could not speak either.
        """
        ghost = self._known(self.user_for(face.opaque))
        looks = Looks(plain_name(face.name, NAME_LIMIT - len(self._suffix)) + self._suffix, face.avatar)
        try:
            await self._look_around(room_id)
            async with ghost.lock:
                return await self._settle(ghost, room_id, looks)
        except UnsureError as error:
            raise NotSentError(error.reason, retry_after=error.retry_after) from error
        except BlockedError as error:
            if error.reason == FORBIDDEN:
                raise
            # the homeserver knows the service no more; the bot may have a login of its own
            self._refuse(ghost, room_id, error)
            return False

    async def _settle(self, ghost: _Ghost, room_id: str, looks: Looks) -> bool:
        refusal = ghost.refused.get(room_id)
        if refusal is not None and refusal.until > self._clock():
            if refusal.banned:
                raise BannedError
            return False
        try:
            if ghost.looks is None:
                ghost.looks = await self._accounts.make(ghost.user)
            await self._dress(ghost, looks)
            if room_id not in ghost.rooms:
                await self._accounts.come_in(ghost.user, room_id)
                ghost.rooms.add(room_id)
                ghost.refused.pop(room_id, None)
        except BannedError as error:
            self._refuse(ghost, room_id, error)
            raise
        except (RefusedError, BlockedError, MissingError) as error:
            self._refuse(ghost, room_id, error)
            return False
        except NotSentError as error:
            # a limit on making accounts and joining is none on speaking
            if error.reason != "matrix.limit":
                raise
            self._refuse(ghost, room_id, error)
            return False
        return True

    def _refuse(self, ghost: _Ghost, room_id: str, error: EndError) -> None:
        """Remember that a ghost cannot be in a room for now."""
        banned = isinstance(error, BannedError)
        if not banned:
            log.warning("the bot speaks for a ghost", reason=error.reason)
        seconds = TRY_AGAIN_SECONDS if error.retry_after is None else error.retry_after
        ghost.refused[room_id] = _Refusal(self._clock() + seconds, banned)

    async def _dress(self, ghost: _Ghost, looks: Looks) -> None:
        before = ghost.looks or Looks()
        if before.name != looks.name:
            await self._accounts.show(ghost.user, "displayname", looks.name or "")
        if (before.avatar or None) != looks.avatar:
            await self._accounts.show(ghost.user, "avatar_url", looks.avatar or "")
        ghost.looks = looks

    # ── leaving

    async def leave(self, user: str, rooms: Iterable[str]) -> None:
        """Have a ghost leave rooms; those it is not in are passed over. Raises :class:`EndError`'s kinds."""
        ghost = self._known(user)
        async with ghost.lock:
            for room_id in rooms:
                await self._accounts.leave(user, room_id)
                ghost.rooms.discard(room_id)

    async def empty(self, room_id: str) -> None:
        """Have all our ghosts leave a room, as when it is not joined any more. Raises :class:`EndError`'s kinds."""
        users = {ghost.user for ghost in self._ghosts.values() if room_id in ghost.rooms}
        try:
            users.update(user for user in await self._accounts.members(room_id) if self.is_ours(user))
        except BlockedError as error:
            if error.reason != FORBIDDEN:
                raise
            # the bot is out already and is not told who is in: those that are remembered go
        for user in sorted(users):
            await self.leave(user, [room_id])
        self._looked.discard(room_id)
        self._looking.pop(room_id, None)

    async def retire(self, user: str) -> None:
        """Have a ghost lose its name and leave wherever it is, as when its person is erased.

        Raises :class:`EndError`'s kinds; one that was never made is passed over.
        """
        rooms = await self._accounts.rooms_of(user)
        if rooms is None:
            return
        # first the name: it changes in the rooms that the ghost is in
        await self._accounts.show(user, "displayname", "")
        await self._accounts.show(user, "avatar_url", "")
        await self.leave(user, rooms)
        self._ghosts.pop(user, None)

    # ── what is known

    def _known(self, user: str) -> _Ghost:
        ghost = self._ghosts.setdefault(user, _Ghost(user))
        self._ghosts.move_to_end(user)
        if len(self._ghosts) > self._most:
            oldest = next(iter(self._ghosts.values()))
            if not oldest.lock.locked():
                del self._ghosts[oldest.user]
        return ghost

    async def _look_around(self, room_id: str) -> None:
        """Learn once, in one request, which of our ghosts are in a room and how they look there."""
        async with self._looking.setdefault(room_id, asyncio.Lock()):
            if room_id in self._looked:
                return
            for user, looks in (await self._accounts.members(room_id)).items():
                if self.is_ours(user):
                    ghost = self._known(user)
                    ghost.looks = ghost.looks or looks
                    ghost.rooms.add(room_id)
            self._looked.add(room_id)
