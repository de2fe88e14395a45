"""A face for who shows none can be read by anybody, in Thai too, and tells nothing but a letter."""

from __future__ import annotations

from io import BytesIO
from itertools import combinations

import pytest
from PIL import Image, ImageColor

from bridges.media import links
from community_bot.services.letter_drawing import COLOURS, SIDE, LetterArtist


@pytest.fixture(scope="module")
def artist() -> LetterArtist:
    return LetterArtist()


def picture(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGBA")


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [part / 255 for part in ImageColor.getrgb(colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", COLOURS)
def test_white_can_be_read_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_the_colours_can_be_told_apart_and_are_as_many_as_the_links_count() -> None:
    assert len(COLOURS) == links.COLOURS
    for one, other in combinations(COLOURS, 2):
        apart = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
        assert sum((a - b) ** 2 for a, b in apart) > 30**2, (one, other)


@pytest.mark.parametrize("text", ["M", "Ñ", "W", "ใบ", "น้ำ", "ฐู", "i"])
def test_a_letter_stands_in_the_middle_with_room_around_it(artist: LetterArtist, text: str) -> None:
    image = picture(artist.draw(text, 3))
    assert image.size == (SIDE, SIDE)
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]
    white = image.convert("RGB").split()[2].point(lambda value: 255 if value > 200 else 0)
    box = white.getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert abs((left + right) - SIDE) <= 4
    assert abs((top + bottom) - SIDE) <= 4
    assert min(left, top, SIDE - right, SIDE - bottom) >= 20


def test_what_no_font_has_becomes_the_outline_of_a_person(artist: LetterArtist) -> None:
    somebody = artist.draw("", 3)
    assert artist.draw("👩‍🌾", 3) == artist.draw("字", 3) == somebody
    assert artist.draw("M", 3) != somebody


def test_the_same_face_is_the_same_picture(artist: LetterArtist) -> None:
    assert artist.draw("M", 3) == LetterArtist().draw("M", 3 + len(COLOURS))
    assert artist.draw("M", 3) != artist.draw("M", 4)
