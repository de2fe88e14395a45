"""A network with one conversation for each bad day, so that one bot can have them all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sandbox.bot import BotProcess
from sandbox.cast import Conversation, End, Home, Member, Network, Organisation, Room
from sandbox.network import SandboxNetwork
from tests.network.two_rooms import TwoRooms

KEYS = ("calm", "webhook", "permission", "sight", "deleted", "invited", "kicked", "encrypted", "turning", "power")

MANY_ROOMS = Network(
    name="Many Rooms",
    organisations=(Organisation("kites", "Kite Makers", "en"),),
    homes=(
        Home("river", "discord", "River House", tuple(Room(key, key, "หัดเล่าเรื่อง") for key in KEYS)),
        Home("hill", "matrix", "Hill Circle", tuple(Room(key, key, "Contar y escuchar") for key in KEYS)),
    ),
    members=(
        Member("baitoey", "ใบเตย", "th", "kites", "river"),
        Member("tono", "Toño", "es", "kites", "hill"),
    ),
    conversations=tuple(Conversation(key, (End("river", key), End("hill", key))) for key in KEYS),
)
MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}


class ManyRooms:
    """The rooms by key, and what a person with power may do to them."""

    def __init__(self, network: SandboxNetwork) -> None:
        self.network = network

    def __getitem__(self, key: str) -> TwoRooms:
        return TwoRooms(self.network, key)

    async def detail(self, check: str) -> str:
        """Return what ``/readyz`` says about one check: an end is ``key:platform``."""
        return await detail(self.network.bot, f"bridge:{check}1")

    async def until(self, check: str, wanted: str, *, seconds: float = 20) -> None:
        """Wait until ``/readyz`` says so about an end."""
        await until_detail(self.network.bot, f"bridge:{check}1", wanted, seconds=seconds)

    async def until_said(
        self, key: str, *, on_discord: Sequence[str] = (), on_matrix: Sequence[str] = (), seconds: float = 20
    ) -> None:
        """Wait until exactly this stands at both ends of a conversation, and nothing else follows."""
        rooms = self[key]
        await rooms.until_copied(on_discord=on_discord, on_matrix=on_matrix, seconds=seconds)
        assert rooms.copies_on_discord() == list(on_discord)
        assert await rooms.copies_on_matrix() == list(on_matrix)

    # ── on Matrix

    async def remove_bot(self, key: str) -> None:
        """Take the bot, or its invitation, out of a room that one has to be invited to."""
        room, keeper = self[key].room, self.network.keeper
        await keeper.put_state(room, "m.room.join_rules", {"join_rule": "invite"})
        await keeper.put_state(room, "m.room.member", {"membership": "leave"}, state_key=self.network.bot_user_id)

    async def invite_bot(self, key: str) -> None:
        await self.network.keeper.invite(self[key].room, self.network.bot_user_id)

    async def encrypt(self, key: str) -> None:
        await self.network.keeper.put_state(self[key].room, "m.room.encryption", MEGOLM)

    async def ask_level_to_speak(self, key: str, level: int) -> None:
        room, keeper = self[key].room, self.network.keeper
        levels = await keeper.state(room, "m.room.power_levels")
        levels["events"] = {**levels.get("events", {}), "m.room.message": level}
        levels["users"] = {**levels.get("users", {}), self[key].tono.user_id: 50}
        await keeper.put_state(room, "m.room.power_levels", levels)


async def checks_of(bot: BotProcess) -> dict[str, dict[str, Any]]:
    """Return every check of ``/readyz``; none while nobody listens there yet."""
    try:
        found: dict[str, dict[str, Any]] = (await bot.readiness())["checks"]
    except OSError:
        return {}
    return found


async def detail(bot: BotProcess, check: str) -> str:
    return str((await checks_of(bot)).get(check, {}).get("detail"))


async def until_detail(bot: BotProcess, check: str, wanted: str, *, seconds: float = 20) -> None:
    """Wait until ``/readyz`` says ``wanted`` about a check."""
    last = ""
    try:
        async with asyncio.timeout(seconds):
            while last != wanted:
                last = await detail(bot, check)
                await asyncio.sleep(0.03)  # another process has no event
    except TimeoutError:
        raise AssertionError(f"{check} is {last}, not {wanted}\n{bot.tail()}") from None
