"""A second opinion: discord.js, whose authors have never met those of discord.py."""

import asyncio
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from sandbox.discord import SimChannel, SimMember, SimulatedDiscord
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract
from tests.sandbox.discord.support import BotProcess

_HERE = Path(__file__).with_name("js")

pytestmark = [
    pytest.mark.network,
    pytest.mark.node,
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="needs node and npm"),
]


@pytest.fixture(scope="session")
def discord_js() -> Path:
    """Install the pinned discord.js once into a folder of its own, named after what it contains."""
    pinned = (_HERE / "package-lock.json").read_bytes()
    folder = Path(tempfile.gettempdir()) / f"simulated-discord-js-{hashlib.sha256(pinned).hexdigest()[:16]}"
    if not (folder / "node_modules").exists():
        building = Path(tempfile.mkdtemp(prefix="simulated-discord-js-"))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(_HERE / name, building)
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts"],
            cwd=building,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            shutil.rmtree(building)
            pytest.skip(f"npm could not install discord.js: {done.stderr[-300:]}")
        try:
            building.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(building)
    return folder


async def test_discord_js_reads_speaks_resumes_and_says_goodbye(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, discord_js: Path
) -> None:
    for text in ("one", "สอง"):
        await mali.say(lobby, text)
    program = str(shutil.copy(_HERE / "client.mjs", discord_js))
    bot = await BotProcess.start(sim, "node", program, API=sim.api_base.removesuffix("/v10"), CHANNEL=str(lobby.id))
    try:
        await bot.until(lambda: ("ready", "") in bot.seen)
        assert bot.texts("read") == ["one | สอง"]
        said = lobby.messages()[2:]
        assert [(message.author_name, message.content) for message in said] == [
            ("Community Bot", "hello from JavaScript"),
            ("Ana", "edited through a webhook"),
        ]
        assert said[0].attachments == ("list.txt",)
        await sim.drop_gateway()
        await mali.say(lobby, "while away")
        await bot.until(lambda: "while away" in bot.texts())
        assert sim.gateway.counts["identify"] == 1
        goodbye = await mali.say(lobby, "goodbye")
        await asyncio.wait_for(bot.process.wait(), 10)
        assert bot.texts() == ["while away", "goodbye"]
        assert next(m for m in lobby.messages() if m.id == goodbye).reactions == {"👋": 1}
        assert sim.unsupported == []
        if DOCUMENT.exists():
            contract = DiscordContract.load()
            assert {problem for record in sim.requests for problem in contract.check(record)} == set()
    finally:
        await bot.kill()
