"""What is wrong with the settings, said so that an operator can mend it without reading code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Say which setting needs attention, what it must be, and where it stands.

    ``key`` is the dotted name (``discord.api_base``). ``where`` is a file and line, an environment variable, a
    secret file, or what to do about a missing value. ``got`` is what was found instead; it is ``None`` whenever
    the value is, or could be, a secret.
    """

    key: str
    expected: str
    where: str
    got: str | None = None

    def __str__(self) -> str:
        lines = [self.key, f"  must be: {self.expected}", f"  where:   {self.where}"]
        if self.got is not None:
            lines.append(f"  got:     {self.got}")
        return "\n".join(lines)


class SettingsError(Exception):
    """Carry every problem of the settings at once, so that mending them takes one round."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.problems)
        title = "The settings have one problem:" if count == 1 else f"The settings have {count} problems:"
        return "\n\n".join([title, *(str(problem) for problem in self.problems)])
