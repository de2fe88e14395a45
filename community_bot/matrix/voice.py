"""Where an answer is said: in the room, or, when it is for one person, in theirs (DOMAIN 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridges.ends.port import BlockedError
from community_bot.commands.desk import Desk
from community_bot.commands.request import Incoming, Reply
from community_bot.matrix.dialogue import thread_relation
from community_bot.platforms.matrix_cards import ANSWERS, SEEN, message, show
from community_bot.platforms.matrix_homeserver import Homeserver, transaction
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import ImpossibleError


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody did something: ``event`` is the message or the sign, ``card`` our message they pressed."""

    room: str
    private: bool
    event: str
    thread: str | None = None
    card: str | None = None
    sign: bool = False

    @property
    def relation(self) -> Mapping[str, Any] | None:
        """What an answer in the same room refers to."""
        if self.thread is not None:
            return thread_relation(self.thread, self.event)
        if self.private or self.sign:
            return None
        return {"m.in_reply_to": {"event_id": self.event}}


class Voice:
    """Says answers."""

    def __init__(self, homeserver: Homeserver, rooms: PrivateRooms, desk: Desk) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._desk = desk

    async def room_for(self, incoming: Incoming, place: Place) -> str | None:
        """Return where to speak with the person alone; None when they cannot be reached, which is then said."""
        if place.private:
            return place.room
        try:
            room = await self._rooms.open(incoming.account.user_id, incoming.room_language)
        except ImpossibleError:
            t = (await self._desk.request(incoming)).t
            content = message(t("matrix.private_closed"), notice=True) | {ANSWERS: place.event}
            if place.relation is not None:
                content["m.relates_to"] = dict(place.relation)
            await self._homeserver.say(place.room, content, transaction(place.event, "closed"))
            return None
        if not place.sign:
            await self._homeserver.react(place.room, place.event, SEEN)
        return room

    async def say(self, incoming: Incoming, place: Place, reply: Reply) -> None:
        """Say an answer where it belongs; one with nothing in it is not said."""
        if not (reply.text or reply.buttons or reply.files):
            return
        openly = reply.public and not place.private
        room = place.room if openly else await self.room_for(incoming, place)
        if room is None:
            return
        replaces = place.card if reply.replaces and room == place.room else None
        await show(
            self._homeserver,
            room,
            reply.card,
            key=f"answer|{place.event}",
            answers=place.event,
            relation=place.relation if room == place.room else None,
            replaces=replaces,
            notice=openly,
        )
        if replaces is not None and place.sign:
            await self._free(place)

    async def _free(self, place: Place) -> None:
        """Take the person's sign off a card that changed, so that its new button of that number can be pressed."""
        try:
            await self._homeserver.redact(place.room, place.event)
        except BlockedError:
            # a room of their own where we may not: they can take it off, or type the number
            return

    async def has_answered(self, incoming: Incoming, place: Place) -> bool:
        """Say whether an act was answered before a restart."""
        rooms = [place.room]
        if not place.private and (own := await self._rooms.find(incoming.account.user_id)) is not None:
            rooms.append(own)
        for room in rooms:
            for event in await self._homeserver.own_messages(room):
                content = event["content"]
                if place.event in (content.get(ANSWERS), content.get("m.new_content", {}).get(ANSWERS)):
                    return True
        return False
