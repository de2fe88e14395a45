"""A small HTTP server of our own on one port: how it begins to listen, where it is reached, how it ends.

It stands here because this is the lowest room with a server in it; the bot's own pages (``community_bot.web``) lean
on it as well.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web


class ListeningServer:
    """Listen on ``host`` and ``port``, 0 for a free one; see :attr:`url`.

    ``protocol`` makes what answers, anew at each start: it wants a running loop. At the end a request has
    ``stop_seconds`` to be answered, then its connection is closed.
    """

    def __init__(self, host: str, port: int, protocol: Callable[[], web.Server], *, stop_seconds: float) -> None:
        self._host = host
        self._port = port
        self._protocol = protocol
        self._stop_seconds = stop_seconds
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """The address of the server, with the port it really has and without a final slash.

        Raises ``RuntimeError`` when the server is not running.
        """
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError(f"{type(self).__name__} is not running")
        port = self._runner.addresses[0][1]
        return f"http://[{self._host}]:{port}" if ":" in self._host else f"http://{self._host}:{port}"

    async def start(self) -> None:
        """Begin to listen. Raises ``OSError`` when the port is taken, ``RuntimeError`` when already running."""
        if self._runner is not None:
            raise RuntimeError(f"{type(self).__name__} is running already")
        runner = web.ServerRunner(self._protocol(), shutdown_timeout=self._stop_seconds)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and end the open connections; nothing happens when it is not running."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
