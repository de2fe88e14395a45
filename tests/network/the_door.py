"""A network where people arrive: a Discord server with a welcome channel, a Matrix community with a lobby."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing

from sandbox.burglar import Burglar
from sandbox.cast import End, Home, Network, Organisation, Room, Space
from sandbox.discord import SimChannel, SimMember
from sandbox.matrix import MatrixPerson
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk

THE_DOOR = Network(
    name="The Door",
    organisations=(Organisation("kites", "Kite Makers", "en"),),
    homes=(
        Home(
            "river",
            "discord",
            "River House",
            (Room("welcome", "welcome", "Say hello"), Room("radio", "radio", "Listening")),
            language="en",
            welcome="welcome",
        ),
        Home(
            "hill",
            "matrix",
            "Hill Circle",
            (Room("welcome", "Welcome", "Say hello"), Room("radio", "Radio", "Listening")),
            language="en",
            welcome="welcome",
        ),
    ),
    members=(),
    conversations=(),
    spaces=(Space("radio", ("วิทยุ", "Radio", "Radio"), (End("river", "radio"), End("hill", "radio"))),),
)


class TheDoor:
    """Short names for the parts of a network of :data:`THE_DOOR`, and who was greeted there."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network
        self.bot = network.bot
        self.channel: SimChannel = network.channels["river", "welcome"]
        self.lobby: str = network.rooms["hill", "welcome"]
        self._guild = network.guilds["river"]
        self._burglar = Burglar(network.folder, network.folder / "settings" / "secrets" / "network_key")

    def comes_to_discord(self, name: str, *, locale: str = "en-US") -> SimMember:
        return self._guild.add_member(name, display=name.title(), locale=locale)

    def comes_again(self, member: SimMember) -> SimMember:
        return self._guild.admit(member)

    async def person(self, name: str) -> MatrixPerson:
        return await self.network.synapse.person(name, display_name=name.title())

    async def comes_to_matrix(self, name: str) -> PrivateTalk:
        """Let a new person join the lobby, and accept the bot's invitation."""
        return await PrivateTalk.begin(await self.person(name), self.lobby, self.network.bot_user_id)

    async def greeting_of(self, member: SimMember, *, seconds: float = 20) -> int:
        """Wait for a message that greets somebody on Discord; return its id."""
        name = f"<@{member.id}>"
        seen = await self.channel.wait_for(lambda said: any(name in m.content for m in said), timeout=seconds)
        return next(message.id for message in seen if name in message.content)

    def greeted_on_discord(self, members: Sequence[SimMember]) -> list[int]:
        """Return how often each was greeted, also in messages that are gone again."""
        posted = [
            str(record.json["content"])
            for record in self.network.discord.requests
            if record.template == "/channels/{id}/messages" and record.method == "POST" and record.took_effect
        ]
        said = Counter(member.id for content in posted for member in members if f"<@{member.id}>" in content)
        return [said[member.id] for member in members]

    async def greeted_on_matrix(self, person: MatrixPerson, *, seconds: float = 60) -> int:
        """Wait until the bot has opened one room with somebody; return how many cards stand in it."""
        bot = self.network.bot_user_id
        await person.wait_for_invitation(lambda each: each.inviter == bot, timeout=seconds)
        (invitation,) = [each for each in await person.invitations() if each.inviter == bot]
        room = await person.join(invitation.room_id)
        seen = await person.wait_until(room, lambda said: any(e.sender == bot for e in said), timeout=seconds)
        return sum(event.sender == bot for event in seen)

    def is_kept(self, table: str, platform: str, user_id: str) -> bool:
        """Say whether a table has a row for an account."""
        lookup = self._burglar.hash_of("account", platform, user_id)
        with closing(sqlite3.connect(self.network.database_file)) as database:
            where = f"SELECT count(*) FROM {table} WHERE account_lookup = ?"
            return bool(database.execute(where, (lookup,)).fetchone()[0])

    async def until_forgotten(self, table: str, platform: str, user_id: str, *, seconds: float = 20) -> None:
        """Wait until a table has no row for an account."""
        async with asyncio.timeout(seconds):
            while self.is_kept(table, platform, user_id):  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.03)
