"""Keep one loopback port for a server that comes and goes."""

from __future__ import annotations

import socket
import sys


class ReservedPort:
    """Hold a port on 127.0.0.1 so that nobody else is handed it while the server is down.

    The socket is bound and never listens. On Linux a second socket with SO_REUSEADDR may still bind and listen
    (Twisted's sockets have it), connections are refused as long as nothing listens, and the kernel gives the
    port to nobody as an ephemeral one. A port merely found free and let go could be gone a second later, and
    certainly between a stop and the next start. Other systems do not let two sockets share a bound port: there it
    is only found, and let go.
    """

    def __init__(self, port: int = 0) -> None:
        """Reserve `port`, or a free one for 0.

        Raises OSError when something else already listens there.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.number: int = self._socket.getsockname()[1]
        if not sys.platform.startswith("linux"):
            self._socket.close()

    def release(self) -> None:
        """Give the port back; a second call changes nothing."""
        self._socket.close()
