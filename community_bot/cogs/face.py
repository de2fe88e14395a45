"""Where everything that people do on Discord comes in: commands, typing, buttons, forms.

The desk answers, this shows it. All four kinds are taken from one event and known by their ids, so that nothing has
to be remembered over a restart.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from community_bot.cogs.answers import PATIENCE, PATIENCE_FOR_A_FORM, Answer
from community_bot.cogs.command_sync import sync_commands
from community_bot.cogs.drafts import Drafts
from community_bot.cogs.forms import answers_in, form_named
from community_bot.cogs.incoming import GuildHome, Spell, incoming_of, options_given
from community_bot.cogs.tree import build_tree, leaf_of
from community_bot.commands.desk import Desk
from community_bot.commands.forms import Answers, Form
from community_bot.commands.request import Incoming, Reply, Suggestion
from community_bot.domain.account import Account
from community_bot.domain.graphemes import shorten
from community_bot.locales import Catalogues
from community_bot.logs import get_logger
from community_bot.platforms.discord_cards import pressed
from community_bot.platforms.port import Button

log = get_logger(__name__)

OPEN, AGAIN = "form.open", "form.again"
"""The actions of buttons that open a form; the argument is the form's name and its argument."""

_TYPED: Final = 1
_LONGEST_SUGGESTION: Final = 100
_MOST_SUGGESTIONS: Final = 25


