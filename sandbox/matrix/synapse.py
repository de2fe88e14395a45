"""A real Synapse for the sandbox and the tests: started, stopped, frozen and spoken to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.folder import TemporaryFolder, remove_abandoned
from sandbox.matrix.child import SynapseChild
from sandbox.matrix.configuration import Configuration
from sandbox.matrix.person import MatrixPerson
from sandbox.matrix.requests import MatrixRequests
from sandbox.ports import ReservedPort

_START_LIMIT = 90.0  # seconds; two on an idle machine, and a first start compiles Synapse
_REGISTERED_AT_ONCE = 8
_ROOMS = ("_synapse", "admin", "v1", "rooms")
_STOP_LIMIT = 15.0  # seconds; below one when nothing is in its way


class RealSynapse:
    """Run one homeserver on 127.0.0.1 with its data in a folder; use it as an async context manager.

    It federates with nobody and calls nobody. The folder is temporary and removed at the end unless one is
    given; the port is free unless one is given, and stays the same through stop and start. With
    `default_limits` Synapse keeps the rate limits it ships with (0.2 messages a second per sender after a burst
    of 10, and so on); without, they are out of the way. `appservices` are application-service registrations as
    their YAML would hold them; a change takes effect at the next start.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        server_name: str = "river.localhost",
        port: int = 0,
        default_limits: bool = False,
        appservices: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.server_name = server_name
        self.appservices = list(appservices)
        self._given_folder = folder
        self._given_port = port
        self._default_limits = default_limits
        self._secret = secrets.token_urlsafe(32)
        self._temporary: TemporaryFolder | None = None
        self._port: ReservedPort | None = None
        self._child: SynapseChild | None = None
        self._requests: MatrixRequests | None = None
        self._people: list[MatrixPerson] = []
        self._operator: MatrixRequests | None = None

    async def __aenter__(self) -> Self:
        """Start the server and wait until it is ready.

        Raises SynapseDiedError with the end of its log when it does not start, and OSError when the given port is
        taken.
        """
        try:
            await asyncio.to_thread(remove_abandoned)
            self._port = ReservedPort(self._given_port)
            if self._given_folder is None:
                self._temporary = TemporaryFolder()
            self._requests = MatrixRequests(self.url)
            await self.start()
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()

    @property
    def url(self) -> str:
        """Address the client-server API: http://127.0.0.1:PORT."""
        assert self._port is not None, "the address is known once the server has been entered"
        return f"http://127.0.0.1:{self._port.number}"

    @property
    def folder(self) -> Path:
        """Find the database, the logs and the configuration."""
        if self._given_folder is not None:
            return self._given_folder
        assert self._temporary is not None, "the folder is known once the server has been entered"
        return self._temporary.path

    @property
    def pid(self) -> int | None:
        """Name the running process, or None while stopped."""
        return self._child.pid if self._child is not None and self._child.running else None

    async def start(self) -> None:
        """Start on the data and port of before; a server that runs is left alone."""
        if self.pid is not None:
            return
        assert self._port is not None, "enter the server first"
        configuration = Configuration(
            folder=self.folder.absolute(),
            server_name=self.server_name,
            port=self._port.number,
            registration_shared_secret=self._secret,
            default_limits=self._default_limits,
            appservices=self.appservices,
        )
        self._child = await SynapseChild.start(await asyncio.to_thread(configuration.write))
        await self._child.ready(self.url, limit=_START_LIMIT)

    async def stop(self) -> None:
        """End the process in order and keep its data; a stopped server is left alone."""
        if self._child is not None:
            await self._child.end(limit=_STOP_LIMIT)
            self._child = None

    def suspend(self) -> None:
        """Freeze the process: connections are accepted by the kernel and nobody answers."""
        self._running().signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on."""
        self._running().signal(signal.SIGCONT)

    async def register(
        self, localpart: str, password: str, *, display_name: str | None = None, admin: bool = False
    ) -> None:
        """Make an account through the shared-secret admin API.

        Raises MatrixRefusedError, with M_USER_IN_USE for a name that is taken.
        """
        await self._register(localpart, password, display_name, admin=admin)

    async def login(self, localpart: str, password: str, device_id: str | None = None) -> str:
        """Log in with a password and return the access token."""
        wish: dict[str, Any] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": localpart},
            "password": password,
        }
        if device_id is not None:
            wish["device_id"] = device_id
        answer = await self._door().ask("POST", "_matrix", "client", "v3", "login", json=wish)
        return str(answer["access_token"])

    async def person(
        self, localpart: str, *, display_name: str | None = None, password: str | None = None
    ) -> MatrixPerson:
        """Make an account and return it as someone who can talk; closed with the server at the latest.

        Without a password it gets one that nobody knows. The token comes with the account: a login more would count
        against Synapse's own limit of five.
        """
        password = password or secrets.token_urlsafe(16)
        answer = await self._register(localpart, password, display_name, admin=False)
        person = MatrixPerson(self.url, str(answer["user_id"]), str(answer["access_token"]))
        self._people.append(person)
        return person

    async def make_room_admin(self, room_id: str, user_id: str) -> None:
        """Give somebody as much power in a room as the homeserver's operators can, over everybody's head.

        This is what happens when somebody who runs the server "helps out" by hand. They are invited if need be
        (Synapse, admin_api/rooms.html, Make Room Admin API).
        """
        path = (*_ROOMS, room_id, "make_room_admin")
        await (await self._as_operator()).ask("POST", *path, json={"user_id": user_id})

    async def room_ids(self) -> list[str]:
        """Return every room and space of the homeserver, as its operators see them (List Room API)."""
        answer = await (await self._as_operator()).ask("GET", *_ROOMS, query={"limit": 10_000})
        return [str(room["room_id"]) for room in answer["rooms"]]

    async def room_state(self, room_id: str) -> list[dict[str, Any]]:
        """Return a room's whole state, whoever may see it (Room State API)."""
        answer = await (await self._as_operator()).ask("GET", *_ROOMS, room_id, "state")
        return list(answer["state"])

    async def _as_operator(self) -> MatrixRequests:
        if self._operator is None:
            password = secrets.token_urlsafe(16)
            answer = await self._register(f"operator-{secrets.token_hex(4)}", password, None, admin=True)
            self._operator = MatrixRequests(self.url, str(answer["access_token"]))
        return self._operator

    async def people(self, names: Mapping[str, str]) -> list[MatrixPerson]:
        """Make many accounts, local parts with the names they show, some at a time; return them in that order.

        150 take about two seconds: passwords are hashed at the lowest cost (see the configuration).
        """
        at_once = asyncio.Semaphore(_REGISTERED_AT_ONCE)

        async def make(localpart: str, display_name: str) -> MatrixPerson:
            async with at_once:
                return await self.person(localpart, display_name=display_name)

        async with asyncio.TaskGroup() as tasks:
            made = [tasks.create_task(make(localpart, display)) for localpart, display in names.items()]
        return [task.result() for task in made]

    async def _register(
        self, localpart: str, password: str, display_name: str | None, *, admin: bool
    ) -> dict[str, Any]:
        """Prove the shared secret over a fresh nonce: Synapse, admin_api/register_api.html."""
        path = ("_synapse", "admin", "v1", "register")
        nonce = str((await self._door().ask("GET", *path))["nonce"])
        told = "\0".join((nonce, localpart, password, "admin" if admin else "notadmin"))
        wish: dict[str, Any] = {
            "nonce": nonce,
            "username": localpart,
            "password": password,
            "admin": admin,
            "mac": hmac.new(self._secret.encode(), told.encode(), hashlib.sha1).hexdigest(),
        }
        if display_name is not None:
            wish["displayname"] = display_name
        return await self._door().ask("POST", *path, json=wish)

    def _running(self) -> SynapseChild:
        assert self._child is not None, "the server is not running"
        return self._child

    def _door(self) -> MatrixRequests:
        assert self._requests is not None, "enter the server first"
        return self._requests

    async def _leave(self) -> None:
        for person in self._people:
            await person.close()
        if self._operator is not None:
            await self._operator.close()
        if self._requests is not None:
            await self._requests.close()
        await self.stop()
        if self._temporary is not None:
            await asyncio.to_thread(self._temporary.remove)
            self._temporary = None
        if self._port is not None:
            self._port.release()
            self._port = None
