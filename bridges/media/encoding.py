"""Pictures written anew, where there is no taking out of what they tell: AVIF, HEIC, TIFF, BMP.

Pillow is imported with the first such picture: a bridge that never meets one never pays for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

from bridges.media.file import MediaError, Reason
from bridges.media.formats import Format

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 25_000_000
"""Of one picture; decoded, each takes three or four bytes, and for a moment twice that."""
MOST_PIXELS_OF_A_FACE = 4_000_000
QUALITY = 92
_ONE_AT_A_TIME = Lock()
_READERS = {Format.AVIF: "AVIF", Format.HEIC: "HEIF", Format.TIFF: "TIFF", Format.BMP: "BMP"}


def encode_anew(data: bytes, source: Format) -> tuple[bytes, Format, tuple[int, int]]:
    """Return the picture as JPEG, or as PNG where it is see-through, with its width and height; upright.

    Of several pictures in one file it is the first. Raises :class:`MediaError`: ``METADATA`` when nothing here
    reads such pictures, ``UNREADABLE`` when this one cannot be read or has too many pixels.
    """
    # bound here: importing Pillow takes time and memory
    from PIL import Image  # noqa: PLC0415

    _learn(source)
    if _READERS[source] not in Image.OPEN:
        raise MediaError(Reason.METADATA)
    with _upright(data, [_READERS[source]], MOST_PIXELS) as picture:
        return (*_written(picture), picture.size)


def thumbnail(data: bytes, size: int) -> bytes:
    """Return a picture as PNG that fits in a square of ``size`` pixels, with nothing but its pixels.

    Raises :class:`MediaError`.
    """
    with _upright(data, ["JPEG", "PNG", "GIF", "WEBP"], MOST_PIXELS_OF_A_FACE) as picture:
        small = picture.convert("RGBA")
        small.thumbnail((size, size))
        return _bytes(_bare(small, "RGBA"), "PNG")


@contextmanager
def _upright(data: bytes, formats: list[str], most_pixels: int) -> Iterator[Image.Image]:
    """Open a picture as it is looked at. Raises :class:`MediaError`, also for what fails inside the block.

    Only one is decoded at a time, on whatever thread: they are what takes the most memory in all of the bridge.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415

    with _ONE_AT_A_TIME:
        try:
            with Image.open(BytesIO(data), formats=formats) as opened:
                _require_few_pixels(opened, most_pixels)
                ImageOps.exif_transpose(opened, in_place=True)
                yield opened
        except MediaError:
            raise
        except Exception as error:
            # readers of pictures raise of everything, ValueError to SyntaxError, and warnings of bombs
            raise MediaError(Reason.UNREADABLE) from error


def _require_few_pixels(picture: Image.Image, most: int) -> None:
    if picture.width * picture.height > most:
        raise MediaError(Reason.UNREADABLE)


def _learn(source: Format) -> None:
    from PIL import Image  # noqa: PLC0415

    Image.init()
    if source is Format.HEIC and "HEIF" not in Image.OPEN:
        try:
            import pillow_heif  # noqa: PLC0415
        except ImportError:
            # without the extra "media" such a picture is told by name
            return
        pillow_heif.register_heif_opener(thumbnails=False)


def _written(picture: Image.Image) -> tuple[bytes, Format]:
    if picture.has_transparency_data:
        return _bytes(_bare(picture, "RGBA"), "PNG"), Format.PNG
    return _bytes(_bare(picture, "RGB"), "JPEG"), Format.JPEG


def _bare(picture: Image.Image, mode: str) -> Image.Image:
    """Return the pixels alone, in the colours of screens: what hangs on a picture may be written with it."""
    from PIL import ImageCms  # noqa: PLC0415

    profile = picture.info.get("icc_profile")
    plain = picture if picture.mode == mode else picture.convert(mode)
    plain.info = {}
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            ImageCms.profileToProfile(plain, own, ImageCms.createProfile("sRGB"), inPlace=True)
        except (ImageCms.PyCMSError, OSError, ValueError):
            # a broken profile, or one of another kind of colours: they are shown as they are
            pass
    return plain


def _bytes(picture: Image.Image, name: str) -> bytes:
    out = BytesIO()
    picture.save(out, name, **({"quality": QUALITY} if name == "JPEG" else {"optimize": False}))
    return out.getvalue()
