"""Routes where SimCord 3.2.1 differs from Discord, answered here instead.

Each function says in its docstring what differs. All else goes to SimCord's own handlers.
"""

from sandbox.discord.world.repairs import (
    building,
    channels,
    commands,
    expressions,
    interactions,
    invites,
    messages,
    people,
    reactions,
    webhooks,
)
from sandbox.discord.world.repairs.table import find_repair, invalid

__all__ = [
    "building",
    "channels",
    "commands",
    "expressions",
    "find_repair",
    "interactions",
    "invalid",
    "invites",
    "messages",
    "people",
    "reactions",
    "webhooks",
]
