"""What the network does on Discord by itself: tells somebody in private, opens and closes channels for them."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import discord
from discord.utils import MISSING

from community_bot.domain.account import PlatformName
from community_bot.locales import Catalogues, Language
from community_bot.platforms.discord_cards import parts_of
from community_bot.platforms.discord_errors import (
    UNKNOWN_CHANNEL,
    UNKNOWN_MEMBER,
    UNKNOWN_MESSAGE,
    UNKNOWN_OVERWRITE,
    UNKNOWN_ROLE,
    UNKNOWN_USER,
    explained,
    gone_is_fine,
)
from community_bot.platforms.port import Card, ImpossibleError, Shown

_OURS: Final = ("view_channel", "send_messages", "read_message_history")


class DiscordPort:
    """Fulfils :class:`community_bot.platforms.port.PlatformPort` with one connected bot."""

    platform: PlatformName = "discord"

    def __init__(self, bot: discord.Client, catalogues: Catalogues) -> None:
        self._bot = bot
        self._catalogues = catalogues

    async def tell(self, user_id: str, card: Card, *, key: str) -> Shown:
        """Write to somebody in private. The same ``key`` shows nothing twice: see :meth:`_say`."""
        with explained(self._bot):
            channel = await self._bot.create_dm(discord.Object(int(user_id)))
            return await self._say(self._bot.get_partial_messageable(channel.id), card, key)

    async def post(self, place: str, card: Card, *, key: str) -> Shown:
        """Write in a channel; pings nobody."""
        with explained(self._bot):
            return await self._say(self._bot.get_partial_messageable(int(place)), card, key)

    async def _say(self, channel: discord.PartialMessageable, card: Card, key: str) -> Shown:
        """Send a card and return its first message.

        Discord itself keeps a message with the same nonce from being said twice, for some minutes: long enough for
        a call that is repeated, or an effect that a restart repeats.
        """
        sent = [
            await channel.send(
                part.text or None,
                view=part.view() or MISSING,
                files=part.uploads(),
                nonce=sha256(f"{key}|{number}".encode()).hexdigest()[:25],
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
            )
            for number, part in enumerate(parts_of(card))
        ]
        return Shown(str(channel.id), str(sent[0].id))

    async def revise(self, shown: Shown, card: Card) -> None:
        """Put a card in the place of one message, its buttons and files included; pings nobody.

        It is made for cards of one message: of a longer one, only what fits into that message is shown.
        """
        parts = parts_of(card)
        with explained(self._bot):
            channel = self._bot.get_partial_messageable(int(shown.place))
            await channel.get_partial_message(int(shown.ref)).edit(
                content=parts[0].text or None,
                attachments=parts[-1].uploads(),
                view=parts[-1].view(),
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def admit(self, user_id: str, place: str, *, history: bool) -> None:
        """Open a channel to one member, beside what else was decided for them there.

        Whether they write is said for them alone only where nothing is said for everybody who comes in: in the
        channels that the bot builds it is, and in a channel where only facilitators write, so do newcomers not.
        """
        with explained(self._bot):
            channel = await self._channel(place)
            member = await channel.guild.fetch_member(int(user_id))
            overwrite = channel.overwrites_for(member)
            overwrite.update(view_channel=True, read_message_history=history)
            if channel.overwrites_for(discord.Object(channel.guild.id)).send_messages is None:
                overwrite.update(send_messages=True)
            await channel.set_permissions(member, overwrite=overwrite)

    async def release(self, user_id: str, place: str) -> None:
        """Take back what :meth:`admit` gave and whatever else somebody was allowed there; also after they left.

        What was denied them stays: it would count when they come again.
        """
        with explained(self._bot):
            channel = await self._channel(place)
            denied = channel.overwrites_for(discord.Object(int(user_id))).pair()[1]
            denied.update(**dict.fromkeys(_OURS, False))
            if not denied.value:
                # there may be nothing to take away
                with gone_is_fine(UNKNOWN_OVERWRITE):
                    await self._bot.http.delete_channel_permissions(channel.id, int(user_id))
            else:
                member = await channel.guild.fetch_member(int(user_id))
                nothing = discord.Permissions.none()
                overwrite = discord.PermissionOverwrite.from_pair(nothing, denied)
                await channel.set_permissions(member, overwrite=overwrite)

    async def give_role(self, user_id: str, place: str, role: str) -> None:
        """Give a member of the server ``place`` a role; fine when they have it."""
        with explained(self._bot):
            await self._bot.http.add_role(place, user_id, role)

    async def take_role(self, user_id: str, place: str, role: str) -> None:
        """Take that role again; fine when they do not have it, and when they or the role are gone."""
        with explained(self._bot), gone_is_fine(UNKNOWN_MEMBER, UNKNOWN_USER, UNKNOWN_ROLE):
            await self._bot.http.remove_role(place, user_id, role)

    async def take_back(self, place: str, ref: str) -> None:
        """Delete a message of the bot's own."""
        with explained(self._bot), gone_is_fine(UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
            await self._bot.get_partial_messageable(int(place)).get_partial_message(int(ref)).delete()

    def spell(self, path: str, language: Language) -> str:
        """Return how a command is typed: ``me alias`` is ``/me alias``, in Thai ``/ฉัน …``."""
        t = self._catalogues.translator(language)
        words = path.split()
        keys = (f"command.{'.'.join(words[: depth + 1])}.name" for depth in range(len(words)))
        return "/" + " ".join(t.plain(key) if key in t else word for key, word in zip(keys, words, strict=True))

    async def _channel(self, place: str) -> discord.abc.GuildChannel:
        # asked for anew: what is remembered may lack what was decided a moment ago
        found = await self._bot.fetch_channel(int(place))
        if not isinstance(found, discord.abc.GuildChannel):
            raise ImpossibleError("discord.wrong_place")
        return found
