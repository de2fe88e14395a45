"""Three members who use every command about learning spaces, with marked words wherever somebody writes something.

Titles, purposes and templates of spaces are names of rooms, which everybody reads on the platforms: they are kept
in the clear and bear no mark.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.burglar import Burglar
from sandbox.network import SandboxNetwork
from sandbox.time_passing import days_pass
from tests.network.someone import Answer, Someone

LEARNING_MARKS = (
    *("Necesidadcanario", "Faltacanario", "Asuntocanario", "Habilidadcanario", "Razoncanario"),
    *("Preguntacanario", "Hipotesiscanario", "Decisioncanario", "Brazocanario", "Pausacanario"),
    *("Cohortecanario", "Recordatoriocanario", "Pasocanario", "Soledadcanario", "Buscacanario"),
)
"""The beginnings of everything that is written about learning."""
LEFT_OUT = ("Pausacanario", "Recordatoriocanario", "Buscacanario")
"""Said to the platforms, or to nobody: nothing of these is to be found even with the key."""
DAYS = 3
SECONDS = 120.0


@dataclass
class Learning:
    """What the three do, in this order. ``me`` administers the network, ``friend`` and ``spare`` are members."""

    network: SandboxNetwork
    burglar: Burglar
    me: Someone
    friend: Someone
    spare: Someone
    sign: str
    aliases: tuple[str, str]
    """Of friend and spare."""
    ballots: list[bytes] = field(default_factory=list)
    """What was kept of ballots while the vote was open."""

    def __post_init__(self) -> None:
        self.space, self.other = f"Night radio {self.sign}", f"Paper boats {self.sign}"
        self.cohort = f"Cohortecanario {self.sign}"
        self.topics = [f"Asuntocanario {name} {self.sign}" for name in ("Uno", "Dos", "Tres", "Cuatro")]

    async def all_of_it(self) -> None:
        """Use every command about learning."""
        await self._make()
        await self._open()
        await self._come_in()
        await self._say_needs()
        await self._propose()
        await self._vote()
        await self._turn_the_cycle()
        await self._go_on()
        await self._end()

    async def _make(self) -> None:
        me = self.me
        wanted = {"template": "pilot", "title": self.space, "access": "request"}
        _holds(await me.do("space create", **wanted, preview="yes"), self.space)
        await me.do("space create", **wanted)
        await me.do("space create", template="pilot", title=self.other, access="open", where=me.platform)
        await self._built()
        await me.do("space plan", space=self.space)
        await me.do("space edit", space=self.space)
        await me.press("form.open")
        # everybody reads it on the platforms, where it stands at the top of the space
        await me.fill({"title": self.space, "purpose": "Radio at night", "access": 2, "bridged": 2})
        await me.do("space apply", space=self.space)
        await self._built()
        _holds(await me.do("space check", space=self.space), "as designed")
        await me.do("space discard", space=f"Buscacanario {self.sign}")

    async def _open(self) -> None:
        for space in (self.space, self.other):
            await self._register(space)
        _holds(await self.me.do("cohort create", space=self.space, title=self.cohort), self.cohort)
        arm = f"Brazocanario {self.sign}"
        _holds(await self.me.do("experiment arm", cohort=self.cohort, name=arm), arm)
        for space in (self.space, self.other):
            await self.me.do("space open", space=space)
            _holds(await self.me.press("space.agree"), "is open")

    async def _register(self, space: str) -> None:
        await self.me.do("experiment register", space=space)
        stops_on = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
        question, hypothesis = f"Preguntacanario {self.sign}?", f"Hipotesiscanario {self.sign}"
        design: dict[str, Answer] = {
            "question": question,
            "hypothesis": hypothesis,
            "measure": 1,
            "least": "8",
            "stops_on": stops_on,
        }
        _holds(await self.me.fill(design), question)
        await self.me.press("experiment.freeze")
        _holds(await self.me.do("experiment show", space=space), hypothesis)

    async def _come_in(self) -> None:
        me, friend, spare = self.me, self.friend, self.spare
        await friend.do("space list", text=f"Buscacanario {self.sign}")
        _holds(await friend.do("space list"), self.space)
        await friend.do("space show", space=self.space)
        await friend.do("space join", space=self.space)
        _holds(await me.do("space requests", space=self.space), self.aliases[0])
        await me.press("space.approve")
        for alias in (self.aliases[1], f"Aliascanario Nadie {self.sign}"):
            _holds(await me.do("space bring", space=self.space, alias=alias), alias)
        await spare.do("space join", space=self.space)
        for alias in (*self.aliases, f"Aliascanario Nadie {self.sign}"):
            await me.do("cohort invite", cohort=self.cohort, alias=alias)
        _holds(await friend.do("cohort show"), self.cohort)
        await friend.press("cohort.join")
        await me.do("cohort remind", cohort=self.cohort, words=f"Recordatoriocanario {self.sign}")

    async def _say_needs(self) -> None:
        me, friend, space = self.me, self.friend, self.space
        need = f"Necesidadcanario {self.sign}: record outside without the wind in the microphone"
        lack = f"Faltacanario {self.sign}: somebody who explains a balance sheet slowly"
        await friend.do("need add", space=space)
        await friend.fill({"need": need})
        await friend.do("need add", space=space)
        _holds(await friend.fill({"need": need.replace("record ", "recording ")}), need)
        await friend.press("need.own")
        await me.do("need add", space=space)
        await me.fill({"need": lack})
        _holds(await self.spare.do("need list", space=space), lack)
        await self.spare.press("need.support")
        await me.do("need merge", space=space)
        await me.press("form.open")
        await me.fill({"first": 1, "second": 2})
        await me.do("need pulse", space=space)
        await me.do("need close", space=space)
        await me.fill({"need": 2})

    async def _propose(self) -> None:
        me, space = self.me, self.space
        for somebody, title in zip((self.friend, me, self.spare, me), self.topics, strict=True):
            await somebody.do("topic propose", space=space)
            proposal: dict[str, Answer] = {"title": title, "skill": f"Habilidadcanario {self.sign}", "need": 2}
            _holds(await somebody.fill(proposal), title)
        await self.spare.do("topic withdraw", topic=self.topics[2])
        _holds(await self.spare.do("topic support", topic=self.topics[0]), self.topics[0])
        _holds(await me.do("topic list", space=space), self.topics[3])
        reason = f"Razoncanario {self.sign}: it was tried last year"
        await me.do("topic decide", space=space)
        _holds(await me.fill({"topic": 3, "decision": 2, "reason": reason}), reason)

    async def _vote(self) -> None:
        await self.me.do("topic ballot", space=self.space)
        await self.me.fill({"topics": (1, 2), "days": 1})
        for somebody in (self.me, self.friend, self.spare):
            await somebody.do("topic vote")
            await somebody.press("vote.tick")
            await somebody.press("vote.cast")
        assert "Asuntocanario" not in await self.me.do("topic result", space=self.space)
        cast = self._rows("SELECT voter_lookup, sealed_choice FROM ballot")
        assert len(cast) == 3
        self.ballots = [each for voter, choice in cast for each in (voter.encode(), choice)]
        self.ballots += [
            bytes(key) for (key,) in self._rows("SELECT wrapped_secret FROM vote WHERE state = 'open'")
        ]
        # in the middle of a vote: no voter, no topic, no need
        people = [each.user_id for each in (self.me, self.friend, self.spare)]
        assert self.burglar.finds((*LEARNING_MARKS, *people)) == []
        assert self.burglar.finds_bytes(self.ballots) != []
        await days_pass(self.network, DAYS)
        await self._until(lambda: self._rows("SELECT id FROM vote WHERE state = 'open'") == [])
        _holds(await self.me.do("topic result", space=self.space), "Asuntocanario")
        assert self._rows("SELECT * FROM ballot") == []
        assert self._rows("SELECT id FROM vote WHERE wrapped_secret IS NOT NULL") == []
        # and what was deleted is written over
        await self._until(lambda: self.burglar.finds_bytes(self.ballots) == [])

    async def _turn_the_cycle(self) -> None:
        me, ends = self.me, {"from": self.space, "to": self.other}
        if "No round" in await me.do("growth round", days=30):
            await me.press("growth.begin")
        what = f"Pasocanario {self.sign}"
        _holds(await me.do("growth feed", **ends, what=what), what)
        await me.do("growth unfeed", **ends)
        await me.do("growth feed", **ends, what=what)
        await me.do("growth note", space=self.other, note=f"Soledadcanario {self.sign}")
        await me.do("growth stage", space=self.space, stage="learn")
        await me.do("growth plan")
        _holds(await me.do("growth plan", space=self.space), "Asuntocanario")
        await me.press("growth.take_up")
        await me.do("growth round")
        await me.press("growth.advance")
        _holds(await me.do("growth feeds"), what)
        await me.press("growth.pass_on")
        await me.do("growth cycle")
        await me.do("growth cycle", public="yes")
        await self.friend.do("growth next")

    async def _go_on(self) -> None:
        me, space = self.me, self.space
        await me.do("cohort finish", cohort=self.cohort, **{"next-space": self.other})
        _holds(await self.friend.do("space list"), self.other)
        await me.do("experiment stop", space=space)
        note = f"Decisioncanario {self.sign}: smaller groups"
        _holds(await me.do("experiment decide", space=space, decision="adapt", note=note), note)
        await me.do("space pause", space=space, reason=f"Pausacanario {self.sign}")
        await me.do("space resume", space=space)
        await self.spare.do("space leave", space=space)
        await self.spare.press("space.leave")

    async def _end(self) -> None:
        me, friend, space = self.me, self.friend, self.space
        await me.do("admin grant", alias=self.aliases[0], role="facilitator", days=30, scope=space)
        await me.do("space close", space=space)
        await me.do("space reopen", space=space)
        await me.do("space close", space=space)
        for ending in ("archive", "purge"):
            await me.do(f"space {ending}", space=space)
            await me.press(f"space.{ending}")
            await friend.do(f"space {ending}", space=space)
            await friend.press("space.confirm")
            await self._built()
        await me.do("space keep", space=space)
        assert self._rows("SELECT state, purge_on FROM space WHERE design LIKE ?", f"%{space}%") == [
            ("archived", None)
        ]
        await me.do("admin revoke", alias=self.aliases[0], role="facilitator", scope=space)

    # ── what the bot remembers

    async def _built(self) -> None:
        await self._until(lambda: not self._rows("SELECT id FROM space_work WHERE state IN ('running', 'undoing')"))

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.network.database_file)) as database:
            return database.execute(statement, values).fetchall()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.05)


def _holds(answer: str, words: str) -> None:
    # Discord's answers are escaped, so that nobody's words become markup
    assert words in answer.replace("\\", ""), answer
