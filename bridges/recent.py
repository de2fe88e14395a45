"""What was said a moment ago, in memory only: most of what lanes need to know is in here."""

from __future__ import annotations

from collections import OrderedDict

from bridges.bounded import Bounded
from bridges.message import Message
from db.ids import EndId

MOST = 2000


class Recent:
    """Holds the newest messages as they last read; what is not here is read again at its source."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._messages: OrderedDict[tuple[EndId, str], Message] = OrderedDict()
        self._turn = 0
        self._forgotten: Bounded[tuple[EndId, str], int] = Bounded(most)
        """In which turn a message was let go of."""

    def mark(self) -> int:
        """Return a mark of this moment: from now on it is known what is let go of."""
        return self._turn

    def learn(self, message: Message, *, since: int | None = None) -> None:
        """Take in how a message reads, unless a later version is known: events overtake one another.

        ``since``: it was heard, or begun to be read, at that mark. What was let go of since is to be read anew: it
        may have been deleted or changed meanwhile.
        """
        key = (message.end, message.ref)
        if since is not None and (self._forgotten.get(key) or 0) > since:
            return
        known = self._messages.get(key)
        if known is not None and known.version > message.version:
            return
        self._messages[key] = message
        if len(self._messages) > self._most:
            self._messages.popitem(last=False)

    def get(self, end: EndId, ref: str) -> Message | None:
        """Return a message that is known."""
        return self._messages.get((end, ref))

    def forget(self, end: EndId, ref: str) -> None:
        """Let go of a message that was deleted, or changed in a way that is still to be read."""
        self._turn += 1
        self._forgotten.put((end, ref), self._turn)
        self._messages.pop((end, ref), None)

    def leave(self, end: EndId) -> None:
        """Let go of all that was said at an end."""
        for key in [key for key in self._messages if key[0] == end]:
            del self._messages[key]
