"""One person's private room with the bot on Matrix: say or press something, get what the bot answers to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from sandbox.matrix import MatrixPerson, SeenEvent

SECONDS = 20.0
ANSWERS = "community_bot.answers"
"""Content key by which the bot's messages tell what they answer."""
SIGNS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣")


class PrivateTalk:
    """Somebody and the bot, alone. What is awaited raises TimeoutError when it does not come."""

    def __init__(self, person: MatrixPerson, room: str, bot_user_id: str) -> None:
        self.person = person
        self.room = room
        self._bot = bot_user_id

    @classmethod
    async def begin(cls, person: MatrixPerson, lobby: str, bot_user_id: str, *, seconds: float = SECONDS) -> Self:
        """Let a person come into a lobby and accept the bot's invitation to a room of their own."""
        await person.join(lobby)
        invitation = await person.wait_for_invitation(lambda each: each.inviter == bot_user_id, timeout=seconds)
        return cls(person, await person.join(invitation.room_id), bot_user_id)

    async def cards(self) -> list[SeenEvent]:
        """Return what the bot has said so far."""
        return [event for event in await self.person.messages(self.room) if event.sender == self._bot]

    async def greeting(self, *, seconds: float = SECONDS) -> SeenEvent:
        """Return the first thing that the bot says."""
        return await self._until(lambda event: True, seconds)

    async def say(self, text: str, *, seconds: float = SECONDS) -> SeenEvent:
        """Say something and return the bot's answer to it."""
        said = await self.person.say(self.room, text)
        return await self._until(lambda event: _answers(event, said), seconds)

    async def press(self, card: SeenEvent, number: int, *, seconds: float = SECONDS) -> SeenEvent:
        """Press a numbered button of a card and return the bot's answer to that."""
        sign, shown = SIGNS[number - 1], _original(card)
        # an app shows a button once the bot has put its sign there
        await self.person.wait_for_reaction(self.room, shown, sign, self._bot, timeout=seconds)
        pressed = await self.person.react(self.room, shown, sign)
        return await self._until(lambda event: _answers(event, pressed), seconds)

    async def walk_in(self, alias: str, *, language: int, space: int = 1) -> SeenEvent:
        """Answer the greeting's questions from first to last; return the card of somebody who belongs."""
        await self.press(await self.greeting(), 1)
        for answer in (str(language), "1 2", alias):
            await self.say(answer)
        return await self.say(str(space))

    async def _until(self, condition: Callable[[SeenEvent], bool], seconds: float) -> SeenEvent:
        def first(seen: list[SeenEvent]) -> SeenEvent | None:
            return next((event for event in seen if event.sender == self._bot and condition(event)), None)

        seen = await self.person.wait_until(self.room, lambda events: first(events) is not None, timeout=seconds)
        found = first(seen)
        assert found is not None
        return found


def _original(card: SeenEvent) -> str:
    """Return the message on which a card stands: an edit is shown in the place of the first."""
    relation = card.content.get("m.relates_to") or {}
    return str(relation["event_id"]) if relation.get("rel_type") == "m.replace" else card.event_id


def _answers(event: SeenEvent, what: str) -> bool:
    """Say whether a message, or what an edit puts in its place, answers an event."""
    replaced = event.content.get("m.new_content")
    return what in (event.content.get(ANSWERS), replaced.get(ANSWERS) if isinstance(replaced, dict) else None)