class DiscordFace:
    """Shows what the desk offers. ``homes`` are the servers of the network."""

    def __init__(
        self, bot: commands.Bot, desk: Desk, catalogues: Catalogues, *, homes: Iterable[GuildHome], spell: Spell
    ) -> None:
        self._bot = bot
        self._desk = desk
        self._catalogues = catalogues
        self._tree = build_tree(desk.registry, catalogues)
        self._homes: Mapping[int, GuildHome] = {home.guild_id: home for home in homes}
        self._spell = spell
        self._drafts = Drafts()
        self._ready = asyncio.Event()
        bot.add_listener(self._on_interaction, "on_interaction")
        bot.add_listener(self._on_connect, "on_connect")

    async def sync(self) -> None:
        """Tell Discord of the commands once the bot is connected; a job that ends when it is done."""
        await self._ready.wait()
        await sync_commands(self._bot, self._tree.payloads)

    async def _on_connect(self) -> None:
        self._ready.set()

    async def _on_interaction(self, interaction: discord.Interaction) -> None:
        incoming = incoming_of(interaction, self._homes, self._spell)
        data: Mapping[str, Any] = dict(interaction.data or {})
        try:
            match interaction.type:
                case discord.InteractionType.application_command:
                    await self._command(interaction, incoming, data)
                case discord.InteractionType.autocomplete:
                    await self._suggest(interaction, incoming, data)
                case discord.InteractionType.component:
                    await self._press(interaction, incoming, data)
                case discord.InteractionType.modal_submit:
                    await self._submit(interaction, incoming, data)
                case _:
                    return
        except discord.HTTPException as error:
            # the act is done or refused already; only its words were lost
            reason = f"discord.{error.code}"
            log.warning("an answer was not taken by Discord", kind=interaction.type.name, reason=reason)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            error_type = type(error).__name__
            log.warning("an answer did not reach Discord", kind=interaction.type.name, error_type=error_type)

    async def _command(self, interaction: discord.Interaction, incoming: Incoming, data: Mapping[str, Any]) -> None:
        options: dict[str, object]
        if int(data.get("type", _TYPED)) != _TYPED:
            menu = self._tree.menus.get(str(data["name"]))
            path = (str(data["name"]),) if menu is None else menu.path
            options = {} if menu is None else {menu.option: Account("discord", str(data["target_id"]))}
        else:
            names, filled = leaf_of(data)
            spec = self._tree.commands.get(names)
            # the desk has the words for a command that is no more
            path = names if spec is None else spec.path
            options = options_given(self._tree, path, filled)
        await self._answer(interaction, incoming, self._desk.run(incoming, path, options))

    async def _suggest(self, interaction: discord.Interaction, incoming: Incoming, data: Mapping[str, Any]) -> None:
        names, filled = leaf_of(data)
        spec = self._tree.commands.get(names)
        focused = next((each for each in filled if each.get("focused")), None)
        option = None
        if spec is not None and focused is not None:
            option = self._tree.options.get((spec.path, str(focused["name"])))
        found: list[Suggestion] = []
        if spec is not None and option is not None and focused is not None:
            found = await self._desk.suggest(incoming, spec.path, option.name, str(focused["value"]))
        await interaction.response.autocomplete(
            [
                app_commands.Choice(name=shorten(each.label, _LONGEST_SUGGESTION), value=each.value)
                for each in found[:_MOST_SUGGESTIONS]
                if each.label and 1 <= len(each.value) <= _LONGEST_SUGGESTION
            ]
        )

    async def _press(self, interaction: discord.Interaction, incoming: Incoming, data: Mapping[str, Any]) -> None:
        found = pressed(str(data["custom_id"]))
        if found is None:
            return
        action, argument = found
        name, _, rest = argument.partition(" ")
        if action in (OPEN, AGAIN) and name in self._desk.registry.forms:
            typed = self._drafts.find(incoming.account, name, rest) if action == AGAIN else {}
            working = self._build(incoming, name, rest, typed)
            await self._answer(interaction, incoming, working, patience=PATIENCE_FOR_A_FORM)
        else:
            await self._answer(interaction, incoming, self._desk.press(incoming, action, argument))

    async def _build(self, incoming: Incoming, name: str, argument: str, typed: Answers) -> Reply:
        built = await self._desk.build(incoming, name, argument, typed)
        return Reply(form=built) if isinstance(built, Form) else built

    async def _submit(self, interaction: discord.Interaction, incoming: Incoming, data: Mapping[str, Any]) -> None:
        found = form_named(str(data["custom_id"]))
        if found is None:
            return
        name, argument = found
        answers = answers_in(data.get("components") or ())
        again = _is_second_try(interaction)
        await self._answer(interaction, incoming, self._take(incoming, name, argument, answers, again=again))

    async def _take(self, incoming: Incoming, name: str, argument: str, answers: Answers, *, again: bool) -> Reply:
        reply = await self._desk.submit(incoming, name, argument, answers)
        if again:
            # the refusal they came from is answered by this
            reply = replace(reply, replaces=True)
        if any(button.action == AGAIN for button in reply.buttons):
            self._drafts.keep(incoming.account, name, argument, answers)
        else:
            self._drafts.drop(incoming.account, name, argument)
        return reply

    async def _answer(
        self,
        interaction: discord.Interaction,
        incoming: Incoming,
        working: Awaitable[Reply],
        *,
        patience: float = PATIENCE,
    ) -> None:
        async def unfold(reply: Reply) -> Reply:
            assert reply.form is not None
            t = (await self._desk.request(incoming)).t
            argument = f"{reply.form.name} {reply.form.argument}".strip()
            button = Button(t.plain("discord.form.open.button"), OPEN, argument, "main")
            return Reply(reply.text or t("discord.form.ready"), (button, *reply.buttons), replaces=reply.replaces)

        await Answer(interaction).give(self._whatever_comes(incoming, working), unfold=unfold, patience=patience)

    async def _whatever_comes(self, incoming: Incoming, working: Awaitable[Reply]) -> Reply:
        """Have words for the person also where not even the desk could answer, as without a database."""
        try:
            return await working
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("the desk could not answer", reference=reference)
            language = incoming.client_language or incoming.room_language or "en"
            t = self._catalogues.translator(language)
            return Reply(t("face.our_fault", reference=reference))


def _is_second_try(interaction: discord.Interaction) -> bool:
    """Say whether a form was opened from the message that refused it before."""
    rows = [] if interaction.message is None else interaction.message.components
    buttons = (item for row in rows if isinstance(row, discord.ActionRow) for item in row.children)
    return any((found := pressed(item.custom_id or "")) is not None and found[0] == AGAIN for item in buttons)
