"""What the network does on Discord by itself: tells somebody in private, opens and closes channels for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

import aiohttp
import discord
from discord.utils import MISSING

from community_bot.domain.account import PlatformName
from community_bot.locales import Catalogues, Language
from community_bot.platforms.discord_cards import parts_of
from community_bot.platforms.port import Card, ImpossibleError, NotNowError

_GONE: Final = {
    10003: "discord.channel_gone",
    10004: "discord.channel_gone",
    10007: "discord.member_gone",
    10013: "discord.member_gone",
    50007: "discord.dms_closed",
    # nothing is shared with them any more, so they cannot be written to
    50278: "discord.member_gone",
}
"""Discord's error codes for what will not change by itself."""
_OURS: Final = ("view_channel", "send_messages", "read_message_history")


class DiscordPort:
    """Fulfils :class:`community_bot.platforms.port.PlatformPort` with one connected bot."""

    platform: PlatformName = "discord"

    def __init__(self, bot: discord.Client, catalogues: Catalogues) -> None:
        self._bot = bot
        self._catalogues = catalogues

    async def tell(self, user_id: str, card: Card, *, key: str) -> None:
        """Write to somebody in private.

        Discord itself keeps a message with the same nonce from being said twice, for some minutes: long enough for
        a call that is repeated, or an effect that a restart repeats.
        """
        with self._explained():
            channel = await self._bot.create_dm(discord.Object(int(user_id)))
            for number, part in enumerate(parts_of(card)):
                await channel.send(
                    part.text or None,
                    view=part.view() or MISSING,
                    files=part.uploads(),
                    nonce=sha256(f"{key}|{number}".encode()).hexdigest()[:25],
                    allowed_mentions=discord.AllowedMentions.none(),
                    suppress_embeds=True,
                )

    async def admit(self, user_id: str, place: str, *, history: bool) -> None:
        """Open a channel to one member, beside what else was decided for them there."""
        with self._explained():
            channel = await self._channel(place)
            member = await channel.guild.fetch_member(int(user_id))
            overwrite = channel.overwrites_for(member)
            overwrite.update(view_channel=True, send_messages=True, read_message_history=history)
            await channel.set_permissions(member, overwrite=overwrite)

    async def release(self, user_id: str, place: str) -> None:
        """Take back what :meth:`admit` gave, and nothing else; also for somebody who has left the server."""
        with self._explained():
            channel = await self._channel(place)
            who = discord.Object(int(user_id))
            overwrite = channel.overwrites_for(who)
            overwrite.update(**dict.fromkeys(_OURS))
            if overwrite.is_empty():
                await self._forget(channel, int(user_id))
            else:
                member = await channel.guild.fetch_member(int(user_id))
                await channel.set_permissions(member, overwrite=overwrite)

    async def _forget(self, channel: discord.abc.GuildChannel, user_id: int) -> None:
        try:
            await self._bot.http.delete_channel_permissions(channel.id, user_id)
        except discord.NotFound as error:
            # there was nothing to take away
            if error.code != 10009:
                raise

    async def take_back(self, place: str, ref: str) -> None:
        """Delete a message of the bot's own."""
        with self._explained():
            try:
                await self._bot.get_partial_messageable(int(place)).get_partial_message(int(ref)).delete()
            except discord.NotFound:
                # the message is gone, or its whole channel
                return

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

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what discord.py raises into the port's two answers."""
        if self._bot.user is None:
            raise NotNowError("discord.not_connected")
        try:
            yield
        except discord.RateLimited as error:
            raise NotNowError("discord.limit", error.retry_after) from error
        except discord.HTTPException as error:
            raise _explanation(error) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotNowError("discord.unreachable") from error


def _explanation(error: discord.HTTPException) -> NotNowError | ImpossibleError:
    if error.code in _GONE:
        return ImpossibleError(_GONE[error.code])
    if error.status == 429:
        after = error.response.headers.get("Retry-After")
        return NotNowError("discord.limit", float(after) if after else None)
    if error.status >= 500:
        return NotNowError("discord.unreachable")
    if error.status in (401, 403):
        return ImpossibleError("discord.forbidden")
    return ImpossibleError("discord.refused")
