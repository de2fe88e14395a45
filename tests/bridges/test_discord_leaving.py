"""Somebody who leaves every server is told of, once they are in none."""

from __future__ import annotations

import pytest

from bridges.ends.discord_leaving import Leaving
from bridges.ends.port import NotSentError


class Guild:
    def __init__(self, number: int, *members: int) -> None:
        self.id = number
        self._members = set(members)

    def get_member(self, user_id: int) -> object | None:
        return object() if user_id in self._members else None


class Bot:
    """The two things that are asked of discord.py here."""

    def __init__(self, *guilds: Guild) -> None:
        self.guilds = guilds
        self.listeners: dict[str, object] = {}

    def add_listener(self, listener: object, name: str) -> None:
        self.listeners[name] = listener


class Event:
    def __init__(self, guild_id: int, user_id: int) -> None:
        self.guild_id = guild_id
        self.user = type("User", (), {"id": user_id})()


async def leave(bot: Bot, guild_id: int, user_id: int) -> None:
    await bot.listeners["on_raw_member_remove"](Event(guild_id, user_id))  # type: ignore[operator]


@pytest.fixture
def gone() -> list[str]:
    return []


async def test_who_is_in_another_server_still_has_not_left(gone: list[str]) -> None:
    async def left(account: str) -> None:
        gone.append(account)

    bot = Bot(Guild(1, 7), Guild(2, 7))
    Leaving(bot, left)  # type: ignore[arg-type]
    await leave(bot, 1, 7)
    assert gone == []
    bot.guilds = (Guild(1), Guild(2, 7))
    await leave(bot, 2, 7)
    assert gone == ["7"]


async def test_a_homeserver_that_does_not_answer_fails_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def left(_: str) -> None:
        raise NotSentError("matrix.unreachable")

    bot = Bot(Guild(1))
    Leaving(bot, left)  # type: ignore[arg-type]
    await leave(bot, 1, 7)
