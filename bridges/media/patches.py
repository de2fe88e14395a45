"""Changes to a file that leave every byte that stays at its place, so that what points at bytes stays right.

A list of them is small however large the file is; it can be laid over a stream that begins anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patch:
    """Put ``data`` at ``offset``; without data, ``length`` zeros."""

    offset: int
    length: int
    data: bytes | None = None

    @property
    def end(self) -> int:
        """Where what follows begins."""
        return self.offset + self.length


def put(offset: int, data: bytes) -> Patch:
    """Make the patch that writes ``data``."""
    return Patch(offset, len(data), data)


def patched(data: bytes | bytearray, patches: Iterable[Patch], *, begins_at: int = 0) -> bytes:
    """Lay patches over a piece of a file; the later wins. ``begins_at`` is the piece's offset in the file."""
    piece, end = bytearray(data), begins_at + len(data)
    for patch in patches:
        first, last = max(patch.offset, begins_at), min(patch.end, end)
        if first < last:
            new = bytes(last - first)
            if patch.data is not None:
                new = patch.data[first - patch.offset : last - patch.offset]
            piece[first - begins_at : last - begins_at] = new
    return bytes(piece)
