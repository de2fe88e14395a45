"""One conversation of six ends: three channels on two Discord servers, three rooms in two Matrix spaces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from sandbox.cast import Conversation, End, Home, Member, Network, Organisation, Room
from sandbox.network import SandboxNetwork
from sandbox.spots import Condition, DiscordSpot, MatrixSpot, Seen, Spot

PLACES = {
    "d1": ("yard", "seeds"),
    "d2": ("yard", "tools"),
    "d3": ("spring", "seeds"),
    "m1": ("well", "seeds"),
    "m2": ("well", "tools"),
    "m3": ("patio", "seeds"),
}
PATIENCE = 30.0
ENDS = tuple(PLACES)
PEOPLE = {
    "yard": ("pepper", "clove"),
    "spring": ("fahsai", "namthip"),
    "well": ("sage", "ploy"),
    "patio": ("quique", "chayo"),
}

SIX_ENDS = Network(
    name="Six Ends",
    organisations=(Organisation("rain-jar", "กลุ่มโอ่งน้ำฝน", "th"),),
    homes=(
        Home(
            "yard",
            "discord",
            "Oven Yard",
            (
                Room("seeds", "seeds", "What do you have too much of?"),
                Room("tools", "tool-shelf", "Lend, borrow, mend."),
                Room("answers", "answers", "What came of the questions."),
            ),
        ),
        Home(
            "spring",
            "discord",
            "บ้านต้นน้ำ",
            (
                Room("seeds", "เมล็ดพันธุ์", "แลกเมล็ด แลกวิธีปลูก"),
                Room("questions", "คำถาม", "หนึ่งโพสต์ต่อหนึ่งคำถาม", kind="forum"),
            ),
        ),
        Home(
            "well",
            "matrix",
            "วงรอบบ่อ",
            (Room("seeds", "เมล็ดพันธุ์", "ใครปลูกอะไรอยู่บ้าง"), Room("tools", "ชั้นเครื่องมือ", "ยืมแล้วอย่าลืมคืน")),
        ),
        Home(
            "patio",
            "matrix",
            "El Patio",
            (
                Room("seeds", "Semillas", "Lo que hay."),
                Room("questions", "Preguntas", "Pregunta."),
            ),
        ),
    ),
    members=(
        Member("pepper", "Pepper", "en", "rain-jar", "yard"),
        Member("clove", "Clove", "en", "rain-jar", "yard"),
        Member("fahsai", "ฟ้าใส", "th", "rain-jar", "spring"),
        Member("namthip", "น้ำทิพย์", "th", "rain-jar", "spring"),
        Member("sage", "Sage", "en", "rain-jar", "well"),
        Member("ploy", "พลอย", "th", "rain-jar", "well"),
        Member("quique", "Quique", "es", "rain-jar", "patio"),
        Member("chayo", "Chayo", "es", "rain-jar", "patio"),
    ),
    conversations=(
        Conversation("seeds", tuple(End(*place) for place in PLACES.values())),
        Conversation("questions", (End("spring", "questions"), End("yard", "answers"), End("patio", "questions"))),
    ),
)


def spot(network: SandboxNetwork, home: str, room: str) -> Spot:
    """Return one place with the people who are at home there."""
    keys = PEOPLE[home]
    if (home, room) in network.channels:
        people = [network.on_discord[key] for key in keys]
        return DiscordSpot(network.channels[home, room], people, network.discord.bot_id)
    return MatrixSpot(
        network.rooms[home, room], [network.on_matrix[key] for key in keys], network.keeper, network.bot_user_id
    )


class SixEnds:
    """The ends by their names, and what stands at each since the last :meth:`turn_the_page`."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network
        self.bot = network.bot
        self.spots: dict[str, Spot] = {name: spot(network, *place) for name, place in PLACES.items()}
        self.forum = self.discord_spot(spot(network, "spring", "questions"))
        self.beside_forum = {
            "answers": spot(network, "yard", "answers"),
            "preguntas": spot(network, "patio", "questions"),
        }
        self._old: set[str] = set()

    def __getitem__(self, name: str) -> Spot:
        return self.spots[name]

    def discord(self, name: str) -> DiscordSpot:
        return self.discord_spot(self.spots[name])

    def matrix(self, name: str) -> MatrixSpot:
        found = self.spots[name]
        assert isinstance(found, MatrixSpot)
        return found

    @staticmethod
    def discord_spot(found: Spot) -> DiscordSpot:
        assert isinstance(found, DiscordSpot)
        return found

    @staticmethod
    def others(*names: str) -> list[str]:
        return [name for name in ENDS if name not in names]

    # ── reading

    async def turn_the_page(self) -> None:
        """Pass over from now on all that was said."""
        await self.settled()
        everywhere = [*self.spots.values(), self.forum, *self.beside_forum.values()]
        for each in everywhere:
            self._old |= {seen.ref for seen in await each.now()}

    def new(self, seen: Sequence[Seen]) -> list[Seen]:
        return [each for each in seen if each.ref not in self._old]

    async def now(self, name: str) -> list[Seen]:
        return self.new(await self.spots[name].now())

    async def until(
        self, condition: Condition, *, at: Iterable[str] | str = ENDS, seconds: float = PATIENCE
    ) -> dict[str, list[Seen]]:
        """Wait until what is new at each of these ends is as wanted; return it by end."""
        found = {}
        for name in [at] if isinstance(at, str) else at:
            found[name] = await self.until_at(self.spots[name], condition, name=name, seconds=seconds)
        return found

    async def until_at(
        self, place: Spot, condition: Condition, *, name: str, seconds: float = PATIENCE
    ) -> list[Seen]:
        try:
            return self.new(await place.until(lambda seen: condition(self.new(seen)), seconds=seconds))
        except TimeoutError:
            shown = "\n".join(map(_line, self.new(await place.now())))
            raise AssertionError(f"{name} shows:\n{shown}\n{self.bot.tail()}") from None

    async def until_texts(
        self, *texts: str, at: Iterable[str] | str = ENDS, seconds: float = PATIENCE
    ) -> dict[str, list[Seen]]:
        """Wait until exactly this is what is new at each of these ends, threads left out, in this order."""
        wanted = [line for text in texts for line in text.split("\n")]
        return await self.until(lambda seen: lines_of(seen) == wanted, at=at, seconds=seconds)

    async def ref(self, name: str, text: str) -> str:
        """Return where a message with this text stands at an end, as it was written or as a copy."""
        found = await self.until(lambda seen: any(each.text == text for each in seen), at=name)
        return next(each.ref for each in found[name] if each.text == text)

    async def settled(self) -> None:
        """Wait until every lane is empty, so that anything said twice would stand there by now."""
        async with asyncio.timeout(60):
            while await self.bot.total("bridge_lane_depth") != 0:  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.03)


def texts_of(seen: Iterable[Seen]) -> list[str]:
    """Return the words of what stands outside of threads."""
    return [each.text for each in seen if each.thread is None]


def lines_of(seen: Iterable[Seen]) -> list[str]:
    """Return the same by lines: near a limit several messages of one author are said as one."""
    return [line for text in texts_of(seen) for line in text.split("\n")]


def only(seen: Iterable[Seen], text: str) -> Seen:
    """Return the one message that reads so."""
    [found] = [each for each in seen if each.text == text]
    return found


def _line(seen: Seen) -> str:
    more = {
        "answers": seen.answers,
        "quoted": seen.quoted,
        "thread": seen.thread,
        "reactions": dict(seen.reactions),
        "files": seen.files,
        "pinned": seen.pinned,
    }
    return f"  {seen.author}: {seen.text!r} " + str({key: value for key, value in more.items() if value})
