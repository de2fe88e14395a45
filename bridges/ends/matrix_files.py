"""Files between Matrix events and the bridge: what an event announces, and what an event of ours says of a file."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridges.ends.matrix_events import STICKER, mapping
from bridges.ends.matrix_secret_files import is_file
from bridges.media.file import Attachment, File, Kind
from bridges.plain_text import plain_text

KINDS = {"m.image": Kind.IMAGE, "m.video": Kind.VIDEO, "m.audio": Kind.AUDIO, "m.file": Kind.FILE}
MSGTYPES = {
    Kind.IMAGE: "m.image",
    Kind.VIDEO: "m.video",
    Kind.AUDIO: "m.audio",
    Kind.VOICE: "m.audio",
    # not m.sticker: fewer clients show one, it has no caption, and nobody's profile is shown with it
    Kind.STICKER: "m.image",
    Kind.FILE: "m.file",
}
VOICES = ("org.matrix.msc3245.voice", "org.matrix.msc3245.voice.v2", "m.voice")
SOUNDS = ("org.matrix.msc1767.audio", "m.audio_details")
ALTS = ("m.alt_text", "org.matrix.msc1767.alt_text")
SPOILERS = ("page.codeberg.everypizza.msc4193.spoiler", "m.spoiler")
WARNING = "town.robin.msc3725.content_warning"
LOUDEST = 1024
"""A loudness of Matrix's (MSC3246); ours go to 255."""
LONGEST_NAME = 200
LARGEST = 2**53


def is_media(kind: str, content: Mapping[str, Any]) -> bool:
    """Say whether an event is about a file."""
    msgtype = content.get("msgtype")
    return kind == STICKER or (isinstance(msgtype, str) and msgtype in KINDS)


def name_of(content: Mapping[str, Any]) -> str:
    """Return what a file is called: its ``filename``, or the body where there is none."""
    for value in (content.get("filename"), content.get("body")):
        if isinstance(value, str) and (name := " ".join(plain_text(value).split())):
            return name[:LONGEST_NAME]
    return "file"


def has_caption(content: Mapping[str, Any]) -> bool:
    """Say whether the body is a caption (spec 1.12, "Media captions")."""
    filename = content.get("filename")
    return isinstance(filename, str) and bool(filename) and content.get("body") != filename


def read_file(kind: str, content: Mapping[str, Any]) -> Attachment | None:
    """Return the file of an event; None for one we cannot read: it has no address, or is encrypted."""
    location = content.get("url")
    if not isinstance(location, str) or not is_file(location):
        return None
    info, name = mapping(content, "info"), name_of(content)
    what = Kind.STICKER if kind == STICKER else KINDS[str(content["msgtype"])]
    if what is Kind.AUDIO and any(key in content for key in VOICES):
        what = Kind.VOICE
    mime = info.get("mimetype")
    if not isinstance(mime, str) or not mime.isascii() or not 3 <= len(mime) <= 100:
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    sound = next((found for key in SOUNDS if (found := mapping(content, key))), {})
    return Attachment(
        name,
        what,
        mime,
        _number(info.get("size")),
        location,
        _number(info.get("w")),
        _number(info.get("h")),
        _number(info.get("duration")) or _number(sound.get("duration")),
        # what a sticker shows is said in its body
        name if kind == STICKER else _alt(content),
        any(content.get(key) is True for key in SPOILERS) or _is_warned_of(content),
        _waveform(sound.get("waveform")),
    )


def _alt(content: Mapping[str, Any]) -> str:
    """Return the description for who does not see it (MSC3552)."""
    for key in ALTS:
        said = content.get(key)
        if isinstance(said, dict):
            said = said.get("m.text", said.get("org.matrix.msc1767.text"))
        if isinstance(said, list):
            said = next((each.get("body") for each in said if isinstance(each, dict)), None)
        if isinstance(said, str) and said.strip():
            return plain_text(said).strip()
    return ""


def _is_warned_of(content: Mapping[str, Any]) -> bool:
    return mapping(content, WARNING).get("type") in ("town.robin.msc3725.spoiler", "m.spoiler")


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LARGEST:
        return None
    return int(value)


def _waveform(values: object) -> tuple[int, ...]:
    if not isinstance(values, list):
        return ()
    numbers = [each for each in values[:256] if isinstance(each, int | float) and not isinstance(each, bool)]
    return tuple(int(min(max(each, 0), LOUDEST) * 255 / LOUDEST) for each in numbers)


# ── writing


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that lies with the homeserver; its fields are as those of :class:`bridges.media.file.File`."""

    location: str = field(repr=False)
    name: str = field(repr=False)
    kind: Kind
    mime: str
    size: int
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    waveform: tuple[int, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, file: File, location: str) -> Uploaded:
        return cls(
            location,
            file.name,
            file.kind,
            file.mime,
            file.size,
            file.width,
            file.height,
            file.duration_ms,
            file.waveform,
        )


def file_content(file: Uploaded, attachment: Attachment) -> dict[str, Any]:
    """Return what an event says of a file, without its words. ``attachment`` is how its message announced it."""
    sized = {"mimetype": file.mime, "size": file.size, "w": file.width, "h": file.height}
    info = {key: value for key, value in {**sized, "duration": file.duration_ms}.items() if value is not None}
    content: dict[str, Any] = {
        "msgtype": MSGTYPES[file.kind],
        "filename": file.name,
        "url": file.location,
        "info": info,
    }
    if attachment.alt:
        content[ALTS[0]] = {"m.text": [{"body": attachment.alt}]}
    if attachment.spoiler:
        content[SPOILERS[0]] = True
        content[WARNING] = {"type": "town.robin.msc3725.spoiler"}
    if file.kind is Kind.VOICE:
        content[VOICES[0]] = {}
        loud = [value * LOUDEST // 255 for value in file.waveform]
        content[SOUNDS[0]] = {"duration": file.duration_ms or 0, "waveform": loud}
    return content


def told(attachment: Attachment, link: str | None) -> str:
    """Return how a file is told of that does not come itself."""
    size = f" ({size_words(attachment.size)})" if attachment.size is not None else ""
    return f"📎 {attachment.name}{size}" + (f" {link}" if link is not None else "")


def size_words(size: int) -> str:
    """Return a size as people read it."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
