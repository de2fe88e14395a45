"""How much one caller may ask for: counted in memory, by a mark that tells nobody's address.

An address is never kept (DOMAIN 7.3): it is hashed under a key of this process, and the counts are dropped with
each minute.
"""

from __future__ import annotations

import hmac
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from ipaddress import ip_address

from aiohttp import web

_WINDOW_SECONDS = 60.0


class Callers:
    """Counts requests and open streams. ``clock`` gives monotonic seconds."""

    def __init__(
        self,
        *,
        requests: int = 600,
        streams: int = 6,
        streams_of_all: int = 32,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests = requests
        self._streams = streams
        self._streams_of_all = streams_of_all
        self._clock = clock
        self._key = os.urandom(32)
        self._asked: Counter[bytes] = Counter()
        self._began = clock()
        self._open: Counter[bytes] = Counter()

    def may_ask(self, caller: bytes) -> bool:
        """Count a request; False when this caller had as many as one may have in a minute."""
        if self._clock() - self._began >= _WINDOW_SECONDS:
            self._asked.clear()
            self._began = self._clock()
        self._asked[caller] += 1
        return self._asked[caller] <= self._requests

    @contextmanager
    def streaming(self, caller: bytes) -> Iterator[bool]:
        """Count an open stream while the block runs; the value says whether there is room for it."""
        if self._open[caller] >= self._streams or self._open.total() >= self._streams_of_all:
            yield False
            return
        self._open[caller] += 1
        try:
            yield True
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]

    def mark(self, request: web.BaseRequest) -> bytes:
        """Return what a caller is known by here.

        Behind a proxy on this machine or in its network the proxy's word is taken: the last name in
        ``X-Forwarded-For``, which is the only one that callers cannot write themselves.
        """
        peer = request.remote or ""
        told = request.headers.getall("X-Forwarded-For", [])
        if told and _is_near(peer):
            peer = told[-1].rpartition(",")[2].strip()
        return hmac.new(self._key, peer.encode(), sha256).digest()


def _is_near(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False
