"""Which part of a file is asked for (RFC 9110, 14): what a player sends when somebody moves ahead in a film."""

from __future__ import annotations

import re

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NoSuchRangeError(Exception):
    """The part that is asked for lies beyond the file's end."""


def asked_part(header: str | None, size: int) -> tuple[int, int] | None:
    """Return from which byte to before which; None for the whole file, also when the header is not understood.

    Raises :class:`NoSuchRangeError`.
    """
    asked = _ONE_RANGE.fullmatch(header or "")
    if asked is None or asked[1] == asked[2] == "":
        return None
    if asked[1] == "":
        begin, end = max(0, size - int(asked[2])), size
    else:
        begin, end = int(asked[1]), min(size, int(asked[2]) + 1) if asked[2] else size
        if asked[2] and int(asked[2]) < begin:
            return None
    if begin >= end:
        raise NoSuchRangeError
    return begin, end
