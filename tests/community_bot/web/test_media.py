"""The public page: it shows who has a link what is behind it, and tells everybody else nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO

import aiohttp
import pytest
from PIL import Image

from bridges.media.carrying import Carrier
from bridges.media.cleaning import clean_now
from bridges.media.file import Kind
from bridges.media.linked import LinkedFiles
from bridges.media.links import LIFE, AvatarLinks, Letter, MediaLinks, Where
from community_bot.services.letter_drawing import LetterArtist
from community_bot.web.callers import Callers
from community_bot.web.media import MediaServer
from db.bridge_rows import Platform
from tests.bridges.media.material import WHERE, announced, film, jpeg, picture, saved
from tests.bridges.media.shelf import MemoryShelf
from tests.community_bot.conftest import Log

PUBLIC = "https://bridge.example.org"
KEY = bytes(range(32))
PLACE = Where(Platform.DISCORD, "1", "2", "https://files.example/1/2/garden")
ARTIST = LetterArtist()


def drawn(letter: Letter) -> bytes:
    return ARTIST.draw(letter.text, letter.colour)


class Page:
    """The page as it runs, with what it shows and the hands to change that."""

    def __init__(
        self, *, in_memory: int = 10_000, callers: Callers | None = None, patience_seconds: float = 30.0
    ) -> None:
        self.now = datetime(2026, 5, 17, 9, 30, tzinfo=UTC)
        self.shelf = MemoryShelf()
        self.links = MediaLinks(PUBLIC, KEY, clock=lambda: self.now)
        self.avatars = AvatarLinks(PUBLIC, KEY)
        self.carrier = Carrier({Platform.DISCORD: self.shelf.fetch}, kept_seconds=0)
        self.server = MediaServer(
            "127.0.0.1",
            0,
            links=self.links,
            avatars=self.avatars,
            shelf=self.shelf,
            files=LinkedFiles(self.shelf, self.carrier, in_memory=in_memory),
            draw=drawn,
            callers=callers,
            patience_seconds=patience_seconds,
            clock=lambda: self.now,
        )

    def lay(self, data: bytes, mime: str, kind: Kind = Kind.FILE, *, name: str = "garden.bin") -> str:
        """Lay a file there and return the path of its link."""
        self.shelf.lay(PLACE, announced(data, mime, kind, name=name), data)
        return self.path(self.links.link(PLACE))

    def path(self, address: str | None) -> str:
        assert address is not None
        return address.removeprefix(PUBLIC)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - any condition may be waited for
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(page: Page) -> AsyncIterator[aiohttp.ClientSession]:
    await page.server.start()
    timeout = aiohttp.ClientTimeout(total=5)
    try:
        async with aiohttp.ClientSession(base_url=page.server.url, timeout=timeout) as client:
            yield client
    finally:
        await page.server.stop()
        await page.carrier.close()


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
async def client(page: Page, log: Log) -> AsyncIterator[aiohttp.ClientSession]:
    async with running(page) as client:
        yield client


async def test_a_picture_is_shown_without_what_it_told(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(jpeg(), "image/jpeg", Kind.IMAGE, name="สวน ครัว.jpg")
    async with client.get(path) as answer:
        body = await answer.read()
    assert answer.status == 200
    assert WHERE not in body
    with Image.open(BytesIO(body)) as image:
        assert image.size == (16, 8)
    headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Disposition"].startswith('inline; filename="file.jpg"')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "aiohttp" not in headers.get("Server", "")


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/pdf", "application/javascript"])
async def test_what_could_run_in_a_browser_is_only_saved(
    page: Page, client: aiohttp.ClientSession, mime: str
) -> None:
    path = page.lay(b"%PDF <script>alert(1)</script>", mime, Kind.FILE)
    async with client.get(path) as answer:
        if mime.startswith("image/"):
            assert answer.status == 404
        else:
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_name_cannot_write_headers(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(b"x", "text/plain", name='a"\r\nSet-Cookie: x=1;.txt')
    async with client.get(path) as answer:
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Content-Disposition"].endswith("''a%22%0D%0ASet-Cookie%3A%20x%3D1%3B.txt")


async def test_a_film_too_large_for_memory_can_be_watched_from_any_place(log: Log) -> None:
    page = Page(in_memory=100)
    data = film()
    clean = clean_now(announced(data, "video/mp4", Kind.VIDEO), data).data
    path = page.lay(data, "video/mp4", Kind.VIDEO)
    async with running(page) as client:
        async with client.get(path) as answer:
            assert await answer.read() == clean
            assert answer.headers["Accept-Ranges"] == "bytes"
        for asked, begin, end in (("10-19", 10, 20), ("900-", 900, len(data)), ("-5", len(data) - 5, len(data))):
            async with client.get(path, headers={"Range": f"bytes={asked}"}) as answer:
                assert answer.status == 206
                assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(data)}"
                assert await answer.read() == clean[begin:end]
        async with client.get(path, headers={"Range": f"bytes={len(data)}-"}) as answer:
            assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
        for odd in ("bytes=5-2", "bytes=-", "bytes=1-2,4-5", "lines=1-2"):
            async with client.get(path, headers={"Range": odd}) as answer:
                assert answer.status == 200
        async with client.get(path, headers={"Range": "bytes=1-2", "If-Range": '"x"'}) as answer:
            assert answer.status == 200


async def test_asking_for_the_head_alone_reads_nothing(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(b"leaflet", "application/pdf")
    async with client.head(path) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, "7")


async def test_everything_wrong_gets_the_same_answer(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(b"leaflet", "application/pdf")
    other = MediaLinks(PUBLIC, bytes(32), clock=lambda: page.now).link(PLACE)
    lost = page.links.link(Where(Platform.DISCORD, "1", "9", "https://files.example/none"))
    wrong = [
        "/",
        "/metrics",
        "/readyz",
        "/m/",
        "/m/x",
        path + "x",
        path[:-2],
        "/a/x.png",
        "/p/x",
        page.path(page.avatars.picture("mxc://river.example/nobody")),
        page.path(page.avatars.letter("Malee", "p")).removesuffix(".png"),
        page.path(other),
        page.path(lost),
    ]
    told = set()
    for each in wrong:
        async with client.get(each) as answer:
            told.add((answer.status, await answer.text(), frozenset(answer.headers) - {"Date"}))
    assert len(told) == 1
    assert next(iter(told))[:2] == (404, "nothing here\n")


async def test_a_link_ends_after_its_time_and_with_its_message(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(b"leaflet", "application/pdf")
    page.now += LIFE - timedelta(seconds=30)
    async with client.get(path) as answer:
        assert answer.status == 200
    page.now += timedelta(hours=2)
    async with client.get(path) as answer:
        assert answer.status == 404
    page.now -= timedelta(hours=2)
    page.shelf.files.clear()
    async with client.get(path) as answer:
        assert answer.status == 404


async def test_no_cache_keeps_a_file_longer_than_its_link_lives(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(b"leaflet", "application/pdf")
    opened = page.links.open(path.rpartition("/")[2])
    assert opened is not None
    page.now = opened[1] - timedelta(seconds=9)
    async with client.get(path) as answer:
        assert answer.headers["Cache-Control"] == "private, max-age=9, no-transform"


async def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(log: Log) -> None:
    page = Page(in_memory=10)
    path = page.lay(b"PK\x03\x04" + bytes(200), "application/zip")
    page.shelf.breaks_at = 140
    async with running(page) as client:
        with pytest.raises(aiohttp.ClientPayloadError):
            async with client.get(path) as answer:
                await answer.read()
        assert page.shelf.open_streams == 0
    assert "media.unreachable" in log.getvalue()


async def test_a_platform_that_does_not_answer_looks_like_nothing_and_is_logged_without_names(
    page: Page, client: aiohttp.ClientSession, log: Log
) -> None:
    path = page.lay(b"leaflet", "application/pdf", name="malee.pdf")
    page.shelf.unreachable = True
    async with client.get(path) as answer:
        assert answer.status == 404
    assert "media.unreachable" in log.getvalue()
    assert "malee" not in log.getvalue()
    assert path.rpartition("/")[2] not in log.getvalue()


async def test_a_letter_avatar_is_small_and_may_be_kept(page: Page, client: aiohttp.ClientSession) -> None:
    async with client.get(page.path(page.avatars.letter("ใบเตย", "p1"))) as answer:
        body = await answer.read()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=604800, immutable"
    with Image.open(BytesIO(body)) as image:
        assert image.size == (128, 128)


async def test_a_matrix_avatar_is_shown_small_and_without_what_it_told(
    page: Page, client: aiohttp.ClientSession
) -> None:
    page.shelf.avatars["mxc://river.example/face"] = jpeg()
    page.shelf.avatars["mxc://river.example/huge"] = saved(picture(size=(600, 300)), "PNG")
    page.shelf.avatars["mxc://river.example/none"] = b"<html>"
    async with client.get(page.path(page.avatars.picture("mxc://river.example/face"))) as answer:
        assert WHERE not in await answer.read()
        assert answer.headers["Content-Type"] == "image/png"
    async with client.get(page.path(page.avatars.picture("mxc://river.example/huge"))) as answer:
        with Image.open(BytesIO(await answer.read())) as image:
            assert image.size == (128, 64)
    async with client.get(page.path(page.avatars.picture("mxc://river.example/none"))) as answer:
        assert answer.status == 404


async def test_nothing_can_be_written(page: Page, client: aiohttp.ClientSession) -> None:
    path = page.lay(b"leaflet", "application/pdf")
    async with client.post(path, data=b"x") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_one_caller_cannot_ask_without_end_and_the_next_minute_is_new(log: Log) -> None:
    seconds = [0.0]
    page = Page(callers=Callers(requests=3, clock=lambda: seconds[0]))
    path = page.lay(b"leaflet", "application/pdf")

    async def status(client: aiohttp.ClientSession, caller: str) -> int:
        async with client.get(path, headers={"X-Forwarded-For": f"203.0.113.99, {caller}"}) as answer:
            return answer.status

    async with running(page) as client:
        assert [await status(client, "192.0.2.1") for _ in range(4)] == [200, 200, 200, 429]
        assert await status(client, "192.0.2.2") == 200
        seconds[0] = 61.0
        assert await status(client, "192.0.2.1") == 200


def test_one_caller_has_a_few_files_open_and_all_together_some_more() -> None:
    callers = Callers(streams=1, streams_of_all=2)
    with callers.streaming(b"a") as first, callers.streaming(b"a") as again, callers.streaming(b"b") as second:
        assert (first, again, second) == (True, False, True)
        with callers.streaming(b"c") as third:
            assert third is False
    with callers.streaming(b"c") as later:
        assert later is True


async def test_who_takes_nothing_in_is_let_go_and_holds_no_memory(log: Log) -> None:
    page = Page(in_memory=2**25, patience_seconds=0.05)
    path = page.lay(bytes(2**24), "application/pdf")
    async with running(page):
        host, port = page.server.url.removeprefix("http://").split(":")
        # what the kernel takes in for a reader must not be all of it
        reader, writer = await asyncio.open_connection(host, int(port), limit=2**10)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await until(lambda: "media.slow_reader" in log.getvalue())
        await until(lambda: page.carrier.in_memory == 0)
        writer.close()
        assert await reader.read(12) == b"HTTP/1.1 200"


async def test_who_goes_away_in_the_middle_ends_the_stream_from_the_platform(log: Log) -> None:
    page = Page(in_memory=10)
    page.shelf.piece = 2**16
    path = page.lay(b"PK\x03\x04" + bytes(2**24), "application/zip")
    async with running(page) as client:
        async with client.get(path) as answer:
            assert await answer.content.readexactly(4) == b"PK\x03\x04"
            answer.close()
        await until(lambda: page.shelf.open_streams == 0)
        assert page.shelf.read < 2**24


async def test_it_says_so_when_it_is_not_running(page: Page) -> None:
    with pytest.raises(RuntimeError):
        _ = page.server.url
    await page.server.stop()
    await page.server.start()
    try:
        with pytest.raises(RuntimeError):
            await page.server.start()
    finally:
        await page.server.stop()
        await page.carrier.close()
