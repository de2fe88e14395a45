"""Real files, each telling where it was made in every way its format has."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO

from PIL import Image, PngImagePlugin

from bridges.media.file import Attachment, Kind

WHERE = b"+18.7883+098.9853/"
"""A place, as a phone writes it (ISO 6709); none of it may be found in what crossed."""


def announced(data: bytes, mime: str, kind: Kind = Kind.IMAGE, *, name: str = "garden.bin") -> Attachment:
    return Attachment(name, kind, mime, len(data), "https://files.example/1/2/garden", alt="ใบกล้วย")


def picture(mode: str = "RGB", size: tuple[int, int] = (8, 4)) -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return image


def exif(orientation: int = 1) -> bytes:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = WHERE.decode()
    found.get_ifd(0x8825)[0x001D] = WHERE.decode()
    return found.tobytes()


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def jpeg(orientation: int = 1) -> bytes:
    plain = saved(
        picture(size=(16, 8)), "JPEG", exif=exif(orientation), comment=WHERE, xmp=b"<x>" + WHERE + b"</x>"
    )
    iptc = b"\xff\xed" + (len(WHERE) + 2).to_bytes(2) + WHERE
    return plain[:2] + iptc + plain[2:] + b"\0\0\0\x18ftypmp42 a film behind the picture " + WHERE


def png(orientation: int = 1, *, moving: bool = False) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Location", WHERE.decode())
    text.add_itxt("XML:com.adobe.xmp", WHERE.decode())
    text.add(b"tIME", bytes((7, 230, 5, 17, 9, 30, 0)))
    text.add(b"prVt", WHERE)
    more = {"save_all": True, "append_images": [picture("RGBA").rotate(180)]} if moving else {}
    return saved(picture("RGBA"), "PNG", pnginfo=text, exif=exif(orientation), **more) + WHERE


def webp(orientation: int = 1, *, moving: bool = False) -> bytes:
    more = {"save_all": True, "append_images": [picture().rotate(180)]} if moving else {}
    return saved(picture(), "WEBP", exif=exif(orientation), xmp=WHERE, lossless=True, **more)


def gif() -> bytes:
    made = saved(picture(), "GIF", save_all=True, append_images=[picture().rotate(180)], loop=0, comment=WHERE)
    xmp = b"\x21\xff\x0bXMP DataXMP" + bytes((len(WHERE),)) + WHERE + b"\0"
    return made[:-1] + xmp + b";" + WHERE


def tiff() -> bytes:
    return saved(picture(), "TIFF", tiffinfo={270: WHERE.decode(), 0x0112: 6})


def avif() -> bytes:
    return saved(picture(size=(64, 32)), "AVIF", exif=exif(), xmp=WHERE)


# ── films


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return (len(body) + 8).to_bytes(4) + kind + body


def full(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return box(kind, bytes((version, 0, 0, 0)), *content)


def track(handler: bytes, chunks: list[tuple[int, list[int]]], *, long: bool = False) -> bytes:
    """Return a track; ``chunks`` are (offset, sizes of its samples)."""
    sizes = [size for _, each in chunks for size in each]
    runs = b"".join(struct.pack(">III", number, len(each), 1) for number, (_, each) in enumerate(chunks, 1))
    offsets = struct.pack(f">{len(chunks)}{'Q' if long else 'I'}", *(offset for offset, _ in chunks))
    entry = box(b"avc1", bytes(12), b"GoPr", bytes(26), b"\x0aGoPro AVC ".ljust(32, b"\0"), bytes(4))
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry if handler == b"vide" else box(b"gpmd", bytes(8))),
        full(b"stts", struct.pack(">III", 1, len(sizes), 1)),
        full(b"stsc", struct.pack(">I", len(chunks)), runs),
        full(b"stsz", struct.pack(f">II{len(sizes)}I", 0, len(sizes), *sizes)),
        full(b"co64" if long else b"stco", struct.pack(">I", len(chunks)), offsets),
    )
    information = box(b"minf", full(b"vmhd", bytes(8)), box(b"dinf", full(b"dref", struct.pack(">I", 0))), table)
    media = box(
        b"mdia",
        full(b"mdhd", struct.pack(">IIIII", 3_800_000_000, 3_800_000_000, 600, 600, 0)),
        full(b"hdlr", bytes(4), handler, bytes(12), b"GoPro " + WHERE + b"\0"),
        information,
    )
    udta = box(b"udta", box(b"\xa9xyz", WHERE))
    return box(b"trak", full(b"tkhd", struct.pack(">II", 3_800_000_000, 3_800_000_000), bytes(72)), media, udta)


def film(*, index_first: bool = False, long: bool = False, brand: bytes = b"isom") -> bytes:
    """Return a film with a track of pictures and one of the places where they were taken."""
    pictures, places = [b"PICTURE-1", b"PICTURE-22"], [WHERE, WHERE + b"..", WHERE]

    def index(begins_at: int) -> bytes:
        first = begins_at + sum(map(len, pictures))
        return box(
            b"moov",
            full(b"mvhd", struct.pack(">II", 3_800_000_000, 3_800_000_000), bytes(88)),
            track(b"vide", [(begins_at, [len(each) for each in pictures])], long=long),
            track(b"meta", [(first, [18, 20]), (first + 38, [18])], long=long),
            box(b"udta", box(b"\xa9xyz", WHERE), bytes(4)),
            box(b"meta", bytes(4), WHERE),
        )

    begin = box(b"ftyp", brand, bytes(4), brand)
    samples = box(b"mdat", *pictures, *places)
    behind = box(b"uuid", bytes(16), WHERE) + box(b"free", WHERE)
    if index_first:
        return begin + index(len(begin) + len(index(0)) + 8) + samples + behind
    return begin + samples + index(len(begin) + 8) + behind


# ── sounds, and films of the other kind


def id3(*frames: bytes) -> bytes:
    body = b"".join(frames)
    length = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + length + body


MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)


def mp3() -> bytes:
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, len(WHERE) + 32, 1, 0) + bytes(8)
    lyrics = b"LYRICSBEGIN" + WHERE
    lyrics += b"%06dLYRICS200" % len(lyrics)
    behind = WHERE + ape + lyrics + b"TAG" + WHERE.ljust(125, b"\0")
    return id3(b"TXXX", WHERE) + id3(WHERE) + MP3_FRAME * 2 + behind


def flac() -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        return bytes((kind,)) + len(body).to_bytes(3) + body

    return b"fLaC" + block(0, bytes(34)) + block(4, WHERE) + block(6, WHERE) + block(0x81, WHERE) + b"\xff\xf8sound"


def riff(kind: bytes, *chunks: tuple[bytes, bytes], big: bool = False) -> bytes:
    def length(body: bytes) -> bytes:
        return len(body).to_bytes(4, "big" if big else "little")

    inside = kind + b"".join(name + length(body) + body + b"\0" * (len(body) % 2) for name, body in chunks)
    return (b"FORM" if big else b"RIFF") + length(inside) + inside


def wav() -> bytes:
    return riff(b"WAVE", (b"bext", WHERE), (b"fmt ", bytes(16)), (b"data", b"sound"), (b"LIST", b"INFO" + WHERE))


def aiff() -> bytes:
    return riff(b"AIFF", (b"NAME", WHERE), (b"COMM", bytes(18)), (b"SSND", b"sound"), (b"ANNO", WHERE), big=True)


def page_sum(page: bytes) -> int:
    """Sum a page of Ogg up, bit by bit as RFC 3533 describes it."""
    total = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        total ^= byte << 24
        for _ in range(8):
            total = total << 1 ^ (0x104C11DB7 if total & 0x80000000 else 0)
    return total


def page(number: int, lacing: bytes, body: bytes, stream: bytes = b"bird") -> bytes:
    head = b"OggS\0\0" + bytes(8) + stream + number.to_bytes(4, "little") + bytes(4)
    whole = head + bytes((len(lacing),)) + lacing + body
    return whole[:22] + page_sum(whole).to_bytes(4, "little") + whole[26:]


def voice(*, comment: bytes = b"LOCATION=" + WHERE) -> bytes:
    """Return a voice message; a long ``comment`` runs over two pages."""
    maker = b"recorder at " + WHERE
    tags = b"OpusTags" + len(maker).to_bytes(4, "little") + maker + struct.pack("<II", 1, len(comment)) + comment
    tags += WHERE
    lacing = bytes([255] * (len(tags) // 255) + [len(tags) % 255])
    begin = page(0, b"\x13", b"OpusHead" + bytes(11))
    if len(lacing) < 250:
        return begin + page(1, lacing, tags) + page(2, b"\x05", b"sound")
    cut = 250 * 255
    return begin + page(1, lacing[:250], tags[:cut]) + page(2, lacing[250:] + b"\x05", tags[cut:] + b"sound")


def element(kind: int, *content: bytes, width: int = 8, live: bool = False) -> bytes:
    body = b"".join(content)
    length = 2 ** (7 * width) - 1 if live else len(body)
    name = kind.to_bytes((kind.bit_length() + 7) // 8)
    return name + (length | 1 << (7 * width)).to_bytes(width) + body


def webm(*, live: bool = False, track_type: int = 1) -> bytes:
    information = element(
        0x1549A966,
        element(0x2AD7B1, b"\x0f\x42\x40"),
        element(0x7BA9, WHERE),
        element(0x4461, WHERE[:8]),
        element(0x4D80, b"muxer " + WHERE),
        element(0x5741, WHERE),
    )
    one = element(0xAE, element(0xD7, b"\1"), element(0x83, bytes((track_type,))), element(0x536E, WHERE))
    tags = element(0x1254C367, element(0x7373, element(0x67C8, WHERE)))
    cluster = element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, b"\x81\0\0\x80PICTURE", width=1), live=live)
    attached = element(0x1941A469, WHERE)
    inside = [information, element(0x1654AE6B, one), tags, cluster, cluster, tags, attached, element(0xEC, WHERE)]
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    return head + element(0x18538067, *inside, live=live) + (b"" if live else element(0xEC, WHERE))


TELLING: dict[str, tuple[Callable[[], bytes], str, Kind]] = {
    "a JPEG": (jpeg, "image/jpeg", Kind.IMAGE),
    "a JPEG on its side": (lambda: jpeg(6), "image/jpeg", Kind.IMAGE),
    "a PNG": (png, "image/png", Kind.IMAGE),
    "a PNG on its side": (lambda: png(6), "image/png", Kind.IMAGE),
    "a moving PNG": (lambda: png(moving=True), "image/png", Kind.STICKER),
    "a WebP": (webp, "image/webp", Kind.IMAGE),
    "a WebP on its side": (lambda: webp(6), "image/webp", Kind.IMAGE),
    "a moving WebP": (lambda: webp(moving=True), "image/webp", Kind.IMAGE),
    "a GIF": (gif, "image/gif", Kind.IMAGE),
    "a TIFF": (tiff, "image/tiff", Kind.IMAGE),
    "an AVIF": (avif, "image/avif", Kind.IMAGE),
    "a film": (film, "video/mp4", Kind.VIDEO),
    "a film with its index first": (lambda: film(index_first=True), "video/mp4", Kind.VIDEO),
    "a film with long offsets": (lambda: film(long=True), "video/mp4", Kind.VIDEO),
    "a film of QuickTime": (lambda: film(brand=b"qt  "), "video/quicktime", Kind.VIDEO),
    "a WebM": (webm, "video/webm", Kind.VIDEO),
    "a WebM that was written live": (lambda: webm(live=True), "video/webm", Kind.VIDEO),
    "an MP3": (mp3, "audio/mpeg", Kind.AUDIO),
    "an AAC": (lambda: b"\xff\xf1\x50\x80" + bytes(60) + b"TAG" + WHERE.ljust(125, b"\0"), "audio/aac", Kind.AUDIO),
    "a FLAC": (flac, "audio/flac", Kind.AUDIO),
    "a WAV": (wav, "audio/wav", Kind.AUDIO),
    "an AIFF": (aiff, "audio/aiff", Kind.AUDIO),
    "a voice message": (voice, "audio/ogg", Kind.VOICE),
    "a song with a long comment": (lambda: voice(comment=WHERE * 5000), "audio/ogg", Kind.AUDIO),
}
