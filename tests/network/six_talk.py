"""People at six ends who talk all at once, and what each end has to show when they are done."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field

from sandbox.spots import Seen
from tests.network.six_ends import ENDS, SixEnds

EMOJI = ("🌱", "👍", "🌻")
CHANNELS, ROOMS = ("d1", "d2", "d3"), ("m1", "m2", "m3")


@dataclass(eq=False)
class Said:
    """A message somebody said. ``number`` names it for ever, its words change with ``edits``."""

    number: int
    end: str
    ref: str
    by: int
    edits: int = 0
    gone: bool = False
    answers: Said | None = None
    root: Said | None = None
    has_thread: bool = False
    given: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: {end: set() for end in ENDS})
    """By end: the reactions people gave there, with who of them."""

    @property
    def text(self) -> str:
        return f"w{self.number}" + (f" v{self.edits}" if self.edits else "")

    def is_in(self, seen: Seen) -> bool:
        """Say whether this is it, in these words or in earlier ones; under pressure lines share a message."""
        return any(re.match(rf"w{self.number}\b", line) for line in seen.text.split("\n"))


class Talk:
    """Lets people do things by seeded dice, and remembers what everybody has to see."""

    def __init__(self, six: SixEnds, dice: random.Random) -> None:
        self.six = six
        self.dice = dice
        self.said: list[Said] = []

    async def go_on(self) -> None:
        """Let somebody do something."""
        acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._say, 40),
            (self._edit, 14),
            (self._delete, 8),
            (self._answer, 13),
            (self._react, 12),
            (self._unreact, 4),
            (self._thread, 9),
        ]
        [act] = self.dice.choices([act for act, _ in acts], [weight for _, weight in acts])
        await act()

    async def _say(self) -> None:
        end, by = self._somebody()
        number = len(self.said)
        said = Said(number, end, "", by)
        said.ref = await self.six[end].say(said.text, by=by)
        self.said.append(said)

    async def _edit(self) -> None:
        if (said := self._any()) is not None:
            said.edits += 1
            await self.six[said.end].edit(said.ref, said.text, by=said.by)

    async def _delete(self) -> None:
        said = self._any()
        # what becomes of a thread whose beginning is taken away differs from platform to platform
        if said is not None and not said.has_thread:
            said.gone = True
            await self.six[said.end].delete(said.ref, by=said.by)

    async def _answer(self) -> None:
        end, by = self._somebody()
        found = await self._standing(end)
        if found is None or found[0].root is not None:
            return
        answered, at = found
        said = Said(len(self.said), end, "", by, answers=answered)
        said.ref = await self.six[end].say(said.text, answers=at.ref, by=by)
        self.said.append(said)

    async def _thread(self) -> None:
        end, by = self._somebody()
        found = await self._standing(end)
        if found is None or found[0].root is not None:
            return
        root, at = found
        said = Said(len(self.said), end, "", by, root=root)
        root.has_thread = True
        thread = await self.six[end].begin_thread(at.ref, said.text, by=by)
        seen = next(each for each in await self.six.now(end) if said.is_in(each))
        assert seen.thread == thread
        said.ref = seen.ref
        self.said.append(said)

    async def _react(self) -> None:
        end, by = self._somebody()
        found = await self._standing(end)
        if found is None:
            return
        said, at = found
        emoji = self.dice.choice(EMOJI)
        if (emoji, by) not in said.given[end]:
            said.given[end].add((emoji, by))
            await self.six[end].react(at.ref, emoji, by=by)

    async def _unreact(self) -> None:
        # Discord does not tell what was taken back while nobody listened, nor can it be seen afterwards
        given = [(s, end, each) for s in self.said if not s.gone for end in ROOMS for each in s.given[end]]
        if not given:
            return
        said, end, (emoji, by) = self.dice.choice(given)
        seen = [each for each in await self.six.now(end) if said.is_in(each)]
        if seen:
            said.given[end].discard((emoji, by))
            await self.six[end].unreact(seen[0].ref, emoji, by=by)

    def _somebody(self) -> tuple[str, int]:
        return self.dice.choice(ENDS), self.dice.randrange(2)

    def _any(self) -> Said | None:
        alive = [said for said in self.said if not said.gone]
        return self.dice.choice(alive[-25:]) if alive else None

    async def _standing(self, end: str) -> tuple[Said, Seen] | None:
        """Return some message that stands at an end by now, in a message of its own."""
        said = self._any()
        if said is None:
            return None
        seen = [each for each in await self.six.now(end) if said.is_in(each)]
        if len(seen) != 1 or "\n" in seen[0].text or not self._is_known(seen[0]):
            return None
        return said, seen[0]

    def _is_known(self, seen: Seen) -> bool:
        """Say whether a copy is written down: nobody can be understood who answers sooner, with a crash between."""
        if not seen.copied:
            return True
        with closing(sqlite3.connect(f"file:{self.six.network.database_file}?mode=ro", uri=True)) as database:
            return database.execute("SELECT 1 FROM relay_copy WHERE ref = ?", (seen.ref,)).fetchone() is not None

    # ── what has to be seen

    async def differences(self) -> list[str]:
        """Return what is not at an end as it has to be; nothing when all is well."""
        return [f"{end}: {each}" for end in ENDS for each in self._differences(end, await self.six.now(end))]

    def _differences(self, end: str, seen: list[Seen]) -> list[str]:
        lines = [line for each in seen for line in each.text.split("\n")]
        alive = [said for said in self.said if not said.gone]
        found = [f"{line!r} stands there" for line in lines if line not in {said.text for said in alive}]
        found += [
            f"{said.text!r} stands there {lines.count(said.text)} times"
            for said in alive
            if lines.count(said.text) != 1
        ]
        if found:
            return found
        at = {said: next(each for each in seen if said.text in each.text.split("\n")) for said in alive}
        for source in ENDS:
            for root in (None, *(said for said in alive if said.has_thread)):
                order = [said.text for said in alive if said.end == source and said.root is root]
                shown = [line for line in lines if line in order]
                if shown != order:
                    found.append(f"in the order {shown}, not {order}")
        for said in alive:
            found += self._relations(end, said, at)
        return found

    def _relations(self, end: str, said: Said, at: dict[Said, Seen]) -> list[str]:
        here, found = at[said], []
        if said.root is not None and here.thread != at[said.root].ref:
            found.append(f"{said.text!r} is not in the thread of {said.root.text!r}")
        if said.root is None and here.thread is not None:
            found.append(f"{said.text!r} is in a thread")
        if said.answers is not None:
            found += self._answering(end, said, at)
        if "\n" not in here.text and dict(here.reactions) != (wanted := self._reactions(end, said)):
            found.append(f"{said.text!r} has {dict(here.reactions)}, not {wanted}")
        return found

    def _answering(self, end: str, said: Said, at: dict[Said, Seen]) -> list[str]:
        here, answered = at[said], said.answers
        assert answered is not None
        quotes = end in CHANNELS and here.copied
        if answered.gone:
            return [f"{said.text!r} still quotes {here.quoted!r}"] if quotes and here.quoted is not None else []
        if here.answers != at[answered].ref:
            return [f"{said.text!r} does not answer {answered.text!r}"]
        if quotes and here.quoted != answered.text:
            return [f"{said.text!r} quotes {here.quoted!r}, not {answered.text!r}"]
        return []

    def _reactions(self, end: str, said: Said) -> dict[str, int]:
        """Return what is shown: what people gave here, and once what they gave elsewhere."""
        counts: dict[str, int] = {}
        for emoji in EMOJI:
            here = sum(each == emoji for each, _ in said.given[end])
            elsewhere = any(each == emoji for other in ENDS if other != end for each, _ in said.given[other])
            if here + elsewhere:
                counts[emoji] = here + elsewhere
        return counts
