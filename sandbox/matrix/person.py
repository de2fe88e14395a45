"""Take part in Matrix rooms as a person does, independently of the client the bot is built on."""

from __future__ import annotations

from sandbox.matrix.handing_over import HandingOver
from sandbox.matrix.polls import Polls
from sandbox.matrix.reading import Reading
from sandbox.matrix.rooms import Rooms


class MatrixPerson(Rooms, HandingOver, Polls, Reading):
    """Speak the client-server API directly, so that what the bot did is judged by a second opinion.

    Methods raise MatrixRefusedError when the homeserver refuses and aiohttp.ClientError when it cannot be reached.
    """
