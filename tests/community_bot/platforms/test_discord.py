"""The connection to Discord, as far as it needs no server."""

from __future__ import annotations

import discord

from community_bot.platforms.discord import CommunityBot, needed_intents


def test_discord_py_connects_again_within_half_a_minute() -> None:
    """Checks the seam: the name under which the pinned version looks up how long to wait."""
    backoff = discord.client.ExponentialBackoff()  # type: ignore[attr-defined]
    assert max(backoff.delay() for _ in range(200)) <= 32


def test_of_the_privileged_intents_only_the_text_of_messages_is_asked_for() -> None:
    intents = needed_intents()
    assert intents.message_content
    assert not intents.members
    assert not intents.presences


def test_who_joins_is_heard_only_where_newcomers_are_greeted() -> None:
    assert needed_intents(newcomers=True).members
    assert not needed_intents(newcomers=True).presences
    assert CommunityBot(newcomers=True).intents.members
    assert not CommunityBot().intents.members
