"""The tour's chapter `one conversation, four ends` happens, and says loudly where something did not come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module

import pytest

from sandbox.chapters import CHAPTERS
from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from sandbox.transcript import DidNotHappenError, Transcript

pytestmark = pytest.mark.network
NAME = "one conversation, four ends"
PLACES = ("River House", "Paper Boat Studio", "Hill Circle", "Lantern Space")


@pytest.fixture
async def network() -> AsyncIterator[SandboxNetwork]:
    async with SandboxNetwork(limits=RateLimits.discord().scaled(1 / 30)) as built:
        yield built


def begun() -> Transcript:
    transcript = Transcript(lambda _: None)
    transcript.begin(NAME)
    return transcript


async def test_every_step_of_the_chapter_shows_what_the_reader_at_each_of_the_four_ends_sees(
    network: SandboxNetwork,
) -> None:
    transcript = begun()
    await dict(CHAPTERS)[NAME](network, transcript)
    assert transcript.ok
    steps = [step for step in transcript.chapters[0].steps if step.seen]
    assert len(steps) == 7
    for step in steps:
        assert all(any(place in line for line in step.seen) for place in PLACES), step.text


async def test_the_chapter_ends_with_the_name_of_the_place_where_nothing_came(
    network: SandboxNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("sandbox.chapters.four_ends"), "SECONDS", 2.0)
    network.channels["paper-boat-studio", "facilitation"].set_bot_permissions(manage_webhooks=False)
    transcript = begun()
    with pytest.raises(DidNotHappenError, match="Paper Boat Studio shows"):
        await dict(CHAPTERS)[NAME](network, transcript)
    assert not transcript.ok
