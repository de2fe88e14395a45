from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from community_bot.web.health import Check, HealthServer
from tests.community_bot.conftest import Log

Checks = dict[str, Callable[[], Check]]


@pytest.fixture
def checks() -> Checks:
    """What the server asks; a test may change it while the server runs."""
    return {"database": lambda: Check(ok=True, detail="live"), "discord": lambda: Check(True, "live", 12.3456)}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def server(checks: Checks, registry: CollectorRegistry, log: Log) -> AsyncIterator[HealthServer]:
    asked = {name: (lambda name=name: checks[name]()) for name in checks}
    server = HealthServer("127.0.0.1", 0, asked, registry)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: HealthServer) -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(base_url=server.url, timeout=timeout) as session:
        yield session


async def _say(server: HealthServer, request: bytes) -> bytes:
    """Send bytes over a plain socket and return everything that comes back."""
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    async with asyncio.timeout(5):
        writer.write(request)
        await writer.drain()
        answered = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answered


async def test_it_is_alive_while_the_loop_turns(client: aiohttp.ClientSession) -> None:
    async with client.get("/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "alive\n")


async def test_it_is_ready_when_every_check_is_fine(client: aiohttp.ClientSession) -> None:
    async with client.get("/readyz") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/json"
        assert await answer.json() == {
            "ready": True,
            "checks": {
                "database": {"ok": True, "detail": "live"},
                "discord": {"ok": True, "detail": "live", "since_seconds": 12.346},
            },
        }


async def test_one_check_that_is_not_fine_makes_it_unready(client: aiohttp.ClientSession, checks: Checks) -> None:
    checks["discord"] = lambda: Check(ok=False, detail="rate_limited", since_seconds=90)
    async with client.get("/readyz") as answer:
        told = await answer.json()
    assert (answer.status, told["ready"]) == (503, False)
    assert told["checks"]["discord"] == {"ok": False, "detail": "rate_limited", "since_seconds": 90}
    assert told["checks"]["database"]["ok"] is True
    checks["discord"] = lambda: Check(ok=True, detail="live")
    async with client.get("/readyz") as answer:
        assert answer.status == 200


async def test_a_check_that_breaks_is_bad_news_and_logged_without_words(
    client: aiohttp.ClientSession, checks: Checks, log: Log
) -> None:
    def broken() -> Check:
        raise RuntimeError("CANARY words")

    checks["database"] = broken
    async with client.get("/readyz") as answer:
        told = await answer.text()
    assert answer.status == 503
    assert json.loads(told)["checks"]["database"] == {"ok": False, "detail": "check_failed"}
    assert log.last()["component"] == "database"
    assert log.last()["chain"][0]["type"] == "RuntimeError"
    assert "CANARY" not in told + log.getvalue()


@pytest.mark.parametrize(
    "detail", ["Come to the garden, Malee", "@malee:example.org", "1100000000000000001", "สวัสดี", ""]
)
async def test_no_identifier_and_no_text_gets_into_the_answer(
    client: aiohttp.ClientSession, checks: Checks, detail: str
) -> None:
    checks["discord"] = lambda: Check(False, detail, 1100000000000000001)
    async with client.get("/readyz") as answer:
        told = await answer.text()
    assert json.loads(told)["checks"]["discord"]["detail"] in {"[withheld]", "[removed]"}
    assert json.loads(told)["checks"]["discord"]["since_seconds"] == "[withheld]"
    assert "1100000000000000001" not in told


async def test_numbers_are_given_as_prometheus_reads_them(
    client: aiohttp.ClientSession, registry: CollectorRegistry
) -> None:
    Counter("copies_sent", "Copies sent.", registry=registry).inc(3)
    async with client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        families = {family.name: family for family in text_string_to_metric_families(await answer.text())}
    samples = {sample.name: sample.value for sample in families["copies_sent"].samples}
    assert samples["copies_sent_total"] == 3


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_head_is_answered_without_a_body(client: aiohttp.ClientSession, path: str) -> None:
    async with client.head(path) as answer:
        assert (answer.status, await answer.read()) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_pages_can_only_be_read(client: aiohttp.ClientSession, method: str) -> None:
    async with client.request(method, "/healthz") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/healthz/", "/metrics/x", "/../etc/passwd"])
async def test_there_are_no_other_pages(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert (answer.status, await answer.text()) == (404, "no such page\n")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:80", "localhost."]
)
async def test_this_machine_may_be_named_in_every_usual_way(client: aiohttp.ClientSession, host: str) -> None:
    async with client.get("/healthz", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebind.example.org",
        "127.0.0.1.example.org",
        "localhost.example.org:8080",
        "[2001:db8::1]",
        "0.0.0.0",
        "",
        "example.org@127.0.0.1",
    ],
)
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/"])
async def test_a_foreign_name_that_points_here_is_turned_away(
    client: aiohttp.ClientSession, path: str, host: str
) -> None:
    async with client.get(path, headers={"Host": host}) as answer:
        # a name that is none at all is refused as malformed, before we see it
        assert answer.status in {400, 421}
        assert await answer.text() in {"not here\n", "bad request\n"}


