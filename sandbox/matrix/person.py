"""Take part in Matrix rooms as a person does, independently of the client the bot is built on."""

from __future__ import annotations

from sandbox.matrix.rooms import Rooms
from sandbox.matrix.talk import Talk


class MatrixPerson(Rooms, Talk):
    """Speak the client-server API directly, so that what the bot did is judged by a second opinion.

    Methods raise MatrixRefusedError when the homeserver refuses and aiohttp.ClientError when it cannot be reached.
    """
