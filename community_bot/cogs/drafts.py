"""What was typed into a form that was refused, kept for a second try: in memory, for a quarter of an hour."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from community_bot.commands.forms import Answers
from community_bot.domain.account import Account

KEPT_SECONDS: Final = 15 * 60.0
MOST: Final = 200
"""A form holds 20,000 characters at most, so all together stay within a few megabytes."""

_Key = tuple[Account, str, str]


class Drafts:
    """Answers by person, form and argument; the oldest make room. ``clock`` gives monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[_Key, tuple[float, Answers]] = OrderedDict()

    def keep(self, account: Account, form: str, argument: str, answers: Answers) -> None:
        """Keep what was typed, instead of what was kept before."""
        key = (account, form, argument)
        self._kept.pop(key, None)
        self._kept[key] = (self._clock() + KEPT_SECONDS, answers)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        asyncio.get_running_loop().call_later(KEPT_SECONDS + 1, self.forget_old)

    def find(self, account: Account, form: str, argument: str) -> Answers:
        """Return what was typed, nothing when it is too long ago."""
        self.forget_old()
        _, answers = self._kept.get((account, form, argument), (0.0, {}))
        return answers

    def drop(self, account: Account, form: str, argument: str) -> None:
        """Forget what was typed."""
        self._kept.pop((account, form, argument), None)

    def forget_old(self) -> None:
        """Forget everything that is too old, also when nobody asks for it any more."""
        now = self._clock()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
