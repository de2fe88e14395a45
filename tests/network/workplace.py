"""A folder as an operator has it: settings, secrets, and the commands typed there."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config import generate_network_key
from sandbox.bot import BotProcess
from sandbox.discord import SimChannel, SimulatedDiscord

SECONDS = 60.0
UNFORESEEN = ("Traceback", "a failure nobody caught", "a task failed")
"""What a bot says about a fault of its own; none of the bad days of its operator is one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, on both outputs, and its exit code."""

    code: int
    text: str


class Workplace:
    """Write settings and secrets, type commands, read what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "config" / "network.toml"
        self.database = folder / "data" / "community.db"
        self._secrets = self.settings.parent / "secrets"
        self.settings.parent.mkdir()
        self._secrets.mkdir(mode=0o700)
        self.keep_secret("network_key", generate_network_key())
        self.write()

    def write(self, *sections: str, port: int = 0) -> None:
        """Write the settings file: a name, pages on a free port, and whatever is given."""
        common = f'[network]\nname = "Two Rooms"\n\n[web]\nport = {port}\n\n[logs]\nformat = "json"\n'
        self.settings.write_text("\n".join((common, *sections)), encoding="utf-8")

    def keep_secret(self, name: str, value: str | None) -> None:
        """Put a secret into its file, or take the file away."""
        path = self._secrets / name
        path.unlink(missing_ok=True)
        if value is not None:
            path.touch(mode=0o600)
            path.write_text(value, encoding="utf-8")

    def join_channels(self, discord: SimulatedDiscord, channels: Sequence[SimChannel], *, port: int = 0) -> None:
        """Write settings with one conversation of Discord channels, and the token for them."""
        conversation = f'[[conversations]]\nkey = "radio"\ndiscord_channels = {[c.id for c in channels]}\n'
        self.write(discord_section(discord), conversation, port=port)
        self.keep_secret("discord_token", discord.token)

    @property
    def environment(self) -> dict[str, str]:
        """The surroundings of a command: nothing of a real network's, and a wide terminal."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_BOT_")}
        secrets = {"COMMUNITY_BOT_SECRETS_DIR": str(self._secrets)}
        return kept | secrets | {"COLUMNS": "300", "TERM": "dumb", "PYTHONUTF8": "1"}

    def bot(self, port: int) -> BotProcess:
        """Return the bot of these settings, not yet started; its pages are on ``port``."""
        return BotProcess(self.settings, self.folder, port)

    async def type(self, *words: str | Path, **environment: str) -> Said:
        """Type ``community-bot`` with these words, wait until it ends, and return what it said.

        An operator never sees a traceback: that is checked here, for every command of every test.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "community_bot"),
            *map(str, words),
            cwd=self.folder,
            env=self.environment | environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            output, _ = await process.communicate()
            raise AssertionError(f"{words} does not end:\n{output.decode()}") from None
        text = output.decode()
        assert not any(words in text for words in UNFORESEEN), text
        assert process.returncode is not None
        return Said(process.returncode, text)


def discord_section(discord: SimulatedDiscord) -> str:
    return f'[discord]\napi_base = "{discord.api_base}"\ngateway = "{discord.gateway_url}"\n'


def matrix_section(homeserver: str, user_id: str) -> str:
    return f'[matrix]\nhomeserver = "{homeserver}"\nuser_id = "{user_id}"\n'
