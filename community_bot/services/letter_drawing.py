"""A face for who shows none: the first letter of a name on a colour, drawn anew whenever it is asked for.

Nothing is looked up and nothing is kept but a few finished pictures in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import ImageDraw

    from community_bot.services.lettering import Lettering

SIDE: Final = 128
COLOURS: Final = (
    "#9b2335",
    "#a3480b",
    "#7a5b00",
    "#4c6b00",
    "#1e6e3c",
    "#00696b",
    "#0b6699",
    "#2f54c4",
    "#5b45b8",
    "#84389e",
    "#a52c74",
    "#5a5a66",
)
"""White on each has a contrast of 4.5 or more (WCAG 2.2, 1.4.3); names of colours are nobody's colours."""
_TWICE: Final = 2
_RADIUS: Final = 28
_TALLEST: Final = 76
_LARGEST: Final = 76
_KEPT: Final = 256


class LetterArtist:
    """Draws letter avatars; may be called from any thread. Pillow is imported with the first."""

    def __init__(self) -> None:
        self._drawing = Lock()
        self._lettering: Lettering | None = None
        self._finished: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def draw(self, text: str, colour: int) -> bytes:
        """Return a PNG of :data:`SIDE` × :data:`SIDE` pixels with round corners.

        ``colour`` counts in :data:`COLOURS`, and begins anew behind the last. What no font here has (an emoji,
        another script) becomes the outline of a person.
        """
        key = (text, colour % len(COLOURS))
        # a font of FreeType's belongs to one thread at a time
        with self._drawing:
            if key not in self._finished:
                self._finished[key] = self._draw(*key)
            self._finished.move_to_end(key)
            if len(self._finished) > _KEPT:
                self._finished.popitem(last=False)
            return self._finished[key]

    def _draw(self, text: str, colour: int) -> bytes:
        # bound here: importing Pillow takes time and memory
        from PIL import Image, ImageDraw  # noqa: PLC0415

        large = SIDE * _TWICE
        picture = Image.new("RGBA", (large, large))
        draw = ImageDraw.Draw(picture)
        draw.rounded_rectangle((0, 0, large - 1, large - 1), _RADIUS * _TWICE, fill=COLOURS[colour])
        if not self._write(draw, text):
            _somebody(draw)
        out = BytesIO()
        picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(out, "PNG")
        return out.getvalue()

    def _write(self, draw: ImageDraw.ImageDraw, text: str) -> bool:
        from community_bot.services.lettering import CannotWriteError, Lettering  # noqa: PLC0415

        if self._lettering is None:
            try:
                self._lettering = Lettering()
            except CannotWriteError:
                return False
        if not text or self._lettering.drawable(text) != text:
            return False
        size = _LARGEST * _TWICE
        left, top, right, bottom = self._lettering.font(size, "medium").getbbox(text, anchor="ls")
        # marks above and below make some graphemes tall
        room = _TALLEST * _TWICE / max(right - left, bottom - top, 1)
        if room < 1:
            size = int(size * room)
            left, top, right, bottom = self._lettering.font(size, "medium").getbbox(text, anchor="ls")
        middle = SIDE * _TWICE / 2
        place = (middle - (left + right) / 2, middle - (top + bottom) / 2)
        self._lettering.write(draw, place, text, size=size, colour="#ffffff", weight="medium")
        return True


def _somebody(draw: ImageDraw.ImageDraw) -> None:
    unit = SIDE * _TWICE / 16
    draw.ellipse((5.5 * unit, 3 * unit, 10.5 * unit, 8 * unit), fill="#ffffff")
    draw.pieslice((3.5 * unit, 9 * unit, 12.5 * unit, 18 * unit), 180, 360, fill="#ffffff")
