"""The smallest network that can hold a conversation: one channel, one room, a person at each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sandbox.cast import Conversation, End, Home, Member, Network, Organisation, Room
from sandbox.discord import SimChannel, SimMember
from sandbox.matrix import MatrixPerson, SeenEvent
from sandbox.network import SandboxNetwork

TWO_ROOMS = Network(
    name="Two Rooms",
    organisations=(Organisation("kites", "Kite Makers", "en"),),
    homes=(
        Home("river", "discord", "River House", (Room("radio", "ห้องวิทยุ", "หัดเล่าเรื่อง"),)),
        Home("hill", "matrix", "Hill Circle", (Room("radio", "Radio", "Contar y escuchar"),)),
    ),
    members=(
        Member("baitoey", "ใบเตย", "th", "kites", "river"),
        Member("tono", "Toño", "es", "kites", "hill"),
    ),
    conversations=(Conversation("radio", (End("river", "radio"), End("hill", "radio"))),),
)


class TwoRooms:
    """Short names for the parts of a network of :data:`TWO_ROOMS`, and what stands at each end.

    A network with more rooms has one such pair for each conversation; ``key`` names it.
    """

    def __init__(self, network: SandboxNetwork, key: str = "radio") -> None:
        self.network = network
        self.key = key
        self.bot = network.bot
        self.channel: SimChannel = network.channels["river", key]
        self.room: str = network.rooms["hill", key]
        self.baitoey: SimMember = network.on_discord["baitoey"]
        self.tono: MatrixPerson = network.on_matrix["tono"]

    async def say_on_discord(self, text: str) -> int:
        return await self.baitoey.say(self.channel, text)

    async def say_on_matrix(self, text: str) -> str:
        return await self.tono.say(self.room, text)

    def copies_on_discord(self) -> list[str]:
        """Return what the bot said in the channel, oldest first, line by line: under pressure it joins lines."""
        said = [message.content for message in self.channel.messages() if message.webhook_id is not None]
        return [line for text in said for line in text.split("\n")]

    async def copies_on_matrix(self) -> list[str]:
        """Return what the bot copied to the room, oldest first, line by line, without the names in front."""
        return _copied(await self.network.keeper.messages(self.room))

    async def until_copied(
        self, *, on_discord: Sequence[str] = (), on_matrix: Sequence[str] = (), seconds: float = 60
    ) -> None:
        """Wait until as many copies stand at each end as are expected; what they say is for the caller to check."""
        try:
            await self.channel.wait_for(lambda _: len(self.copies_on_discord()) >= len(on_discord), timeout=seconds)
            await self.network.keeper.wait_until(
                self.room, lambda events: len(_copied(events)) >= len(on_matrix), timeout=seconds
            )
        except TimeoutError:
            discord, matrix = self.copies_on_discord(), await self.copies_on_matrix()
            missing = [t for t in on_discord if t not in discord], [t for t in on_matrix if t not in matrix]
            raise AssertionError(f"missing on Discord and Matrix: {missing}\n{self.bot.tail()}") from None

    async def until_next_copy_on_discord(self, *, or_done: asyncio.Task[None]) -> None:
        """Wait until one more copy appears in the channel, or the task ends; return in that very moment."""
        already = len(self.copies_on_discord())
        copied = asyncio.ensure_future(
            self.channel.wait_for(lambda _: len(self.copies_on_discord()) > already, timeout=60)
        )
        await asyncio.wait({copied, or_done}, return_when=asyncio.FIRST_COMPLETED)
        copied.cancel()
        await asyncio.gather(copied, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until every lane is empty, so that anything said twice would stand there by now."""
        await self.until_counted("bridge_lane_depth", lambda value: value == 0)

    async def until_counted(self, metric: str, condition: Callable[[float], bool], *, seconds: float = 60) -> None:
        """Wait until one of the bot's own figures, summed over its labels, is as wanted."""
        async with asyncio.timeout(seconds):
            while not condition(await self.bot.total(metric)):  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.03)


def is_copy(event: SeenEvent) -> bool:
    """Say whether an event is somebody's words, carried: not a notice of the bot's own, an edit, or taken away."""
    edit = event.content.get("m.relates_to", {}).get("rel_type") == "m.replace"
    return "com.beeper.per_message_profile" in event.content and not edit


def _copied(events: Sequence[SeenEvent]) -> list[str]:
    return [line for event in events if is_copy(event) for line in event.body.split(": ", 1)[1].split("\n")]
