"""Spaces as the bot has built them, in a town: on a Discord server and on Matrix, with rooms for facilitators."""

from __future__ import annotations

from datetime import UTC, datetime

from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.space_state import SpaceState
from community_bot.domain.words import Words
from community_bot.platforms.port import Button
from community_bot.services.network import Unit
from tests.community_bot.people import Porch, Town

SERVER = "71"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
AGREEMENTS: Words = {
    "th": "**ข้อตกลงของเรา**\n- เราฟังกันให้จบ",
    "en": "**What we agree on**\n- We hear each other out",
    "es": "**Lo que acordamos**\n- Nos escuchamos",
}
PURPOSES: Words = {
    "th": "ฝึกตอนกิ่งไม้ผล",
    "en": "Grafting fruit trees together",
    "es": "Injertar árboles frutales",
}


def participants_role(key: str) -> str:
    """Return the Discord role that opens a space."""
    return f"{key}-participants"


def facilitators_role(key: str) -> str:
    """Return the Discord role of who facilitates a space."""
    return f"{key}-facilitators"


def container(key: str) -> str:
    """Return the Matrix space."""
    return f"!{key}:example.org"


def hall(key: str) -> str:
    """Return the Discord channel where people come in."""
    return f"{key}-hall"


def desk(key: str) -> str:
    """Return the Matrix room of who facilitates."""
    return f"!{key}-desk:example.org"


def design_named(title: str, access: Access) -> SpaceDesign:
    """Return how a space is to be: a hall for everybody, and a desk for who facilitates."""
    return SpaceDesign(
        template="open-circle",
        titles={"en": title},
        purposes=PURPOSES,
        access=access,
        rooms=(_room("hall", Audience.PARTICIPANTS), _room("desk", Audience.FACILITATORS)),
        agreements=AGREEMENTS,
        participants=frozenset({Liberty.WRITE}),
        facilitators=frozenset(Liberty),
    )


async def build(
    town: Town,
    key: str = "orchard",
    *,
    title: str = "Orchard",
    access: Access = Access.OPEN,
    state: SpaceState = SpaceState.ACTIVE,
    vouchers: int = 0,
    stage: str | None = None,
) -> str:
    """Have a space stand on both platforms; return its key."""
    design = design_named(title, access)
    standing = {
        (SERVER, "role.participants"): participants_role(key),
        (SERVER, "role.facilitators"): facilitators_role(key),
        (SERVER, "room.hall"): hall(key),
        (SERVER, "room.desk"): f"{key}-desk",
        ("matrix", "container"): container(key),
        ("matrix", "room.hall"): f"!{key}-hall:example.org",
        ("matrix", "room.desk"): desk(key),
    }

    def work(unit: Unit) -> None:
        unit.layouts.add(
            key,
            design.packed(),
            state=state.value,
            access=access.value,
            vouchers=vouchers,
            stage=stage,
            today=unit.today,
        )
        unit.layouts.settle(key, SERVER, "discord", "en")
        unit.layouts.settle(key, "matrix", "matrix", "es")
        for (home, piece), ref in standing.items():
            unit.layouts.begin(key, home, piece, piece.partition(".")[0], LONG_AGO)
            unit.layouts.made(key, home, piece, ref)

    await town.network.act(work)
    return key


async def change(town: Town, key: str, **values: object) -> None:
    """Change a space without asking who may."""

    def work(unit: Unit) -> None:
        row = unit.layouts.get(key)
        assert row is not None
        unit.layouts.change(row, **values)

    await town.network.act(work)


def _room(key: str, seen_by: Audience) -> RoomDesign:
    return RoomDesign(key, RoomKind.TALK, {"en": key}, {"en": "Talking"}, seen_by=seen_by)


def shown_buttons(porch: Porch, user_id: str) -> list[Button]:
    """Return the buttons under everything that somebody was told, the newest first."""
    cards = [card for told, card in porch.told.values() if told == user_id]
    return [button for card in reversed(cards) for button in card.buttons]


def ticket_shown(porch: Porch, user_id: str, action: str) -> str:
    """Return what stands behind the newest button of a kind that somebody was shown."""
    return next(each.argument for each in shown_buttons(porch, user_id) if each.action == action)
