"""Small pictures of other platforms that Matrix shows beside words: custom emoji, and people's faces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

import structlog

from bridges.bounded import Bounded
from bridges.ends.matrix_media import MatrixMedia
from bridges.ends.port import EndError
from bridges.markup.matrix_links import is_mxc
from bridges.markup.tree import Emoji
from bridges.media.file import Attachment, Kind, MediaError
from bridges.media.formats import HEAD, Format, format_of

log = structlog.get_logger("bridges.matrix")

MOST_PICTURES = 2000
"""Of how many it is remembered where they lie: some hundred bytes each."""
MOST_WAITING = 200
SHOWN = (Format.PNG, Format.GIF, Format.WEBP, Format.JPEG, Format.AVIF)
LARGEST_EMOJI = 256 * 1024
"""Discord's own limit."""
LARGEST_FACE = 1024 * 1024
EMOJI_SECONDS = 5.0
"""For how long words wait for their emoji; after that its name is said."""
AGAIN_SECONDS = 600.0
"""For how long what failed is not tried again."""

FetchEmoji = Callable[[Emoji], Awaitable[bytes | None]]
"""Fetches the picture of another platform's custom emoji; None when there is none."""


class MatrixPictures:
    """Leaves pictures with the homeserver, each once, and knows where they lie.

    ``clock`` gives seconds that only go forward.
    """

    def __init__(
        self, media: MatrixMedia, *, emoji: FetchEmoji | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._media = media
        self._fetch_emoji = emoji
        self._clock = clock
        self._known: Bounded[str, str] = Bounded(MOST_PICTURES)
        self._failed: Bounded[str, float] = Bounded(MOST_PICTURES)
        self._faces: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._waiting: set[str] = set()

    # ── emoji

    async def learn(self, wanted: Iterable[Emoji]) -> None:
        """See to it that :meth:`known` knows these, as far as they are to be had."""
        missing = {emoji.ref: emoji for emoji in wanted if self.known(emoji) is None}
        await asyncio.gather(*map(self.of, missing.values()))

    def known(self, emoji: Emoji) -> str | None:
        """Return where an emoji's picture lies, None when that is not known."""
        return emoji.ref if is_mxc(emoji.ref) else self._known.get(emoji.ref)

    async def of(self, emoji: Emoji) -> str | None:
        """Return where an emoji's picture lies, None for one that is not to be had."""
        known = self.known(emoji)
        if known is not None or self._fetch_emoji is None or self._has_failed(emoji.ref):
            return known
        try:
            async with asyncio.timeout(EMOJI_SECONDS):
                data = await self._fetch_emoji(emoji)
                shown = format_of(data[:HEAD]) if data is not None else Format.OTHER
                if data is not None and shown in SHOWN and len(data) <= LARGEST_EMOJI:
                    location = await self._media.upload(data, shown.value)
                    self._known.put(emoji.ref, location)
                    return location
        except (EndError, MediaError) as error:
            # the words are worth more than the picture in them
            log.info("an emoji could not be had", reason=str(error.reason))
        except TimeoutError:
            log.info("an emoji could not be had", reason="media.unreachable")
        self._failed.put(emoji.ref, self._clock())
        return None

    # ── faces

    def face(self, location: str) -> str:
        """Return where a face lies, empty while that is not known: :meth:`run` sees to it, no word waits for it."""
        if not location or is_mxc(location):
            return location
        known = self._known.get(location)
        if known is None and location not in self._waiting and not self._has_failed(location):
            try:
                self._faces.put_nowait(location)
            except asyncio.QueueFull:
                return ""  # it is asked for again with the next message
            self._waiting.add(location)
        return known or ""

    async def run(self) -> None:
        """Bring the faces that were asked for, one after the other."""
        while True:
            location = await self._faces.get()
            try:
                face = Attachment("avatar", Kind.IMAGE, "image/png", None, location)
                uploaded = await self._media.bring(face, most=LARGEST_FACE)
                self._known.put(location, uploaded.location)
            except (EndError, MediaError) as error:
                self._failed.put(location, self._clock())
                log.info("a face could not be had", reason=str(error.reason))
            finally:
                self._waiting.discard(location)

    def _has_failed(self, ref: str) -> bool:
        at = self._failed.get(ref)
        return at is not None and self._clock() - at < AGAIN_SECONDS
