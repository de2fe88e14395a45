"""Stickers that are drawings in motion cross as a still picture."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image

from bridges.media.cleaning import clean
from bridges.media.file import Kind, MediaError, Reason
from bridges.media.stills import LARGEST
from tests.bridges.media.material import announced

BLUE = [0, 0.5, 1, 1]


def drawing(*, begins: int = 0) -> bytes:
    """Return a blue circle that comes to be seen on the frame ``begins``."""
    shapes = [
        {"ty": "el", "p": {"a": 0, "k": [0, 0]}, "s": {"a": 0, "k": [200, 200]}},
        {"ty": "fl", "c": {"a": 0, "k": BLUE}, "o": {"a": 0, "k": 100}},
        {"ty": "tr", "p": {"a": 0, "k": [160, 160]}, "a": {"a": 0, "k": [0, 0]}, "s": {"a": 0, "k": [100, 100]}}
        | {"r": {"a": 0, "k": 0}, "o": {"a": 0, "k": 100}},
    ]
    layer = {"ty": 4, "ks": {}, "ip": begins, "op": 60, "st": 0, "shapes": [{"ty": "gr", "it": shapes}]}
    document = {"v": "5.5.2", "fr": 60, "ip": 0, "op": 60, "w": 320, "h": 320, "layers": [layer]}
    return json.dumps(document).encode()


@pytest.mark.parametrize("begins", [0, 30])
async def test_a_drawing_in_motion_becomes_a_still_on_which_something_is_seen(begins: int) -> None:
    pytest.importorskip("rlottie_python", reason="the extra media is not installed")
    data = drawing(begins=begins)
    file = await clean(announced(data, "application/json", Kind.STICKER, name="wave.json"), data)
    assert (file.mime, file.width, file.height, file.name) == ("image/png", 160, 160, "wave.png")
    with Image.open(BytesIO(file.data)) as still:
        assert still.size == (160, 160)
        red, _, blue, seen = still.convert("RGBA").getpixel((80, 80))  # type: ignore[misc]
        assert (red < 30, blue > 200, seen) == (True, True, 255)


@pytest.mark.parametrize("data", [b"{}", b"{broken", b"{" + bytes(LARGEST)], ids=["empty", "broken", "too large"])
async def test_what_cannot_be_drawn_is_told_by_name(data: bytes) -> None:
    with pytest.raises(MediaError) as refused:
        await clean(announced(data, "application/json", Kind.STICKER), data)
    assert refused.value.reason is Reason.UNREADABLE
