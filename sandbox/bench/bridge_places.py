"""Finding the channel and the rooms of a conversation."""

from __future__ import annotations

from sandbox.cast import Conversation
from sandbox.discord import SimChannel
from sandbox.network import SandboxNetwork


def channel_of(network: SandboxNetwork, conversation: Conversation) -> SimChannel:
    """Return the first channel. Raises StopIteration when there is none."""
    ends = [(end.home, end.room) for end in conversation.ends]
    return next(network.channels[end] for end in ends if end in network.channels)


def rooms_of(network: SandboxNetwork, conversation: Conversation) -> list[str]:
    """Return the rooms, in the conversation's order."""
    ends = [(end.home, end.room) for end in conversation.ends]
    return [network.rooms[end] for end in ends if end in network.rooms]


def room_of(network: SandboxNetwork, conversation: Conversation) -> str:
    """Return the first room. Raises IndexError when there is none."""
    return rooms_of(network, conversation)[0]
