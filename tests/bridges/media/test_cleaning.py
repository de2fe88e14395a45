"""What crosses tells nothing of where, when and with what it was made; it looks and sounds as it did."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from bridges.media.cleaning import clean, clean_now
from bridges.media.file import File, Kind, MediaError, Reason
from tests.bridges.media.material import (
    MP3_FRAME,
    TELLING,
    WHERE,
    announced,
    avif,
    box,
    element,
    exif,
    film,
    flac,
    full,
    gif,
    jpeg,
    mp3,
    page,
    page_sum,
    picture,
    png,
    saved,
    tiff,
    track,
    voice,
    wav,
    webm,
    webp,
)


def cleaned(data: bytes, mime: str, kind: Kind = Kind.IMAGE) -> File:
    return clean_now(announced(data, mime, kind), data)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("sample", TELLING)
def test_no_format_tells_where_it_was_made(sample: str) -> None:
    make, mime, kind = TELLING[sample]
    data = make()
    assert WHERE in data
    file = cleaned(data, mime, kind)
    assert WHERE not in file.data
    assert b"GoPr" not in file.data
    assert file.size <= max(len(data), 1024)


@pytest.mark.parametrize("sample", TELLING)
def test_what_is_clean_stays_as_it_is(sample: str) -> None:
    make, mime, kind = TELLING[sample]
    once = cleaned(make(), mime, kind)
    assert clean_now(announced(once.data, once.mime, kind), once.data).data == once.data


@pytest.mark.parametrize("make", [jpeg, png, webp])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_as_it_stood(make: object, orientation: int) -> None:
    assert callable(make)
    data = make(orientation)
    file = cleaned(data, "image/jpeg")
    image = opened(file.data)
    assert image.getexif().get(0x0112, 1) == orientation
    assert set(image.getexif()) <= {0x0112}
    upright = (4, 8) if orientation >= 5 else (8, 4)
    assert (file.width, file.height) == tuple(side * (2 if make is jpeg else 1) for side in upright)


@pytest.mark.parametrize("data", [jpeg(), png(), webp(), gif()], ids=["jpeg", "png", "webp", "gif"])
def test_not_one_pixel_changes(data: bytes) -> None:
    after = opened(cleaned(data, "image/png").data)
    assert after.convert("RGBA").tobytes() == opened(data).convert("RGBA").tobytes()


@pytest.mark.parametrize("data", [png(moving=True), webp(moving=True), gif()], ids=["png", "webp", "gif"])
def test_what_moves_goes_on_moving(data: bytes) -> None:
    before, after = opened(data), opened(cleaned(data, "image/png").data)
    assert getattr(after, "n_frames", 1) == 2
    assert after.info.get("loop") == before.info.get("loop")


def test_colours_stay_those_of_the_screen_they_were_made_for() -> None:
    from PIL import ImageCms  # noqa: PLC0415

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = cleaned(saved(picture(size=(16, 8)), "JPEG", icc_profile=profile), "image/jpeg")
    assert opened(file.data).info["icc_profile"] == profile


def test_pictures_that_cannot_be_cleaned_as_they_are_are_written_anew_and_upright() -> None:
    file = cleaned(tiff(), "image/tiff")
    assert (file.mime, file.width, file.height) == ("image/jpeg", 4, 8)
    assert file.name == "garden.jpg"
    assert cleaned(avif(), "image/avif").mime == "image/jpeg"


def test_what_is_see_through_stays_so_when_written_anew() -> None:
    data = saved(Image.new("RGBA", (8, 8), (255, 0, 0, 90)), "TIFF")
    file = cleaned(data, "image/tiff")
    assert file.mime == "image/png"
    assert opened(file.data).getpixel((1, 1)) == (255, 0, 0, 90)


def test_a_picture_from_a_phone_of_the_other_kind_crosses_as_jpeg() -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra media is not installed")
    out = BytesIO()
    heif.from_pillow(picture(size=(64, 64))).save(out, exif=exif())
    assert WHERE in out.getvalue()
    file = cleaned(out.getvalue(), "image/heic")
    assert (file.mime, file.width) == ("image/jpeg", 64)
    assert WHERE not in file.data


def test_a_film_keeps_its_length_and_its_pictures() -> None:
    data = film()
    after = cleaned(data, "video/mp4", Kind.VIDEO).data
    assert len(after) == len(data)
    assert after.index(b"PICTURE-1PICTURE-22") == data.index(b"PICTURE-1PICTURE-22")
    assert (3_800_000_000).to_bytes(4) not in after


def test_the_places_a_camera_wrote_along_are_blanked_and_their_track_is_gone() -> None:
    after = cleaned(film(), "video/mp4", Kind.VIDEO).data
    assert after.count(b"trak") == 1
    begin = after.index(b"PICTURE-22") + 10
    assert after[begin : begin + 56] == bytes(56)


@pytest.mark.parametrize(
    "index",
    [
        box(b"moov", box(b"cmov", WHERE)),
        box(b"moov", track(b"meta", [(10**6, [18])])),
        box(b"moov", track(b"camm", [(8, [18])]).replace(b"stsz", b"stz2")),
        box(b"moov", track(b"camm", [(8, [18])]).replace(b"stsc", b"none")),
    ],
    ids=["compressed", "beyond the end", "sizes in another way", "no sizes of chunks"],
)
def test_a_film_that_does_not_tell_all_does_not_cross(index: bytes) -> None:
    with pytest.raises(MediaError) as refused:
        cleaned(box(b"ftyp", b"isom", bytes(4)) + index, "video/mp4", Kind.VIDEO)
    assert refused.value.reason is Reason.METADATA


def test_a_film_in_fragments_crosses_only_without_tracks_of_places() -> None:
    fragment = box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", box(b"udta", WHERE)))
    begin = box(b"ftyp", b"iso5", bytes(4))
    data = begin + box(b"moov", track(b"vide", [(8, [1])])) + fragment
    assert WHERE not in cleaned(data, "video/mp4", Kind.VIDEO).data
    with pytest.raises(MediaError):
        cleaned(begin + box(b"moov", track(b"meta", [(8, [1])])) + fragment, "video/mp4", Kind.VIDEO)


def test_a_recording_that_broke_off_still_crosses() -> None:
    whole, drawn = wav(), gif()
    cut = whole[: whole.index(b"sound") + 3]
    assert cleaned(cut, "audio/wav", Kind.AUDIO).data.endswith(b"data\x03\0\0\0sou\0")
    assert opened(cleaned(drawn[: drawn.index(b"\x21\xff\x0bXMP")], "image/gif").data).size == (8, 4)


def test_a_sound_is_as_long_as_it_was() -> None:
    assert cleaned(mp3(), "audio/mpeg", Kind.AUDIO).data == MP3_FRAME * 2
    assert cleaned(flac(), "audio/flac", Kind.AUDIO).data.endswith(b"\xff\xf8sound")


@pytest.mark.parametrize("comment", [b"LOCATION=" + WHERE, WHERE * 5000], ids=["short", "over two pages"])
def test_a_voice_message_keeps_its_pages_and_their_sums_are_right(comment: bytes) -> None:
    data = voice(comment=comment)
    after = cleaned(data, "audio/ogg", Kind.VOICE).data
    assert len(after) == len(data)
    starts = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    assert [at for at in range(len(after)) if after.startswith(b"OggS", at)] == starts
    for begin, end in zip(starts, [*starts[1:], len(after)], strict=True):
        assert int.from_bytes(after[begin + 22 : begin + 26], "little") == page_sum(after[begin:end])


def test_an_ogg_that_is_neither_voice_nor_music_does_not_cross() -> None:
    data = page(0, b"\x04", b"film") + page(1, b"\x04", b"more")
    with pytest.raises(MediaError) as refused:
        cleaned(data, "video/ogg", Kind.VIDEO)
    assert refused.value.reason is Reason.METADATA


def test_a_webm_keeps_its_length_and_its_pictures() -> None:
    after = cleaned(webm(), "video/webm", Kind.VIDEO).data
    assert len(after) == len(webm())
    assert after.count(b"\x81\0\0\x80PICTURE") == 2


def test_a_webm_with_a_track_of_something_else_does_not_cross() -> None:
    with pytest.raises(MediaError) as refused:
        cleaned(webm(track_type=0x21), "video/webm", Kind.VIDEO)
    assert refused.value.reason is Reason.METADATA


@pytest.mark.parametrize("room", [2, 3, 9, 127, 128, 129, 130, 16384, 16386])
def test_any_length_of_an_element_can_be_made_void(room: int) -> None:
    inside = element(0xEC, bytes(max(0, room - 2)), width=1) if room < 128 else element(0xEC, bytes(room - 9))
    data = element(0x1A45DFA3) + element(0x18538067, inside, element(0x1F43B675, b""))
    assert len(cleaned(data, "video/webm", Kind.VIDEO).data) == len(data)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"<svg>" + WHERE + b"</svg>", "image/svg+xml"),
        (b"8BPS" + WHERE, "image/vnd.adobe.photoshop"),
        (b"\0\0\0\x0cJXL " + WHERE, "image/jxl"),
        (b"FUJIFILMCCD-RAW" + WHERE, "application/octet-stream"),
        (b"RIFF\0\0\0\0AVI " + WHERE, "video/x-msvideo"),
        (WHERE, "audio/x-unheard-of"),
    ],
)
def test_pictures_films_and_sounds_nothing_here_can_clean_do_not_cross(data: bytes, mime: str) -> None:
    with pytest.raises(MediaError) as refused:
        cleaned(data, mime, Kind.FILE)
    assert refused.value.reason is Reason.METADATA


def test_a_photograph_is_cleaned_whatever_it_is_called() -> None:
    file = cleaned(jpeg(), "application/octet-stream", Kind.FILE)
    assert WHERE not in file.data
    assert (file.mime, file.name) == ("image/jpeg", "garden.jpg")


def test_a_document_crosses_as_its_author_wrote_it() -> None:
    data = b"%PDF-1.7 (a leaflet)"
    file = cleaned(data, "application/pdf", Kind.FILE)
    assert (file.data, file.mime, file.name) == (data, "application/pdf", "garden.bin")


async def test_what_was_said_about_a_file_goes_with_it() -> None:
    data = webp()
    said = replace(announced(data, "image/webp"), spoiler=True, name="ครัว.webp")
    file = await clean(said, data)
    assert (file.alt, file.spoiler, file.name, file.kind) == ("ใบกล้วย", True, "ครัว.webp", Kind.IMAGE)


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    data = bytearray(saved(picture(), "BMP"))
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    with pytest.raises(MediaError) as refused:
        cleaned(bytes(data), "image/bmp")
    assert refused.value.reason is Reason.UNREADABLE


@pytest.mark.parametrize(
    ("data", "mime", "kind"),
    [
        (box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"free") * 60_000), "video/mp4", Kind.VIDEO),
        (page(0, b"", b"") * 200_001, "audio/ogg", Kind.AUDIO),
        (b"".join(page(0, b"\1", b"x", bytes((n,)) * 4) for n in range(9)), "audio/ogg", Kind.AUDIO),
        (b"\xff\xd8" + b"\xff\xdb\0\2" * 6_000, "image/jpeg", Kind.IMAGE),
        (b"GIF89a" + bytes(7) + b"\x21\xfe\0" * 60_000, "image/gif", Kind.IMAGE),
        (
            element(0x1A45DFA3) + element(0x18538067, b"\xec\x80" * 60_000, element(0x1F43B675)),
            "video/webm",
            Kind.VIDEO,
        ),
    ],
    ids=["boxes", "pages", "streams", "segments", "blocks", "elements"],
)
def test_a_file_in_more_pieces_than_any_real_one_has_is_put_aside(data: bytes, mime: str, kind: Kind) -> None:
    with pytest.raises(MediaError):
        cleaned(data, mime, kind)


def test_a_picture_for_other_screens_is_written_in_the_colours_of_all() -> None:
    from PIL import ImageCms  # noqa: PLC0415

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = cleaned(saved(picture(size=(16, 8)), "TIFF", icc_profile=profile), "image/tiff")
    image = opened(file.data)
    assert "icc_profile" not in image.info
    red, _, blue = image.getpixel((1, 1))  # type: ignore[misc]
    assert (red > 200, blue < 60) == (True, True)


def test_neither_values_nor_failures_show_words_places_or_bytes() -> None:
    data = png()
    said = announced(data, "image/png", name="malee.png")
    shown = f"{said!r} {clean_now(said, data)!r}"
    assert not [word for word in ("malee", "ใบกล้วย", "example", "IHDR") if word in shown]


def test_pillow_is_not_there_before_the_first_picture_that_needs_it() -> None:
    script = (
        "import sys, bridges.media.carrying, bridges.media.linked, bridges.media.links, bridges.media.stills;"
        "sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
