"""The bot is killed at every call of one message's life; nothing is lost, doubled or left standing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from sandbox.cast import Conversation, End, Network
from sandbox.discord import Fault, RateLimits, SimFile
from sandbox.faults import Kind
from sandbox.network import SandboxNetwork
from sandbox.spots import Condition, MatrixSpot, Seen, Spot
from tests.bridges.media.material import picture, saved
from tests.network.six_ends import SIX_ENDS, spot

pytestmark = [pytest.mark.network, pytest.mark.long]

SOURCE, CHANNEL, ROOM = ("well", "seeds"), ("spring", "seeds"), ("patio", "seeds")
THREE_ENDS = Network(
    name="Three Ends",
    organisations=SIX_ENDS.organisations,
    homes=SIX_ENDS.homes,
    members=SIX_ENDS.members,
    conversations=(Conversation("seeds", (End(*SOURCE), End(*CHANNEL), End(*ROOM))),),
)
LONG = " ".join(f"{number}ย่อหน้านี้เล่าเรื่องการเก็บเมล็ดพันธุ์ไว้ปลูกปีหน้า" for number in range(60))
PICTURE = SimFile("huerta.png", saved(picture(), "PNG"), "ใบกล้วย")
CALLS = r"/webhooks/\d+/[^/]+(/messages/\d+)?"
EVENTS = r"/_matrix/client/v3/rooms/[^/]+/(send|redact)/.*"
UPLOADS = r"/_matrix/(client/v1|media)/.*upload.*"


@dataclass
class Calls:
    """The calls of a life counted from 1 over both platforms; ``at`` is the one that is struck."""

    at: int
    seen: int = 0
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    def is_next(self) -> bool:
        self.seen += 1
        if self.seen != self.at:
            return False
        self.struck.set()
        return True


@dataclass
class AtCall(Fault):
    """Strikes the one call that ``calls`` names."""

    calls: Calls = field(default_factory=lambda: Calls(0))

    def matches(self, method: str, path: str) -> bool:
        return Fault.matches(self, method, path) and self.calls.is_next()


class Life:
    """One message in three ends, with the bot killed and started again at one call."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network
        source = spot(network, *SOURCE)
        assert isinstance(source, MatrixSpot)
        self.source = source
        self.channel, self.room = spot(network, *CHANNEL), spot(network, *ROOM)

    async def at_call(self, number: int, kind: Kind) -> bool:
        """Live it, and say whether there was a call of this number. Everything is as if nothing had happened."""
        calls = Calls(number)
        rules = (self.network.discord.faults, self.network.road.faults)
        for method, path in (("POST", CALLS), ("PATCH", CALLS), ("DELETE", CALLS)):
            rules[0].add(AtCall(kind, method, path, seconds=0.15, calls=calls))
        for method, path in (("PUT", EVENTS), ("POST", UPLOADS)):
            rules[1].add(AtCall(kind, method, path, seconds=0.15, calls=calls))
        killing = asyncio.create_task(self._kill_when(calls.struck))
        try:
            await self._live()
            return calls.struck.is_set()
        finally:
            for each in rules:
                each.clear()
            if calls.struck.is_set():
                await killing
            else:
                killing.cancel()
                await asyncio.gather(killing, return_exceptions=True)

    async def _kill_when(self, struck: asyncio.Event) -> None:
        await struck.wait()
        await self.network.bot.kill()
        await self.network.bot.start()

    async def _live(self) -> None:
        source = self.source
        before = {seen.ref for each in (self.channel, self.room) for seen in await each.now()}
        ref = await source.hand_over(PICTURE, text=LONG)
        await self._until(before, self.channel, lambda seen: len(seen) >= 2 and _is(seen, LONG))
        await self._until(before, self.room, lambda seen: len(seen) == 2 and _is(seen, LONG))
        await self._change_caption(ref, "corto y con foto")
        await self._until(before, self.channel, lambda seen: len(seen) == 1 and _is(seen, "corto y con foto"))
        await self._until(before, self.room, lambda seen: len(seen) == 2 and _is(seen, "corto y con foto"))
        await source.delete(ref)
        for each in (self.channel, self.room):
            await self._until(before, each, lambda seen: not seen)
        await self.network.bot.ready()
        async with asyncio.timeout(30):
            while await self.network.bot.total("bridge_lane_depth") != 0:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.03)
        # whatever is said twice or late stands there by now
        assert [seen.text for each in (self.channel, self.room) for seen in await each.now()] == []

    async def _change_caption(self, ref: str, caption: str) -> None:
        author = self.source.people[0]
        content = (await author.shown_one(self.source.room, ref)).content
        await author.edit(self.source.room, ref, caption, content={**content, "body": caption})

    async def _until(self, before: set[str], place: Spot, condition: Condition) -> None:
        try:
            await place.until(lambda seen: condition([each for each in seen if each.ref not in before]), seconds=30)
        except TimeoutError:
            shown = [(each.text[:40], each.files) for each in await place.now() if each.ref not in before]
            raise AssertionError(f"there stands {shown}\n{self.network.bot.tail()}") from None


def _is(seen: list[Seen], words: str) -> bool:
    """Say whether these words, in as many parts as they need, and the picture stand there, each once."""
    return (
        " ".join(each.text for each in seen if each.text) == words
        and [name for each in seen for name in each.files] == [PICTURE.name]
        and seen[0].answers is None
    )


@pytest.fixture
async def network() -> AsyncIterator[SandboxNetwork]:
    limits = RateLimits.discord().scaled(1 / 30)
    async with SandboxNetwork(THREE_ENDS, limits=limits, troubled=True) as built:
        await built.bot.start()
        await built.bot.ready()
        yield built


@pytest.mark.parametrize("kind", ["delay", "lost_request", "lost_answer"])
async def test_killed_at_every_call_of_a_messages_life_it_is_said_edited_and_deleted_once(
    network: SandboxNetwork, kind: Kind
) -> None:
    """Killed while the call is on its way, when it never arrived, and when only its answer did not."""
    life = Life(network)
    for number in count(1):
        if not await life.at_call(number, kind):
            break
    # two parts and a file are said, edited and deleted in two places
    assert number > 8
