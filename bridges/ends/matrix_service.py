"""What the rooms of one account share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bridges.ends.matrix_archive import MatrixArchive
from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_hearing import MatrixHearing
from bridges.ends.matrix_media import MatrixMedia
from bridges.ends.matrix_pictures import MatrixPictures
from bridges.ends.matrix_reactions import MatrixReactions
from bridges.ends.matrix_room import Room
from bridges.ends.matrix_voice import Voice
from bridges.media.links import MediaLinks
from db.ids import EndId

Profile = Callable[[str], str]
"""Makes an opaque profile id from an account: the same person keeps it here, and has another one elsewhere."""


@dataclass(slots=True)
class MatrixService:
    """The parts that an end speaks and looks through.

    ``room_of`` waits until it is known how a room stands, and gives None for one that is not served any more.
    ``past_of`` gives the rooms that an end has left for others.
    """

    client: MatrixClient
    voice: Voice
    profile: Profile
    room_of: Callable[[EndId], Awaitable[Room | None]]
    past_of: Callable[[EndId], Sequence[Room]]
    hearing: MatrixHearing
    archive: MatrixArchive
    reactions: MatrixReactions
    pictures: MatrixPictures
    media: MatrixMedia
    links: MediaLinks | None = None
