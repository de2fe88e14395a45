"""What the process gives back to the machine.

Loading the code and the first look at every channel and room leave a tenth of the memory in use but empty, and the
C library keeps it for later. A bot that then sits still for days has no later.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Awaitable, Callable

GIVE_BACK_AFTER = (2.0, 5.0, 30.0, 120.0)
"""Seconds between the first times: a start with many rooms takes a while."""
GIVE_BACK_EVERY = 1800.0
M_ARENA_MAX = -8
"""The number of mallopt's parameter (glibc, malloc.h)."""

Sleep = Callable[[float], Awaitable[None]]


def share_one_arena() -> None:
    """Let all threads take memory from one place: the few there are take turns anyway.

    Else glibc makes a place of its own for each of them, which none of the others can use what is left in. Must be
    called before the first thread is started; does nothing where the C library is another.
    """
    tune = getattr(_library(), "mallopt", None)
    if tune is not None:
        tune(M_ARENA_MAX, 1)


async def give_back(sleep: Sleep = asyncio.sleep) -> None:
    """Give back what is empty, soon after the start and then now and then, until cancelled."""
    trim = getattr(_library(), "malloc_trim", None)
    if trim is None:
        return
    # what was loaded stays: it need not be looked through at every collection
    gc.collect()
    gc.freeze()
    for seconds in GIVE_BACK_AFTER:
        await sleep(seconds)
        await asyncio.to_thread(trim, 0)
    while True:
        await sleep(GIVE_BACK_EVERY)
        await asyncio.to_thread(trim, 0)


def _library() -> ctypes.CDLL | None:
    """Return what the process is linked with; None where that is no C library to be asked, as on Windows."""
    try:
        return ctypes.CDLL(None)
    except TypeError:
        return None
