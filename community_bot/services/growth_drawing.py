"""The picture of the Growth Cycle, for a phone: stages from top to bottom, a box for each space, arrows for feeds.

At 360 pixels a ring or columns would leave room for a few letters each; one below the other there is room for whole
titles and for what is passed on. Downward arrows go along the right side, upward ones along the left. What the
colours say the numbers say too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from community_bot.domain.growth import Cycle, CycleSpace, Feed, Stage, unconnected
from community_bot.domain.line_breaks import wrap
from community_bot.domain.words import in_language
from community_bot.locales import Translator
from community_bot.services.drawing import (
    Disc,
    Line,
    Point,
    RoundedBox,
    Shape,
    as_png,
    head,
    mixed,
    on_circle,
    paint,
    ring,
    rounded,
)
from community_bot.services.growth_words import ROUND_STATES, condensed, in_reading_order, is_condensed, mark
from community_bot.services.lettering import Lettering, Weight

WIDTH: Final = 1080
"""Three times a small phone's: letters of 36 pixels are read there as 12."""
NARROW: Final = 540
MOST_ARROWS: Final = 60
MOST_TOPICS: Final = 3
MOST_BESIDE: Final = 2
MOST_IN_A_ROW: Final = 8
ROOMY: Final = 12
"""Up to so many spaces there is room for what they work on, and for what they pass on."""

GROUND, PAPER, INK, SOFT, ALARM, NOWHERE = "#FAF8F4", "#FFFFFF", "#1E2329", "#4C545E", "#B3261E", "#ECEAE6"
TINT: Final = 0.13
STAGE_COLOURS: Final = ("#1F5F8B", "#94480A", "#1B6B4A", "#7A2E6B", "#77600A", "#5A4A9F")
"""Each at least 5 to 1 on paper; told apart with any colour sight by the number beside."""
LINE_HEIGHT: Final = 1.36
"""Thai needs room above for two marks, and below for one."""
MARGIN, PAD, GAP, RADIUS = 28, 28, 22, 26
FIRST_LANE, LANE, LAST_LANE, WIDEST_GUTTER = 46, 48, 28, 230


@dataclass(frozen=True, slots=True)
class _Style:
    """How words look; ``size`` in pixels."""

    size: int
    colour: str
    weight: Weight = "regular"


TITLE = _Style(66, INK, "bold")
SUBTITLE = _Style(38, SOFT)
STAGE = _Style(44, INK, "bold")
NAME = _Style(43, INK, "medium")
SMALL_NAME = _Style(36, INK, "medium")
DETAIL = _Style(36, SOFT)
PASSED = _Style(36, INK)
WARNING = _Style(36, ALARM, "medium")
BADGE = _Style(30, PAPER, "bold")


@dataclass(frozen=True, slots=True)
class _Text:
    place: Point
    text: str
    style: _Style
    anchor: str = "ls"


@dataclass
class _Box:
    """One box: where it stands, and at which height each feed leaves or comes in."""

    left: float
    right: float
    top: float
    bottom: float = 0
    leaves: dict[str, float] = field(default_factory=dict)
    comes_in: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Arrow:
    """One feed to be drawn: its number, its colour, and whether it goes down."""

    feed: Feed
    number: int
    colour: str
    down: bool


def draw_cycle(cycle: Cycle, t: Translator) -> bytes:
    """Return the picture as PNG, 1080 pixels wide, or 540 with many spaces. Raises :class:`CannotWriteError`.

    The same cycle in the same language gives the same picture. Takes some tenths of a second.
    """
    shown, letters, is_grouped = condensed(cycle, t), Lettering(), is_condensed(cycle)
    # how much room arrows take is known when the boxes stand, and where the boxes stand depends on that room
    first = _Drawing(shown, t, letters, (WIDEST_GUTTER, WIDEST_GUTTER), is_grouped=is_grouped)
    first.lay_out()
    second = _Drawing(shown, t, letters, first.gutters_needed(), is_grouped=is_grouped)
    second.lay_out()
    return second.png()


