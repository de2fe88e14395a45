"""Reading on from the middle of what somebody only gives from the beginning."""

from __future__ import annotations

from collections.abc import AsyncIterator


async def from_byte(chunks: AsyncIterator[bytes], start: int) -> AsyncIterator[bytes]:
    """Give what stands behind the first ``start`` bytes."""
    left = start
    async for chunk in chunks:
        if left >= len(chunk):
            left -= len(chunk)
            continue
        yield chunk[left:]
        left = 0
