"""A network with room for learning spaces: two Discord servers, a Matrix community, one who runs it all."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sandbox.at_discord import AtDiscord
from sandbox.cast import Home, Network, Organisation, Room
from sandbox.discord import SimChannel
from sandbox.network import SandboxNetwork
from sandbox.standing import Standing, of_guild, of_rooms

THE_GARDEN = Network(
    name="The Garden",
    organisations=(Organisation("kites", "Kite Makers", "en"),),
    homes=(
        Home("river", "discord", "River House", (Room("welcome", "welcome", "Say hello"),), "en", "welcome"),
        Home("boat", "discord", "Paper Boat", (Room("welcome", "bienvenida", "Saluda"),), "es", "welcome"),
        Home("hill", "matrix", "Hill Circle", (Room("welcome", "Welcome", "Say hello"),), "en", "welcome"),
    ),
    members=(),
    conversations=(),
)
TITLES = ("Night radio", "Open numbers", "First steps", "Many tongues")
CHANNELS = (
    ("plaza", "announcements", "practice", "questions", "reflections", "facilitators"),
    ("plaza", "avisos", "práctica", "preguntas", "reflexiones", "facilitación"),
)
"""What the template ``pilot`` makes on each server, in its language and order."""
PLACES = 1 + len(CHANNELS[0])
"""A category with its channels, a Matrix space with its rooms."""


class TheGarden:
    """Short names for the parts of a network of :data:`THE_GARDEN`, and what stands there."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network
        self.bot = network.bot
        self.guilds = (network.guilds["river"], network.guilds["boat"])
        self._rooms_before: frozenset[str] = frozenset()
        self._channels_before = frozenset(each.id for guild in self.guilds for each in guild.channels())

    async def open(self) -> AtDiscord:
        """Start the bot and appoint who makes spaces; what stands from here on is theirs."""
        await self.bot.start()
        await self.bot.ready()
        sol = await AtDiscord.appoint(self.network, "river", "sol", display="Sol", alias="Sun Bird")
        self._rooms_before = frozenset(await self.network.synapse.room_ids())
        return sol

    async def rooms(self) -> list[str]:
        """Return the rooms and spaces that have been made on Matrix."""
        return sorted(set(await self.network.synapse.room_ids()) - self._rooms_before)

    async def standing(self) -> Standing:
        """Return everything that stands on all three, who is in a Matrix room left out."""
        found: dict[str, str] = {}
        for guild in self.guilds:
            found |= {f"{guild.name} {key}": value for key, value in of_guild(guild).items()}
        return {**found, **await of_rooms(self.network.synapse, await self.rooms())}

    def shape(self, title: str) -> list[str]:
        """Return what stands of a space on Discord without its ids and its title, so that two can be compared."""
        lines: list[str] = []
        for guild in self.guilds:
            names = {role.id: role.name for role in guild.roles()} | {guild.id: "everyone"}
            lines += [f"{guild.name}: role {each.name}" for each in guild.roles() if title in each.name]
            for category in guild.categories():
                if category.name == title:
                    lines += [
                        f"{guild.name}: {_line(each, names)}" for each in (category, *guild.in_category(category))
                    ]
        return sorted(line.replace(title, "…") for line in lines)

    async def shape_on_matrix(self, title: str) -> list[str]:
        """Return the same of Matrix: the space by its name, the rooms that it lists, without their ids."""
        states = {room: await self.network.synapse.room_state(room) for room in await self.rooms()}
        lines: list[str] = []
        for state in states.values():
            if _content_of(state, "m.room.name").get("name") == title:
                children = [each for each in state if each["type"] == "m.space.child"]
                lines += [
                    _state_line(each) for each in (state, *(states[child["state_key"]] for child in children))
                ]
                lines += [str(child["content"]) for child in children]
        return sorted(line.replace(title, "…") for line in lines)

    def channel(self, guild: int, name: str) -> SimChannel:
        """Return the newest channel of a server that has this name."""
        return [each for each in self.guilds[guild].channels() if each.name == name][-1]

    async def room(self, name: str) -> str:
        """Return a Matrix room that has been made with this name."""
        for room in await self.rooms():
            if _content_of(await self.network.synapse.room_state(room), "m.room.name").get("name") == name:
                return room
        raise AssertionError(f"no room {name}")

    def built(self) -> int:
        """Return how many channels and categories have been made on Discord."""
        return sum(each.id not in self._channels_before for guild in self.guilds for each in guild.channels())

    async def until(self, condition: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until something is so on Discord or in the database."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.01)

    def under_way(self) -> int:
        """Return how many undertakings are not over."""
        where = "SELECT count(*) FROM space_work WHERE state IN ('running', 'undoing')"
        with closing(sqlite3.connect(self.network.database_file)) as database:
            return int(database.execute(where).fetchone()[0])


def _line(channel: SimChannel, names: dict[int, str]) -> str:
    access = sorted(
        f"{names.get(each.target_id, 'somebody')} {sorted(each.permissions.items())}"
        for each in channel.overwrites()
    )
    # Discord says that something was pinned when it is, which is later after a crash in between
    said = sorted((each.pinned, each.content) for each in channel.messages()) if channel.kind == "text" else []
    return f"{channel.kind} {channel.name} {channel.topic} {channel.slow_seconds} {channel.tags} {access} {said}"


def _state_line(state: list[dict[str, Any]]) -> str:
    kinds = ("m.room.name", "m.room.topic", "m.room.power_levels", "m.room.history_visibility", "m.room.member")
    told = [json.dumps(_content_of(state, kind), sort_keys=True) for kind in kinds]
    rule = str(_content_of(state, "m.room.join_rules").get("join_rule"))
    pinned = len(_content_of(state, "m.room.pinned_events").get("pinned", []))
    return f"{told} {rule} {pinned} pinned"


def _content_of(state: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next((dict(each["content"]) for each in state if each["type"] == kind), {})
