"""``make run`` without settings, and ``community-bot sandbox tour``."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import sys
from contextlib import AsyncExitStack
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.bot import BotDiedError
from sandbox.chapters import CHAPTERS
from sandbox.matrix import SynapseDiedError
from sandbox.network import SandboxNetwork
from sandbox.onlooker import Crossing, Onlooker
from sandbox.small_talk import EXCHANGES
from sandbox.transcript import Chapter, Step, Transcript

PAGE_PORT, MATRIX_PORT, HEALTH_PORT = 8700, 8008, 8080
"""Where a newcomer finds things; when one is taken, a free port is used instead and shown."""
GUEST, GUEST_PASSWORD = "guest", "river-and-hill"
PAUSE_SECONDS = (1.5, 7.0)

out = Console(highlight=False)


def run_sandbox() -> None:
    """Run the sandbox until Ctrl-C; everything it started ends with it and nothing is left behind."""
    try:
        asyncio.run(_run())
    except (SynapseDiedError, BotDiedError) as error:
        out.print(f"[bold red]✗[/] {escape(str(error))}")
        sys.exit(1)


def run_tour(*, as_json: bool) -> bool:
    """Play all chapters; print a transcript, or one JSON object; return whether all went well."""
    return asyncio.run(_tour(as_json=as_json))


# ── the sandbox


async def _run() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(_network(), name="sandbox")
    stopping = asyncio.create_task(stop.wait(), name="waiting for Ctrl-C")
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        out.print("\nStopping everything …")
    stopping.cancel()
    running.cancel()
    results = await asyncio.gather(running, stopping, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise results[0]
    out.print("Everything has ended; nothing is left behind.")


async def _network() -> None:
    network = SandboxNetwork(
        pages=True,
        page_port=_free_or_any(PAGE_PORT),
        synapse_port=_free_or_any(MATRIX_PORT),
        health_port=_free_or_any(HEALTH_PORT),
        tell=_progress,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(network)
        await _invite_guest(network)
        _progress("starting the bot")
        await network.bot.start()
        await network.bot.ready()
        _progress("asking the operator for a code")
        out.print(_table(network, office_code=(await network.operator("admin-code")).strip()))
        out.print(
            "[bold green]The network is up.[/] Its members talk a little by themselves. Ctrl-C ends everything.\n"
        )
        tasks = [
            asyncio.create_task(Onlooker(network, _tell).run(), name="onlooker"),
            asyncio.create_task(_small_talk(network), name="small talk"),
            asyncio.create_task(network.bot.wait(), name="the bot"),
        ]
        try:
            # none of these ends by itself; the first that does has a reason to tell
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            raise BotDiedError(f"the bot has ended:\n{network.bot.tail()}")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _progress(line: str) -> None:
    out.print(f"[dim]· {line} …[/]")


def _free_or_any(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


async def _invite_guest(network: SandboxNetwork) -> None:
    """Make the account with which the reader of the table logs in, and bring it into every room."""
    guest = await network.synapse.person(GUEST, display_name="Guest", password=GUEST_PASSWORD)
    for room in (*network.spaces.values(), *network.rooms.values()):
        await guest.join(room)


def _table(network: SandboxNetwork, *, office_code: str) -> Table:
    table = Table(title=network.cast.name, show_header=False, title_style="bold", padding=(0, 1))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Discord, simulated", f"click here: {network.discord.pages_url}")
    table.add_row(
        "Matrix, real",
        f"log in with any Matrix client: homeserver {network.synapse.url}, user {GUEST}, password {GUEST_PASSWORD}",
    )
    for conversation in network.cast.conversations:
        places = [
            f"{'#' if network.cast.home(end.home).platform == 'discord' else ''}"
            f"{network.cast.home(end.home).room(end.room).name} ({network.cast.home(end.home).name})"
            for end in conversation.ends
        ]
        table.add_row(f"joined: {conversation.key}", "  ↔  ".join(places))
    table.add_row(
        "Becoming a member",
        "type /start in any channel on Discord, .start in any room on Matrix; then /help, .help",
    )
    table.add_row(
        "Running it",
        f"once a member, .admin claim code:{office_code} in your room with the bot on Matrix; then .space create "
        "makes a learning space on both platforms, .space check finds what was changed in it by hand",
    )
    table.add_row("The bot's health", f"{network.bot.health_url}/readyz")
    table.add_row("The bot's log", str(network.bot.output))
    return table


def _tell(crossing: Crossing) -> None:
    mark = "#" if crossing.platform == "Discord" else ""
    text = crossing.text if len(crossing.text) <= 90 else f"{crossing.text[:89]}…"
    out.print(
        f"[dim]{datetime.now().astimezone():%H:%M:%S}[/]  → {crossing.platform} {escape(mark + crossing.place)}  "
        f"[bold]{escape(crossing.author)}[/]: {escape(text)}",
        soft_wrap=True,
    )


async def _small_talk(network: SandboxNetwork) -> None:
    chance = random.Random()
    while True:
        for exchange in chance.sample(EXCHANGES, len(EXCHANGES)):
            for line in exchange.lines:
                await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
                await network.say(line.speaker, exchange.conversation, line.text)


# ── the tour


async def _tour(*, as_json: bool) -> bool:
    transcript = Transcript(_silent if as_json else _narrate)
    try:
        async with SandboxNetwork(tell=_silent if as_json else _progress) as network:
            for name, play in CHAPTERS:
                transcript.begin(name)
                await play(network, transcript)
    except Exception as error:
        # a failing step is in the transcript already; anything else would otherwise be told to nobody
        if transcript.ok or not transcript.chapters or not transcript.chapters[-1].steps:
            raise
        if not as_json:
            out.print(f"[bold red]The tour ends here:[/] {escape(type(error).__name__)}")
    if as_json:
        out.print(json.dumps({"chapters": [chapter.as_json() for chapter in transcript.chapters]}), soft_wrap=True)
    elif transcript.ok:
        out.print(f"\n[bold green]Everything happened.[/] {sum(c.seconds for c in transcript.chapters):.1f} s")
    return transcript.ok


def _silent(_told: Chapter | Step | str) -> None:
    """Say nothing: with --json only the object is printed."""


def _narrate(told: Chapter | Step) -> None:
    if isinstance(told, Chapter):
        out.print(f"\n[bold]{told.name}[/]")
        return
    mark = "[green]✓[/]" if told.ok else "[red]✗[/]"
    out.print(f" {mark} {escape(told.text)}  [dim]{told.seconds:.1f} s[/]", soft_wrap=True)
    for line in told.seen:
        out.print(f"     {escape(line)}", soft_wrap=True)
