"""Says in the bridge's words why a call through discord.py did not succeed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord

from bridges.ends.port import BlockedError, CopyGoneError, EndError, NotSentError, RefusedError, UnsureError

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
NAMED = {
    10014: "discord.unknown_emoji",
    30003: "discord.limit_pins",
    30010: "discord.limit_reactions",
    50083: "discord.thread_archived",
    160004: "discord.thread_exists",
    160005: "discord.thread_locked",
}
"""Codes that are told by a name of their own (developers/topics/opcodes-and-status-codes)."""
NOT_WITHOUT_PERMISSION = "discord.forbidden"


class NothingThereError(EndError):
    """404 for a message, or for the thread it would stand in."""


@asynccontextmanager
async def translated(missing: str = NOT_WITHOUT_PERMISSION, *, in_thread: bool = False) -> AsyncIterator[None]:
    """Turn the errors of a reading call into the bridge's; ``missing`` is the reason for a refusal."""
    try:
        yield
    except discord.NotFound as error:
        if error.code == UNKNOWN_MESSAGE or in_thread:
            raise NothingThereError("discord.message_gone") from error
        raise BlockedError("discord.channel_gone") from error
    except discord.Forbidden as error:
        raise BlockedError(missing) from error
    except discord.RateLimited as error:
        raise NotSentError("discord.limit_user", retry_after=error.retry_after) from error
    except discord.HTTPException as error:
        raise NotSentError("discord.unavailable") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise NotSentError("discord.unreachable") from error


@asynccontextmanager
async def changing(missing: str) -> AsyncIterator[None]:
    """Turn the errors of a call that changes something about one message.

    What Discord will not do for this message is refused and holds up no other: also a permission that is missing,
    for the words stand there all the same.
    """
    try:
        yield
    except discord.NotFound as error:
        if error.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
            raise CopyGoneError("discord.copy_gone") from error
        raise RefusedError(NAMED.get(error.code, f"discord.refused_{error.code}")) from error
    except discord.Forbidden as error:
        raise RefusedError(NAMED.get(error.code, missing)) from error
    except discord.RateLimited as error:
        raise NotSentError("discord.limit_user", retry_after=error.retry_after) from error
    except discord.HTTPException as error:
        if 400 <= error.status < 500:
            raise RefusedError(NAMED.get(error.code, f"discord.refused_{error.code or error.status}")) from error
        raise UnsureError("discord.unavailable") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise UnsureError("discord.no_answer") from error
