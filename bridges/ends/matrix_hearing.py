"""What happens in a room, as the bridge hears it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bridges.bounded import Bounded
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_events import (
    ENCRYPTED,
    PINS,
    POLL_ENDS,
    POLL_STARTS,
    REACTION,
    REDACTION,
    Origin,
    edited_ref,
    in_time,
    is_id,
    mapping,
    new_content,
    newest,
    origin_of,
    redacted_ref,
)
from bridges.ends.matrix_memory import MOST_ORIGINS, MOST_THREADS
from bridges.ends.matrix_names import MatrixNames
from bridges.ends.matrix_pins import PinsHeard
from bridges.ends.matrix_polls import ended_ref
from bridges.ends.matrix_reactions import MatrixReactions
from bridges.ends.matrix_reading import read_message
from bridges.ends.matrix_room import Room
from bridges.ends.port import BlockedError
from bridges.markup.naming import mentions_of, with_mentions
from bridges.markup.tree import Mention, Mentioned
from bridges.message import Deleted, Edited, Heard, Message, Reacted

log = structlog.get_logger("bridges.matrix")

MOST_NAMED = 10
"""People mentioned in one message whose names are asked for, where their client gave an id alone."""


class MatrixHearing:
    """Turns events into what is heard, and remembers just enough to understand the next ones.

    Everything may be heard again: what is remembered stays the same by it.
    """

    def __init__(
        self,
        client: MatrixClient,
        names: MatrixNames,
        reactions: MatrixReactions,
        *,
        is_ours: Callable[[str], bool],
        for_the_bot: Callable[[str], bool],
    ) -> None:
        self._client = client
        self._names = names
        self._reactions = reactions
        self.is_ours = is_ours
        self._for_the_bot = for_the_bot
        self._pins = PinsHeard()
        self._origins: Bounded[str, Origin] = Bounded(MOST_ORIGINS)
        self._changes: Bounded[str, str] = Bounded(MOST_ORIGINS)
        """What an event changed, by its id: taken back, the message reads as before."""
        self._latest: Bounded[tuple[str, str], str] = Bounded(MOST_THREADS)

    def latest_in(self, room_id: str, thread: str) -> str | None:
        """Return the newest event that is known in a thread."""
        return self._latest.get((room_id, thread))

    def stands_in(self, room_id: str, thread: str, ref: str) -> None:
        """Take in what was said last in a thread."""
        self._latest.put((room_id, thread), ref)

    async def hear(self, room: Room, event: Mapping[str, Any]) -> list[Heard]:
        """Return what an event says to the others. Raises the kinds of ``EndError``."""
        kind, sender, ref = event.get("type"), event.get("sender"), event.get("event_id")
        if not is_id(sender) or not is_id(ref):
            return []
        # known before it was sent: a copy, or a notice of ours
        ours = self.is_ours(sender)
        heard: list[Heard] = []
        if kind == REDACTION:
            heard = self._redacted(room, event)
        elif kind == REACTION:
            target = self._reactions.hear(event)
            heard = [Reacted(room.row.id, target, ref)] if target is not None else []
        elif kind == PINS and event.get("state_key") == "":
            heard = [*self._pins.read(event, room.row.id)]
        elif kind == ENCRYPTED:
            self._unreadable(room)
        elif kind in POLL_ENDS and (poll := ended_ref(event)) is not None:
            # what came of it is counted where it stands
            self._changes.put(ref, poll)
            heard = [Edited(room.row.id, poll, None, ref)]
        elif (edited := edited_ref(event)) is not None:
            heard = await self._edited(room, event, edited) if not ours else []
        elif (origin := origin_of(event)) is not None:
            self._remember(room, origin)
            message = await self.read(room, event, origin) if not ours else None
            heard = [message] if message is not None else []
        return [] if ours else heard

    def _remember(self, room: Room, origin: Origin) -> None:
        self._origins.put(origin.ref, origin)
        if origin.thread is not None:
            self.stands_in(room.room_id, origin.thread, origin.ref)

    def _redacted(self, room: Room, event: Mapping[str, Any]) -> list[Heard]:
        """Return what was taken back: a message, an edit or a reaction, as the store knows."""
        ref = redacted_ref(event)
        if ref is None:
            return []
        self._reactions.take_back(ref)
        self._origins.forget(ref)
        changed = self._changes.get(ref)
        # how it read before is to be read at its source
        before = [Edited(room.row.id, changed)] if changed is not None else []
        return [*before, Deleted(room.row.id, ref)]

    async def _edited(self, room: Room, event: Mapping[str, Any], ref: str) -> list[Heard]:
        """Return an edit; anybody may send one, but only who wrote the message changes it."""
        mark, origin, new = str(event["event_id"]), self._origins.get(ref), new_content(event)
        self._changes.put(mark, ref)
        if origin is None:
            return [Edited(room.row.id, ref, None, mark)]
        # a text stays a text, a poll a poll (client-server API, "Validity of replacement events")
        if origin.sender != event["sender"] or origin.kind != event.get("type") or not new:
            return []
        stamp = event.get("origin_server_ts")
        message = await self._message(room, origin, new, in_time(stamp) if isinstance(stamp, int) else 0)
        return [Edited(room.row.id, ref, message, mark)] if message is not None else []

    def _unreadable(self, room: Room) -> None:
        if not room.unreadable_told:
            room.unreadable_told = True
            log.warning("what is encrypted cannot be read", lane=room.label)

    # ── reading

    async def read(
        self,
        room: Room,
        event: Mapping[str, Any],
        origin: Origin | None = None,
        votes: Mapping[str, int] | None = None,
    ) -> Message | None:
        """Return a message as it stands now; None for what is none, or not ours to carry.

        Raises the kinds of ``EndError``.
        """
        origin = origin or origin_of(event)
        if origin is None or self.is_ours(origin.sender):
            return None
        content, version = newest(event)
        if votes is not None:
            # a poll that has ended is changed by its end, not by what people chose
            version = max(version, origin.stamp + 1)
        return await self._message(room, origin, content, version, votes)

    async def _message(
        self,
        room: Room,
        origin: Origin,
        content: Mapping[str, Any],
        version: int,
        votes: Mapping[str, int] | None = None,
    ) -> Message | None:
        body = content.get("body")
        if isinstance(body, str) and self._for_the_bot(body):
            # a command, perhaps with a code in it, is between its author and the bot
            return None
        member = await self._names.of(room.room_id, origin.sender)
        if not room.powers.known:
            await self._ask_for_powers(room)
        message = read_message(
            origin,
            content,
            end=room.row.id,
            place=room.row.place,
            member=member,
            moderates=room.powers.moderates(origin.sender),
            version=version,
            votes=votes,
        )
        return await self._with_names(room, message) if message is not None else None

    async def _with_names(self, room: Room, message: Message) -> Message:
        """Name those whom a mention calls by their id alone; those beyond a few keep it."""
        unnamed = {each.ref for each in mentions_of(message.text) if _is_unnamed(each)}
        if not unnamed:
            return message
        names = {ref: (await self._names.of(room.room_id, ref)).name for ref in sorted(unnamed)[:MOST_NAMED]}

        def named(mention: Mention) -> Mention:
            return replace(mention, name=names.get(mention.ref, mention.name)) if _is_unnamed(mention) else mention

        return replace(message, text=with_mentions(message.text, named))

    async def _ask_for_powers(self, room: Room) -> None:
        """Learn who moderates a room of which no sync told it: one that was put in while we were inside already."""
        path = ("rooms", room.room_id, "state")
        try:
            created = await self._client.get(*path, "m.room.create", "", query={"format": "event"})
            room.powers.learn_creation(created)
            room.powers.learn_levels(await self._client.get(*path, "m.room.power_levels", ""))
        except (MissingError, BlockedError):
            # without levels nobody but its creator moderates
            room.powers.learn_levels({})

    def learn(self, room: Room, event: Mapping[str, Any]) -> None:
        """Take in who somebody is, and who moderates."""
        content = mapping(event, "content")
        match event.get("type"):
            case "m.room.member" if isinstance(event.get("state_key"), str):
                self._names.learn(room.room_id, str(event["state_key"]), content)
            # without a state key it is what anybody may say, and says nothing of how the room is
            case "m.room.create" if event.get("state_key") == "":
                room.powers.learn_creation(event)
            case "m.room.power_levels" if event.get("state_key") == "":
                room.powers.learn_levels(content)


def _is_unnamed(mention: Mention) -> bool:
    return mention.kind is Mentioned.PERSON and mention.name.lstrip("@") in ("", mention.ref.lstrip("@"))


def is_poll(event: Mapping[str, Any]) -> bool:
    """Say whether an event is a poll that is to be counted."""
    return event.get("type") in POLL_STARTS
