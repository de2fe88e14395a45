"""What is pinned in a learning space's rooms: said once, edited in its place, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from community_bot.domain.layout import Step
from community_bot.locales import Markup
from community_bot.platforms.matrix_cards import edit_of, latest_edit, message, shown_in
from community_bot.platforms.matrix_homeserver import Homeserver, transaction
from community_bot.platforms.matrix_survey import POST
from community_bot.platforms.port import ImpossibleError

PINNED = "m.room.pinned_events"


class MatrixPosts:
    """Acts on posts. Methods raise the kinds of ``EndError``."""

    def __init__(self, homeserver: Homeserver) -> None:
        self._homeserver = homeserver

    async def find(self, step: Step, room: str) -> str | None:
        """Return what was posted for a MAKE step, newest first, if it still says so."""
        return _alike(await self._homeserver.own_messages(room), step)

    async def make(self, step: Step, room: str) -> str:
        """Say and pin a post; one that stands there is found."""
        own = await self._homeserver.own_messages(room)
        event = _alike(own, step)
        if event is None:
            # of one that was taken back the transaction may be remembered still: what came since tells them apart
            since = str(own[0]["event_id"]) if own else ""
            key = transaction("space post", room, step.key, step.after["text"], since)
            event = await self._homeserver.say(room, _content(step.key, step.after["text"]), key)
        if step.after.get("pinned"):
            await self._pin(room, event, pinned=True)
        return event

    async def change(self, step: Step, room: str, event: str) -> None:
        """Edit and pin, or unpin. Raises :class:`ImpossibleError` when the post was taken back."""
        for each in step.changes:
            if each.facet == "pinned":
                await self._pin(room, event, pinned=bool(each.after))
            elif each.facet == "text":
                await self._edit(room, event, step.key, each.after)

    async def remove(self, room: str, event: str) -> None:
        """Unpin and take back; fine when it is gone."""
        await self._pin(room, event, pinned=False)
        await self._homeserver.redact(room, event)

    async def _edit(self, room: str, event: str, piece: str, text: str) -> None:
        known = await self._homeserver.event(room, event)
        if known is None or not known.get("content"):
            raise ImpossibleError("matrix.message_gone")
        content = _content(piece, text)
        if shown_in(known).get(POST) != content[POST]:
            key = transaction("space post", event, latest_edit(known), text)
            await self._homeserver.say(room, edit_of(content, event), key)

    async def _pin(self, room: str, event: str, *, pinned: bool) -> None:
        def work(content: dict[str, Any]) -> dict[str, Any]:
            there: list[str] = content.get("pinned", [])
            if (event in there) is pinned:
                return content
            return {**content, "pinned": [*there, event] if pinned else [each for each in there if each != event]}

        await self._homeserver.states.change(room, PINNED, work)


def _content(piece: str, text: str) -> dict[str, Any]:
    return {**message(Markup(text)), POST: {"piece": piece, "text": text}}


def _alike(events: Sequence[Mapping[str, Any]], step: Step) -> str | None:
    wanted = {"piece": step.key, "text": step.after["text"]}
    for event in events:
        edits = event["content"].get("m.relates_to", {}).get("rel_type") == "m.replace"
        if not edits and shown_in(event).get(POST) == wanted:
            return str(event["event_id"])
    return None
