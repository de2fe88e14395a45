"""Which channels and rooms of learning spaces belong together, for the bridge."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, or_, select

from db.bridge_rows import Place, Platform
from db.tables import space, space_piece

BRIDGED_STATES = ("pilot", "active", "paused")
"""States of a space (DOMAIN 3.3) in which what is said in it crosses."""
MATRIX_HOME = "matrix"
"""The key of the one home on Matrix; every other home is a Discord server."""
FORUM = "forum"
LONGEST_KEY = 40
"""What a conversation's key may have (``conversation.key``), as in the settings."""

# every act in the network asks, and there may be thousands of spaces: most designs need not be read to know
_MAY_BE_BRIDGED = or_(space.c.design.contains('"bridged": true'), space.c.design.contains('"bridged":true'))


def joined_rooms(connection: Connection) -> dict[str, list[Place]]:
    """Return what learning spaces join: conversation key to the places that stand by now, two or more of them.

    It takes a space that is open, or pauses, and wants it (``bridged``); of that every room marked ``joined``.
    """
    wanted = _wanted_rooms(connection)
    pieces = connection.execute(
        select(space_piece.c.space, space_piece.c.piece, space_piece.c.home, space_piece.c.ref)
        .join(space, space.c.key == space_piece.c.space)
        .where(
            space.c.state.in_(BRIDGED_STATES),
            _MAY_BE_BRIDGED,
            space_piece.c.piece.startswith("room.", autoescape=True),
            space_piece.c.ref.is_not(None),
        )
        .order_by(space_piece.c.space, space_piece.c.piece, space_piece.c.home)
    )
    found: dict[str, list[Place]] = {}
    for piece in pieces:
        room = wanted.get((piece.space, piece.piece.removeprefix("room.")))
        if room is None:
            continue
        platform = Platform.MATRIX if piece.home == MATRIX_HOME else Platform.DISCORD
        # nobody can write beside a forum's posts on Discord; on Matrix a forum is a room like any other
        if room["kind"] != FORUM or platform is not Platform.DISCORD:
            found.setdefault(conversation_key(piece.space, room["key"]), []).append(Place(platform, piece.ref))
    return {key: places for key, places in found.items() if len(places) > 1}


def conversation_key(space_key: str, room_key: str) -> str:
    """Return the key under which a space's rooms are joined: always the same, and no other room's."""
    plain = f"space-{space_key}-{room_key}"
    # with a hyphen in the room's key, "a" and "b-c" would read like "a-b" and "c"
    if len(plain) <= LONGEST_KEY and "-" not in room_key:
        return plain
    digest = sha256(f"{space_key}/{room_key}".encode()).hexdigest()[:8]
    return f"{plain[: LONGEST_KEY - 9].rstrip('-')}-{digest}"


def _wanted_rooms(connection: Connection) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rooms that are to be joined, as their designs have them, by space and room."""
    rows = connection.execute(
        select(space.c.key, space.c.design).where(space.c.state.in_(BRIDGED_STATES), _MAY_BE_BRIDGED)
    )
    wanted: dict[tuple[str, str], dict[str, Any]] = {}
    for key, packed in rows:
        design = json.loads(packed)
        if design["bridged"] and not design.get("read_only", False):
            wanted |= {(key, room["key"]): room for room in design["rooms"] if room["joined"]}
    return wanted
