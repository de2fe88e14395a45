"""Learning spaces to build in tests, and what builds them step by step as the network does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from community_bot.domain.home import Home
from community_bot.domain.layout import Act, Overrides, Step, steps_between
from community_bot.domain.space_design import (
    Access,
    Audience,
    Liberty,
    RoomDesign,
    RoomKind,
    SpaceDesign,
)
from community_bot.domain.words import Words
from community_bot.platforms.builder import Builder, People


def words(thai: str, english: str, spanish: str) -> Words:
    return {"th": thai, "en": english, "es": spanish}


PLAZA = RoomDesign(
    "plaza",
    RoomKind.TALK,
    words("ลานกลาง", "The Plaza", "La plaza"),
    words("ที่พบปะของทุกคน", "Where everybody meets", "Donde nos encontramos"),
    slow_seconds=5,
    welcome=words("ยินดีต้อนรับ", "**Welcome.** Say hello when you like.", "Te damos la bienvenida."),
    joined=True,
)
NEWS = RoomDesign(
    "news",
    RoomKind.ANNOUNCEMENTS,
    words("ประกาศ", "News & dates", "Avisos"),
    words("ข่าวของพื้นที่", "What is coming up", "Lo que viene"),
)
QUESTIONS = RoomDesign(
    "questions",
    RoomKind.FORUM,
    words("คำถาม", "Questions", "Preguntas"),
    words("ถามได้ทุกเรื่อง", "Ask anything", "Pregunta lo que quieras"),
    tags=(words("เริ่มต้น", "beginning", "inicio"), words("ขั้นต่อไป", "going on", "siguiente")),
    welcome=words("หนึ่งโพสต์ หนึ่งคำถาม", "One post, one question.", "Una publicación, una pregunta."),
)
TABLE = RoomDesign(
    "table",
    RoomKind.TALK,
    words("โต๊ะกระบวนกร", "Facilitators' table", "Mesa de facilitación"),
    words("สำหรับกระบวนกร", "For those who facilitate", "Para quienes facilitan"),
    seen_by=Audience.FACILITATORS,
)
DESIGN = SpaceDesign(
    template="circle",
    titles=words("วงฟัง", "Listening Circle", "Círculo de escucha"),
    purposes=words("ฝึกฟังกันและกัน", "Practise listening", "Practicar la escucha"),
    access=Access.OPEN,
    rooms=(PLAZA, NEWS, QUESTIONS, TABLE),
    agreements=words("1. ฟังให้จบ", "1. Listen to the end.", "1. Escuchar hasta el final."),
    participants=frozenset({Liberty.WRITE, Liberty.START_THREADS, Liberty.ATTACH_FILES, Liberty.REACT}),
    facilitators=frozenset(Liberty),
)
UNLISTED = replace(DESIGN, access=Access.UNLISTED)


class Builds:
    """One space in one home, with the memory that the network keeps of it: which piece has which id there."""

    def __init__(self, builder: Builder, home: Home, design: SpaceDesign, people: People | None = None) -> None:
        self.builder = builder
        self.home = home
        self.design = design
        self.people = people or People()
        self.overrides = Overrides()
        self.refs: dict[str, str] = {}

    async def steps(self) -> tuple[Step, ...]:
        """Return what there is to do."""
        survey = await self.builder.survey(self.home.key, self.refs)
        wanted = self.builder.layout("circle", self.design, self.home, self.people)
        return steps_between(self.overrides.applied(wanted), survey.found)

    async def carry_out(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.act is Act.MAKE:
                self.refs[step.key] = await self.builder.make(self.home.key, "circle", step, self.refs)
            elif step.act is Act.CHANGE:
                await self.builder.change(self.home.key, step, self.refs[step.key], self.refs)
            else:
                await self.builder.remove(self.home.key, step, self.refs[step.key], self.refs)

    async def apply(self) -> tuple[Step, ...]:
        """Do all there is to do, and return it."""
        steps = await self.steps()
        await self.carry_out(steps)
        return steps

    async def made_since(self, step: Step, since: datetime) -> tuple[str, ...]:
        return await self.builder.find_made(self.home.key, "circle", step, self.refs, since=since)


def now() -> datetime:
    return datetime.now(UTC)
