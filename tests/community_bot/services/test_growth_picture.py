"""The picture of the Growth Cycle: Thai as Thai is written, small, quick, and the words say the same."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image, ImageDraw, features

from community_bot.domain.growth import Cycle, CycleSpace, Feed, Round, RoundState, RoundTopic, Stage
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.port import ImpossibleError
from community_bot.services.growth import Growth
from community_bot.services.growth_drawing import (
    ALARM,
    DETAIL,
    GROUND,
    INK,
    PAPER,
    SOFT,
    STAGE_COLOURS,
    _tint,
    draw_cycle,
)
from community_bot.services.growth_picture import GrowthPictures
from community_bot.services.growth_words import in_words, mark
from community_bot.services.lettering import CannotWriteError, Lettering
from db.engine import Database
from tests.community_bot.conftest import Log
from tests.community_bot.services.test_growth import Garden

GOLDEN = ("ที่", "ปี่", "ป้ำ", "น้ำ", "กี๋", "ญู", "ฐู", "ฤๅ", "ไม่ได้", "ผู้ใหญ่")
"""DOMAIN 6.4."""
STACKED = ("ที่", "ปี่", "ป้ำ", "น้ำ", "กี๋", "ญู", "ฐู")
"""Those in which a letter carries two marks, or loses its foot to one."""
STAGES = tuple(
    Stage(name, {"en": name, "th": name, "es": name})
    for name in ("Listen", "Choose", "Learn", "Practise", "Reflect", "Pass on")
)
TURN = Round(3, RoundState.RUNNING, date(2026, 11, 1), date(2027, 1, 31))


def small_cycle() -> Cycle:
    spaces = (
        CycleSpace(
            "radio", {"th": "วิทยุชุมชน", "en": "Community radio"}, "Listen", topics=(RoundTopic("t", "ผู้ใหญ่ไม่ได้เล่า"),)
        ),
        CycleSpace("story", {"th": "การเล่าเรื่องด้วยภาพและเสียงของชุมชนชายฝั่ง", "en": "Telling stories"}, "Learn"),
        CycleSpace("safe", {"th": "ความปลอดภัยดิจิทัล", "en": "Digital safety"}, "Learn", note="พักหนึ่งรอบ"),
        CycleSpace("house", {"th": "บ้านเงียบ", "en": "A quiet house"}, None, is_open=False),
        CycleSpace("alone", {"th": "เมล็ดพันธุ์", "en": "Seeds"}, "Pass on"),
    )
    feeds = (Feed("1", "radio", "story", "คลิปสัมภาษณ์สิบชิ้น", passed_on=True), Feed("2", "story", "radio", "เรื่องเล่า"))
    return Cycle(TURN, STAGES, spaces, feeds[:1])


def big_cycle(spaces: int) -> Cycle:
    made = tuple(
        CycleSpace(f"s{n}", {"en": f"Space number {n} with a title of some length"}, STAGES[n % 6].key)
        for n in range(spaces)
    )
    feeds = tuple(
        Feed(str(n), f"s{n}", f"s{(n * 7 + 3) % spaces}", f"What is passed on by {n}") for n in range(spaces)
    )
    return Cycle(TURN, STAGES, made, tuple(each for each in feeds if each.from_space != each.to_space))


def picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def ink(word: str, *, shaped: bool, size: int = 120) -> Image.Image:
    image = Image.new("L", (size * 5, size * 3), 0)
    letters = Lettering(shaped=shaped)
    ImageDraw.Draw(image).text((size, size * 2), word, fill=255, font=letters.font(size), anchor="ls")
    return image


def stacks(image: Image.Image) -> int:
    """Count the separate pieces of ink that lie above each other."""
    width, height = image.size
    data = image.point(lambda value: 255 if value > 96 else 0).tobytes()
    rows = [any(data[row * width : (row + 1) * width]) for row in range(height)]
    return sum(1 for before, after in pairwise([False, *rows]) if after and not before)


def pieces(image: Image.Image) -> int:
    """Count the pieces of ink that do not touch."""
    marked = image.point(lambda value: 255 if value > 128 else 0)
    found = 0
    while (box := marked.getbbox()) is not None:
        left, top, right, _ = box
        row = marked.crop((left, top, right, top + 1)).tobytes()
        ImageDraw.floodfill(marked, (left + row.index(255), top), 0)
        found += 1
    return found


# ── Thai


def test_the_machine_that_draws_shapes_thai() -> None:
    assert features.check("raqm")


@pytest.mark.parametrize("word", STACKED)
def test_marks_stand_elsewhere_than_without_shaping(word: str) -> None:
    assert ink(word, shaped=True).tobytes() != ink(word, shaped=False).tobytes()


@pytest.mark.parametrize(
    ("word", "apart"),
    [("ที่", 3), ("ปี่", 3), ("ป้ำ", 4), ("น้ำ", 4), ("กี๋", 3), ("ญู", 2), ("ฐู", 2), ("ฤๅ", 1), ("ไม่ได้", 6), ("ผู้ใหญ่", 7)],
)
def test_no_mark_touches_another_or_its_letter(word: str, apart: int) -> None:
    """Every letter and mark is a piece of ink of its own, so none lies over another; ฤๅ is written as one."""
    assert pieces(ink(word, shaped=True)) == apart


@pytest.mark.parametrize("word", ["ที่", "ปี่", "กี๋", "ป้ำ", "น้ำ"])
def test_two_marks_stand_one_above_the_other(word: str) -> None:
    assert stacks(ink(word, shaped=True)) > stacks(ink(word, shaped=False))


@pytest.mark.parametrize("word", GOLDEN)
def test_nothing_of_a_word_is_cut_off(word: str) -> None:
    box = ink(word, shaped=True).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert left > 0
    assert top > 0
    assert right < 600
    assert bottom < 360


def test_what_the_font_lacks_is_left_out_and_spanish_is_not() -> None:
    letters = Lettering()
    assert letters.drawable("Niñez 🌱 → ¿qué? ก็ 日本") == "Niñez › ¿qué? ก็"
    assert letters.drawable("🌱") == "…"


# ── the picture


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_small_quick_and_the_same_each_time(language: Language) -> None:
    t = catalogues().translator(language)
    began = time.perf_counter()
    png = draw_cycle(small_cycle(), t)
    assert time.perf_counter() - began < 5, "a busy machine included"
    assert len(png) <= 150_000
    assert picture(png).size[0] == 1080
    assert draw_cycle(small_cycle(), t) == png


def test_letters_are_large_enough_on_a_small_phone() -> None:
    """1080 pixels are shown on 360: twelve pixels are what the smallest words have there."""
    assert DETAIL.size / 3 >= 12


def luminance(colour: str) -> float:
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (part(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_everything_written_stands_out_from_what_it_stands_on() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    pairs = [(INK, PAPER), (SOFT, PAPER), (SOFT, GROUND), (ALARM, PAPER)]
    pairs += [(colour, ground) for colour in STAGE_COLOURS for ground in (PAPER, _tint(colour, 0.13))]
    pairs += [(SOFT, _tint(colour, 0.13)) for colour in STAGE_COLOURS]
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


@pytest.mark.parametrize("spaces", [0, 1, 12, 40, 41, 300])
def test_however_many_spaces_there_are_it_stays_bounded(spaces: int) -> None:
    png = draw_cycle(
        big_cycle(spaces) if spaces > 3 else Cycle(None, STAGES, big_cycle(4).spaces[:spaces], ()),
        catalogues().translator("en"),
    )
    assert len(png) <= 150_000
    assert picture(png).size[1] <= 9000


def test_a_network_without_stages_or_with_many_is_drawn_too() -> None:
    t = catalogues().translator("en")
    many = tuple(Stage(str(n), {"en": f"Stage {n}"}) for n in range(15))
    for stages in ((), many):
        assert draw_cycle(Cycle(TURN, stages, small_cycle().spaces, small_cycle().feeds), t)


def test_words_of_any_kind_do_not_break_it() -> None:
    strange = "กก" * 200 + " " + "W" * 300 + "\n\u202e🌱\u200b" + "ำ" * 30
    spaces = (
        CycleSpace("a", {"en": strange}, "Learn", topics=(RoundTopic("t", strange),)),
        CycleSpace("b", {"en": ""}, "Learn"),
    )
    cycle = Cycle(TURN, STAGES, spaces, (Feed("f", "a", "b", strange),))
    assert draw_cycle(cycle, catalogues().translator("en"))


# ── the words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_say_the_same_in_the_same_order(language: Language) -> None:
    cycle, t = small_cycle(), catalogues().translator(language)
    said = in_words(cycle, t)
    places = [
        said.index(each.titles.get(language) or each.titles["th"]) for each in (cycle.spaces[0], *cycle.spaces[3:])
    ]
    assert places[0] < places[2] < places[1], "who has no stage comes last"
    assert "คลิปสัมภาษณ์สิบชิ้น" in said
    assert "ผู้ใหญ่ไม่ได้เล่า" in said
    assert t.plain("growth.fact.alone") in said


def test_with_very_many_spaces_stages_are_counted_instead() -> None:
    said = in_words(big_cycle(300), catalogues().translator("en"))
    assert "50 spaces" in said
    assert "Space number" not in said
    assert len(said) < 4000


def test_what_people_wrote_is_no_markup() -> None:
    cycle = Cycle(None, STAGES, (CycleSpace("a", {"en": "**Radio** @everyone"}, "Learn"),), ())
    assert "@everyone" not in in_words(cycle, catalogues().translator("en")).replace(r"\@everyone", "")


def test_feeds_are_marked_with_letters() -> None:
    assert [mark(number) for number in (1, 26, 27, 52, 53)] == ["A", "Z", "AA", "AZ", "BA"]


# ── for rooms


async def test_a_room_gets_what_everybody_may_see_with_a_word_on_what_it_is(sqlite_database: Database) -> None:
    garden = await Garden(sqlite_database).plant()
    await garden.growth.begin(garden.wan, 90)
    made = await GrowthPictures(garden.net.network, catalogues()).attachment("1", "th")
    assert made.media_type == "image/png"
    assert made.description
    assert picture(made.content).format == "PNG"


async def test_drawing_does_not_hold_up_the_event_loop(sqlite_database: Database) -> None:
    garden = await Garden(sqlite_database).plant()
    pictures = GrowthPictures(garden.net.network, catalogues())
    drawing = asyncio.create_task(pictures.of(big_cycle(40), catalogues().translator("en")))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1
    assert await drawing is not None
    assert turns > 100


async def test_without_shaping_no_picture_is_drawn_and_the_words_stand_alone(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    monkeypatch.setattr(features, "check", lambda feature: False)
    garden = await Garden(sqlite_database).plant()
    pictures = GrowthPictures(garden.net.network, catalogues())
    assert not pictures.can_draw
    assert log.last()["reason"] == "picture.no_shaping"
    cycle = await Growth(garden.net.network, catalogues()).cycle(garden.fern)
    assert await pictures.of(cycle, catalogues().translator("th")) is None
    with pytest.raises(ImpossibleError):
        await pictures.attachment("1", "th")
    with pytest.raises(CannotWriteError):
        draw_cycle(cycle, catalogues().translator("th"))
