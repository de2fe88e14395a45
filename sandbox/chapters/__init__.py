"""The chapters of the tour, in the order of the story. Each new capability adds its own."""

from collections.abc import Awaitable, Callable

from sandbox.chapters.arriving import arriving
from sandbox.chapters.first_conversation import first_conversation
from sandbox.chapters.four_ends import four_ends
from sandbox.chapters.four_spaces import four_spaces
from sandbox.network import SandboxNetwork
from sandbox.transcript import Transcript

Play = Callable[[SandboxNetwork, Transcript], Awaitable[None]]

CHAPTERS: tuple[tuple[str, Play], ...] = (
    ("first conversation", first_conversation),
    ("one conversation, four ends", four_ends),
    ("arriving", arriving),
    ("four learning spaces", four_spaces),
)
