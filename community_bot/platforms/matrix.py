"""The connection to a homeserver: one account, always the same device.

The device must stay the same because transaction ids, which keep a message from being said twice after a crash,
belong to a device (client-server API, "Transaction identifiers").
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import aiohttp
import nio
import structlog

from bridges.ends.matrix_client import MatrixClient
from community_bot.errors import OperatorError

log = structlog.get_logger("platforms.matrix")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
REFUSED = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_FORBIDDEN", "M_USER_DEACTIVATED", "M_INVALID_USERNAME")


class Keys(Protocol):
    """What reads encrypted rooms."""

    def close(self) -> None:
        """Write everything down and let go."""


class MatrixConnection:
    """Logs the account in. :attr:`state` is a stable code, ``live`` once the homeserver knows us."""

    def __init__(
        self,
        homeserver: str,
        user_id: str,
        device_id: str,
        *,
        access_token: str | None,
        password: str | None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.client = nio.AsyncClient(homeserver.rstrip("/"), user_id, device_id=device_id, config=_config())
        self.client.user_id = user_id
        self.road: MatrixClient = MatrixClient(self.client)
        """On which the community asks and speaks."""
        self.bridge_road: MatrixClient = self.road
        """The same for the bridge; others where there are keys for encrypted rooms."""
        self.keys: Keys | None = None
        """Those keys, let go when the connection closes."""
        self.state = "not_connected"
        self._homeserver = homeserver
        self._user_id = user_id
        self._access_token = access_token
        self._password = password
        self._sleep = sleep

    async def log_in(self) -> None:
        """Log in, however long the homeserver is away.

        Raises :class:`OperatorError` when the homeserver refuses the account.
        """
        wait = FIRST_WAIT
        while True:
            try:
                problem = await self.try_once()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                problem = type(error).__name__
            if problem is None:
                self.state = "live"
                return
            self.state = "matrix.unreachable"
            log.warning("the homeserver does not answer", error_type=problem, seconds=wait)
            await self._sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def try_once(self) -> str | None:
        """Try once; return None on success, else what stood in the way. Raises also aiohttp's errors."""
        if self._access_token is not None:
            self.client.access_token = self._access_token
            answer = await self.client.whoami()
        else:
            answer = await self.client.login(self._password, device_name="Community bot")
        if isinstance(answer, nio.ErrorResponse):
            if answer.status_code in REFUSED:
                raise self._refused()
            return str(answer.status_code or "no answer")
        if answer.user_id != self._user_id:
            raise OperatorError(
                "matrix.account",
                f"The Matrix login belongs to another account than matrix.user_id says ({self._user_id}).",
                "Correct matrix.user_id, or use the access token of that account.",
            )
        return None

    def _refused(self) -> OperatorError:
        kind = "access token" if self._access_token is not None else "password"
        return OperatorError(
            "matrix.login",
            f"The homeserver {self._homeserver} refuses the {kind} of {self._user_id}.",
            "Get a new one with: community-bot matrix-login, and put it into the secret matrix_access_token."
            if self._access_token is not None
            else "Check account and password; where the bot logs in by itself, the secret matrix_password.",
        )

    async def close(self) -> None:
        await self.client.close()
        if self.keys is not None:
            self.keys.close()
            self.keys = None


class ServiceConnection:
    """The connection of an application service, which needs no login: its token speaks for all its ghosts."""

    def __init__(self, homeserver: str, user_id: str, token: str) -> None:
        self.client = nio.AsyncClient(homeserver.rstrip("/"), user_id, config=_config())
        self.client.user_id, self.client.access_token = user_id, token

    async def close(self) -> None:
        await self.client.close()


def _config() -> nio.AsyncClientConfig:
    # nio's own repeats are off: who calls decides when to try again
    return nio.AsyncClientConfig(encryption_enabled=False, max_limit_exceeded=0, max_timeouts=0, request_timeout=60)