@pytest.mark.parametrize(
    "headers", [b"", b"Host: localhost\r\nHost: rebind.example.org\r\n", b"X-Forwarded-Host: localhost\r\n"]
)
async def test_no_name_or_two_names_are_turned_away(server: HealthServer, headers: bytes) -> None:
    answered = await _say(server, b"GET /readyz HTTP/1.0\r\n" + headers + b"\r\n")
    assert answered.split(b" ")[1] in {b"400", b"421"}
    assert b"checks" not in answered


async def test_another_name_can_be_allowed(registry: CollectorRegistry) -> None:
    server = HealthServer("127.0.0.1", 0, {}, registry, also_known_as=["bot.internal"])
    await server.start()
    try:
        async with aiohttp.ClientSession(base_url=server.url) as session:
            async with session.get("/readyz", headers={"Host": "Bot.internal:8080"}) as answer:
                assert answer.status == 200
            async with session.get("/readyz", headers={"Host": "other.internal"}) as answer:
                assert answer.status == 421
    finally:
        await server.stop()


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n",
        b"CANARY\r\n\r\n",
        b"GET /CANARY HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nCANARY header\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_no_answer_names_the_software_or_quotes_the_request(
    server: HealthServer, log: Log, request_text: bytes
) -> None:
    answered = await _say(server, request_text)
    assert answered.startswith(b"HTTP/1.")
    lowered = answered.lower()
    assert b"aiohttp" not in lowered
    assert b"python" not in lowered
    assert b"canary" not in lowered
    assert b"cache-control: no-store" in lowered
    assert "CANARY" not in log.getvalue()


async def test_requests_are_not_logged(client: aiohttp.ClientSession, log: Log) -> None:
    async with client.get("/healthz"):
        pass
    assert log.getvalue() == ""


async def test_it_can_be_stopped_and_started_again(registry: CollectorRegistry) -> None:
    server = HealthServer("127.0.0.1", 0, {}, registry)
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    await server.stop()
    for _ in range(2):
        await server.start()
        with pytest.raises(RuntimeError, match="already"):
            await server.start()
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}/readyz") as answer:
            assert await answer.json() == {"ready": True, "checks": {}}
        await server.stop()
        with pytest.raises(RuntimeError, match="not running"):
            _ = server.url


async def test_a_port_that_is_taken_is_told(server: HealthServer, registry: CollectorRegistry) -> None:
    second = HealthServer("127.0.0.1", int(server.url.rsplit(":", 1)[1]), {}, registry)
    with pytest.raises(OSError, match="address"):
        await second.start()
    await second.stop()


async def test_it_can_listen_on_the_ipv6_address_of_this_machine(registry: CollectorRegistry) -> None:
    server = HealthServer("::1", 0, {}, registry)
    try:
        await server.start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert server.url.startswith("http://[::1]:")
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/healthz") as answer:
        assert answer.status == 200
    await server.stop()


def test_a_check_is_named_by_a_code(registry: CollectorRegistry) -> None:
    with pytest.raises(ValueError, match="named by a code"):
        HealthServer("127.0.0.1", 0, {"@malee:example.org": lambda: Check(True, "live")}, registry)
