"""Somebody on either platform who types commands, presses what the answer offers, and fills in what it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from community_bot.platforms.matrix_cards import ACTIONS
from sandbox.at_discord import press
from sandbox.discord import SimAnswer, SimChannel, SimMember
from sandbox.matrix import SeenEvent
from sandbox.private_talk import PrivateTalk

Answer = str | int | Sequence[str | int]
"""What is typed, or which of the choices is taken, counted from 1; several where several can be."""


class Someone(Protocol):
    """One person with one account. Each act returns the words of the bot's answer."""

    platform: str
    typed: set[str]
    """The commands typed so far."""

    @property
    def user_id(self) -> str: ...

    async def do(self, command: str, **options: object) -> str:
        """Type a command with its options by name; a person is given as somebody of the same kind."""

    async def press(self, action: str) -> str:
        """Press the first button of the newest answer that does this."""

    async def fill(self, answers: Mapping[str, Answer]) -> str:
        """Fill in the form that the newest answer has opened."""


class OnDiscord:
    """A member of a server, in one of its channels."""

    platform = "discord"

    def __init__(self, member: SimMember, channel: SimChannel) -> None:
        self.member = member
        self.typed: set[str] = set()
        self._channel = channel
        self._newest: SimAnswer | None = None

    @property
    def user_id(self) -> str:
        return str(self.member.id)

    async def do(self, command: str, **options: object) -> str:
        self.typed.add(command)
        given = {name: value.member if isinstance(value, OnDiscord) else value for name, value in options.items()}
        return await self._read(await self.member.slash(self._channel, command, **given))

    async def press(self, action: str) -> str:
        assert self._newest is not None
        return await self._read(await press(self._newest, action))

    async def fill(self, answers: Mapping[str, Answer]) -> str:
        assert self._newest is not None
        form = self._newest.form
        assert form is not None, self._newest.text
        chosen: dict[str, object] = {}
        for name, answer in answers.items():
            values = [form.field(name).choices[place - 1].value for place in _places(answer)]
            if values:
                chosen[name] = values[0] if isinstance(answer, int) else values
        return await self._read(await form.submit({**answers, **chosen}))

    async def _read(self, answer: SimAnswer) -> str:
        assert answer.acknowledged
        await answer.wait_for(lambda now: now.form is not None or bool(now.text))
        self._newest = answer
        return "\n".join((answer.text, *answer.followups))


class OnMatrix:
    """A person in their private room."""

    platform = "matrix"

    def __init__(self, talk: PrivateTalk) -> None:
        self.talk = talk
        self.typed: set[str] = set()
        self._newest: SeenEvent | None = None

    @property
    def user_id(self) -> str:
        return self.talk.person.user_id

    async def do(self, command: str, **options: object) -> str:
        self.typed.add(command)
        said = {name: value.user_id if isinstance(value, OnMatrix) else value for name, value in options.items()}
        given = " ".join(f'{name}:"{value}"' for name, value in said.items())
        return self._read(await self.talk.say(f".{command} {given}".strip()))

    async def press(self, action: str) -> str:
        card = self._newest
        assert card is not None
        actions = card.content.get("m.new_content", card.content).get(ACTIONS, [])
        number = next((number for number, each in enumerate(actions, 1) if each[0] == action), None)
        assert number is not None, f"no {action} under: {card.body}"
        return self._read(await self.talk.press(card, number))

    async def fill(self, answers: Mapping[str, Answer]) -> str:
        for answer in answers.values():
            places = " ".join(map(str, _places(answer)))
            self._read(await self.talk.say(places or str(answer)))
        assert self._newest is not None
        return self._newest.body

    def _read(self, event: SeenEvent) -> str:
        self._newest = event
        return event.body


def _places(answer: Answer) -> Sequence[int]:
    """Return which choices are taken, none of something typed."""
    if isinstance(answer, int):
        return (answer,)
    return () if isinstance(answer, str) else [each for each in answer if isinstance(each, int)]
