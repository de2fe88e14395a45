"""What went wrong on the homeserver, in the two words of the platforms' contract: not now, or never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from community_bot.platforms.port import ImpossibleError, NotNowError

LOGIN_LOST = "matrix.login_lost"


@asynccontextmanager
async def explained() -> AsyncIterator[None]:
    """Raise the kinds of ``EndError`` as :class:`NotNowError` or :class:`ImpossibleError`, with the same reason."""
    try:
        yield
    except (NotSentError, UnsureError) as error:
        raise NotNowError(error.reason, error.retry_after) from error
    except (BlockedError, MissingError, RefusedError) as error:
        if error.reason == LOGIN_LOST:
            raise NotNowError(error.reason) from error
        raise ImpossibleError(error.reason) from error
    except EndError as error:
        raise NotNowError(error.reason, error.retry_after) from error
