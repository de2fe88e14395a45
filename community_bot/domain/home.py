"""The homes of the network: the places on a platform where learning spaces can stand (NET-1)."""

from __future__ import annotations

from dataclasses import dataclass

from community_bot.domain.account import PlatformName
from community_bot.domain.languages import Language

MATRIX = "matrix"
"""The key of the one home on Matrix: the homeserver of the bot's account."""


@dataclass(frozen=True, slots=True)
class Home:
    """``key`` is a Discord server's id, or ``matrix``; ``language`` is what its channels are named in."""

    key: str
    platform: PlatformName
    language: Language
