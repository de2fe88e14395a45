"""Files and pictures between two rooms of a real homeserver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
import pytest_asyncio
from PIL import Image

from bridges.ends.matrix import MatrixEnd
from bridges.ends.port import Around, RefusedError
from bridges.markup.tree import Emoji, Paragraph, Text
from bridges.media.carrying import Carrier
from bridges.media.file import Attachment, Kind, MediaError, Reason
from bridges.media.links import MediaLinks
from bridges.message import Author, Message
from db.bridge_rows import EndRow, Place, Platform, Standing
from db.engine import Database
from db.ids import ConversationId, EndId
from sandbox.matrix import RealSynapse, ShownMessage
from tests.bridges.matrix_stage import Stage, on_stage
from tests.bridges.test_lanes import until

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

NETWORK_KEY = b"k" * 32


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def stage(synapse: RealSynapse, sqlite_database: Database) -> AsyncIterator[Stage]:
    async def fetch(emoji: Emoji) -> bytes | None:
        return a_picture() if emoji.name == "rana" else None

    async with on_stage(synapse, sqlite_database, emoji=fetch) as stage:
        carrier = Carrier({Platform.MATRIX: stage.home.fetch, Platform.DISCORD: from_discord})
        stage.home.furnish(carrier, MediaLinks("https://pages.example", NETWORK_KEY))
        yield stage
        await carrier.close()


async def from_discord(attachment: Attachment, limit: int) -> bytes:
    """Stand for Discord's files: a face, and whatever else is not to be had."""
    if "avatars" in attachment.location:
        return a_picture()
    raise MediaError(Reason.GONE)


def a_picture() -> bytes:
    data = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a camera of somebody's"
    Image.new("RGB", (8, 6), "green").save(data, "PNG", exif=exif)
    return data.getvalue()


async def with_media(stage: Stage, count: int = 1) -> list[ShownMessage]:
    return await stage.in_radio(lambda shown: sum(each.media is not None for each in shown) == count)


async def test_a_picture_comes_with_what_is_said_about_it_and_without_its_makers_traces(stage: Stage) -> None:
    await stage.tono.send_image(
        stage.garden, "ผัง.png", a_picture(), caption="así queda", alt="un huerto", spoiler=True, size=(8, 6)
    )
    words, picture = await stage.in_radio(lambda shown: len(shown) == 2)
    assert words.text == "así queda"
    assert picture.media is not None
    assert (picture.kind, picture.media.name, picture.media.alt) == ("image", "ผัง.png", "un huerto")
    assert picture.media.spoiler
    assert (picture.media.width, picture.media.height, picture.media.mimetype) == (8, 6, "image/png")
    assert picture.profile is not None
    assert picture.profile.name == "Toño"
    assert "m.mentions" in picture.content
    data = await stage.ploy.download(picture)
    assert b"camera" not in data
    assert Image.open(BytesIO(data)).size == (8, 6)


async def test_a_voice_message_stays_one(stage: Stage) -> None:
    # the beginning of a file of Ogg with Opus in it, and its end
    await stage.tono.send_voice(stage.garden, an_ogg(), seconds=2.5, waveform=(0, 512, 1024))
    (copy,) = await stage.in_radio(lambda shown: len(shown) == 1)
    assert copy.media is not None, copy.text
    assert copy.media.voice
    assert copy.media.seconds == 2.5
    assert copy.media.waveform[0] == 0
    assert copy.media.waveform[2] == 1024


def an_ogg() -> bytes:
    head = b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
    tags = b"OpusTags\x00\x00\x00\x00\x00\x00\x00\x00"
    return page(0, 2, head) + page(1, 0, tags) + page(2, 4, b"\xf8\xff\xfe", granule=960)


def page(number: int, flags: int, packet: bytes, granule: int = 0) -> bytes:
    head = b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little") + b"\1\0\0\0" + number.to_bytes(4, "little")
    body = bytes([1, len(packet)]) + packet
    whole = head + bytes(4) + body
    return head + checksum(whole).to_bytes(4, "little") + body


