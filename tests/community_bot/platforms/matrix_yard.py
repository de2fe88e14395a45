"""A space to build, the builder on a real homeserver, and the little that a service does with both."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import nio

from community_bot.domain.home import MATRIX, Home
from community_bot.domain.layout import Act, Piece, Step, steps_between
from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, RoomKind, SpaceDesign
from community_bot.platforms.builder import People, Survey
from community_bot.platforms.matrix_builder import MatrixBuilder
from community_bot.platforms.matrix_homeserver import Homeserver
from db.keys import NetworkKeys
from sandbox.matrix import MatrixPerson, RealSynapse

HOME = Home(MATRIX, "matrix", "th")
KEYS = NetworkKeys(b"thirty-two bytes of a made up key")
_numbers = itertools.count(1)

LOUNGE = RoomDesign(
    "lounge",
    RoomKind.TALK,
    {"th": "ศาลาริมน้ำ", "en": "Lounge", "es": "Sala"},
    {"th": "ทักทายกัน", "en": "Say hello", "es": "Saluda"},
    welcome={"th": "**ยินดีต้อนรับ**\n- อ่านข้อตกลงก่อน", "en": "**Welcome**", "es": "**Hola**"},
)
NEWS = RoomDesign(
    "news",
    RoomKind.ANNOUNCEMENTS,
    {"th": "ข่าว", "en": "News", "es": "Noticias"},
    {"th": "ข่าวของกลุ่ม", "en": "What is new", "es": "Lo nuevo"},
    written_by=Audience.FACILITATORS,
)
DESK = RoomDesign(
    "desk",
    RoomKind.TALK,
    {"th": "โต๊ะทำงาน", "en": "Desk", "es": "Mesa"},
    {"th": "คนดูแลคุยกัน", "en": "Facilitators talk", "es": "Quienes facilitan"},
    seen_by=Audience.FACILITATORS,
)
DESIGN = SpaceDesign(
    "circle",
    {"th": "วงเสียง", "en": "Sound", "es": "Sonido"},
    {"th": "เรียนทำวิทยุ", "en": "Learning radio", "es": "Aprender radio"},
    Access.OPEN,
    (LOUNGE, NEWS, DESK),
    {"th": "พูดทีละคน", "en": "One at a time", "es": "De a una"},
    frozenset({Liberty.WRITE, Liberty.REACT, Liberty.START_THREADS}),
    frozenset({Liberty.WRITE, Liberty.REACT, Liberty.PIN, Liberty.REMOVE_MESSAGES}),
)


@dataclass
class Plot:
    """One space being built: what is noted of it, as the database would."""

    builder: MatrixBuilder
    people: People = field(default_factory=People)
    design: SpaceDesign = DESIGN
    key: str = field(default_factory=lambda: f"space-{next(_numbers)}")
    refs: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[Piece, ...]:
        return self.builder.layout(self.key, self.design, HOME, self.people)

    @property
    def space(self) -> str:
        return self.refs["container"]

    @property
    def lounge(self) -> str:
        return self.refs["room.lounge"]

    async def survey(self) -> Survey:
        return await self.builder.survey(HOME.key, self.refs)

    async def steps(self) -> tuple[Step, ...]:
        """Return what differs, looked at anew."""
        return steps_between(self.wanted, (await self.survey()).found)

    async def do(self, step: Step) -> None:
        match step.act:
            case Act.MAKE:
                self.refs[step.key] = await self.builder.make(HOME.key, self.key, step, self.refs)
            case Act.CHANGE:
                await self.builder.change(HOME.key, step, self.refs[step.key], self.refs)
            case Act.REMOVE:
                await self.builder.remove(HOME.key, step, self.refs.pop(step.key), self.refs)

    async def bring_about(self) -> tuple[Step, ...]:
        """Do all that differs; return what that was."""
        steps = await self.steps()
        for step in steps:
            await self.do(step)
        return steps

    async def find_made(self, step: Step) -> tuple[str, ...]:
        return await self.builder.find_made(HOME.key, self.key, step, self.refs, since=datetime.now(UTC))


@dataclass(frozen=True)
class Yard:
    """A homeserver, the bot's account as a person would use it, and the bot on it."""

    synapse: RealSynapse
    bot: MatrixPerson
    homeserver: Homeserver

    def plot(self, *facilitators: MatrixPerson, version: str | None = None) -> Plot:
        builder = MatrixBuilder(self.homeserver, lookup=KEYS.lookup, room_version=version)
        return Plot(builder, People(frozenset(each.user_id for each in facilitators)))

    async def person(self) -> MatrixPerson:
        return await self.synapse.person(f"neighbour{next(_numbers)}")

    async def enter(self, plot: Plot, person: MatrixPerson) -> None:
        """Let a person into the space, and from there into its rooms."""
        await self.bot.invite(plot.space, person.user_id)
        for key in ("container", "room.lounge", "room.news"):
            await person.join(plot.refs[key])


@asynccontextmanager
async def yard(synapse: RealSynapse, name: str = "builder") -> AsyncIterator[Yard]:
    bot = await synapse.person(name)
    client = nio.AsyncClient(synapse.url, bot.user_id, device_id="YARD")
    client.access_token, client.user_id = bot.access_token, bot.user_id
    try:
        yield Yard(synapse, bot, Homeserver(client, patience=5.0))
    finally:
        await client.close()


def facet_changes(steps: tuple[Step, ...]) -> list[tuple[str, str, str, str]]:
    """Return every change of some CHANGE steps: piece, facet, before, after."""
    assert all(step.act is Act.CHANGE for step in steps)
    return [(step.key, each.facet, each.before, each.after) for step in steps for each in step.changes]


def archived(plot: Plot) -> None:
    plot.design = replace(plot.design, read_only=True)
