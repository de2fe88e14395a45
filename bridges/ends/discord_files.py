"""The files of Discord's messages, as the bridge announces files."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bridges.media.file import Attachment, Kind

SPOILER_PREFIX = "SPOILER_"
STICKER_SIDE = 160
UNKNOWN_MIME = "application/octet-stream"
_STICKER_MIMES = {
    discord.StickerFormatType.png: "image/png",
    discord.StickerFormatType.apng: "image/png",
    discord.StickerFormatType.lottie: "application/json",
    discord.StickerFormatType.gif: "image/gif",
}
_KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.AUDIO}


def files_of(attachments: Sequence[discord.Attachment], *, voice: bool) -> list[Attachment]:
    """Return the files of a message; ``voice``: it is a voice message, which has one."""
    return [_file(attachment, voice=voice) for attachment in attachments]


def stickers_of(stickers: Sequence[discord.StickerItem]) -> list[Attachment]:
    """Return a message's stickers as files: pictures, or drawings in motion (Lottie), told by their type."""
    return [
        Attachment(
            name=f"{sticker.name}.{sticker.format.file_extension}",
            kind=Kind.STICKER,
            mime=_STICKER_MIMES.get(sticker.format, "image/png"),
            size=None,
            location=sticker.url,
            width=STICKER_SIDE,
            height=STICKER_SIDE,
            alt=sticker.name,
        )
        for sticker in stickers
    ]


def _file(attachment: discord.Attachment, *, voice: bool) -> Attachment:
    mime = (attachment.content_type or UNKNOWN_MIME).partition(";")[0].strip().lower()
    kind = Kind.VOICE if voice else _KINDS.get(mime.partition("/")[0], Kind.FILE)
    return Attachment(
        name=attachment.filename.removeprefix(SPOILER_PREFIX),
        kind=kind,
        mime=mime,
        size=attachment.size,
        location=attachment.url,
        width=attachment.width,
        height=attachment.height,
        duration_ms=round(attachment.duration * 1000) if attachment.duration is not None else None,
        alt=attachment.description or "",
        spoiler=attachment.is_spoiler(),
        waveform=tuple(attachment.waveform or b""),
    )
