"""The bridge's side of the Matrix account: syncs, fills gaps, and hands on what was heard.

``next_batch`` is written in the same transaction as what the batch brought, so a crash at any point hears
everything again that was not yet safe, and the unique (end, event id) passes over what was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from bridges.ends.matrix import MatrixEnd, Profile
from bridges.ends.matrix_archive import MatrixArchive
from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_entering import Entering, Notices, in_three_languages
from bridges.ends.matrix_events import echoes_in
from bridges.ends.matrix_following import Following
from bridges.ends.matrix_hearing import MatrixHearing
from bridges.ends.matrix_intake import MatrixIntake
from bridges.ends.matrix_media import MatrixMedia
from bridges.ends.matrix_names import MatrixNames
from bridges.ends.matrix_pictures import FetchEmoji, MatrixPictures
from bridges.ends.matrix_pushed import as_sync
from bridges.ends.matrix_reactions import MatrixReactions
from bridges.ends.matrix_room import Room, Rooms, RoomStanding
from bridges.ends.matrix_service import MatrixService
from bridges.ends.matrix_sync import RoomSync
from bridges.ends.matrix_voice import BotVoice, Voice
from bridges.ends.port import Ears, EndError, Job
from bridges.media.carrying import Carrier
from bridges.media.file import Attachment
from bridges.media.links import MediaLinks
from bridges.pace import Backoff, Echoes
from db.bridge_rows import EndRow, Place
from db.bridge_store import BridgeStore
from db.ids import EndId

log = structlog.get_logger("bridges.matrix")

SYNCED = "matrix"
PUSHED = "pushed"
"""Stands for a position where a homeserver pushes: it keeps the place itself."""


class MatrixHome:
    """Serves all Matrix ends of one bot account; fulfils :class:`bridges.ends.port.Home`.

    ``for_the_bot`` says of a text whether it is a command: that stays where it was typed. ``voice`` speaks, with
    the bot's own account unless there are ghosts. ``emoji`` fetches the pictures of another platform's emoji.
    ``notices`` gives the words in which a room is told why it is not served. ``pushed`` is there where a homeserver
    pushes what happens to :meth:`take`, and says why it does not just now; without it the account syncs.
    """

    def __init__(
        self,
        client: MatrixClient,
        *,
        store: BridgeStore,
        profile: Profile,
        for_the_bot: Callable[[str], bool] = lambda _: False,
        voice: Voice | None = None,
        emoji: FetchEmoji | None = None,
        notices: Notices = in_three_languages,
        pushed: Callable[[], str | None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._store = store
        self._sleep = sleep
        self._ears: Ears | None = None
        self._rooms = Rooms()
        self._syncing = RoomSync(client, self._rooms.ids)
        self._opened = asyncio.Event()
        self._state = "not_connected"
        self._pushed = pushed
        self._echoes = Echoes()
        self._wanted = asyncio.Event()
        """Something is to be begun that no news will bring."""
        speaking = voice or BotVoice(client)
        media = MatrixMedia(client)
        self._pictures = MatrixPictures(media, emoji=emoji)
        reactions = MatrixReactions(client, self._pictures, speaking.is_ours)
        self._hearing = MatrixHearing(
            client, MatrixNames(client), reactions, is_ours=speaking.is_ours, for_the_bot=for_the_bot
        )
        archive = MatrixArchive(client, self._hearing)
        self._entering = Entering(
            client,
            archive,
            rooms=self._rooms.all,
            serves=self._rooms.serves,
            entered=self._entered,
            replaced=self._replaced,
            notices=notices,
            sleep=sleep,
        )
        self._following = Following(client, self._rooms, move=self._move, listen=self._syncing.change, sleep=sleep)
        self._intake = MatrixIntake(
            self._rooms,
            self._hearing,
            self._entering,
            self._following,
            self._syncing,
            client=client,
            store=store,
            stream=SYNCED if pushed is None else "matrix-pushed",
            ears=lambda: self._ears,
        )
        self._service = MatrixService(
            client=client,
            voice=speaking,
            profile=profile,
            room_of=self._room_of,
            past_of=self._rooms.past_of,
            hearing=self._hearing,
            archive=archive,
            reactions=reactions,
            pictures=self._pictures,
            media=media,
        )

    def furnish(self, carrier: Carrier, links: MediaLinks | None = None) -> None:
        """Let files cross: ``carrier`` brings them, ``links`` tells of those that are too large.

        The carrier in turn fetches what lies with Matrix through :meth:`fetch`.
        """
        self._service.media.carrier = carrier
        self._service.links = links

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """Fetch a file that lies with Matrix, as :data:`bridges.media.carrying.Fetch`."""
        return await self._service.media.fetch(attachment, limit)

    @property
    def media(self) -> MatrixMedia:
        """What lies with Matrix, for who reads it as it comes."""
        return self._service.media

    async def expect(self, rows: Sequence[EndRow]) -> None:
        """Do nothing: how rooms stand is asked for when the account opens."""

    async def add(self, row: EndRow, label: str) -> MatrixEnd:
        """Serve one more room. While the account syncs, it is entered at once and heard from then on."""
        room = self._rooms.add(row, label)
        self._syncing.change()
        self._entering.call(room)
        return MatrixEnd(row, label, self._service)

    def remove(self, end: EndId) -> None:
        """Serve a room no more. We stay in it: letting us in and out is not the bridge's."""
        room = self._rooms.remove(end)
        self._entering.forget(room)
        self._syncing.change()

    async def part(self) -> None:
        """Do nothing: how far was read is written with what was heard."""

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""
        self._ears = ears

    def jobs(self) -> dict[str, Job]:
        """Return the sync, and beside it what gets into rooms, what follows them, and the pictures."""
        return {
            "matrix-sync": self.run,
            "matrix-join": self.keep_joining,
            "matrix-follow": self.keep_following,
            "matrix-pictures": self._pictures.run,
        }

    def problem(self, end: EndId) -> str | None:
        """Return why a room is not being heard just now, None when it is."""
        room = self._rooms.of(end)
        if room is None:
            return "not_connected"
        if room.closed is not None or self._state != "live":
            return room.closed or self._state
        if not room.begun:
            # until its beginning is written down, what is said there would not outlive a crash
            return "catching_up"
        return self._pushed() if self._pushed is not None else None

    async def _room_of(self, end: EndId) -> Room | None:
        """Return a room once it is known how it stands; None for one that was taken out."""
        await self._opened.wait()
        return self._rooms.of(end)

    # ── hearing

    async def run(self) -> None:
        """Hear until cancelled. Trouble is shown by :meth:`problem` and tried again."""
        since = await self._store.position(self._intake.stream) or await self._synced_before()
        backoff = Backoff(first=0.5)
        while True:
            try:
                if since is None or not self._opened.is_set():
                    position = await self._open_rooms(new=since is None)
                    since = since or position
                    self._opened.set()
                assert since is not None
                batch = await self._news_since(since)
                if batch is not None:
                    since = await self._intake.take(batch, since)
                    self._state = "live"
                    await self._rest(batch)
                backoff.reset()
            except EndError as error:
                self._state = error.reason
                log.warning("sync is held up", reason=error.reason)
                await self._sleep(error.retry_after or backoff.next())

    async def _rest(self, batch: Mapping[str, Any]) -> None:
        """Let the homeserver take our next words before it tells us of the last."""
        if self._pushed is not None:
            return
        if seconds := self._echoes.wait(echoes_in(batch, self._hearing.is_ours)):
            await self._sleep(seconds)

    async def _synced_before(self) -> str | None:
        """Return how far an earlier life had synced, where what happens is pushed only from now on."""
        return await self._store.position(f"{SYNCED}:{self._client.user_id}") if self._pushed is not None else None

    async def _news_since(self, since: str) -> dict[str, Any] | None:
        if self._pushed is not None and since != PUSHED:
            # nobody pushes what was said until the homeserver began to
            missed = await self._syncing.news(since, wait=False)
            return missed and {**missed, "next_batch": PUSHED}
        if self._pushed is None:
            return await self._syncing.news(since, wait=self._state == "live")
        # what happens is pushed: only rooms are begun from here
        if self._state == "live":
            await self._wanted.wait()
        self._wanted.clear()
        return {"next_batch": PUSHED}

    async def take(self, events: Sequence[Mapping[str, Any]], ephemeral: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in what a homeserver pushed; return when it is written down. Raises the kinds of ``EndError``."""
        await self._opened.wait()
        outside = [room.room_id for room in self._rooms.all() if room.outside]
        batch = as_sync(
            events,
            self._rooms.ids,
            user_id=self._client.user_id,
            next_batch=PUSHED,
            outside=outside,
            ephemeral=ephemeral,
        )
        await self._intake.take(batch, PUSHED)

    async def keep_joining(self) -> None:
        """Get into the rooms, from the moment at which it is known in which we are."""
        await self._opened.wait()
        await self._entering.run()

    async def keep_following(self) -> None:
        """Follow rooms that were replaced, from the moment at which it is known which were."""
        await self._opened.wait()
        await self._following.run()

    async def _move(self, end: EndId, to: Place) -> bool:
        return self._ears is not None and await self._ears.moved(end, to)

    async def _open_rooms(self, *, new: bool) -> str | None:
        """Learn which rooms we are in and how they stand; the others are for later.

        Of a room in which we were before it is written down how it stands, and the news since then tell the rest.
        All others are asked for in one request. Returns the position from which what is said from now on can be
        read, where one was asked for. With ``new``, for an account never read before, that is where the rooms
        begin; a room joined just now begins with the sync that brings it.
        """
        rooms = self._rooms.all()
        known = [room for room in rooms if room.standing is not None and not new]
        inside = await self._syncing.inside() if known else frozenset()
        for room in known:
            if room.room_id in inside or room.standing is RoomStanding.UPGRADED:
                self._intake.open(room)
        unknown = [room for room in rooms if room.standing is None or new]
        if not unknown and not new:
            return PUSHED if self._pushed is not None else None
        return await self._ask_for(unknown, new=new)

    async def _ask_for(self, rooms: Sequence[Room], *, new: bool) -> str:
        snapshot = await self._syncing.opening(room.room_id for room in rooms)
        position = str(snapshot["next_batch"]) if self._pushed is None else PUSHED
        ours = snapshot.get("rooms", {}).get("join", {})
        for room in rooms:
            told = ours.get(room.room_id)
            if told is not None:
                room.closed = None
                room.stand(RoomStanding.OPEN)
                self._intake.learn(room, told.get("state", {}).get("events", []))
                self._intake.learn(room, told.get("timeline", {}).get("events", []))
        if new:
            await self._intake.begin([], position, [room for room in rooms if room.closed is None])
        await self._intake.write_standings()
        return position

    def _replaced(self, room: Room) -> None:
        self._intake.replaced(room)

    def _entered(self, room: Room) -> None:
        # a room we were in already begins with the next answer
        self._syncing.hurry()
        self._wanted.set()

        if self._ears is not None:
            self._ears.mended(room.row.id)
