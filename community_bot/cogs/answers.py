"""Answering one interaction: within Discord's three seconds, in as many messages as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Final

import discord
from discord.utils import MISSING

from community_bot.cogs.forms import modal_of
from community_bot.commands.request import Reply
from community_bot.logs import get_logger
from community_bot.platforms.discord_cards import Part, parts_of

log = get_logger(__name__)

PATIENCE: Final = 1.5
"""Seconds until the person is told that it takes longer; Discord gives up on us after three."""
PATIENCE_FOR_A_FORM: Final = 2.3
"""A form can only be the first answer, so one that is sure to come is waited for as long as it is safe."""


class _Shown(Enum):
    """What the person sees of us so far."""

    NOTHING = "nothing"
    THINKING = "thinking"
    THE_SAME = "the_same"
    """The message whose button was pressed, which may still be replaced."""


class Answer:
    """The answer to one interaction."""

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction
        self._shown = _Shown.NOTHING

    async def give(
        self,
        working: Awaitable[Reply],
        *,
        unfold: Callable[[Reply], Awaitable[Reply]],
        patience: float = PATIENCE,
    ) -> None:
        """Show what ``working`` comes to. ``unfold`` turns a form that came too late into a button that opens it.

        Raises discord.py's HTTPException when Discord does not take the answer; what was done stays done.
        """
        task = asyncio.ensure_future(working)
        done, _ = await asyncio.wait({task}, timeout=patience)
        if not done:
            await self._think()
        reply = await task
        if reply.form is not None and not self._may_open_a_form():
            reply = await unfold(reply)
        if reply.form is not None:
            await self._interaction.response.send_modal(modal_of(reply.form))
            return
        await self._show(reply)

    def _may_open_a_form(self) -> bool:
        # receiving-and-responding.mdx: a modal is not answered with a modal
        asked = self._interaction.type
        return self._shown is _Shown.NOTHING and asked is not discord.InteractionType.modal_submit

    def _is_theirs_alone(self) -> bool:
        """Say whether the message whose button was pressed is seen by nobody else, and so may be replaced."""
        message = self._interaction.message
        return message is not None and (message.flags.ephemeral or self._interaction.guild_id is None)

    async def _think(self) -> None:
        quietly = self._is_theirs_alone()
        try:
            if quietly:
                await self._interaction.response.defer()
            else:
                await self._interaction.response.defer(ephemeral=True, thinking=True)
        except discord.HTTPException as error:
            # what is being done goes on; whether its end can still be shown is seen then
            log.warning("Discord was not told that an answer takes longer", status=error.status)
        self._shown = _Shown.THE_SAME if quietly else _Shown.THINKING

    async def _show(self, reply: Reply) -> None:
        first, *more = parts_of(reply.card)
        if reply.replaces and self._is_theirs_alone():
            await self._replace(first)
        elif self._shown is _Shown.NOTHING:
            await self._interaction.response.send_message(
                first.text or None, ephemeral=not reply.public, **_extras(first)
            )
        elif self._shown is _Shown.THINKING:
            await self._edit(first)
            if reply.public:
                # the first message after thinking is as private as the thinking was, so the public one comes second
                await self._say(first, public=True)
                await self._take_back()
        else:
            await self._say(first, public=reply.public)
        for part in more:
            await self._say(part, public=reply.public)

    async def _take_back(self) -> None:
        try:
            await self._interaction.delete_original_response()
        except discord.NotFound:
            # they have put it away themselves
            return

    async def _replace(self, part: Part) -> None:
        if self._shown is _Shown.NOTHING:
            await self._interaction.response.edit_message(
                content=part.text,
                attachments=part.uploads(),
                view=part.view(),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        else:
            await self._edit(part)

    async def _edit(self, part: Part) -> None:
        await self._interaction.edit_original_response(
            content=part.text,
            attachments=part.uploads(),
            view=part.view(),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def _say(self, part: Part, *, public: bool) -> None:
        await self._interaction.followup.send(part.text or MISSING, ephemeral=not public, **_extras(part))


def _extras(part: Part) -> dict[str, Any]:
    return {
        "view": part.view() or MISSING,
        "files": part.uploads() or MISSING,
        "allowed_mentions": discord.AllowedMentions.none(),
        # a link in our words is no reason to load a picture
        "suppress_embeds": True,
    }
