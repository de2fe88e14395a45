"""What a person hands over in a room: pictures, films, sounds, files, stickers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sandbox.matrix.account import Account
from sandbox.matrix.talk import Talk

MediaKind = Literal["m.image", "m.video", "m.audio", "m.file"]

SPOILER = "page.codeberg.everypizza.msc4193.spoiler"
WARNING = "town.robin.msc3725.content_warning"
ALT_TEXT = ("m.alt_text", "org.matrix.msc1767.alt_text")
VOICE = "org.matrix.msc3245.voice"
SOUND = "org.matrix.msc1767.audio"


class HandingOver(Talk, Account):
    """Upload and send; every call that sends returns the event's id.

    A `caption` stands in the body, and the file's own name beside it; without one the body is the name
    (client-server API, Media captions). `alt` is the alternative text of extensible events (MSC3552). `spoiler`
    hides a picture until it is asked for, with a reason where it is a text (MSC4193, and as older clients do,
    MSC3725).
    """

    async def upload(self, name: str, data: bytes, kind: str = "application/octet-stream") -> str:
        """Hand a file to the homeserver and return its mxc address."""
        return await self._requests.upload(name, data, kind)

    async def send_image(
        self,
        room_id: str,
        name: str,
        data: bytes,
        *,
        kind: str = "image/png",
        caption: str | None = None,
        alt: str | None = None,
        spoiler: bool | str = False,
        size: tuple[int, int] | None = None,
    ) -> str:
        """Send a picture; `size` is its width and height in pixels."""
        content = await self.media("m.image", name, data, kind=kind, caption=caption, alt=alt, spoiler=spoiler)
        if size is not None:
            content["info"] |= {"w": size[0], "h": size[1]}
        return await self.send(room_id, "m.room.message", content)

    async def send_video(
        self,
        room_id: str,
        name: str,
        data: bytes,
        *,
        kind: str = "video/mp4",
        caption: str | None = None,
        alt: str | None = None,
        spoiler: bool | str = False,
    ) -> str:
        """Send a film."""
        content = await self.media("m.video", name, data, kind=kind, caption=caption, alt=alt, spoiler=spoiler)
        return await self.send(room_id, "m.room.message", content)

    async def send_audio(
        self, room_id: str, name: str, data: bytes, *, kind: str = "audio/ogg", caption: str | None = None
    ) -> str:
        """Send a piece of sound."""
        content = await self.media("m.audio", name, data, kind=kind, caption=caption)
        return await self.send(room_id, "m.room.message", content)

    async def send_file(
        self,
        room_id: str,
        name: str,
        data: bytes,
        *,
        kind: str = "text/plain",
        caption: str | None = None,
        spoiler: bool | str = False,
    ) -> str:
        """Send a file of any kind."""
        content = await self.media("m.file", name, data, kind=kind, caption=caption, spoiler=spoiler)
        return await self.send(room_id, "m.room.message", content)

    async def send_voice(
        self, room_id: str, data: bytes, *, seconds: float, waveform: Sequence[int] = (0, 512, 1024)
    ) -> str:
        """Send a voice message (MSC3245); the loudnesses are of 0 to 1024."""
        content = await self.media("m.audio", "Voice message.ogg", data, kind="audio/ogg")
        content["info"]["duration"] = int(seconds * 1000)
        content |= {VOICE: {}, SOUND: {"duration": int(seconds * 1000), "waveform": list(waveform)}}
        return await self.send(room_id, "m.room.message", content)

    async def send_sticker(
        self,
        room_id: str,
        name: str,
        data: bytes,
        *,
        kind: str = "image/png",
        size: tuple[int, int] = (256, 256),
    ) -> str:
        """Send a sticker; its name says what is to be seen."""
        info = {"mimetype": kind, "size": len(data), "w": size[0], "h": size[1]}
        url = await self.upload(name, data, kind)
        return await self.send(room_id, "m.sticker", {"body": name, "info": info, "url": url})

    async def media(
        self,
        msgtype: MediaKind,
        name: str,
        data: bytes,
        *,
        kind: str,
        caption: str | None = None,
        alt: str | None = None,
        spoiler: bool | str = False,
    ) -> dict[str, Any]:
        """Upload a file and return the content of a message with it, to be sent or used in an edit."""
        url = await self.upload(name, data, kind)
        info = {"mimetype": kind, "size": len(data)}
        content: dict[str, Any] = {
            "msgtype": msgtype,
            "body": caption or name,
            "filename": name,
            "url": url,
            "info": info,
        }
        if alt is not None:
            content[ALT_TEXT[0]] = {"m.text": [{"body": alt}]}
        if spoiler:
            content[SPOILER] = True
            content[WARNING] = {"type": "town.robin.msc3725.spoiler"}
            if isinstance(spoiler, str):
                content[f"{SPOILER}.reason"] = content[WARNING]["description"] = spoiler
        return content
