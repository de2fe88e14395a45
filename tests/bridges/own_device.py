"""A person's own device in encrypted rooms: nio as anybody would use it, with its own keys in its own folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nio
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from sandbox.matrix import MatrixPerson


class OwnDevice:
    """Says and reads what is said in encrypted rooms; :meth:`listening` before anything else."""

    def __init__(self, url: str, person: MatrixPerson, device_id: str, folder: Path) -> None:
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.client = nio.AsyncClient(url, person.user_id, device_id, store_path=str(folder), config=config)
        self.client.restore_login(person.user_id, device_id, person.access_token)
        self.user_id = person.user_id
        self.read: dict[str, nio.RoomMessage] = {}
        """What was said, by event."""
        self.unreadable: list[str] = []
        self._something = asyncio.Condition()
        self.client.add_event_callback(self._hear, (nio.RoomMessage, nio.MegolmEvent))

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str, person: MatrixPerson, folder: Path) -> AsyncIterator[OwnDevice]:
        """Let a person read and write with keys until the block ends."""
        device = cls(url, person, await person.name_client("their phone"), folder)
        listening = asyncio.create_task(device.client.sync_forever(timeout=1000, full_state=True))
        try:
            await device.client.synced.wait()
            yield device
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await device.client.close()

    async def _hear(self, room: nio.MatrixRoom, event: nio.RoomMessage | nio.MegolmEvent) -> None:
        async with self._something:
            if isinstance(event, nio.MegolmEvent):
                self.unreadable.append(event.event_id)
            else:
                self.read[event.event_id] = event
            self._something.notify_all()

    # ── saying

    async def say(self, room: str, text: str, **more: Any) -> str:
        """Say something sealed; return its event."""
        return await self.send(room, {"msgtype": "m.text", "body": text, **more})

    async def send(self, room: str, content: Mapping[str, Any]) -> str:
        await self._until_known(room)
        answer = await self.client.room_send(room, "m.room.message", dict(content), ignore_unverified_devices=True)
        assert isinstance(answer, nio.RoomSendResponse), answer
        return str(answer.event_id)

    async def edit(self, room: str, ref: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": ref}
        return await self.send(room, {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation})

    async def send_file(self, room: str, name: str, data: bytes, mime: str) -> str:
        sealed, keys = encrypt_attachment(data)
        path = f"/_matrix/media/v3/upload?access_token={self.client.access_token}"
        async with await self.client.send(
            "POST", path, sealed, {"Content-Type": "application/octet-stream"}
        ) as response:
            address = (await response.json())["content_uri"]
        info = {"mimetype": mime, "size": len(data)}
        return await self.send(
            room,
            {"msgtype": "m.image", "body": name, "filename": name, "info": info, "file": {**keys, "url": address}},
        )

    async def _until_known(self, room: str) -> None:
        async with asyncio.timeout(20):
            while room not in self.client.rooms or not self.client.rooms[room].encrypted:
                await self.client.synced.wait()
                await asyncio.sleep(0.01)

    # ── reading

    async def until_read(self, text: str) -> nio.RoomMessage:
        """Return what reads like this, once it stands there."""
        return await self.until(lambda event: event.body.endswith(text))

    async def until(self, condition: Callable[[Any], bool]) -> nio.RoomMessage:
        async with asyncio.timeout(20), self._something:
            while True:
                for event in self.read.values():
                    if condition(event):
                        return event
                await self._something.wait()

    async def open_file(self, event: nio.RoomMessage) -> bytes:
        """Fetch and open the file of an event."""
        file = event.source["content"]["file"]
        server, _, media = file["url"].removeprefix("mxc://").partition("/")
        path = f"/_matrix/client/v1/media/download/{server}/{media}"
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        async with await self.client.send("GET", path, None, headers) as response:
            lying = await response.read()
        opened = decrypt_attachment(lying, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        assert opened != lying
        return bytes(opened)