def checksum(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


async def test_a_sticker_comes_as_a_picture(stage: Stage) -> None:
    await stage.tono.send_sticker(stage.garden, "una rana", a_picture())
    (copy,) = await with_media(stage)
    assert copy.kind == "image"
    assert copy.media is not None
    assert copy.media.alt == "una rana"


async def test_a_file_whose_words_change_is_not_sent_again(stage: Stage) -> None:
    said = await stage.tono.send_file(stage.garden, "acta.txt", b"acta de hoy\n", caption="el acta")
    copies = await stage.in_radio(lambda shown: len(shown) == 2)
    content = dict((await stage.tono.shown(stage.garden))[-1].content)
    new = {key: content[key] for key in ("msgtype", "filename", "url", "info")} | {"body": "el acta, corregida"}
    await stage.tono.edit(stage.garden, said, "", content=new)
    again = await stage.in_radio(lambda shown: any(each.edited for each in shown))
    assert [(each.event_id, each.text) for each in again] == [
        (copies[0].event_id, "el acta, corregida"),
        (copies[1].event_id, copies[1].text),
    ]


async def test_a_file_that_is_taken_back_goes_with_its_words(stage: Stage) -> None:
    said = await stage.tono.send_image(stage.garden, "x.png", a_picture(), caption="mira")
    await stage.in_radio(lambda shown: len(shown) == 2)
    await stage.tono.redact(stage.garden, said)
    await stage.in_radio(lambda shown: all(each.redacted for each in shown))


async def test_an_encrypted_file_is_told_by_its_name(stage: Stage) -> None:
    content = {"msgtype": "m.file", "body": "secreto.pdf", "file": {"url": "mxc://x/y", "key": {}}}
    await stage.tono.send(stage.garden, "m.room.message", content)
    await stage.copy_in_radio("📎 secreto.pdf 🔒")


async def test_a_file_that_is_gone_is_told_with_a_link(stage: Stage) -> None:
    content = {
        "msgtype": "m.file",
        "body": "perdido.pdf",
        "url": f"mxc://{stage.synapse.server_name}/nothinghere",
        "info": {"size": 1_234_567},
    }
    await stage.tono.send(stage.garden, "m.room.message", content)
    (copy,) = await stage.in_radio(lambda shown: len(shown) == 1)
    assert copy.text.startswith("📎 perdido.pdf (1.2 MB) https://pages.example/m/")


async def test_without_a_carrier_files_are_told_by_name(synapse: RealSynapse, sqlite_database: Database) -> None:
    async with on_stage(synapse, sqlite_database) as stage:
        await stage.tono.send_image(stage.garden, "x.png", a_picture())
        copies = await stage.in_radio(lambda shown: len(shown) == 1)
        assert copies[0].text.startswith("📎 x.png (")


async def test_only_so_much_is_read_as_was_asked_for(stage: Stage) -> None:
    location = await stage.tono.upload("x.bin", b"x" * 5000)
    announced = Attachment("x.bin", Kind.FILE, "application/octet-stream", None, location)
    assert await stage.home.fetch(announced, 5000) == b"x" * 5000
    with pytest.raises(MediaError, match=r"media\.too_large"):
        await stage.home.fetch(announced, 4999)
    elsewhere = Attachment("x.bin", Kind.FILE, "text/plain", None, "https://pages.example/x")
    with pytest.raises(MediaError, match=r"media\.unreadable"):
        await stage.home.fetch(elsewhere, 5000)


# ── from another platform


def from_elsewhere(*text: Text | Emoji, avatar: str = "") -> Message:
    place = Place(Platform.DISCORD, "1")
    author = Author("7", "ใบเตย", avatar)
    document = (Paragraph(text),)
    return Message(EndId("d"), place, "2", author, document, datetime(2026, 11, 20, 12, 5, tzinfo=UTC))


async def end_of(stage: Stage) -> MatrixEnd:
    row = EndRow(stage.bridge.ends[1], ConversationId("c"), Place(Platform.MATRIX, stage.radio), "0")
    return MatrixEnd(row, "alone:matrix1", stage.home._service)


async def test_an_emoji_of_another_platform_is_uploaded_once_and_shown(stage: Stage) -> None:
    end = await end_of(stage)
    message = from_elsewhere(Text("hola "), Emoji("rana", "123"), Emoji("sapo", "124"))
    (part,) = await end.render(message, Around())
    (again,) = await end.render(message, Around())
    assert part.html is not None
    assert part.html.startswith('hola <img data-mx-emoticon src="mxc://')
    assert part.html.endswith(":sapo:")
    assert again == part, "the same address: it was uploaded once"


async def test_a_face_is_brought_beside_the_words_and_shown_from_then_on(stage: Stage) -> None:
    end = await end_of(stage)
    message = from_elsewhere(Text("hola"), avatar="https://cdn.example/avatars/7/a.png")
    (part,) = await end.render(message, Around())
    assert part.avatar == "", "no word waits for a face"
    await until(lambda: stage.home._service.pictures.face(message.author.avatar) != "")
    (part,) = await end.render(message, Around())
    assert part.avatar.startswith("mxc://")


async def test_a_reaction_of_another_platform_is_known_again_whoever_joins_in(stage: Stage) -> None:
    end = await end_of(stage)
    at = Standing(await stage.ploy.say(stage.radio, "¡rana!"))
    await end.react(at, ":rana:123", "k1")
    await end.react(at, ":rana:123", "k2")
    await end.react(at, "🌊", "k3")
    shown = await stage.ploy.wait_until_shown(stage.radio, lambda shown: len(shown[-1].reactions) == 2)
    (picture,) = [key for key in shown[-1].reactions if key.startswith("mxc://")]
    await stage.ploy.react(stage.radio, at.ref, picture, name="rana")
    reactions = await end.reactions(at)
    assert reactions.given == {":rana:123"}, "what our picture is a picture of"
    assert set(reactions.ours) == {":rana:123", "🌊"}
    await end.unreact(at, "🌊", reactions.ours["🌊"], "k4")
    await end.unreact(at, "🌊", reactions.ours["🌊"], "k5")
    assert set((await end.reactions(at)).ours) == {":rana:123"}
    with pytest.raises(RefusedError, match=r"matrix\.no_such_emoji"):
        await end.react(at, ":sapo:124", "k6")
