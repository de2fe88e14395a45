"""Reactions in Matrix rooms: asked for once, then kept up by what is heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridges.bounded import Bounded
from bridges.ends.matrix_client import API_V1, DoneError, MatrixClient, MissingError
from bridges.ends.matrix_events import REACTION, is_id
from bridges.ends.matrix_pictures import MatrixPictures
from bridges.ends.matrix_reaction_keys import asked_of, custom_of, reaction_content, reaction_of
from bridges.ends.port import BlockedError, CopyGoneError, Reactions, RefusedError

MOST_MESSAGES = 500
"""Of how many messages it is remembered how people reacted."""
PAGE = 100
MOST_PAGES = 20


class MatrixReactions:
    """Knows and gives reactions. ``is_ours`` says of an account whether it is the bot's, or a ghost of ours."""

    def __init__(self, client: MatrixClient, pictures: MatrixPictures, is_ours: Callable[[str], bool]) -> None:
        self._client = client
        self._pictures = pictures
        self._is_ours = is_ours
        self._known: Bounded[str, dict[str, Mapping[str, Any]]] = Bounded(MOST_MESSAGES)
        """By message, and by the id of the reaction."""
        self._target: Bounded[str, str] = Bounded(20 * MOST_MESSAGES)
        self._gone: Bounded[str, bool] = Bounded(20 * MOST_MESSAGES)
        """What was taken back: the sync may bring a reaction of ours after we took it back."""
        self._heard = 0

    # ── heard

    def hear(self, event: Mapping[str, Any]) -> str | None:
        """Take in an ``m.reaction``; return what it reacts to, None when it is no reaction."""
        found, ref = reaction_of(event), event.get("event_id")
        if found is None or not is_id(ref):
            return None
        target, _ = found
        self._heard += 1
        if (known := self._known.get(target)) is not None and not self._gone.get(ref):
            known[ref] = event
            self._target.put(ref, target)
        return target

    def take_back(self, ref: str) -> None:
        """Take in that an event was redacted: a reaction, or a message that people reacted to."""
        self._heard += 1
        self._gone.put(ref, True)
        self._known.forget(ref)
        target = self._target.get(ref)
        if target is not None and (known := self._known.get(target)) is not None:
            known.pop(ref, None)

    # ── asked

    async def of(self, room_id: str, target: str) -> Reactions:
        """Return the reactions to a message. Raises :class:`CopyGoneError`, or a kind of ``EndError``."""
        known = self._known.get(target)
        if known is None:
            known = await self._look(room_id, target)
        ours: dict[str, str] = {}
        pictures: dict[str, str] = {}
        given: set[str] = set()
        for ref, event in known.items():
            if self._is_ours(str(event.get("sender"))) and (found := reaction_of(event)) is not None:
                asked = asked_of(event) or found[1]
                ours[asked] = ref
                # who joins in with our picture means what it is a picture of
                pictures[found[1]] = asked
        for event in known.values():
            if not self._is_ours(str(event.get("sender"))) and (found := reaction_of(event)) is not None:
                given.add(pictures.get(found[1], found[1]))
        return Reactions(frozenset(given), ours)

    async def _look(self, room_id: str, target: str) -> dict[str, Mapping[str, Any]]:
        before = self._heard
        found: dict[str, Mapping[str, Any]] = {}
        path = ("rooms", room_id, "relations", target, "m.annotation", REACTION)
        query = {"limit": str(PAGE)}
        try:
            for _ in range(MOST_PAGES):
                page = await self._client.get(*path, query=query, api=API_V1)
                found |= {str(event["event_id"]): event for event in page.get("chunk", []) if reaction_of(event)}
                if "next_batch" not in page:
                    break
                query["from"] = str(page["next_batch"])
        except MissingError as error:
            raise CopyGoneError("matrix.message_gone") from error
        if before == self._heard:
            # else something was heard while we asked, and it may have been about this message
            self._known.put(target, found)
            for ref in found:
                self._target.put(ref, target)
        return found

    # ── given

    async def give(self, room_id: str, target: str, reaction: str, key: str) -> None:
        """React. Raises :class:`RefusedError` for a picture that is not to be had, or where we may not."""
        emoji, picture = custom_of(reaction), None
        if emoji is not None:
            picture = await self._pictures.of(emoji)
            if picture is None:
                raise RefusedError("matrix.no_such_emoji")
        content = reaction_content(target, reaction, picture)
        try:
            answer = await self._client.put("rooms", room_id, "send", REACTION, key, body=content)
        except DoneError:
            # it stands there: what we know of it is to be asked for anew
            self._known.forget(target)
            return
        except MissingError as error:
            raise CopyGoneError("matrix.message_gone") from error
        except BlockedError as error:
            raise _missing_power(error) from error
        event = {"event_id": answer["event_id"], "sender": self._client.user_id, "content": content}
        if (known := self._known.get(target)) is not None:
            known[str(answer["event_id"])] = event
            self._target.put(str(answer["event_id"]), target)

    async def withdraw(self, room_id: str, ref: str, key: str) -> None:
        """Take a reaction of ours back; nothing is wrong when it is not there any more."""
        try:
            await self._client.put("rooms", room_id, "redact", ref, key, body={})
        except MissingError:
            pass  # it is away, which is what was wanted
        except BlockedError as error:
            raise _missing_power(error) from error
        self.take_back(ref)


def _missing_power(error: BlockedError) -> BlockedError | RefusedError:
    """Say what a refusal means where we may speak, which is looked at before: others are not held up by it."""
    return RefusedError("matrix.missing_power") if error.reason == "matrix.forbidden" else error
