"""Offering spaces while somebody types: those they run, in the states in which the command can be used."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from community_bot.commands.request import Request, Suggestion
from community_bot.commands.specification import Suggest
from community_bot.domain.space_state import SpaceState
from community_bot.services.space_life import Life


class KnowsLife(Protocol):
    """A capability that has the life of spaces at hand."""

    life: Life


def spaces_in(states: Collection[SpaceState]) -> Suggest:
    """Return what offers the spaces in these states."""

    async def suggest(capability: KnowsLife, request: Request, typed: str) -> list[Suggestion]:
        found = await capability.life.runnable(request.account, typed, states)
        return [Suggestion(each.key, each.title(request.language)) for each in found]

    return suggest
