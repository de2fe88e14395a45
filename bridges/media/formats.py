"""What bytes are, told by how they begin: what somebody claims about a file is not believed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Format(StrEnum):
    """The formats whose insides are known here."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    AVIF = "image/avif"
    HEIC = "image/heic"
    TIFF = "image/tiff"
    BMP = "image/bmp"
    OTHER_PICTURE = "image/x-other"
    """Pictures that are known to carry metadata which nothing here takes out: raw photographs, JPEG XL, PSD."""
    MOVIE = "video/mp4"
    MATROSKA = "video/webm"
    OTHER_MOVIE = "video/x-other"
    MP3 = "audio/mpeg"
    AAC = "audio/aac"
    OGG = "audio/ogg"
    FLAC = "audio/flac"
    WAV = "audio/wav"
    AIFF = "audio/aiff"
    AMR = "audio/amr"
    OTHER = "application/octet-stream"


EXTENSIONS = {
    Format.JPEG: ".jpg",
    Format.PNG: ".png",
    Format.GIF: ".gif",
    Format.WEBP: ".webp",
}
"""How the names of pictures end that may have been written anew."""

HEAD = 64
"""How many bytes are enough to tell."""

_BEGINNINGS: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.OTHER_PICTURE),
    (b"MM\0+", Format.OTHER_PICTURE),
    (b"IIRO", Format.OTHER_PICTURE),
    (b"IIRS", Format.OTHER_PICTURE),
    (b"MMOR", Format.OTHER_PICTURE),
    (b"IIU\0", Format.OTHER_PICTURE),
    (b"FUJIFILMCCD-RAW", Format.OTHER_PICTURE),
    (b"FOVb", Format.OTHER_PICTURE),
    (b"\xff\x0a", Format.OTHER_PICTURE),
    (b"\0\0\0\x0cJXL ", Format.OTHER_PICTURE),
    (b"\0\0\0\x0cjP  ", Format.OTHER_PICTURE),
    (b"8BPS", Format.OTHER_PICTURE),
    (b"\x1aE\xdf\xa3", Format.MATROSKA),
    (b"OggS", Format.OGG),
    (b"fLaC", Format.FLAC),
    (b"ID3", Format.MP3),
    (b"#!AMR", Format.AMR),
    (b"FLV\x01", Format.OTHER_MOVIE),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format.OTHER_MOVIE),
    (b"\0\0\x01\xba", Format.OTHER_MOVIE),
)
_PICTURES_IN_BOXES = {
    **dict.fromkeys((b"avif", b"avis"), Format.AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), Format.HEIC),
    b"crx ": Format.OTHER_PICTURE,
}
_MOVIE_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"moof", b"styp"})
_RIFF = {b"WEBP": Format.WEBP, b"WAVE": Format.WAV, b"AVI ": Format.OTHER_MOVIE}


def format_of(head: bytes) -> Format:
    """Tell what bytes are by their first :data:`HEAD`; :attr:`Format.OTHER` for all that is not listed."""
    for beginning, found in _BEGINNINGS:
        if head.startswith(beginning):
            return found
    if head[:4] in {b"RIFF", b"RIFX", b"RF64"}:
        found = _RIFF.get(head[8:12], Format.OTHER)
        # the two rare kinds would need a walk of their own
        return Format.OTHER_MOVIE if found is not Format.OTHER and not head.startswith(b"RIFF") else found
    if head[4:8] in _MOVIE_BOXES:
        return _of_brands(head) if head[4:8] == b"ftyp" else Format.MOVIE
    return next((found for is_one, found in _SIGNS if is_one(head)), Format.OTHER)


def _of_brands(head: bytes) -> Format:
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(len(head), int.from_bytes(head[:4])), 4))]
    for brand in brands:
        if brand in _PICTURES_IN_BOXES:
            return _PICTURES_IN_BOXES[brand]
    return Format.MOVIE


_SIGNS: tuple[tuple[Callable[[bytes], bool], Format], ...] = (
    (lambda head: head.startswith(b"FORM") and head[8:12] in {b"AIFF", b"AIFC"}, Format.AIFF),
    (lambda head: head.startswith(b"BM") and head[6:10] == bytes(4), Format.BMP),
    # eleven ones, then the layer in the two bits 01, then a rate that is neither free nor forbidden
    (
        lambda head: len(head) > 4 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in {0, 15},
        Format.MP3,
    ),
    # twelve ones, the layer 00: the frames of ADTS
    (lambda head: len(head) > 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0, Format.AAC),
)
