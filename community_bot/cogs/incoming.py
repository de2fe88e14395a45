"""Reading an interaction: who asks, from where, in which language, and what they filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from community_bot.cogs.tree import Tree
from community_bot.commands.request import Incoming
from community_bot.commands.specification import Kind
from community_bot.domain.account import Account
from community_bot.locales import Language, language_of

Spell = Callable[[str, Language], str]


@dataclass(frozen=True, slots=True)
class GuildHome:
    """A server that is a home of the network: where newcomers are greeted, and in which language."""

    guild_id: int
    welcome_channel_id: int
    language: Language

    @property
    def key(self) -> str:
        """How services know it."""
        return str(self.guild_id)


def incoming_of(interaction: discord.Interaction, homes: Mapping[int, GuildHome], spell: Spell) -> Incoming:
    """Return what the network knows of somebody who did something."""
    user = interaction.user
    names = dict.fromkeys(filter(None, (user.display_name, user.global_name, user.name)))
    guild = interaction.guild_id
    home = None if guild is None else homes.get(guild)
    return Incoming(
        account=account_of(user),
        names=tuple(names),
        client_language=language_of(interaction.locale.value),
        room_language=None if home is None else home.language,
        home=None if guild is None else str(guild),
        private=guild is None,
        spell=spell,
        place=None if guild is None else _place_of(interaction),
    )


def _place_of(interaction: discord.Interaction) -> str | None:
    channel = interaction.channel
    found = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    return None if found is None else str(found)


def account_of(user: discord.abc.Snowflake) -> Account:
    """Return somebody's account as the network names it."""
    return Account("discord", str(user.id))


def options_given(tree: Tree, path: tuple[str, ...], filled: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return the options of a command under their own names; one that is not offered any more is left out."""
    given: dict[str, object] = {}
    for each in filled:
        option = tree.options.get((path, str(each["name"])))
        if option is None:
            continue
        value = each["value"]
        if option.kind is Kind.PERSON:
            given[option.name] = Account("discord", str(value))
        elif option.kind is Kind.NUMBER:
            given[option.name] = int(value)
        else:
            given[option.name] = str(value)
    return given
