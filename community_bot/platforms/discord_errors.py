"""What Discord answers when something cannot be done, in the two answers that all platforms share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord

from community_bot.platforms.port import ImpossibleError, NotNowError

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_GUILD: Final = 10004
UNKNOWN_MEMBER: Final = 10007
UNKNOWN_MESSAGE: Final = 10008
UNKNOWN_OVERWRITE: Final = 10009
UNKNOWN_ROLE: Final = 10011
UNKNOWN_USER: Final = 10013

_REASONS: Final = {
    UNKNOWN_CHANNEL: "discord.channel_gone",
    UNKNOWN_GUILD: "discord.channel_gone",
    UNKNOWN_MEMBER: "discord.member_gone",
    UNKNOWN_MESSAGE: "discord.message_gone",
    UNKNOWN_ROLE: "discord.role_gone",
    UNKNOWN_USER: "discord.member_gone",
    30003: "discord.limit_pins",
    30005: "discord.limit_roles",
    30013: "discord.limit_channels",
    30060: "discord.limit_overwrites",
    50007: "discord.dms_closed",
    # nothing is shared with them any more, so they cannot be written to
    50278: "discord.member_gone",
}
"""Discord's error codes for what will not change by itself."""
_INVALID_FORM: Final = 50035
_FIELDS: Final = {"In name:": "discord.invalid_name", "In parent_id:": "discord.limit_category"}
"""How discord.py begins the line that says which field of a request was refused."""


@contextmanager
def explained(bot: discord.Client) -> Iterator[None]:
    """Turn what discord.py raises into :class:`NotNowError` and :class:`ImpossibleError`."""
    if bot.user is None:
        raise NotNowError("discord.not_connected")
    try:
        yield
    except discord.RateLimited as error:
        raise NotNowError("discord.limit", error.retry_after) from error
    except discord.HTTPException as error:
        raise explanation(error) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise NotNowError("discord.unreachable") from error


def explanation(error: discord.HTTPException) -> NotNowError | ImpossibleError:
    """Return what an answer of Discord means for us."""
    if error.code in _REASONS:
        return ImpossibleError(_REASONS[error.code])
    if error.status == 429:
        after = error.response.headers.get("Retry-After")
        return NotNowError("discord.limit", float(after) if after else None)
    if error.status >= 500:
        return NotNowError("discord.unreachable")
    if error.status in (401, 403):
        return ImpossibleError("discord.forbidden")
    if error.code == _INVALID_FORM:
        lines = error.text.splitlines()
        found = (reason for line in lines for start, reason in _FIELDS.items() if line.startswith(start))
        return ImpossibleError(next(found, "discord.refused"))
    return ImpossibleError("discord.refused")


class gone_is_fine:  # noqa: N801 - used like contextlib.suppress
    """Let it pass that what was to go is gone already, by Discord's own error codes for it."""

    def __init__(self, *codes: int) -> None:
        self._codes = codes

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Swallow what these codes say, and nothing else."""
        return isinstance(error, discord.HTTPException) and error.code in self._codes


async def at_most_once(response: aiohttp.ClientResponse) -> None:
    """Keep discord.py from sending a request again that may have taken effect; given as ``raise_for_status``.

    It repeats after a 5xx by itself, which would make two channels of one. Raises :class:`NotNowError`: whoever
    asked looks first for what was made.
    """
    if response.status >= 500:
        response.release()
        raise NotNowError("discord.unreachable")
