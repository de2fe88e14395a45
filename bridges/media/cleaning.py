"""Taking out of a file what its maker did not mean to tell: where, when, with what, and by whom (DOMAIN 7.3).

Pictures, films and sounds pass through a list of what may stay, without being decoded where that can be; what has
no such list does not cross as bytes. Other files (a PDF, an archive, a document) cross as they are: what they hold
is what their author wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import PurePosixPath

from bridges.media.encoding import encode_anew
from bridges.media.file import Attachment, File, Kind, MediaError, Reason
from bridges.media.formats import EXTENSIONS, HEAD, Format, format_of
from bridges.media.gif import clean_gif
from bridges.media.jpeg import clean_jpeg
from bridges.media.matroska import clean_matroska
from bridges.media.movie import clean_movie
from bridges.media.ogg import clean_ogg
from bridges.media.png import clean_png
from bridges.media.riff import clean_aiff, clean_wav, clean_webp
from bridges.media.sound import clean_flac, clean_mp3
from bridges.media.stills import is_lottie, still_of

_Size = tuple[int, int]

_PICTURES: dict[Format, Callable[[bytes], tuple[bytes, _Size | None]]] = {
    Format.JPEG: clean_jpeg,
    Format.PNG: clean_png,
    Format.GIF: clean_gif,
    Format.WEBP: clean_webp,
}
_ENCODED = frozenset({Format.AVIF, Format.HEIC, Format.TIFF, Format.BMP})
_OTHERS: dict[Format, Callable[[bytes], bytes]] = {
    Format.MOVIE: clean_movie,
    Format.MATROSKA: clean_matroska,
    Format.MP3: clean_mp3,
    Format.AAC: clean_mp3,
    Format.OGG: clean_ogg,
    Format.FLAC: clean_flac,
    Format.WAV: clean_wav,
    Format.AIFF: clean_aiff,
    Format.AMR: bytes,
}
_REFUSED = frozenset({Format.OTHER_PICTURE, Format.OTHER_MOVIE})
_MEDIA = ("image/", "video/", "audio/")
_MEDIA_KINDS = frozenset({Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.VOICE, Kind.STICKER})


async def clean(attachment: Attachment, data: bytes) -> File:
    """Return a file as it may cross; the work is done in a thread.

    Raises :class:`MediaError`: ``METADATA`` when it cannot be cleaned, ``UNREADABLE`` when it is broken.
    """
    if attachment.kind is Kind.STICKER and is_lottie(attachment, data):
        still = await still_of(data)
        return _file(attachment, still, Format.PNG, (160, 160))
    return await asyncio.to_thread(clean_now, attachment, data)


def clean_now(attachment: Attachment, data: bytes) -> File:
    """Do what :func:`clean` does, here and now, save for stickers that are drawings in motion."""
    found = format_of(data[:HEAD])
    if found in _PICTURES:
        cleaned, size = _PICTURES[found](data)
        return _file(attachment, cleaned, found, size)
    if found in _ENCODED:
        return _file(attachment, *encode_anew(data, found))
    if found in _OTHERS:
        return _file(attachment, _OTHERS[found](data), found, None)
    if found in _REFUSED or claims_media(attachment):
        raise MediaError(Reason.METADATA)
    return _file(attachment, data, Format.OTHER, None)


def claims_media(attachment: Attachment) -> bool:
    """Say whether somebody would open it as a picture, film or sound."""
    return attachment.kind in _MEDIA_KINDS or attachment.mime.lower().startswith(_MEDIA)


def _file(attachment: Attachment, data: bytes, found: Format, size: _Size | None) -> File:
    mime = _mime(attachment, found)
    width, height = size or (attachment.width, attachment.height)
    name = attachment.name
    if found in EXTENSIONS and mime != attachment.mime.lower():
        name = PurePosixPath(name).stem + EXTENSIONS[found]
    return File(
        name=name,
        kind=attachment.kind,
        mime=mime,
        data=data,
        width=width,
        height=height,
        duration_ms=attachment.duration_ms,
        alt=attachment.alt,
        spoiler=attachment.spoiler,
        waveform=attachment.waveform,
    )


def _mime(attachment: Attachment, found: Format) -> str:
    claimed = attachment.mime.lower()
    if found is Format.OTHER:
        return claimed
    if found in _OTHERS and claimed.startswith(("video/", "audio/")):
        # the same boxes hold a film or a sound: that the sender knows
        return claimed
    return found.value
