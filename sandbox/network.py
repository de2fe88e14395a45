"""A whole network on one machine: simulated Discord, real Synapse, the cast in their places, and the bot."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from config import generate_network_key
from sandbox.bot import BotProcess
from sandbox.cast import DISCORD_LOCALES, RIVER_AND_HILL, Conversation, Home, Member, Network
from sandbox.discord import RateLimits, SimChannel, SimGuild, SimMember, SimulatedDiscord
from sandbox.folder import TemporaryFolder, remove_abandoned
from sandbox.matrix import MatrixPerson, RealSynapse, TroubledRoad
from sandbox.ports import ReservedPort

BOT_LOCALPART = "community-bot"
KEEPER = "keeper"
"""The Matrix account that founds the rooms and looks on."""


class CommandFailedError(Exception):
    """One of the operator's commands did not end well; the text carries what it printed."""


class SandboxNetwork:
    """Build the cast's network; use it as an async context manager. The bot is started by its user.

    Homes and rooms are found by the keys of :mod:`sandbox.cast`. With `troubled` the bot reaches its homeserver
    over `road`, where a test makes trouble; people never do. On Discord's side `discord.faults` is always there.
    """

    def __init__(
        self,
        cast: Network = RIVER_AND_HILL,
        *,
        limits: RateLimits | None = None,
        pages: bool = False,
        synapse_default_limits: bool = False,
        health_port: int = 0,
        synapse_port: int = 0,
        page_port: int = 0,
        more_settings: str = "",
        troubled: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.cast = cast
        self.discord = SimulatedDiscord(limits=limits, pages=pages, page_port=page_port)
        self._hurry = (limits or RateLimits.discord()).hurry
        self.synapse = RealSynapse(port=synapse_port, default_limits=synapse_default_limits)
        self.guilds: dict[str, SimGuild] = {}
        self.channels: dict[tuple[str, str], SimChannel] = {}
        self.rooms: dict[tuple[str, str], str] = {}
        self.spaces: dict[str, str] = {}
        self.on_discord: dict[str, SimMember] = {}
        self.on_matrix: dict[str, MatrixPerson] = {}
        self._more_settings = more_settings
        self._troubled = troubled
        self._road: TroubledRoad | None = None
        self._tell = tell
        self._bot_password = secrets.token_urlsafe(24)
        self._health_port = health_port
        self._stack = AsyncExitStack()
        self._folder: TemporaryFolder | None = None
        self._bot: BotProcess | None = None
        self._keeper: MatrixPerson | None = None

    # ── life

    async def __aenter__(self) -> Self:
        try:
            remove_abandoned()
            self._folder = TemporaryFolder()
            self._stack.callback(self._folder.remove)
            port = ReservedPort(self._health_port)
            self._stack.callback(port.release)
            self._tell("starting the simulated Discord")
            await self._stack.enter_async_context(self.discord)
            self._tell("starting a real Synapse")
            await self._stack.enter_async_context(self.synapse)
            if self._troubled:
                self._road = await self._stack.enter_async_context(TroubledRoad(self.synapse.url))
            self._tell("founding the rooms and letting the members in")
            self._people_discord()
            await self._people_matrix()
            settings = await self._write_settings(port.number)
            self._bot = BotProcess(settings, self._folder.path, port.number)
            self._stack.push_async_callback(self._bot.stop)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def bot(self) -> BotProcess:
        assert self._bot is not None
        return self._bot

    @property
    def folder(self) -> Path:
        assert self._folder is not None
        return self._folder.path

    @property
    def keeper(self) -> MatrixPerson:
        assert self._keeper is not None
        return self._keeper

    @property
    def road(self) -> TroubledRoad:
        assert self._road is not None, "there is a road only with troubled=True"
        return self._road

    @property
    def bot_user_id(self) -> str:
        return f"@{BOT_LOCALPART}:{self.synapse.server_name}"

    @property
    def database_file(self) -> Path:
        return self.folder / "data" / "community.db"

    # ── places and people

    def _people_discord(self) -> None:
        for home in self.cast.homes_on("discord"):
            guild = self.discord.add_guild(home.name)
            self.guilds[home.key] = guild
            for room in home.rooms:
                add = guild.add_forum if room.kind == "forum" else guild.add_text_channel
                self.channels[home.key, room.key] = add(room.name, topic=room.topic)
            for member in self.cast.members_of(home.key):
                self.on_discord[member.key] = guild.add_member(
                    member.key, display=member.display_name, locale=DISCORD_LOCALES[member.language]
                )

    async def _people_matrix(self) -> None:
        self._keeper = await self.synapse.person(KEEPER, display_name="Keeper of the rooms")
        await self.synapse.register(BOT_LOCALPART, self._bot_password, display_name="Community Bot")
        await asyncio.gather(*(self._matrix_home(home) for home in self.cast.homes_on("matrix")))

    async def _matrix_home(self, home: Home) -> None:
        space = await self.keeper.create_room(home.name, public=True, space=True)
        self.spaces[home.key] = space
        for room in home.rooms:
            ends = [end for each in self.cast.conversations for end in each.ends]
            ends += [door for each in self.cast.spaces for door in each.doors]
            joined = room.key == home.welcome or any((end.home, end.room) == (home.key, room.key) for end in ends)
            room_id = await self.keeper.create_room(
                room.name,
                public=True,
                topic=room.topic,
                invite=[self.bot_user_id] if joined else [],
                # enough to invite people; as a moderator would set it in a client
                power_levels={"users": {self.bot_user_id: 50}},
            )
            await self.keeper.add_to_space(space, room_id)
            self.rooms[home.key, room.key] = room_id
        for member in self.cast.members_of(home.key):
            person = await self.synapse.person(member.key, display_name=member.display_name)
            self.on_matrix[member.key] = person
            for room_id in (space, *(self.rooms[home.key, room.key] for room in home.rooms)):
                await person.join(room_id)

    async def _write_settings(self, health_port: int) -> Path:
        token = await self.synapse.login(BOT_LOCALPART, self._bot_password, device_id="COMMUNITYBOT")
        folder = self.folder / "settings"
        kept = folder / "secrets"
        kept.mkdir(parents=True, mode=0o700)
        for name, value in (
            ("network_key", generate_network_key()),
            ("discord_token", self.discord.token),
            ("matrix_access_token", token),
        ):
            path = kept / name
            path.touch(mode=0o600)
            path.write_text(value, encoding="utf-8")
        path = folder / "network.toml"
        path.write_text(self.settings_text(health_port), encoding="utf-8")
        return path

    def settings_text(self, health_port: int) -> str:
        """Return the settings file of this network."""
        homeserver = self._road.url if self._road is not None else self.synapse.url
        joined = "".join(
            f'\n[[conversations]]\nkey = "{conversation.key}"\n'
            f"discord_channels = {[self.channels[end].id for end in self._ends(conversation, 'discord')]}\n"
            f"matrix_rooms = {_toml([self.rooms[end] for end in self._ends(conversation, 'matrix')])}\n"
            for conversation in self.cast.conversations
        )
        return (
            f'[network]\nname = "{self.cast.name}"\n\n'
            f'[database]\nurl = "sqlite+aiosqlite:///data/community.db"\n\n'
            f'[discord]\napi_base = "{self.discord.api_base}"\ngateway = "{self.discord.gateway_url}"\n'
            f'cdn_base = "{self.discord.cdn_base}"\nhurry = {self._hurry}\n\n'
            f'[matrix]\nhomeserver = "{homeserver}"\nuser_id = "{self.bot_user_id}"\n\n'
            f"[web]\nport = {health_port}\n\n"
            # a few people are enough to vote: the cast is small
            f"[learning]\nquorum_least = 3\n\n"
            f'[logs]\nformat = "json"\n{self._more_settings}{joined}{self._homes_text()}{self._spaces_text()}'
        )

    def _homes_text(self) -> str:
        written = ""
        for home in self.cast.homes:
            if home.welcome is None:
                continue
            written += f'\n[[homes]]\nlanguage = "{home.language}"\n'
            if home.platform == "discord":
                channel = self.channels[home.key, home.welcome]
                written += f"discord_server = {self.guilds[home.key].id}\ndiscord_channel = {channel.id}\n"
            else:
                written += f'matrix_room = "{self.rooms[home.key, home.welcome]}"\n'
        return written

    def _spaces_text(self) -> str:
        written = ""
        for space in self.cast.spaces:
            places = [(door.home, door.room) for door in space.doors]
            channels = [self.channels[place].id for place in places if place in self.channels]
            rooms = [self.rooms[place] for place in places if place in self.rooms]
            titles = zip(("th", "en", "es"), space.titles, strict=True)
            written += f'\n[[spaces]]\nkey = "{space.key}"\n'
            written += "".join(f'title_{language} = "{title}"\n' for language, title in titles)
            written += f"discord_channels = {channels}\nmatrix_rooms = {_toml(rooms)}\n"
        return written

    def _ends(self, conversation: Conversation, platform: str) -> list[tuple[str, str]]:
        return [(end.home, end.room) for end in conversation.ends if self.cast.home(end.home).platform == platform]

    def ends(self, platform: str) -> list[tuple[str, tuple[str, str]]]:
        """Return every joined place of one platform with its conversation's key."""
        return [
            (conversation.key, place)
            for conversation in self.cast.conversations
            for place in self._ends(conversation, platform)
        ]

    # ── the operator

    async def operator(self, *words: str, **environment: str) -> str:
        """Type one of the operator's commands, such as ``admin-code``; return what it printed.

        Raises :class:`CommandFailedError`.
        """
        settings = self.folder / "settings"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_BOT_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "community_bot", *words, "--settings", str(settings / "network.toml")),
            cwd=self.folder,
            env=kept | {"COMMUNITY_BOT_SECRETS_DIR": str(settings / "secrets")} | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        if process.returncode != 0:
            raise CommandFailedError(
                f"community-bot {words[0]} ended with {process.returncode}: {printed.decode()}"
            )
        return printed.decode()

    # ── talking

    def place_of(self, member: Member, conversation: Conversation) -> tuple[str, str]:
        """Return the room of a conversation in a member's own home. Raises KeyError when there is none."""
        for end in conversation.ends:
            if end.home == member.home:
                return end.home, end.room
        raise KeyError(f"{member.key} has no room of {conversation.key} at home")

    async def say(self, member_key: str, conversation_key: str, text: str) -> None:
        """Let a member say something in a conversation, where they are at home; in a forum it becomes a post."""
        member = self.cast.member(member_key)
        place = self.place_of(member, self.cast.conversation(conversation_key))
        if member_key in self.on_discord and self.channels[place].kind == "forum":
            await self.on_discord[member_key].post(self.channels[place], text[:100], text)
        elif member_key in self.on_discord:
            await self.on_discord[member_key].say(self.channels[place], text)
        else:
            await self.on_matrix[member_key].say(self.rooms[place], text)


def _toml(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"
