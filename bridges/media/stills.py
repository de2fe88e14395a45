"""Stickers that are drawings in motion (Lottie), as a still picture: Matrix shows no other.

The library that draws them is old and native, and reads what strangers made: it runs in a process of its own, which
has nothing of ours in its memory or environment and may die. Without the extra ``media`` a sticker is told by its
name.
"""

from __future__ import annotations

import asyncio
import sys
from importlib.util import find_spec

from bridges.media.file import Attachment, MediaError, Reason
from bridges.media.png import clean_png

SIDE = 160
"""Pixels: as Discord shows a sticker."""
LARGEST = 512 * 1024
"""Bytes: what Discord takes for a sticker."""
_SECONDS = 10.0
_ARTIST = "bridges.media.lottie_artist"


def is_lottie(attachment: Attachment, data: bytes) -> bool:
    """Say whether a sticker is a drawing in motion."""
    return attachment.mime.lower() in {"application/json", "application/lottie+json"} or data[:1] == b"{"


async def still_of(data: bytes) -> bytes:
    """Return the sticker as a PNG of :data:`SIDE` × :data:`SIDE` pixels.

    Raises :class:`MediaError`: ``UNREADABLE`` when it cannot be drawn, here or at all.
    """
    if len(data) > LARGEST or find_spec("rlottie_python") is None:
        raise MediaError(Reason.UNREADABLE)
    artist = await asyncio.create_subprocess_exec(
        sys.executable,
        # isolated: neither the environment nor the folder we are in say what is imported, save for our own
        "-P",
        "-m",
        _ARTIST,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            drawn, _ = await artist.communicate(data)
    except TimeoutError:
        raise MediaError(Reason.UNREADABLE) from None
    finally:
        if artist.returncode is None:
            artist.kill()
            await artist.wait()
    if artist.returncode != 0:
        raise MediaError(Reason.UNREADABLE)
    still, _ = clean_png(drawn)
    return still
