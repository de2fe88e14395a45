"""A network with two joined conversations and a welcome, in which a learning space opens and closes beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from sqlalchemy import Connection

from community_bot.domain.space_design import Access, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.space_state import SpaceState
from db.engine import Database
from db.space_store import SpaceStore
from sandbox.cast import Conversation, End, Home, Member, Network, Organisation, Room
from sandbox.matrix import MatrixPerson
from sandbox.network import SandboxNetwork
from tests.network.many_rooms import checks_of
from tests.network.two_rooms import TwoRooms

T = TypeVar("T")
KEYS = ("radio", "garden")
ROOMS = tuple(Room(key, key, "To talk") for key in ("welcome", *KEYS))
TWO_CONVERSATIONS = Network(
    name="Two Conversations",
    organisations=(Organisation("kites", "Kite Makers", "en"),),
    homes=(
        Home("river", "discord", "River House", ROOMS, welcome="welcome"),
        Home("hill", "matrix", "Hill", ROOMS),
    ),
    members=(
        Member("baitoey", "ใบเตย", "th", "kites", "river"),
        Member("tono", "Toño", "es", "kites", "hill"),
    ),
    conversations=tuple(Conversation(key, (End("river", key), End("hill", key))) for key in KEYS),
)
OWN, BY_OTHERS = "table", "workshop"
"""Rooms of the space: one on Matrix is the bot's own, as those it builds are; the other it has to be let into."""


class Orchard:
    """A learning space whose rooms are joined. What the bot would build and decide is put in its place here."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network
        self._comers = count(1)
        self._server = network.guilds["river"]

    def __getitem__(self, key: str) -> TwoRooms:
        return TwoRooms(self.network, key)

    async def plant(self) -> None:
        """Make the channels and rooms, and let everybody in."""
        network = self.network
        token = (network.folder / "settings" / "secrets" / "matrix_access_token").read_text(encoding="utf-8")
        bot = MatrixPerson(network.synapse.url, network.bot_user_id, token)
        try:
            network.rooms["hill", OWN] = await bot.create_room(OWN, public=True)
        finally:
            await bot.close()
        network.rooms["hill", BY_OTHERS] = await network.keeper.create_room(
            BY_OTHERS, invite=[network.bot_user_id, network.on_matrix["tono"].user_id]
        )
        for key in (OWN, BY_OTHERS):
            network.channels["river", key] = self._server.add_text_channel(key)
            await network.on_matrix["tono"].join(network.rooms["hill", key])
        await network.keeper.join(network.rooms["hill", OWN])

    async def open(self) -> None:
        """Let the space stand and be open; the bot hears of it with the next thing that happens."""
        rooms = tuple(RoomDesign(key, RoomKind.TALK, {"en": key}, {}, joined=True) for key in (OWN, BY_OTHERS))
        design = SpaceDesign(
            template="orchard",
            titles={"en": "Orchard"},
            purposes={},
            access=Access.OPEN,
            rooms=rooms,
            agreements={},
            participants=frozenset(),
            facilitators=frozenset(),
            bridged=True,
        )
        places = {
            "matrix": {key: self.network.rooms["hill", key] for key in (OWN, BY_OTHERS)},
            str(self._server.id): {key: str(self.network.channels["river", key].id) for key in (OWN, BY_OTHERS)},
        }

        def work(connection: Connection) -> None:
            now = datetime.now(UTC)
            store = SpaceStore(connection)
            store.add(
                "orchard", design.packed(), state="active", access="open", vouchers=0, stage=None, today=now.date()
            )
            for home, refs in places.items():
                store.settle("orchard", home, "matrix" if home == "matrix" else "discord", "en")
                for key, ref in refs.items():
                    store.begin("orchard", home, f"room.{key}", "room", now)
                    store.made("orchard", home, f"room.{key}", ref)

        await self._transact(work)

    async def become(self, state: SpaceState) -> None:
        """Let the space be in another state of its life."""

        def work(connection: Connection) -> None:
            store = SpaceStore(connection)
            row = store.get("orchard")
            assert row is not None
            store.change(row, state=state.value)

        await self._transact(work)

    def somebody_comes(self) -> None:
        """Let something happen in the network, of which the bot hears at once."""
        name = f"comer-{next(self._comers)}"
        self._server.add_member(name, display=name)

    async def until_joined(self, *, seconds: float = 20) -> None:
        """Wait until every channel and room of the space is heard."""
        await self._until(lambda checks: len(checks) == 4 and all(checks.values()), seconds)

    async def until_left(self, *, seconds: float = 20) -> None:
        """Wait until nothing is told of the space any more."""
        await self._until(lambda checks: not checks, seconds)

    async def _until(self, condition: Callable[[dict[str, bool]], bool], seconds: float) -> None:
        details: dict[str, str] = {}
        try:
            async with asyncio.timeout(seconds):
                while True:
                    told = await checks_of(self.network.bot)
                    found = {name: each["ok"] for name, each in told.items() if ":space-orchard-" in name}
                    details = {name: each["detail"] for name, each in told.items() if name in found}
                    if told and condition(found):
                        return
                    await asyncio.sleep(0.03)  # another process has no event
        except TimeoutError:
            raise AssertionError(f"{details}\n{self.network.bot.tail()}") from None

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        database = Database(f"sqlite+aiosqlite:///{self.network.database_file}")
        try:
            return await database.transact(work)
        finally:
            await database.close()
