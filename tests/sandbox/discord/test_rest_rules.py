"""The HTTP API keeps Discord's rules where SimCord alone does not."""

from io import BytesIO
from typing import Any

import aiohttp
import pytest

from sandbox.discord import SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.support import Rest

pytestmark = pytest.mark.network


async def test_messages_after_one_are_the_oldest_after_it_and_come_newest_first(
    lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    ids = [await mali.say(lobby, f"line {number}") for number in range(12)]
    path = f"/channels/{lobby.id}/messages"

    async def page(**params: Any) -> list[int]:
        answer = await rest.ask("GET", path, params=params)
        return [int(message["id"]) for message in answer.body]

    assert await page(after=ids[2], limit=4) == ids[3:7][::-1]
    assert await page(before=ids[6], limit=3) == ids[3:6][::-1]
    assert await page(limit=2) == ids[10:][::-1]
    assert await page(after=0, limit=100) == ids[::-1]
    assert sorted(await page(around=ids[5], limit=3)) == ids[4:7]


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_a_page_holds_one_to_a_hundred_messages(lobby: SimChannel, rest: Rest, limit: str) -> None:
    answer = await rest.ask("GET", f"/channels/{lobby.id}/messages", params={"limit": limit})
    assert answer.status == 400
    assert answer.body["code"] == 50035
    assert "limit" in answer.body["errors"]


async def test_walking_a_channel_from_its_beginning_meets_every_message_once(
    lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    ids = [await mali.say(lobby, f"line {number}") for number in range(25)]
    met: list[int] = []
    while True:
        after = met[-1] if met else 0
        answer = await rest.ask("GET", f"/channels/{lobby.id}/messages", params={"after": after, "limit": 10})
        if not answer.body:
            break
        met += [int(message["id"]) for message in reversed(answer.body)]
    assert met == ids


async def test_the_token_is_asked_for_except_where_the_path_carries_one(
    sim: SimulatedDiscord, lobby: SimChannel, rest: Rest
) -> None:
    execute = await rest.webhook(lobby)
    async with aiohttp.ClientSession() as anonymous:
        async with anonymous.get(f"{sim.api_base}/users/@me") as refused:
            assert refused.status == 401
            assert await refused.json() == {"message": "401: Unauthorized", "code": 0}
        async with anonymous.post(sim.api_base + execute, json={"content": "hello"}) as sent:
            assert sent.status == 204
        async with anonymous.post(f"{sim.api_base}{execute}x", json={"content": "hello"}) as wrong:
            assert (wrong.status, (await wrong.json())["code"]) == (401, 50027)
        async with anonymous.get(f"{sim.api_base}/gateway") as gateway:
            assert (await gateway.json())["url"] == sim.gateway_url
    assert [message.content for message in lobby.messages()] == ["hello"]


async def test_answers_are_json_without_a_charset(rest: Rest) -> None:
    answer = await rest.ask("GET", "/users/@me")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("version", ["/api/v10", "/api/v9", "/api"])
async def test_each_version_of_the_address_is_served(sim: SimulatedDiscord, version: str) -> None:
    address = sim.api_base.replace("/api/v10", version)
    headers = {"Authorization": f"Bot {sim.token}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(f"{address}/gateway/bot") as answer:
        assert (await answer.json())["session_start_limit"]["max_concurrency"] == 1


async def test_a_route_the_simulation_lacks_says_so_loudly(
    sim: SimulatedDiscord, rest: Rest, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await rest.ask("GET", "/sticker-packs")
    assert answer.status == 501
    assert sim.unsupported
    assert "sticker-packs" in sim.unsupported[0]
    assert any(record.levelname == "ERROR" for record in caplog.records)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": ""}, 50006),
        ({"content": "   "}, 50006),
        ({"content": "a" * 2001}, 50035),
        ({"content": "hi", "username": "Discord Team"}, 50035),
        ({"content": "hi", "username": "CLYDE"}, 50035),
        ({"content": "hi", "username": "x" * 81}, 50035),
        ({"content": "hi", "username": ""}, 50035),
    ],
)
async def test_a_webhook_is_refused_what_discord_refuses(
    lobby: SimChannel, rest: Rest, body: dict[str, str], code: int
) -> None:
    execute = await rest.webhook(lobby)
    answer = await rest.ask("POST", execute, body)
    assert (answer.status, answer.body["code"]) == (400, code)
    assert lobby.messages() == []


async def test_an_edit_to_nothing_is_refused(lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    sent = await rest.ask("POST", execute, {"content": "hi"}, params={"wait": "true"})
    answer = await rest.ask("PATCH", f"{execute}/messages/{sent.body['id']}", {"content": ""})
    assert (answer.status, answer.body["code"]) == (400, 50006)


async def test_a_webhook_that_is_gone_is_unknown(lobby: SimChannel, guild: SimGuild, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    lobby.delete()
    answer = await rest.ask("POST", execute, {"content": "hello?"})
    assert (answer.status, answer.body["code"]) == (404, 10015)


async def test_a_channel_takes_fifteen_webhooks(lobby: SimChannel, rest: Rest) -> None:
    for number in range(15):
        await rest.webhook(lobby, f"bridge {number}")
    answer = await rest.ask("POST", f"/channels/{lobby.id}/webhooks", {"name": "one more"})
    assert (answer.status, answer.body["code"]) == (400, 30007)


async def test_an_enforced_nonce_makes_one_message_of_two_requests(lobby: SimChannel, rest: Rest) -> None:
    body = {"content": "only once", "nonce": "1a2b", "enforce_nonce": True}
    first = await rest.ask("POST", f"/channels/{lobby.id}/messages", body)
    second = await rest.ask("POST", f"/channels/{lobby.id}/messages", body)
    assert first.body["id"] == second.body["id"]
    assert first.body["nonce"] == "1a2b"
    assert len(lobby.messages()) == 1


async def test_a_file_above_the_limit_is_refused(sim: SimulatedDiscord, lobby: SimChannel) -> None:
    form = aiohttp.FormData()
    form.add_field("files[0]", BytesIO(b"\0" * (10 * 1024 * 1024 + 1)), filename="large.bin")
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {sim.token}"}) as http,
        http.post(f"{sim.api_base}/channels/{lobby.id}/messages", data=form) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (413, 40005)


async def test_broken_json_is_a_bad_request(sim: SimulatedDiscord, lobby: SimChannel) -> None:
    headers = {"Authorization": f"Bot {sim.token}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{sim.api_base}/channels/{lobby.id}/messages", data="{") as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (400, 50109)


async def test_every_request_is_on_record(sim: SimulatedDiscord, lobby: SimChannel, rest: Rest) -> None:
    await rest.ask("POST", f"/channels/{lobby.id}/messages", {"content": "noted"})
    record = sim.requests[-1]
    assert (record.method, record.template) == ("POST", "/channels/{id}/messages")
    assert record.json == {"content": "noted"}
    assert record.status == 200
    assert record.response["content"] == "noted"
    assert record.took_effect
    assert record.finished is not None
    assert record.started <= record.finished


async def test_the_clock_runs_and_can_be_put_forward(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember
) -> None:
    first = await mali.say(lobby, "now")
    sim.advance_clock(3600)
    second = await mali.say(lobby, "in an hour")
    earlier, later = lobby.messages()
    assert 3600 <= (later.created_at - earlier.created_at).total_seconds() < 3660
    assert (second - first) >> 22 >= 3_599_000
