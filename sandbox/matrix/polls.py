"""Polls in Matrix rooms (MSC3381): as today's clients send them, and as they are named for good."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.matrix.account import CLIENT
from sandbox.matrix.talk import Talk

STARTS = ("m.poll.start", "org.matrix.msc3381.poll.start")
RESPONSES = ("m.poll.response", "org.matrix.msc3381.poll.response")
ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
_OLD_TEXT = "org.matrix.msc1767.text"


class Polls(Talk):
    """Ask, vote, end. A poll is voted in and ended in the dialect in which it was asked."""

    async def start_poll(
        self,
        room_id: str,
        question: str,
        answers: Sequence[str],
        *,
        most: int = 1,
        disclosed: bool = True,
        stable: bool = False,
    ) -> str:
        """Ask a question and return the poll's id; `most` is how many answers one may choose.

        An undisclosed poll shows its votes when it has ended.
        """
        fallback = "\n".join([question, *(f"{number}. {text}" for number, text in enumerate(answers, start=1))])
        ids = [secrets.token_hex(4) for _ in answers]
        kind = "disclosed" if disclosed else "undisclosed"
        if stable:
            content: dict[str, Any] = {
                "m.poll": {
                    "kind": f"m.{kind}",
                    "max_selections": most,
                    "question": {"m.text": [{"body": question}]},
                    "answers": [
                        {"m.id": key, "m.text": [{"body": text}]} for key, text in zip(ids, answers, strict=True)
                    ],
                },
                "m.text": [{"body": fallback}],
            }
            return await self.send(room_id, STARTS[0], content)
        content = {
            STARTS[1]: {
                "kind": f"org.matrix.msc3381.poll.{kind}",
                "max_selections": most,
                "question": {_OLD_TEXT: question, "body": question, "msgtype": "m.text"},
                "answers": [{"id": key, _OLD_TEXT: text} for key, text in zip(ids, answers, strict=True)],
            },
            _OLD_TEXT: fallback,
        }
        return await self.send(room_id, STARTS[1], content)

    async def vote(self, room_id: str, poll: str, *answers: str) -> str:
        """Vote, by the texts of the answers; a later vote takes the place of an earlier one, none takes it back."""
        event = await self._event(room_id, poll)
        known = {text: key for key, text in answers_of(event["content"]).items()}
        chosen = [known[answer] for answer in answers]
        relation = {"rel_type": "m.reference", "event_id": poll}
        if event["type"] == STARTS[0]:
            return await self.send(room_id, RESPONSES[0], {"m.relates_to": relation, "m.selections": chosen})
        return await self.send(room_id, RESPONSES[1], {"m.relates_to": relation, RESPONSES[1]: {"answers": chosen}})

    async def end_poll(self, room_id: str, poll: str, *, text: str = "The poll has ended") -> str:
        """End a poll; that counts when this person has asked it or may redact."""
        event = await self._event(room_id, poll)
        relation = {"rel_type": "m.reference", "event_id": poll}
        if event["type"] == STARTS[0]:
            content: dict[str, Any] = {"m.relates_to": relation, "m.text": [{"body": text}]}
            return await self.send(room_id, ENDS[0], content)
        return await self.send(room_id, ENDS[1], {"m.relates_to": relation, ENDS[1]: {}, _OLD_TEXT: text})

    async def _event(self, room_id: str, event_id: str) -> dict[str, Any]:
        return await self._requests.ask("GET", *CLIENT, "rooms", room_id, "event", event_id)


def question_of(content: Mapping[str, Any]) -> str:
    """Return the question of a poll in either dialect."""
    return _text(_poll(content).get("question", {}))


def answers_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers of a poll in either dialect, by their ids."""
    return {str(each.get("m.id", each.get("id"))): _text(each) for each in _poll(content).get("answers", [])}


def most_of(content: Mapping[str, Any]) -> int:
    """Return how many answers one may choose."""
    return int(_poll(content).get("max_selections", 1))


def chosen_in(content: Mapping[str, Any]) -> list[str]:
    """Return the ids that somebody has voted for."""
    if "m.selections" in content:
        return list(content["m.selections"])
    return list(content.get(RESPONSES[1], {}).get("answers", []))


def _poll(content: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = content.get("m.poll") or content.get(STARTS[1]) or {}
    return found


def _text(block: Mapping[str, Any]) -> str:
    said = block.get("m.text") or block.get(_OLD_TEXT) or block.get("body") or ""
    return str(said[0]["body"]) if isinstance(said, list) else str(said)
