"""Tell the machine that runs the bot how it is: alive, ready, and in numbers.

Three pages for the operator's own tools, on this machine only. They hold no identifier and no text: a check says
what is wrong in a constant code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bridges.listening import ListeningServer
from community_bot.logs import get_logger
from community_bot.logs.fields import WITHHELD, Plain, code, number
from community_bot.logs.scrub import scrubbed
from community_bot.web.quiet import QuietServer, answer

log = get_logger(__name__)

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to
_STOP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """Say how one part of the bot is.

    ``detail`` is a constant code such as ``live`` or ``rate_limited``; anything else is withheld.
    ``since_seconds`` is for how long it has been so.
    """

    ok: bool
    detail: str
    since_seconds: float | None = None


class HealthServer(ListeningServer):
    """Serve ``/healthz``, ``/readyz`` and ``/metrics``.

    ``checks`` are called anew for each ``/readyz``; they must be quick and must not wait. So is ``passing``, for
    parts that come and go; a name of theirs that is no code is withheld. ``port`` 0 chooses a free
    one, see :attr:`url`. Requests must name this machine in their Host header, or one of ``also_known_as``:
    otherwise a web page anywhere could have its own name point here and read these pages through the operator's
    browser (DNS rebinding).

    Raises ``ValueError`` when a check's name is no code: names stand in the answer.
    """

    def __init__(
        self,
        host: str,
        port: int,
        checks: Mapping[str, Callable[[], Check]],
        registry: CollectorRegistry,
        *,
        also_known_as: Collection[str] = (),
        passing: Callable[[], Mapping[str, Check]] = dict,
    ) -> None:
        if any(code(name) == WITHHELD for name in checks):
            raise ValueError("a check is named by a code: lower-case letters, digits, _ . : / -")
        super().__init__(host, port, lambda: QuietServer(self._answer), stop_seconds=_STOP_SECONDS)
        self._checks = dict(checks)
        self._passing = passing
        self._registry = registry
        self._names = {name.lower() for name in (*_THIS_MACHINE, *also_known_as, host)} - _EVERY_ADDRESS
        self._pages: dict[str, Callable[[], web.Response]] = {
            "/healthz": self._alive,
            "/readyz": self._ready,
            "/metrics": self._metrics,
        }

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if not self._is_for_us(request):
            return answer(421, "not here\n")
        page = self._pages.get(request.path)
        if page is None:
            return answer(404, "no such page\n")
        if request.method not in {"GET", "HEAD"}:
            return answer(405, "only to be read\n", Allow="GET, HEAD")
        return page()

    def _is_for_us(self, request: web.BaseRequest) -> bool:
        named = request.headers.getall("Host", [])
        return len(named) == 1 and _without_port(named[0]) in self._names

    def _alive(self) -> web.Response:
        # that this runs at all means that the event loop turns
        return answer(200, "alive\n")

    def _ready(self) -> web.Response:
        told = {_named(name): self._ask(name, check) for name, check in self._checks.items()}
        told |= {_named(name): _plain(check) for name, check in self._passing().items()}
        ready = all(check["ok"] is True for check in told.values())
        body = json.dumps({"ready": ready, "checks": told}, indent=1) + "\n"
        return answer(200 if ready else 503, body, content_type="application/json")

    def _ask(self, name: str, check: Callable[[], Check]) -> dict[str, Plain]:
        try:
            found = check()
        except Exception:  # a check that cannot be asked is the bad news itself
            log.exception("a check could not be made", component=name)
            found = Check(ok=False, detail="check_failed")
        return _plain(found)

    def _metrics(self) -> web.Response:
        text = generate_latest(self._registry).decode()
        return answer(200, text, content_type=CONTENT_TYPE_LATEST)


def _plain(found: Check) -> dict[str, Plain]:
    told: dict[str, Plain] = {"ok": bool(found.ok), "detail": _named(found.detail)}
    if found.since_seconds is not None:
        told["since_seconds"] = number(found.since_seconds)
    return told


@lru_cache(maxsize=8192)
def _named(name: str) -> str:
    """Return a code as it may be told; remembered, for a network of a thousand conversations has thousands."""
    return scrubbed(str(code(name)))


def _without_port(host: str) -> str:
    """Return the name in a Host header, in lower case; an IPv6 address without its brackets (RFC 9110, 7.2)."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")
