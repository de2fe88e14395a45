"""An Ogg (Opus, Vorbis: voice messages) whose comments are overwritten where they stand (RFC 3533, RFC 7845).

The second packet of a stream holds its comments. Lengths and page numbers stay, words become spaces, and the sums
of the pages they stood on are made anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridges.media.file import MediaError, Reason

_HEAD = 27
_SUM = slice(22, 26)
_COMMENTS = (b"OpusTags", b"\x03vorbis")
_POLYNOMIAL = 0x04C11DB7
_MOST_COMMENTS = 1024
_MOST_PAGES = 200_000
_MOST_STREAMS = 8
_LONGEST_COMMENTS = 4 * 1024 * 1024


@dataclass(slots=True)
class _Page:
    start: int
    body: int
    lacing: bytes
    stream: bytes

    @property
    def end(self) -> int:
        return self.body + sum(self.lacing)


def clean_ogg(data: bytes) -> bytes:
    """Return the sound without comments, as long as it was.

    Raises :class:`MediaError`; with :attr:`Reason.METADATA` for films and for what is neither Opus nor Vorbis.
    """
    pages = _pages(data)
    cleaned = bytearray(data)
    streams = {page.stream for page in pages}
    if len(streams) > _MOST_STREAMS:
        raise MediaError(Reason.METADATA)
    for stream in streams:
        own = [page for page in pages if page.stream == stream]
        places = _second_packet(own)
        packet = b"".join(data[place] for place in places)
        beginning = next((name for name in _COMMENTS if packet.startswith(name)), None)
        if beginning is None:
            raise MediaError(Reason.METADATA)
        if len(packet) > _LONGEST_COMMENTS:
            raise MediaError(Reason.METADATA)
        rest = memoryview(_without_words(packet, len(beginning)))
        for place in places:
            length = place.stop - place.start
            cleaned[place], rest = rest[:length], rest[length:]
        for page in own:
            if page.start < places[-1].stop:
                _sum_up(cleaned, page)
    return bytes(cleaned)


def _pages(data: bytes) -> list[_Page]:
    pages: list[_Page] = []
    at = 0
    while at < len(data):
        head = data[at : at + _HEAD]
        if len(head) < _HEAD or head[:4] != b"OggS":
            raise MediaError(Reason.UNREADABLE)
        body = at + _HEAD + head[26]
        page = _Page(at, body, data[at + _HEAD : body], head[14:18])
        if body > len(data) or page.end > len(data):
            raise MediaError(Reason.UNREADABLE)
        pages.append(page)
        if len(pages) > _MOST_PAGES:
            raise MediaError(Reason.METADATA)
        at = page.end
    return pages


def _second_packet(pages: list[_Page]) -> list[slice]:
    """Return the places of the pieces of a stream's second packet, which may run over pages."""
    places: list[slice] = []
    packet = 0
    for page in pages:
        at = page.body
        for length in page.lacing:
            if packet == 1:
                places.append(slice(at, at + length))
            at += length
            # a packet ends with its first lacing value under 255
            packet += length < 255
            if packet > 1:
                return places
    raise MediaError(Reason.UNREADABLE)


def _without_words(packet: bytes, at: int) -> bytes:
    """Put spaces for the program's name and for each comment; cut what follows the comments to zeros."""
    words = bytearray(packet)
    length, at = _length(packet, at)
    words[at : at + length] = b" " * length
    count, at = _length(packet, at + length, of_bytes=False)
    if count > _MOST_COMMENTS:
        raise MediaError(Reason.UNREADABLE)
    for _ in range(count):
        length, at = _length(packet, at)
        words[at : at + length] = b"x="[:length] + b" " * (length - 2)
        at += length
    # Vorbis ends with a bit that says "this was all"
    ending = b"\x01" if packet.startswith(b"\x03") else b""
    words[at:] = (ending + b"\0" * (len(words) - at))[: len(words) - at]
    return bytes(words)


def _length(packet: bytes, at: int, *, of_bytes: bool = True) -> tuple[int, int]:
    length = int.from_bytes(packet[at : at + 4], "little")
    if at + 4 > len(packet) or (of_bytes and at + 4 + length > len(packet)):
        raise MediaError(Reason.UNREADABLE)
    return length, at + 4


def _sum_up(data: bytearray, page: _Page) -> None:
    data[page.start + _SUM.start : page.start + _SUM.stop] = bytes(4)
    total = 0
    for byte in data[page.start : page.end]:
        total = (total << 8 & 0xFFFFFFFF) ^ _TABLE[total >> 24 ^ byte]
    data[page.start + _SUM.start : page.start + _SUM.stop] = total.to_bytes(4, "little")


def _row(number: int) -> int:
    total = number << 24
    for _ in range(8):
        total = (total << 1 & 0xFFFFFFFF) ^ (_POLYNOMIAL if total & 0x80000000 else 0)
    return total


_TABLE = tuple(_row(number) for number in range(256))
