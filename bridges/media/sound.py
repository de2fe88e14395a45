"""MP3, FLAC and Ogg without what they tell about their maker; nothing is decoded.

From MP3 the tags before and behind the sound are cut off (ID3, APE, Lyrics3), FLAC keeps a list of its blocks, and
in Ogg, whose pages are counted and summed, the comments are overwritten where they stand.
"""

from __future__ import annotations

import re

from bridges.media.file import MediaError, Reason

_STREAM, _SEEK_TABLE = 0, 3
_ID3_FOOTER = 0x10
_APE_HEADER = 32
_LYRICS_END = re.compile(rb"(\d{6})LYRICS200\Z")


def clean_mp3(data: bytes) -> bytes:
    """Return the sound, MP3 or AAC in frames, without tags. Raises :class:`MediaError` when there is no sound."""
    begin, end = 0, len(data)
    while data[begin : begin + 3] == b"ID3":
        begin += _id3_length(data[begin : begin + 10])
    while (cut := _tag_behind(data, begin, end)) < end:
        end = cut
    while data[begin : begin + 1] == b"\0":
        begin += 1
    if end - begin < 4 or data[begin] != 0xFF or data[begin + 1] & 0xE0 != 0xE0:
        raise MediaError(Reason.UNREADABLE)
    return data[begin:end]


def _id3_length(head: bytes) -> int:
    if len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        raise MediaError(Reason.UNREADABLE)
    body = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    return 10 + body + (10 if head[5] & _ID3_FOOTER else 0)


def _tag_behind(data: bytes, begin: int, end: int) -> int:
    """Return where the last tag begins; ``end`` when there is none."""
    cut = end
    if end - begin >= 128 and data[end - 128 : end - 125] == b"TAG":
        cut = end - 128
    elif data[end - 32 : end - 24] == b"APETAGEX":
        length = int.from_bytes(data[end - 20 : end - 16], "little")
        has_header = data[end - 9] & 0x80
        cut = end - length - (_APE_HEADER if has_header else 0)
    elif data[end - 10 : end - 7] == b"3DI":
        cut = end - _id3_length(b"ID3" + data[end - 7 : end]) - 10
    elif data[end - 9 : end] == b"LYRICS200" and (lyrics := _LYRICS_END.search(data[end - 15 : end])):
        cut = end - 15 - int(lyrics[1])
    if not begin <= cut <= end:
        raise MediaError(Reason.UNREADABLE)
    return cut


def clean_flac(data: bytes) -> bytes:
    """Return the sound without tags, pictures and what programs add. Raises :class:`MediaError`."""
    kept: list[bytes] = []
    at, last = 4, False
    while not last:
        head = data[at : at + 4]
        end = at + 4 + int.from_bytes(head[1:])
        if len(head) < 4 or end > len(data):
            raise MediaError(Reason.UNREADABLE)
        last, kind = bool(head[0] & 0x80), head[0] & 0x7F
        if kind in {_STREAM, _SEEK_TABLE}:
            kept.append(bytes((kind,)) + data[at + 1 : end])
        at = end
    if not kept:
        raise MediaError(Reason.UNREADABLE)
    kept[-1] = bytes((kept[-1][0] | 0x80,)) + kept[-1][1:]
    sound = data[at:-128] if data[-128:-125] == b"TAG" else data[at:]
    return b"".join([b"fLaC", *kept, sound])
