"""The networks on which the bridge is measured: as many conversations as a figure needs, and nothing else.

Values only; what they mean is said in :mod:`sandbox.cast`.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.cast import RIVER_AND_HILL, Conversation, End, Home, Member, Network, Platform, Room

SERVER, HILL = "river-house", "hill-circle"
ON_DISCORD = ("baitoey", "tonkla", "khaofang", "wren", "lupita", "juniper")
"""Who writes on Discord, in turn: lines of one author in a row could be joined, which is not what is measured."""
ON_MATRIX = ("lukwa", "mek", "hazel", "itzel", "tono", "robin")
PLACES_IN_A_HOME = 250
"""A Discord server takes 500 channels; Matrix rooms of several spaces are made side by side."""


def plain_key(number: int) -> str:
    """Return the key of a room on Matrix that is in no conversation; they begin with 1."""
    return f"plain-{number}"


def pairs(count: int) -> Network:
    """Return ``count`` conversations of one channel and one room each, on one server and one homeserver.

    There are as many rooms more that are in none.
    """
    keys = tuple(f"talk-{number}" for number in range(1, count + 1))
    plain = tuple(plain_key(number) for number in range(1, count + 1))
    return _network(
        (_home(SERVER, keys), _home(HILL, (*keys, *plain))),
        tuple(Conversation(key, (End(SERVER, key), End(HILL, key))) for key in keys),
    )


def bursts_and_isolation(bursts: int) -> Network:
    """Return fresh channels to burst into, and two conversations of two rooms: one of them with a channel."""
    keys = tuple(f"burst-{number}" for number in range(1, bursts + 1))
    rooms = ("with", "with-there", "without", "without-there")
    return _network(
        (_home(SERVER, (*keys, "with")), _home(HILL, (*keys, *rooms))),
        (
            *(Conversation(key, (End(SERVER, key), End(HILL, key))) for key in keys),
            Conversation("with", (End(HILL, "with"), End(HILL, "with-there"), End(SERVER, "with"))),
            Conversation("without", (End(HILL, "without"), End(HILL, "without-there"))),
        ),
    )


def many(count: int) -> Network:
    """Return ``count`` conversations of one channel and one room each, over several servers and spaces."""
    homes: list[Home] = []
    conversations: list[Conversation] = []
    for first in range(0, count, PLACES_IN_A_HOME):
        keys = tuple(f"talk-{number}" for number in range(first, min(first + PLACES_IN_A_HOME, count)))
        server, space = f"server-{first}", f"space-{first}"
        homes += [_empty(server, "discord", keys), _empty(space, "matrix", keys)]
        conversations += [Conversation(key, (End(server, key), End(space, key))) for key in keys]
    return Network(RIVER_AND_HILL.name, (), tuple(homes), (), tuple(conversations))


def _network(homes: tuple[Home, ...], conversations: tuple[Conversation, ...]) -> Network:
    cast = RIVER_AND_HILL
    members: tuple[Member, ...] = (
        *(replace(cast.member(key), home=SERVER) for key in ON_DISCORD),
        *(replace(cast.member(key), home=HILL) for key in ON_MATRIX),
    )
    return Network(cast.name, cast.organisations, homes, members, conversations)


def _home(key: str, rooms: tuple[str, ...]) -> Home:
    known = RIVER_AND_HILL.home(key)
    return Home(known.key, known.platform, known.name, _rooms(rooms), known.language)


def _empty(key: str, platform: Platform, rooms: tuple[str, ...]) -> Home:
    return Home(key, platform, key, _rooms(rooms))


def _rooms(keys: tuple[str, ...]) -> tuple[Room, ...]:
    return tuple(Room(key, key, "") for key in keys)
