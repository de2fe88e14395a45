"""Watches both sides of every joined conversation and tells each copy as it appears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sandbox.matrix import MatrixRefusedError
from sandbox.network import SandboxNetwork

LOOK_SECONDS = 0.4
"""How often the rooms are looked into; nobody but a reader of the terminal waits for it."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A copy that the bot made: where it stands now, whose name it bears, what it says."""

    conversation: str
    platform: str
    place: str
    author: str
    text: str


class Onlooker:
    """Look on with eyes of its own: the channel as a reader sees it, the room through a second client."""

    def __init__(self, network: SandboxNetwork, tell: Callable[[Crossing], None]) -> None:
        self._network = network
        self._tell = tell
        self._seen: set[int] = set()

    async def run(self) -> None:
        """Look until cancelled; a homeserver that is away for a moment is looked at again."""
        while True:
            self._look_at_discord()
            # a look that fails is made up for by the next: it reads on from where the last one stopped
            with suppress(MatrixRefusedError, OSError, TimeoutError):
                await self._look_at_matrix()
            await asyncio.sleep(LOOK_SECONDS)

    def _look_at_discord(self) -> None:
        for conversation, place in self._network.ends("discord"):
            for message in self._network.channels[place].messages():
                if message.id not in self._seen:
                    self._seen.add(message.id)
                    if message.webhook_id is not None:
                        self._say(conversation, "Discord", place, message.author_name, message.content)

    async def _look_at_matrix(self) -> None:
        for conversation, place in self._network.ends("matrix"):
            for event in await self._network.keeper.messages(self._network.rooms[place], since_start=False):
                profile = event.content.get("com.beeper.per_message_profile")
                if event.sender == self._network.bot_user_id and isinstance(profile, dict):
                    author = str(profile["displayname"])
                    self._say(conversation, "Matrix", place, author, event.body.removeprefix(f"{author}: "))

    def _say(self, conversation: str, platform: str, place: tuple[str, str], author: str, text: str) -> None:
        home, room = place
        self._tell(Crossing(conversation, platform, self._network.cast.home(home).room(room).name, author, text))
