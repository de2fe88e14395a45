"""Parts that come and go are told of while they are there."""

from __future__ import annotations

import aiohttp
from prometheus_client import CollectorRegistry

from community_bot.web.health import Check, HealthServer


async def test_a_part_that_comes_and_goes_is_told_of_while_it_is_there() -> None:
    parts: dict[str, Check] = {}
    server = HealthServer(
        "127.0.0.1", 0, {"database": lambda: Check(True, "ok")}, CollectorRegistry(), passing=lambda: parts
    )
    await server.start()
    try:
        async with aiohttp.ClientSession(base_url=server.url) as session:

            async def told() -> tuple[int, dict[str, object]]:
                async with session.get("/readyz") as answer:
                    return answer.status, (await answer.json())["checks"]

            database = {"database": {"ok": True, "detail": "ok"}}
            assert await told() == (200, database)
            parts["bridge:orchard:matrix1"] = Check(False, "matrix.not_invited", 1.5)
            told_of = {"ok": False, "detail": "matrix.not_invited", "since_seconds": 1.5}
            assert await told() == (503, database | {"bridge:orchard:matrix1": told_of})
            parts.clear()
            assert await told() == (200, database)
    finally:
        await server.stop()


async def test_a_name_that_is_no_code_is_withheld() -> None:
    server = HealthServer(
        "127.0.0.1", 0, {}, CollectorRegistry(), passing=lambda: {"@malee:river.example": Check(True, "ok")}
    )
    await server.start()
    try:
        async with aiohttp.ClientSession(base_url=server.url) as session, session.get("/readyz") as answer:
            text = await answer.text()
        assert "malee" not in text
        assert answer.status == 200
    finally:
        await server.stop()
