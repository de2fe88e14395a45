"""What a chapter of the tour did, step by step, for people and for machines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any


class DidNotHappenError(Exception):
    """What a step was waiting for did not come; the text says what."""


@dataclass(slots=True)
class Step:
    """One step: what it is, whether it happened, how long it took, and what was seen."""

    text: str
    ok: bool = False
    seconds: float = 0.0
    seen: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Add something that was seen."""
        self.seen.append(line)


@dataclass(slots=True)
class Chapter:
    """One chapter; it is well when every step happened."""

    name: str
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "steps": [
                {"text": step.text, "ok": step.ok, "seconds": round(step.seconds, 3), "seen": step.seen}
                for step in self.steps
            ],
        }


class Transcript:
    """Collects chapters; ``tell`` hears of each chapter and step as it ends."""

    def __init__(self, tell: Callable[[Chapter | Step], None]) -> None:
        self.chapters: list[Chapter] = []
        self._tell = tell

    def begin(self, name: str) -> None:
        """Open the next chapter."""
        self.chapters.append(Chapter(name))
        self._tell(self.chapters[-1])

    @asynccontextmanager
    async def step(self, text: str) -> AsyncIterator[Step]:
        """Play one step. When something fails in it, the step is told as failed and the failure goes on."""
        step = Step(text)
        self.chapters[-1].steps.append(step)
        began = monotonic()
        try:
            yield step
            step.ok = True
        except Exception as error:
            step.note(f"{type(error).__name__}: {error}")
            raise
        finally:
            step.seconds = monotonic() - began
            self._tell(step)

    @property
    def ok(self) -> bool:
        return bool(self.chapters) and all(chapter.ok for chapter in self.chapters)
