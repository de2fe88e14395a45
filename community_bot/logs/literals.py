"""Tell text that stands in the code from text that was put together while running.

``log.info("lane stopped")`` is safe, ``log.info(f"could not send {text}")`` is not, and both arrive as a string.
The difference is that the first one is among the constants of the code that is calling.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType

# the module that logs, and the wrappers libraries put around their loggers
_NEAREST_CALLERS = 8
_CARRIERS = ("logging", "structlog", "community_bot.logs")


def is_literal_of_a_caller(text: object) -> bool:
    """Tell whether ``text`` is written in the code that is logging it, or in what called that code.

    Records that were handed to another thread have lost their callers and are not trusted.
    """
    return isinstance(text, str) and any(_is_written_in(frame, text) for frame in _callers())


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    met = 0
    while frame is not None and met < _NEAREST_CALLERS:
        module = str(frame.f_globals.get("__name__", ""))
        if not any(module == carrier or module.startswith(f"{carrier}.") for carrier in _CARRIERS):
            met += 1
            yield frame
        frame = frame.f_back


def _is_written_in(frame: FrameType, text: str) -> bool:
    code: CodeType = frame.f_code
    if any(isinstance(constant, str) and constant == text for constant in code.co_consts):
        return True
    # a constant of the module, which by its capitals is not filled in later
    constants = (frame.f_globals.get(name) for name in code.co_names if name.isupper())
    return any(isinstance(constant, str) and constant == text for constant in constants)
