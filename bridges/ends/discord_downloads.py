"""Fetches the files of Discord's messages from Discord's own servers, and from nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
from discord.ext import commands
from discord.http import Route
from yarl import URL

from bridges.media.file import Attachment, MediaError, Reason
from bridges.media.streaming import from_byte

TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5, sock_read=20)
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5, sock_read=20)
CHUNK = 64 * 1024
OFFICIAL = "cdn.discordapp.com"
ALSO_OFFICIAL = "media.discordapp.net"
"""Where some stickers are, for those who use Discord's own servers."""
EXPIRED = frozenset({401, 403, 404, 410})


class Downloads:
    """Brings files of at most so many bytes. ``cdn_base`` is the address of Discord's files.

    No other host is asked, whatever a message names, and no redirect is followed: or somebody could make the bot
    ask inside the operator's network.
    """

    def __init__(self, session: aiohttp.ClientSession, bot: commands.Bot, cdn_base: str) -> None:
        self._session = session
        self._bot = bot
        self._base = URL(cdn_base.rstrip("/"))

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """Return a file's bytes. Raises :class:`MediaError`.

        Addresses of attachments end after a day; one that has ended is asked for anew, once.
        """
        data = await self._get(attachment.location, limit)
        if data is None:
            refreshed = await self._refreshed(attachment.location)
            data = await self._get(refreshed, limit) if refreshed is not None else None
        if data is None:
            raise MediaError(Reason.GONE)
        return data

    @asynccontextmanager
    async def stream(self, attachment: Attachment, start: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a file at byte ``start``, for as long as the block runs. Raises :class:`MediaError`."""
        url = URL(attachment.location)
        if not self._is_discords(url):
            raise MediaError(Reason.GONE)
        asked = {"Range": f"bytes={start}-"} if start else {}
        try:
            async with self._session.get(
                url, headers=asked, timeout=STREAM_TIMEOUT, allow_redirects=False
            ) as response:
                if response.status not in (200, 206):
                    raise MediaError(Reason.GONE if response.status in EXPIRED else Reason.UNREACHABLE)
                yield from_byte(response.content.iter_chunked(CHUNK), start if response.status == 200 else 0)
        except (aiohttp.ClientError, TimeoutError):
            raise MediaError(Reason.UNREACHABLE) from None

    async def _get(self, address: str, limit: int) -> bytes | None:
        """Return what is there, None where the address has ended."""
        try:
            url = URL(address)
        except ValueError:
            raise MediaError(Reason.GONE) from None  # no address at all
        if not self._is_discords(url):
            raise MediaError(Reason.GONE)
        try:
            async with self._session.get(url, timeout=TIMEOUT, allow_redirects=False) as response:
                if response.status in EXPIRED:
                    return None
                if response.status != 200:
                    raise MediaError(Reason.UNREACHABLE if response.status >= 429 else Reason.GONE)
                if (response.content_length or 0) > limit:
                    raise MediaError(Reason.TOO_LARGE)
                return await _bounded(response, limit)
        except (aiohttp.ClientError, TimeoutError):
            # not chained: the errors name the address, and with it who may read the file
            raise MediaError(Reason.UNREACHABLE) from None

    def _is_discords(self, url: URL) -> bool:
        if self._base.host == OFFICIAL and url.scheme == "https" and url.host == ALSO_OFFICIAL:
            return True
        inside = url.path == self._base.path or url.path.startswith(self._base.path.rstrip("/") + "/")
        return url.origin() == self._base.origin() and inside if url.absolute else False

    async def _refreshed(self, address: str) -> str | None:
        try:
            answer: Any = await self._bot.http.request(
                Route("POST", "/attachments/refresh-urls"), json={"attachment_urls": [address]}
            )
            refreshed = answer["refreshed_urls"][0]["refreshed"]
        except discord.HTTPException as error:
            raise MediaError(Reason.GONE if 400 <= error.status < 500 else Reason.UNREACHABLE) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MediaError(Reason.UNREACHABLE) from error
        except (LookupError, TypeError) as error:
            raise MediaError(Reason.GONE) from error
        return refreshed if isinstance(refreshed, str) and refreshed != address else None


async def _bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > limit:
            raise MediaError(Reason.TOO_LARGE)
    return bytes(data)