def stage_colour(index: int) -> str:
    """Return the colour of a stage by its place in the cycle."""
    return STAGE_COLOURS[index % len(STAGE_COLOURS)]


def _tint(colour: str, share: float) -> str:
    """Return a colour mixed with paper."""
    return mixed(colour, PAPER, share)


def _palette() -> list[str]:
    """Return every colour there is, and what lies between those that touch: so flat grounds stay as meant."""
    tints = [_tint(each, TINT) for each in STAGE_COLOURS]
    found = [GROUND, PAPER, INK, SOFT, ALARM, NOWHERE, *STAGE_COLOURS, *tints]
    found += [mixed(INK, ground, share) for ground in (PAPER, GROUND) for share in (0.25, 0.5, 0.75)]
    found += [mixed(SOFT, PAPER, share) for share in (0.33, 0.66)]
    found += [mixed(SOFT, GROUND, 0.5), mixed(ALARM, PAPER, 0.5)]
    for colour, tint in zip(STAGE_COLOURS, tints, strict=True):
        found += [mixed(colour, tint, 0.33), mixed(colour, tint, 0.66), mixed(colour, PAPER, 0.5)]
    return found


class _Drawing:
    """One picture in the making: shapes below, words above."""

    def __init__(
        self, cycle: Cycle, t: Translator, letters: Lettering, gutters: tuple[float, float], *, is_grouped: bool
    ) -> None:
        self._cycle = cycle
        self._t = t
        self._letters = letters
        left_gutter, right_gutter = gutters
        self._left = MARGIN + max(PAD, left_gutter)
        self._right = WIDTH - MARGIN - max(PAD, right_gutter)
        self._height = 0.0
        self._is_roomy = len(cycle.spaces) <= ROOMY
        self._grounds: list[Shape] = []
        self._shapes: list[Shape] = []
        self._above: list[Shape] = []
        self._texts: list[_Text] = []
        self._boxes: dict[str, _Box] = {}
        self._alone = set() if is_grouped else {each.key for each in unconnected(cycle.spaces, cycle.feeds)}
        self._arrows = self._numbered()

    def lay_out(self) -> None:
        """Give everything its place."""
        y = self._header()
        for index, (stage, spaces) in enumerate(self._cycle.by_stage()):
            y = self._band(index, stage, spaces, y)
        self._draw_arrows(down=True)
        self._draw_arrows(down=False)
        self._height = self._footer(y)

    def gutters_needed(self) -> tuple[float, float]:
        """Return how much room the arrows on the left and on the right take."""
        return _gutter(self._lanes(down=False)), _gutter(self._lanes(down=True))

    def png(self) -> bytes:
        """Return it."""
        from PIL import Image, ImageDraw  # noqa: PLC0415 - with the first picture

        picture = paint(WIDTH, round(self._height), GROUND, [*self._grounds, *self._shapes, *self._above])
        on = ImageDraw.Draw(picture)
        for each in self._texts:
            self._letters.write(
                on,
                each.place,
                each.text,
                size=each.style.size,
                colour=each.style.colour,
                weight=each.style.weight,
                anchor=each.anchor,
            )
        if not self._is_roomy:
            # it is tall, and is to stay small
            picture = picture.resize((NARROW, round(self._height * NARROW / WIDTH)), Image.Resampling.LANCZOS)
        return as_png(picture, _palette())

    def _numbered(self) -> list[_Arrow]:
        at = {each.key: number for number, each in enumerate(in_reading_order(self._cycle))}
        places = {stage.key: index for index, stage in enumerate(self._cycle.stages)}
        found = []
        for number, feed in enumerate(self._cycle.feeds[:MOST_ARROWS], start=1):
            space = self._cycle.space(feed.from_space)
            index = places.get((space.stage if space else None) or "", len(places))
            down = at[feed.from_space] < at[feed.to_space]
            found.append(_Arrow(feed, number, stage_colour(index), down))
        return found

    # ── words

    def _say(self, text: str, style: _Style, place: Point, width: float, most_lines: int) -> float:
        """Write a text below ``place``, on at most so many lines; return where it ends."""
        x, y = place

        def measure(part: str) -> float:
            return self._letters.width(part, style.size, style.weight)

        for line in wrap(text, measure, width, most_lines=most_lines):
            y += style.size * LINE_HEIGHT
            self._texts.append(_Text((x, y - style.size * 0.32), line, style))
        return y

    def _header(self) -> float:
        t, turn = self._t, self._cycle.round
        x, room = MARGIN + 8, WIDTH - 2 * MARGIN - 190
        y = self._say(t.plain("growth.picture.heading"), TITLE, (x, 20), room, 2)
        if turn is None:
            y = self._say(t.plain("growth.no_round_yet"), SUBTITLE, (x, y), room, 2)
        else:
            state = t.plain(ROUND_STATES[turn.state])
            said = t.plain("growth.picture.round", number=turn.number, state=state)
            y = self._say(said, SUBTITLE, (x, y), room, 2)
            y = self._say(t.plain("growth.picture.until", day=turn.ends_on), SUBTITLE, (x, y), room, 2)
        self._wheel((WIDTH - MARGIN - 92, 118), 68)
        return max(y, 200) + 26

    def _wheel(self, centre: Point, radius: float) -> None:
        """Draw the cycle itself: what comes last leads to what comes first."""
        stages = max(1, len(self._cycle.stages))
        for index in range(stages):
            start, end = -90 + 360 / stages * index, -90 + 360 / stages * (index + 1)
            colour = stage_colour(index)
            self._shapes.append(ring(centre, radius, 19, (start + 4, end - 18), colour))
            # a little inwards, as a straight head on a round way leans outwards
            tip, before = on_circle(centre, radius - 3, end + 1), on_circle(centre, radius, end - 20)
            self._shapes.append(head(tip, (tip[0] - before[0], tip[1] - before[1]), 27, colour))

    def _footer(self, y: float) -> float:
        place = (MARGIN + 8, y + 4)
        return self._say(self._t.plain("growth.picture.again"), DETAIL, place, WIDTH - 2 * MARGIN - 16, 3) + 30

    # ── stages and spaces

    def _band(self, index: int, stage: Stage | None, spaces: Sequence[CycleSpace], top: float) -> float:
        colour = SOFT if stage is None else stage_colour(index)
        x, tint = self._left, NOWHERE
        said = self._t.plain("growth.picture.no_stage")
        if stage is not None:
            tint, said = _tint(colour, TINT), in_language(stage.titles, self._t.language)
            self._shapes.append(Disc((x + 27, top + 50), 29, colour))
            self._texts.append(
                _Text((x + 27, top + 50), str(index + 1), replace(STAGE, colour=PAPER, size=36), "mm")
            )
            x += 74
        style = replace(STAGE, colour=colour)
        y = self._say(said, style, (x, top + 14), WIDTH - MARGIN - PAD - x, 2)
        if not spaces:
            y = self._say(self._t.plain("growth.picture.empty"), DETAIL, (x, y), self._right - x, 2) + 16
        else:
            y += 12
        for space in spaces:
            y = self._space(space, colour, y) + (GAP if self._is_roomy else GAP / 2)
        self._grounds.append(RoundedBox(MARGIN, top, WIDTH - MARGIN, y + 4, RADIUS + 6, tint))
        return y + 22

    def _space(self, space: CycleSpace, colour: str, top: float) -> float:
        box = self._boxes[space.key] = _Box(self._left, self._right, top)
        leaving = [each for each in self._arrows if each.feed.from_space == space.key]
        incoming = [each for each in self._arrows if each.feed.to_space == space.key]
        y = self._roomy(space, box, leaving) if self._is_roomy else self._tight(space, box, leaving)
        box.bottom = max(y, self._receives(box, incoming, top + 40)) + 16
        outline, thick = (ALARM, 5) if space.key in self._alone else (colour, 3)
        self._shapes.append(RoundedBox(box.left, top, box.right, box.bottom, RADIUS, PAPER, outline, thick))
        return box.bottom

    def _roomy(self, space: CycleSpace, box: _Box, leaving: Sequence[_Arrow]) -> float:
        x, width = box.left + PAD, box.right - box.left - 2 * PAD
        name = NAME if space.is_open else replace(NAME, colour=SOFT)
        y = self._say(in_language(space.titles, self._t.language), name, (x, box.top + 12), width, 3)
        for said, style in self._details(space):
            y = self._say(said, style, (x, y), width, 2)
        for arrow in leaving:
            y = self._passes_on(arrow, box, (x, y + 4), width)
        return y

    def _tight(self, space: CycleSpace, box: _Box, leaving: Sequence[_Arrow]) -> float:
        """Show title and marks only: with many spaces the words beside the picture say the rest."""
        beside = leaving if len(leaving) <= MOST_BESIDE else []
        x, width = box.left + 18, box.right - box.left - 36
        name = SMALL_NAME if space.is_open else replace(SMALL_NAME, colour=SOFT)
        title = in_language(space.titles, self._t.language)
        y = self._say(title, name, (x, box.top + 6), width - 50 * len(beside), 2)
        middle = (box.top + y) / 2 + 6
        for number, arrow in enumerate(reversed(beside)):
            box.leaves[arrow.feed.id] = middle
            self._badge((box.right - 40 - 50 * number, middle), arrow, is_filled=True)
        for number, arrow in enumerate(leaving[len(beside) :]):
            box.leaves[arrow.feed.id] = y + 24 + 50 * (number // MOST_IN_A_ROW)
            place = (x + 22 + 50 * (number % MOST_IN_A_ROW), box.leaves[arrow.feed.id])
            self._badge(place, arrow, is_filled=True)
        return max(y, *(each + 24 for each in box.leaves.values())) if box.leaves else y

    def _details(self, space: CycleSpace) -> Iterator[tuple[str, _Style]]:
        t = self._t
        for topic in space.topics[:MOST_TOPICS]:
            yield t.plain("growth.picture.topic", title=topic.title), DETAIL
        if len(space.topics) > MOST_TOPICS:
            yield t.count("growth.picture.more_topics", len(space.topics) - MOST_TOPICS), DETAIL
        if not space.is_open:
            yield t.plain("growth.picture.resting"), DETAIL
        if space.key in self._alone:
            yield t.plain("growth.picture.alone"), WARNING
        elif space.note is not None:
            yield space.note, DETAIL

    def _passes_on(self, arrow: _Arrow, box: _Box, place: Point, width: float) -> float:
        x, y = place
        middle = y + PASSED.size * LINE_HEIGHT * 0.62
        box.leaves[arrow.feed.id] = middle
        self._badge((x + 22, middle), arrow, is_filled=True)
        if arrow.feed.passed_on:
            # done: a tick
            tick = ((box.right - 52, middle), (box.right - 43, middle + 10), (box.right - 26, middle - 11))
            self._above.append(Line(tick, 6, arrow.colour))
            width -= 44
        return self._say(arrow.feed.what, PASSED, (x + 60, y), width - 64, 2)

    def _receives(self, box: _Box, incoming: Sequence[_Arrow], first: float) -> float:
        """Give each arrow that comes in its height on its side of the box; return how far down they reach."""
        lowest = 0.0
        for down in (True, False):
            taken = {each.feed.id for each in self._arrows if each.down is down} & box.leaves.keys()
            at = first
            # in the order in which their lanes meet the box without crossing
            arrows = [each for each in incoming if each.down is down]
            for arrow in reversed(arrows):
                while any(abs(at - box.leaves[each]) < 40 for each in taken):
                    at += 10
                box.comes_in[arrow.feed.id] = at
                lowest = max(lowest, at + 12)
                at += 46
        return lowest

    # ── arrows

    def _badge(self, centre: Point, arrow: _Arrow, *, is_filled: bool) -> None:
        fill = arrow.colour if is_filled else PAPER
        self._above.append(Disc(centre, 21, fill, arrow.colour, 4))
        ink = PAPER if is_filled else arrow.colour
        size = BADGE.size if arrow.number <= 26 else BADGE.size - 5
        self._texts.append(_Text(centre, mark(arrow.number), replace(BADGE, size=size, colour=ink), "mm"))

    def _lanes(self, *, down: bool) -> dict[str, int]:
        """Give each arrow of a side the lane nearest to the boxes in which it meets no other; short ones first."""
        spans = {
            each.feed.id: sorted(
                (
                    self._boxes[each.feed.from_space].leaves[each.feed.id],
                    self._boxes[each.feed.to_space].comes_in[each.feed.id],
                )
            )
            for each in self._arrows
            if each.down is down
        }
        taken: list[list[tuple[float, float]]] = []
        found: dict[str, int] = {}
        for name, (start, end) in sorted(spans.items(), key=lambda each: (each[1][1] - each[1][0], each[1])):
            free = (
                index
                for index, lane in enumerate(taken)
                if all(end + 30 < other_start or other_end + 30 < start for other_start, other_end in lane)
            )
            found[name] = next(free, len(taken))
            if found[name] == len(taken):
                taken.append([])
            taken[found[name]].append((start, end))
        return found

    def _draw_arrows(self, *, down: bool) -> None:
        lanes = self._lanes(down=down)
        step = _lane_width(lanes)
        side = 1 if down else -1
        edge = self._right if down else self._left
        marked: list[float] = []
        for arrow in (each for each in self._arrows if each.down is down):
            y1 = self._boxes[arrow.feed.from_space].leaves[arrow.feed.id]
            y2 = self._boxes[arrow.feed.to_space].comes_in[arrow.feed.id]
            lane = edge + side * (FIRST_LANE + step * lanes[arrow.feed.id])
            tip = edge + 2 * side
            way = rounded([(edge, y1), (lane, y1), (lane, y2), (tip + 16 * side, y2)], 24)
            self._shapes += [Line(way, 13, PAPER), Line(way, 6, arrow.colour)]
            self._above.append(head((tip, y2), (-side, 0), 26, arrow.colour))
            level = self._free_level(y1, y2, marked)
            marked.append(level)
            self._badge((lane, level), arrow, is_filled=False)

    def _free_level(self, start: float, end: float, marked: Sequence[float]) -> float:
        """Return at which height an arrow's mark meets no other line and no other mark, near its end if it can."""
        towards = -1 if end > start else 1
        crossing = [at for box in self._boxes.values() for at in (*box.leaves.values(), *box.comes_in.values())]
        steps = int(max(0.0, abs(end - start) - 110) / 12)
        for step in range(steps):
            level = end + towards * (58 + 12 * step)
            if all(abs(level - at) > 36 for at in crossing) and all(abs(level - at) > 48 for at in marked):
                return level
        return (start + end) / 2


def _lane_width(lanes: Mapping[str, int]) -> float:
    steps = max(lanes.values(), default=0)
    return LANE if steps == 0 else min(LANE, (WIDEST_GUTTER - FIRST_LANE - LAST_LANE) / steps)


def _gutter(lanes: Mapping[str, int]) -> float:
    """Return how much room the arrows of one side take."""
    return 0 if not lanes else FIRST_LANE + LAST_LANE + _lane_width(lanes) * max(lanes.values())
