"""Writing in pictures: one font that has Thai and Latin letters, shaped by HarfBuzz (through libraqm).

Without that shaping Thai marks collide or sink (DOMAIN 6.4); no picture is drawn then, and people read its
words. The font is Noto Sans Thai, which has the Latin letters of Spanish too.
"""

from __future__ import annotations

import unicodedata
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

# Pillow is imported with the first picture: a network that draws none need not hold it in memory

FONT_PACKAGE: Final = "fontpkg_noto_sans_thai"
Weight = Literal["regular", "medium", "bold"]
_WEIGHTS: Final[dict[Weight, int]] = {"regular": 430, "medium": 600, "bold": 700}
_NORMAL_WIDTH: Final = 100
_SEEN_AS: Final = str.maketrans({"→": "›", "←": "‹", "\u200b": None, "\ufe0f": None, "\u200d": None})
_NOBODYS_LETTER: Final = "\U0010ffff"


class CannotWriteError(Exception):
    """Text cannot be shaped here; ``reason`` is ``picture.no_shaping`` or ``picture.no_font``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def require_shaping() -> None:
    """Pass only where Thai comes out right. Raises :class:`CannotWriteError`."""
    from PIL import features  # noqa: PLC0415

    if not features.check("raqm"):
        raise CannotWriteError("picture.no_shaping")
    _font_file()


def _font_file() -> bytes:
    try:
        folder = files(FONT_PACKAGE) / "files"
        return next(each.read_bytes() for each in folder.iterdir() if each.name.endswith(".ttf"))
    except (ModuleNotFoundError, FileNotFoundError, StopIteration):
        raise CannotWriteError("picture.no_font") from None


class Lettering:
    """Letters in a few sizes and weights. Belongs to one thread: a font of FreeType's is not shared."""

    def __init__(self, *, shaped: bool = True) -> None:
        """Raise :class:`CannotWriteError` where there is no shaping; ``shaped`` False is for comparing only."""
        from PIL import ImageFont  # noqa: PLC0415

        if shaped:
            require_shaping()
        self._layout = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
        self._file = _font_file()
        self._fonts: dict[tuple[int, Weight], ImageFont.FreeTypeFont] = {}
        self._drawable: dict[str, bool] = {" ": True}
        self._unknown = self._ink(_NOBODYS_LETTER)

    def font(self, size: int, weight: Weight = "regular") -> ImageFont.FreeTypeFont:
        """Return the font in a size (pixels) and weight."""
        from PIL import ImageFont  # noqa: PLC0415

        if (size, weight) not in self._fonts:
            font = ImageFont.truetype(BytesIO(self._file), size, layout_engine=self._layout)
            font.set_variation_by_axes([_WEIGHTS[weight], _NORMAL_WIDTH])
            self._fonts[size, weight] = font
        return self._fonts[size, weight]

    def width(self, text: str, size: int, weight: Weight = "regular") -> float:
        """Return how wide a text is, in pixels."""
        return self.font(size, weight).getlength(self.drawable(text))

    def write(
        self,
        draw: ImageDraw.ImageDraw,
        place: tuple[float, float],
        text: str,
        *,
        size: int,
        colour: str,
        weight: Weight = "regular",
        anchor: str = "ls",
    ) -> None:
        """Write one line; ``place`` is where its baseline begins, unless ``anchor`` (Pillow's) says otherwise."""
        draw.text(place, self.drawable(text), fill=colour, font=self.font(size, weight), anchor=anchor)

    def drawable(self, text: str) -> str:
        """Return the text without what the font lacks (an emoji, another script); the words beside it have it."""
        written = unicodedata.normalize("NFC", text).translate(_SEEN_AS)
        return " ".join("".join(letter for letter in written if self._has(letter)).split()) or "…"

    def _has(self, letter: str) -> bool:
        if letter not in self._drawable:
            self._drawable[letter] = self._ink(letter) != self._unknown
        return self._drawable[letter]

    def _ink(self, letter: str) -> bytes:
        from PIL import Image, ImageDraw  # noqa: PLC0415

        font = self.font(20)
        image = Image.new("L", (60, 60))
        ImageDraw.Draw(image).text((20, 20), letter, fill=255, font=font)
        return image.tobytes()
