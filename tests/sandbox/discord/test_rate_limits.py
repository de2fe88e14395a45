"""Discord's rate limits, as a client meets them."""

import asyncio

import discord
import pytest
import yarl

from sandbox.discord import RateLimits, SimulatedDiscord, Window
from sandbox.discord.ratelimits import Limiter
from sandbox.discord.routes import read_route
from tests.sandbox.discord.support import Rest, Watcher, connected, usual_intents

pytestmark = pytest.mark.network

_WEBHOOKS_ONLY = {"webhook": Window(5, 2.0), "channel_webhooks": Window(30, 60.0)}


def _limits(**windows: Window) -> RateLimits:
    """Return limits with all but the given ones switched off."""
    off = dict.fromkeys(RateLimits.__dataclass_fields__)
    return RateLimits(**{**off, **windows})


async def test_a_webhook_may_post_five_times_in_two_seconds_and_is_told_how_many_are_left() -> None:
    async with SimulatedDiscord(limits=_limits(webhook=Window(5, 2.0))) as sim, Rest(sim) as rest:
        execute = await rest.webhook(sim.add_guild("Riverside").add_text_channel("lobby"))
        answers = [await rest.ask("POST", execute, {"content": str(number)}) for number in range(6)]
        assert [answer.status for answer in answers] == [204] * 5 + [429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:5]] == ["4", "3", "2", "1", "0"]
        assert answers[0].headers["x-ratelimit-limit"] == "5"
        assert len({answer.headers["x-ratelimit-bucket"] for answer in answers}) == 1
        assert 0 < float(answers[4].headers["x-ratelimit-reset-after"]) <= 2.0
        refused = answers[5]
        assert refused.headers["x-ratelimit-scope"] == "user"
        assert refused.headers["via"]
        assert refused.headers["retry-after"] == "2"
        assert 0 < refused.body["retry_after"] <= 2.0
        assert refused.body["global"] is False
        assert sim.limit_hits == {"user": 1}


async def test_all_webhooks_of_a_channel_share_thirty_a_minute_and_nothing_warns_of_it() -> None:
    async with SimulatedDiscord(limits=_limits(**_WEBHOOKS_ONLY)) as sim, Rest(sim) as rest:
        guild = sim.add_guild("Riverside")
        lobby, garden = guild.add_text_channel("lobby"), guild.add_text_channel("garden")
        hooks = [await rest.webhook(lobby, f"bridge {number}") for number in range(7)]
        for number in range(30):
            answer = await rest.ask("POST", hooks[number % 7], {"content": str(number)})
            assert answer.status == 204
            assert "x-ratelimit-scope" not in answer.headers
        refused = await rest.ask("POST", hooks[6], {"content": "one too many"})
        assert refused.status == 429
        assert refused.headers["x-ratelimit-scope"] == "shared"
        assert "x-ratelimit-remaining" not in refused.headers
        assert 50 < refused.body["retry_after"] <= 60
        assert sim.limit_hits == {"shared": 1}
        elsewhere = await rest.ask("POST", await rest.webhook(garden), {"content": "elsewhere"})
        assert elsewhere.status == 204


async def test_a_token_may_ask_fifty_times_a_second() -> None:
    async with SimulatedDiscord(limits=_limits(everything=Window(50, 1.0))) as sim, Rest(sim) as rest:
        answers = await asyncio.gather(*(rest.ask("GET", "/users/@me") for _ in range(51)))
        refused = [answer for answer in answers if answer.status == 429]
        assert len(refused) == 1
        assert refused[0].body["global"] is True
        assert refused[0].headers["x-ratelimit-scope"] == "global"
        assert refused[0].headers["x-ratelimit-global"] == "true"
        assert sim.limit_hits == {"global": 1}


async def test_discord_py_waits_out_a_limit_and_every_message_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    async with SimulatedDiscord(limits=RateLimits.discord().scaled(0.02)) as sim:
        monkeypatch.setattr(discord.http.Route, "BASE", sim.api_base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sim.gateway_url))
        lobby = sim.add_guild("Riverside").add_text_channel("lobby")
        async with connected(sim, Watcher(intents=usual_intents())) as bot:
            channel = bot.get_channel(lobby.id)
            assert isinstance(channel, discord.TextChannel)
            webhook = await channel.create_webhook(name="bridge")
            await asyncio.gather(*(webhook.send(f"line {number}") for number in range(35)))
            await asyncio.gather(*(channel.send(f"own {number}") for number in range(12)))
        texts = [message.content for message in lobby.messages()]
        assert sorted(texts) == sorted(
            [f"line {number}" for number in range(35)] + [f"own {number}" for number in range(12)]
        )
        assert sim.limit_hits["shared"] >= 1  # nothing could have warned of it


def test_a_window_opens_anew_and_the_shared_one_slides() -> None:
    now = 0.0
    limits = _limits(webhook=Window(2, 10.0), channel_webhooks=Window(3, 60.0))
    limiter = Limiter(limits, clock=lambda: now)
    one, two = read_route("POST", "/webhooks/1/a"), read_route("POST", "/webhooks/2/b")
    assert limiter.admit(one, "bot", executes_in=7).scope is None
    now = 5.0
    assert limiter.admit(one, "bot", executes_in=7).scope is None
    assert limiter.admit(one, "bot", executes_in=7).retry_after == 5.0
    assert limiter.admit(two, "bot", executes_in=7).scope is None
    verdict = limiter.admit(two, "bot", executes_in=7)
    assert (verdict.scope, verdict.retry_after) == ("shared", 55.0)
    now = 60.0
    assert limiter.admit(one, "bot", executes_in=7).scope is None
    assert limiter.admit(two, "bot", executes_in=7).retry_after == 5.0
    assert limiter.hits == {"user": 1, "shared": 2}


def test_editing_and_posting_are_counted_apart_and_webhooks_too() -> None:
    limiter = Limiter(_limits(webhook=Window(1, 10.0)), clock=lambda: 0.0)
    post, edit = read_route("POST", "/webhooks/1/a"), read_route("PATCH", "/webhooks/1/a/messages/5")
    assert limiter.admit(post, "bot").scope is None
    assert limiter.admit(edit, "bot").scope is None
    assert limiter.admit(read_route("POST", "/webhooks/2/b"), "bot").scope is None
    assert limiter.admit(post, "bot").scope == "user"
