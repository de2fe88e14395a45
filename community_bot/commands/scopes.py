"""The option `space`: one learning space by its title, or the whole network where it is left out."""

from __future__ import annotations

from typing import Protocol

from community_bot.commands.request import Request, Suggestion
from community_bot.commands.specification import Option
from community_bot.domain.roles import NETWORK
from community_bot.locales import Translator
from community_bot.services.scopes import Scope, Scopes

LONGEST = 80


class Scoped(Protocol):
    """A capability whose commands are about one space or the network."""

    _scopes: Scopes


async def suggest_scopes(capability: Scoped, request: Request, typed: str) -> list[Suggestion]:
    """Offer the network, and the spaces somebody takes part in: no others (SAF-17)."""
    labels = [title_of(request.t, each) for each in await capability._scopes.mine(request.account)]
    return [Suggestion(each, each) for each in labels if typed.casefold() in each.casefold()]


SPACE = Option("space", required=False, most=LONGEST, suggest=suggest_scopes)


async def scope_meant(capability: Scoped, request: Request, space: str) -> Scope:
    """Return what somebody means by a title. Raises :class:`Refusal` ``space.unknown``, ``topic.elsewhere``."""
    wanted = space.strip().casefold()
    text = NETWORK if wanted == request.t.plain("scope.network").casefold() else space
    return await capability._scopes.named(request.account, text)


def title_of(t: Translator, scope: Scope) -> str:
    """Return what a scope is called."""
    return t.plain("scope.network") if scope.key == NETWORK else scope.titles.of(scope.key, t.language)
