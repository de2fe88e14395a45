"""A real Synapse that knows the bot as an application service, and a listener it pushes to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_pushed import Event
from bridges.ends.matrix_registration import GhostNames, Registration, new_token
from bridges.ends.matrix_transactions import TransactionListener
from sandbox.matrix import MatrixPerson, RealSynapse
from sandbox.ports import ReservedPort
from tests.bridges.test_matrix_client import client_of

NAMES = GhostNames("_community_", "river.localhost")
BOT = "@community:river.localhost"


@dataclass
class Pushed:
    """Keeps what was pushed; fails as often as :attr:`troubles` says, as before a commit."""

    events: list[Event] = field(default_factory=list)
    transactions: list[list[str]] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)

    async def take(self, events: Sequence[Event], ephemeral: Sequence[Event]) -> None:
        self.transactions.append([str(event["event_id"]) for event in events])
        if self.troubles:
            raise self.troubles.pop()
        self.events += events

    def texts(self, room: str) -> list[str]:
        return [
            event["content"]["body"]
            for event in self.events
            if event["type"] == "m.room.message" and event["room_id"] == room
        ]


@dataclass
class House:
    """The homeserver; :attr:`port` stays ours while nobody listens there."""

    synapse: RealSynapse
    registration: Registration
    client: MatrixClient
    """With the token of the application service."""
    bot: MatrixClient
    """With the bot's own login."""
    port: int
    tono: MatrixPerson

    async def room(self, name: str, *, public: bool = False) -> str:
        """Make a room with Toño and the bot in it."""
        room = await self.tono.create_room(name, public=public)
        if not public:
            await self.tono.invite(room, BOT)
        await self.bot.post("join", room, body={})
        return room

    def listener(self, pushed: Pushed) -> TransactionListener:
        return TransactionListener("127.0.0.1", self.port, hs_token=self.registration.hs_token, take=pushed.take)

    async def members(self, room: str, user: str) -> list[dict[str, Any]]:
        """Return what a room says of one account, oldest first."""
        query = {"dir": "f", "limit": "500", "filter": '{"types": ["m.room.member"]}'}
        page = await self.bot.get("rooms", room, "messages", query=query)
        return [event["content"] for event in page["chunk"] if event["state_key"] == user]


@asynccontextmanager
async def haunted(*, default_limits: bool = False) -> AsyncIterator[House]:
    """Start it; with ``default_limits`` people meet the limits Synapse ships with."""
    port = ReservedPort()
    try:
        url = f"http://127.0.0.1:{port.number}"
        registration = Registration(url, new_token(), new_token(), BOT, NAMES)
        async with (
            RealSynapse(default_limits=default_limits, appservices=[registration.content()]) as synapse,
            client_of(synapse.url, BOT, registration.as_token) as client,
        ):
            account = await synapse.person("community", display_name="Community")
            tono = await synapse.person("tono", display_name="Toño")
            async with client_of(synapse.url, BOT, account.access_token) as bot:
                yield House(synapse, registration, client, bot, port.number, tono)
    finally:
        port.release()
