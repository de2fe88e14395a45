"""Routes where SimCord 3.2.1 differs from Discord, answered here instead.

Each function says in its docstring what differs. All else goes to SimCord's own handlers.
"""

from sandbox.discord.world.repairs import (
    building,
    channels,
    commands,
    interactions,
    invites,
    messages,
    people,
    webhooks,
)
from sandbox.discord.world.repairs.table import find_repair, invalid

__all__ = [
    "building",
    "channels",
    "commands",
    "find_repair",
    "interactions",
    "invalid",
    "invites",
    "messages",
    "people",
    "webhooks",
]
