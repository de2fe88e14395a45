"""A real discord.py client over real sockets, for the tests of the simulated Discord."""

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import aiohttp
import discord
from discord import app_commands

from sandbox.discord import SimChannel, SimulatedDiscord


class Watcher(discord.Client):
    """An unmodified discord.py client that notes what it sees and answers two commands."""

    def __init__(self, *, intents: discord.Intents, **options: Any) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[tuple[str, str]] = []  # (event, text) in the order of arrival
        self.readies = 0
        self._changed = asyncio.Event()
        self.tree.command(name="ping", description="Answer in private")(_ping)
        self.tree.command(name="later", description="Answer after thinking")(_later)
        self.tree.command(name="form", description="Open a form")(_form)

    def note(self, event: str, text: str = "") -> None:
        self.seen.append((event, text))
        self._changed.set()
        self._changed = asyncio.Event()

    def texts(self, event: str = "message") -> list[str]:
        return [text for name, text in self.seen if name == event]

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    async def on_ready(self) -> None:
        self.readies += 1
        self.note("ready")

    async def on_resumed(self) -> None:
        self.note("resumed")

    async def on_message(self, message: discord.Message) -> None:
        self.note("message", message.content)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.note("edit", payload.message.content)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self.note("delete", str(payload.message_id))

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.note("reaction", str(payload.emoji))

    async def on_member_join(self, member: discord.Member) -> None:
        self.note("join", member.name)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.note("guild gone", guild.name)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.note("guild come", guild.name)


async def _ping(interaction: discord.Interaction, text: str) -> None:
    await interaction.response.send_message(f"pong {text} {interaction.locale}", ephemeral=True)


async def _later(interaction: discord.Interaction) -> None:
    await interaction.response.defer(thinking=True)
    await interaction.edit_original_response(content="thought about it")
    await interaction.followup.send("and more")


async def _form(interaction: discord.Interaction) -> None:
    class Form(discord.ui.Modal, title="Say it"):
        said: discord.ui.TextInput[Any] = discord.ui.TextInput(label="What", custom_id="said")

        async def on_submit(self, interaction: discord.Interaction, /) -> None:
            await interaction.response.send_message(f"you said {self.said.value}")

    await interaction.response.send_modal(Form())


AnyWatcher = TypeVar("AnyWatcher", bound=Watcher)


def usual_intents() -> discord.Intents:
    intents = discord.Intents.default()
    intents.message_content = True
    intents.members = True
    return intents


@asynccontextmanager
async def connected(sim: SimulatedDiscord, client: AnyWatcher) -> AsyncIterator[AnyWatcher]:
    """Log the client in and wait until it is ready; close it afterwards."""
    task = asyncio.create_task(client.start(sim.token))
    ready = asyncio.create_task(client.until(lambda: client.readies > 0))
    try:
        await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task  # raises what went wrong
        await ready
        yield client
    finally:
        ready.cancel()
        await client.close()
        await asyncio.gather(task, ready, return_exceptions=True)


class BotProcess:
    """The same client in a process of its own, which can be killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.seen: list[tuple[str, str]] = []
        self.errors: deque[str] = deque(maxlen=50)
        self._changed = asyncio.Event()
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._drain())]

    @classmethod
    async def start(cls, sim: SimulatedDiscord, *command: str, **settings: str) -> Self:
        """Start a program, by default the one that repeats; settings are environment variables."""
        # -P: this folder must not come before the real discord package.
        program = command or (sys.executable, "-P", str(Path(__file__).with_name("bot_program.py")))
        addresses = {"API": sim.api_base, "GATEWAY": sim.gateway_url, "TOKEN": sim.token}
        process = await asyncio.create_subprocess_exec(
            *program,
            env={**os.environ, **addresses, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            event, text = json.loads(line)
            self.seen.append((event, text))
            self._changed.set()
            self._changed = asyncio.Event()

    async def _drain(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.errors.append(line.decode())

    def texts(self, event: str = "message") -> list[str]:
        return [text for name, text in self.seen if name == event]

    async def until(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    async def kill(self) -> None:
        """End the process at once, as a crash does, and wait until it is gone."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await asyncio.gather(*self._readers)


class Rest:
    """The HTTP API spoken to by hand, with the bot's token."""

    def __init__(self, sim: SimulatedDiscord) -> None:
        self._sim = sim

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers={"Authorization": f"Bot {self._sim.token}"})
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.close()

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> "Asked":
        async with self._http.request(method, self._sim.api_base + path, json=body, **options) as response:
            text = await response.text()
            content = json.loads(text) if text else None
            return Asked(
                response.status, content, {name.lower(): value for name, value in response.headers.items()}
            )

    async def webhook(self, channel: SimChannel, name: str = "bridge") -> str:
        """Create a webhook and return the path to execute it."""
        made = (await self.ask("POST", f"/channels/{channel.id}/webhooks", {"name": name})).body
        return f"/webhooks/{made['id']}/{made['token']}"


class Asked(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]
