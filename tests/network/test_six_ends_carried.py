"""What people hand over crosses from every kind of end to every other: files, voices, stickers, polls and the like.

The other half of `test_every_kind.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest
import pytest_asyncio
from PIL import Image

from sandbox.discord import RateLimits, SeenMessage, SimFile, SimPoll
from sandbox.matrix import SeenMedia, ShownMessage
from sandbox.network import SandboxNetwork
from sandbox.spots import Seen
from tests.bridges.media.material import WHERE, jpeg, picture, saved, voice
from tests.bridges.media.test_stills import drawing
from tests.network.six_ends import SIX_ENDS, SixEnds, texts_of

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

CHANNELS, ROOMS = ("d1", "d2", "d3"), ("m1", "m2", "m3")
EVERY_SOURCE = pytest.mark.parametrize("source", ["d1", "m1"])
ALT = "ใบกล้วยสีแดงครึ่งหนึ่ง"
MEGABYTE = 1_000_000
WAVEFORM = bytes([0, 128, 255])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[SixEnds]:
    async with SandboxNetwork(SIX_ENDS, limits=RateLimits.discord().scaled(1 / 30)) as network:
        await network.bot.start()
        await network.bot.ready()
        yield SixEnds(network)


@pytest_asyncio.fixture(loop_scope="module")
async def six(running: SixEnds) -> SixEnds:
    await running.turn_the_page()
    return running


def on_discord(seen: Seen) -> SeenMessage:
    assert isinstance(seen.raw, SeenMessage)
    return seen.raw


def media(seen: Seen) -> SeenMedia:
    assert isinstance(seen.raw, ShownMessage)
    assert seen.raw.media is not None
    return seen.raw.media


async def with_file(six: SixEnds, name: str) -> Seen:
    """Return the one message with a file that is new at an end."""
    found = await six.until(lambda seen: sum(bool(each.files) for each in seen) == 1, at=name)
    return next(each for each in found[name] if each.files)


@EVERY_SOURCE
@pytest.mark.parametrize("spoiler", [False, True])
async def test_a_picture_crosses_with_its_description_and_without_where_it_was_taken(
    six: SixEnds, source: str, spoiler: bool
) -> None:
    assert WHERE in jpeg()
    await six[source].hand_over(SimFile("huerta.jpg", jpeg(), ALT, spoiler), text="miren")
    for name in six.others(source):
        seen = await with_file(six, name)
        assert "miren" in texts_of(await six.now(name)), name
        assert seen.author == {"d1": "Pepper", "m1": "Sage"}[source]
        if name in CHANNELS:
            [file] = on_discord(seen).files
            assert (file.description, file.spoiler) == (ALT, spoiler), name
            assert file.name.removeprefix("SPOILER_") == "huerta.jpg"
        else:
            found = media(seen)
            assert (found.alt, found.spoiler, found.name) == (ALT, spoiler, "huerta.jpg"), name
            assert (found.width, found.height) == (16, 8)
        [data] = await six[name].download(seen)
        assert WHERE not in data, name
        assert Image.open(BytesIO(data)).size == (16, 8)


async def test_several_files_of_one_message_come_in_their_order(six: SixEnds) -> None:
    channel = six.discord("d1")
    files = [SimFile(f"{number}.png", saved(picture(), "PNG")) for number in range(3)]
    await channel.people[0].say(channel.channel, "ดูสามรูป", files=files)
    names = [file.name for file in files]
    for name in six.others("d1"):
        found = await six.until(lambda seen: [f for each in seen for f in each.files] == names, at=name)
        assert texts_of(found[name])[0] == "ดูสามรูป"


@EVERY_SOURCE
async def test_a_picture_goes_with_its_message(six: SixEnds, source: str) -> None:
    ref = await six[source].hand_over(SimFile("huerta.jpg", jpeg(), ALT), text="miren")
    for name in six.others(source):
        await with_file(six, name)
    await six[source].delete(ref)
    await six.until(lambda seen: not seen)


async def test_what_is_edited_beside_a_picture_leaves_the_picture(six: SixEnds) -> None:
    ref = await six["d1"].hand_over(SimFile("huerta.jpg", jpeg(), ALT), text="miren")
    for name in six.others("d1"):
        await with_file(six, name)
    await six["d1"].edit(ref, "miren esto")
    for name in six.others("d1"):
        await six.until(lambda seen: "miren esto" in texts_of(seen), at=name)
        assert sum(bool(each.files) for each in await six.now(name)) == 1, name


async def test_a_file_taken_out_of_a_message_is_taken_away_everywhere(six: SixEnds) -> None:
    channel = six.discord("d1")
    files = [SimFile("uno.png", saved(picture(), "PNG")), SimFile("dos.png", saved(picture(), "PNG"))]
    ref = await channel.people[0].say(channel.channel, "dos fotos", files=files)
    for name in six.others("d1"):
        await six.until(lambda seen: [f for each in seen for f in each.files] == ["uno.png", "dos.png"], at=name)
    await channel.people[0].edit(channel.channel, ref, "una foto", drop_files=["uno.png"])
    for name in six.others("d1"):
        await six.until(lambda seen: [f for each in seen for f in each.files] == ["dos.png"], at=name)


async def test_a_file_that_is_too_large_for_a_channel_is_told_there_and_crosses_where_it_may(six: SixEnds) -> None:
    room = six.matrix("m1")
    data = bytes(12 * MEGABYTE)
    await room.people[0].send_file(room.room, "ประชุม.bin", data, kind="application/octet-stream")
    for name in CHANNELS:
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert "📎 ประชุม.bin (12 MB)" in found[name][0].text, name
        assert not found[name][0].files
    for name in ("m2", "m3"):
        seen = await with_file(six, name)
        [there] = await six[name].download(seen)
        assert there == data


@EVERY_SOURCE
async def test_a_voice_message_can_be_heard_everywhere(six: SixEnds, source: str) -> None:
    if source == "d1":
        channel = six.discord("d1")
        await channel.people[0].say_voice(channel.channel, voice(), seconds=2.5, waveform=WAVEFORM)
    else:
        room = six.matrix("m1")
        await room.people[0].send_voice(room.room, voice(), seconds=2.5)
    for name in six.others(source):
        seen = await with_file(six, name)
        [data] = await six[name].download(seen)
        assert data.startswith(b"OggS")
        assert WHERE not in data
        if name in ROOMS:
            found = media(seen)
            assert (found.voice, found.seconds, len(found.waveform)) == (True, 2.5, 3), name


async def test_stickers_are_pictures_elsewhere_those_that_move_too(six: SixEnds) -> None:
    channel, guild = six.discord("d1"), six.network.guilds["yard"]
    still = guild.add_sticker("brote", saved(picture("RGBA", (320, 320)), "PNG"))
    moving = guild.add_sticker("lluvia", drawing(), format="lottie")
    for sticker in (still, moving):
        await six.turn_the_page()
        await channel.people[0].say(channel.channel, stickers=[sticker])
        for name in six.others("d1"):
            seen = await with_file(six, name)
            assert sticker.name in seen.files[0]
            [data] = await six[name].download(seen)
            assert Image.open(BytesIO(data)).format in ("PNG", "WEBP"), name


async def test_a_sticker_of_a_room_is_a_picture_elsewhere(six: SixEnds) -> None:
    room = six.matrix("m1")
    await room.people[0].send_sticker(room.room, "ต้นอ่อน", saved(picture("RGBA", (256, 256)), "PNG"))
    for name in six.others("m1"):
        seen = await with_file(six, name)
        [data] = await six[name].download(seen)
        assert Image.open(BytesIO(data)).size == (256, 256), name


async def test_a_poll_on_discord_is_read_everywhere_and_so_is_its_result(six: SixEnds) -> None:
    channel = six.discord("d1")
    poll = SimPoll("¿Cuándo?", ("sábado", "วันอาทิตย์"))
    ref = await channel.people[0].say(channel.channel, poll=poll)
    for name in six.others("d1"):
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert all(word in found[name][0].text for word in ("📊", "¿Cuándo?", "sábado", "วันอาทิตย์")), name
    for person in channel.people:
        await person.vote(channel.channel, ref, "วันอาทิตย์")
    await channel.people[0].end_poll(channel.channel, ref)
    for name in six.others("d1"):
        found = await six.until(lambda seen: len(seen) == 2, at=name)
        assert all(word in found[name][1].text for word in ("¿Cuándo?", "วันอาทิตย์", "2/2")), name


@pytest.mark.parametrize("stable", [False, True])
async def test_a_poll_in_a_room_is_read_everywhere_and_so_is_its_result(six: SixEnds, stable: bool) -> None:
    room = six.matrix("m1")
    poll = await room.people[0].start_poll(room.room, "¿Cuándo?", ("sábado", "วันอาทิตย์"), stable=stable)
    for name in six.others("m1"):
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert all(word in found[name][0].text for word in ("📊", "¿Cuándo?", "sábado", "วันอาทิตย์")), name
    for person in room.people:
        await person.vote(room.room, poll, "วันอาทิตย์")
    await room.people[0].end_poll(room.room, poll)
    for name in six.others("m1"):
        found = await six.until(lambda seen: "วันอาทิตย์: 2" in seen[0].text, at=name)
        assert "sábado: 0" in found[name][0].text, name


async def test_what_is_forwarded_is_quoted_with_its_files(six: SixEnds) -> None:
    elsewhere = six.network.channels["yard", "answers"]
    pepper = six.discord("d1").people[0]
    ref = await pepper.say(elsewhere, "la bomba **ya** sirve", files=[SimFile("bomba.jpg", jpeg())])
    await pepper.forward(elsewhere, ref, six.discord("d1").channel)
    for name in six.others("d1"):
        seen = await with_file(six, name)
        assert seen.files == ("bomba.jpg",)
        [said] = [each for each in await six.now(name) if each.text]
        assert "↪ #answers" in said.text, name
        assert "la bomba **ya** sirve" in said.text, name


async def test_what_another_bot_shows_in_an_embed_is_readable_everywhere(six: SixEnds) -> None:
    channel, discord = six.discord("d1").channel, six.network.discord
    shown = {
        "title": "Pronóstico",
        "description": "Lluvia **fuerte**",
        "fields": [{"name": "พรุ่งนี้", "value": "ฝนตก"}],
        "footer": {"text": "cada hora"},
    }
    path = channel.add_webhook("Weather")
    async with aiohttp.ClientSession() as session:
        said = {"content": "", "username": "Weather", "embeds": [shown]}
        async with session.post(f"{discord.api_base}{path}", json=said) as answer:
            assert answer.status in (200, 204)
    for name in six.others("d1"):
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert found[name][0].author == "Weather"
        assert all(word in found[name][0].text for word in ("Pronóstico", "Lluvia", "พรุ่งนี้", "ฝนตก", "cada hora"))


async def test_a_link_that_is_unfolded_changes_nothing_elsewhere(six: SixEnds) -> None:
    channel = six.discord("d1").channel
    ref = await six["d1"].say("https://example.org/huerto")
    await six.until_texts("https://example.org/huerto")
    channel.show_preview(int(ref), title="El huerto", url="https://example.org/huerto")
    await six["d1"].say("léanlo")
    found = await six.until_texts("https://example.org/huerto", "léanlo")
    assert not any(seen.edited for name in six.others("d1") for seen in found[name])


async def test_an_expired_address_does_not_keep_a_picture_from_crossing(six: SixEnds) -> None:
    six.network.synapse.suspend()
    try:
        await six["d1"].hand_over(SimFile("huerta.jpg", jpeg(), ALT), text="miren")
        await with_file(six, "d3")
        six.network.discord.advance_clock(90_000)
    finally:
        six.network.synapse.resume()
    for name in ROOMS:
        assert (await with_file(six, name)).files == ("huerta.jpg",)
