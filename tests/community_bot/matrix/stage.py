"""The face on a real homeserver: a bot that can be started again and again, and people who use it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import nio

from community_bot.commands.desk import Desk
from community_bot.commands.registry import Registry
from community_bot.locales import Language
from community_bot.matrix.arrivals import ArrivalService
from community_bot.matrix.face import MatrixFace, MatrixHomes
from community_bot.matrix.knocks import KnockHandler
from community_bot.matrix.sync import MatrixSync
from community_bot.platforms.matrix_builder import MatrixBuilder
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_port import MatrixPort
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.services.network import Network, Rules
from community_bot.services.standing import Standings
from db.dialogue_store import DialogueStore
from db.engine import Database
from db.keys import NetworkKeys
from sandbox.matrix import MatrixPerson, RealSynapse, SeenEvent
from tests.community_bot.matrix.orchard import Orchard, OrchardCatalogues, offer

_numbers = itertools.count(1)


class Stage:
    """One homeserver, one database, one bot account; ``lobbies`` are what the bot greets in when it starts."""

    def __init__(self, synapse: RealSynapse, database: Database, bot: MatrixPerson) -> None:
        self.synapse = synapse
        self.bot = bot
        self.orchard = Orchard()
        self.catalogues = OrchardCatalogues()
        self.keys = NetworkKeys(b"thirty-two bytes of a made up key")
        self.network = Network(database, self.keys, Rules("Riverside"), lambda: datetime.now(UTC))
        self.store = DialogueStore(database, self.keys)
        self.lobbies: dict[str, Language] = {}
        self.doors: list[str] = []
        self.shared: list[str] = []
        self.entered: list[str] = []
        registry = Registry()
        offer(registry, self.orchard)
        self.desk = Desk(registry, Standings(self.network), self.catalogues)

    @asynccontextmanager
    async def builder(self) -> AsyncIterator[MatrixBuilder]:
        """Build with the bot's account, beside the face or without it."""
        client = nio.AsyncClient(self.synapse.url, self.bot.user_id, device_id="STAGE")
        client.access_token, client.user_id = self.bot.access_token, self.bot.user_id
        try:
            yield MatrixBuilder(Homeserver(client), lookup=self.keys.lookup)
        finally:
            await client.close()

    @asynccontextmanager
    async def running(
        self,
        arrivals: ArrivalService | None = None,
        desk: Desk | None = None,
        knocked: KnockHandler | None = None,
    ) -> AsyncIterator[MatrixPort]:
        """Run the face; leaving ends it as a crash would, with nothing written that is not written yet."""
        client = nio.AsyncClient(self.synapse.url, self.bot.user_id, device_id="STAGE")
        client.access_token, client.user_id = self.bot.access_token, self.bot.user_id
        homeserver = Homeserver(client)
        rooms = PrivateRooms(homeserver, self.keys.lookup)
        port = MatrixPort(homeserver, rooms, self.catalogues)
        face = MatrixFace(
            homeserver,
            rooms,
            desk or self.desk,
            self.catalogues,
            self.store,
            spell=port.spell,
            homes=MatrixHomes(dict(self.lobbies), list(self.shared), list(self.entered)),
            arrivals=arrivals,
            knocked=knocked,
            doors=self._doors,
        )
        task = asyncio.create_task(MatrixSync(homeserver, self.store, face).run())
        try:
            yield port
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await client.close()

    async def _doors(self) -> list[str]:
        return self.doors

    async def person(self, display_name: str = "ส้มโอ") -> MatrixPerson:
        return await self.synapse.person(f"p{next(_numbers)}", display_name=display_name)

    async def direct(self, person: MatrixPerson) -> str:
        """Open a conversation with the bot as a person does, and wait until it said hello."""
        room = await person.start_direct(self.bot.user_id)
        await self.heard(person, room)
        return room

    async def group(self, person: MatrixPerson, *others: MatrixPerson) -> str:
        """Make a room of more than two, with the bot in it."""
        third = others or (await self.person("คนที่สาม"),)
        room = await person.create_room("ริมน้ำ", invite=[self.bot.user_id, *(each.user_id for each in third)])
        for each in (self.bot, *third):
            await each.join(room)
        return room

    async def heard(self, person: MatrixPerson, room: str) -> SeenEvent:
        """Wait for the next thing the bot says."""
        return await person.wait_for_next(room, lambda message: message.sender == self.bot.user_id)

    async def ask(self, person: MatrixPerson, room: str, line: str) -> SeenEvent:
        """Say a line and wait for the bot's answer."""
        await person.say(room, line)
        return await self.heard(person, room)

    async def own_room(self, person: MatrixPerson) -> str:
        """Accept the bot's invitation to a room of the person's own."""
        invitation = await person.wait_for_invitation(lambda each: each.inviter == self.bot.user_id)
        assert invitation.direct
        assert not invitation.encrypted
        return await person.join(invitation.room_id)

    async def own_room_by_asking(self, person: MatrixPerson) -> str:
        """Get a room of the person's own, as somebody does who asks among others."""
        await person.say(await self.group(person), ".tree water first")
        room = await self.own_room(person)
        await self.heard(person, room)
        return room

    async def until_gone(self, person: MatrixPerson, room: str, event: str) -> None:
        """Wait until an event was redacted."""
        async with asyncio.timeout(10):
            async for _ in person._news(room):
                if event not in {each["event_id"] for each in await events(person, room)}:
                    return

    async def signs(self, person: MatrixPerson, room: str, event: str, *, at_least: int = 1) -> list[str]:
        """Wait until the bot has put signs under a message, and return them in order."""
        async with asyncio.timeout(10):
            async for _ in person._news(room):
                found = [
                    each["content"]["m.relates_to"]["key"]
                    for each in await events(person, room)
                    if each["type"] == "m.reaction"
                    and each["sender"] == self.bot.user_id
                    and each["content"].get("m.relates_to", {}).get("event_id") == event
                ]
                if len(found) >= at_least:
                    return found
        raise AssertionError("news never end")


async def events(person: MatrixPerson, room: str) -> Sequence[dict[str, Any]]:
    path = ("_matrix", "client", "v3", "rooms", room, "messages")
    page = await person._requests.ask("GET", *path, query={"dir": "b", "limit": 100})
    return [event for event in reversed(page["chunk"]) if event["content"]]


async def press(person: MatrixPerson, room: str, event: str, sign: str) -> str:
    relation = {"rel_type": "m.annotation", "event_id": event, "key": sign}
    return await person.send(room, "m.reaction", {"m.relates_to": relation})
