"""Keeps the homeserver pushing: asks it to ask us.

A Synapse that once did not reach us waits longer and longer, up to 512 seconds, and nobody sees that one direction
is silent. A ping that comes back ends that wait at once, and one that does not is shown (client-server API,
"POST /_matrix/client/v1/appservice/{appserviceId}/ping").
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import structlog

from bridges.ends.matrix_client import API_V1, MatrixClient, MissingError
from bridges.ends.matrix_registration import SERVICE_ID
from bridges.ends.matrix_transactions import TransactionListener
from bridges.ends.port import EndError
from bridges.pace import Backoff, either

log = structlog.get_logger("bridges.matrix")

QUIET_SECONDS = 60.0
"""After so long without a transaction it is asked whether one would arrive."""
LOGIN = ("matrix.login_lost", "matrix.forbidden")


class AppservicePing:
    """Pings at the start, after trouble, and when it has long been quiet.

    ``client`` has the token of the application service. :attr:`problem` is a stable code, None while the homeserver
    reaches ``listener``.
    """

    def __init__(
        self,
        client: MatrixClient,
        listener: TransactionListener,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._listener = listener
        self._sleep = sleep
        self._problem: str | None = "matrix.not_connected"

    @property
    def problem(self) -> str | None:
        """Why nothing is heard: the homeserver does not reach us, or what it brings cannot be written down."""
        return self._problem or self._listener.problem

    async def run(self) -> None:
        """Ping until cancelled."""
        unreached, failing = Backoff(first=0.5), Backoff(first=0.5)
        while True:
            self._listener.failed.clear()
            before = self._listener.taken
            await self.ping()
            if self._problem is not None:
                await self._sleep(unreached.next())
                continue
            unreached.reset()
            await self._quiet()
            if not self._listener.failed.is_set():
                continue
            if self._listener.taken > before:
                failing.reset()
            # the homeserver is in its wait now: it is called out of it, but not faster than it can get better
            await self._sleep(failing.next())

    async def ping(self) -> None:
        """Ask once, and keep what came of it in :attr:`problem`."""
        before = self._problem
        try:
            body = {"transaction_id": secrets.token_hex(8)}
            await self._client.post("appservice", SERVICE_ID, "ping", body=body, api=API_V1)
        except MissingError:
            # a homeserver from before 1.7 of the specification knows no ping: then what it pushes has to tell
            self._problem = None
        except EndError as error:
            # refused: the homeserver has not read the registration, or another one
            self._problem = "matrix.appservice_unknown" if error.reason in LOGIN else error.reason
        else:
            self._problem = None
        if self._problem != before:
            log.info("the homeserver was asked to reach us", reason=self._problem or "ok")

    async def _quiet(self) -> None:
        """Return when a transaction failed, or when none came for a minute."""
        taken = -1
        while taken != self._listener.taken and not self._listener.failed.is_set():
            taken = self._listener.taken
            await either(self._pause(), self._listener.failed.wait())

    async def _pause(self) -> None:
        await self._sleep(QUIET_SECONDS)
