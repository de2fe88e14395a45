"""Shapes with smooth edges: drawn at twice the size and reduced, in strips, so that a tall picture is no burden."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

# Pillow is imported with the first picture: a network that draws none need not hold it in memory

TWICE: Final = 2
STRIP: Final = 800
"""Rows of the finished picture that are drawn at once."""
Point = tuple[float, float]


class Shape(Protocol):
    """Something drawn. ``top`` and ``bottom`` are the rows it reaches at most."""

    @property
    def top(self) -> float: ...

    @property
    def bottom(self) -> float: ...

    def draw(self, on: ImageDraw.ImageDraw, scale: float, above: float) -> None:
        """Draw it enlarged by ``scale``, moved up by ``above`` rows."""


@dataclass(frozen=True, slots=True)
class RoundedBox:
    """A box with round corners; ``outline`` is drawn inside its edge, dashed or not."""

    left: float
    top: float
    right: float
    bottom: float
    radius: float
    fill: str
    outline: str | None = None
    width: float = 0

    def draw(self, on: ImageDraw.ImageDraw, scale: float, above: float) -> None:
        """Draw it."""
        corners = [
            (self.left * scale, (self.top - above) * scale),
            (self.right * scale - 1, (self.bottom - above) * scale - 1),
        ]
        on.rounded_rectangle(corners, self.radius * scale, self.fill, self.outline, round(self.width * scale))


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle, with a rim or without."""

    centre: Point
    radius: float
    fill: str
    outline: str | None = None
    width: float = 0

    @property
    def top(self) -> float:
        return self.centre[1] - self.radius

    @property
    def bottom(self) -> float:
        return self.centre[1] + self.radius

    def draw(self, on: ImageDraw.ImageDraw, scale: float, above: float) -> None:
        """Draw it."""
        x, y, r = self.centre[0] * scale, (self.centre[1] - above) * scale, self.radius * scale
        on.ellipse((x - r, y - r, x + r, y + r), self.fill, self.outline, round(self.width * scale))


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, its ends round."""

    points: tuple[Point, ...]
    width: float
    colour: str

    @property
    def top(self) -> float:
        return min(y for _, y in self.points) - self.width

    @property
    def bottom(self) -> float:
        return max(y for _, y in self.points) + self.width

    def draw(self, on: ImageDraw.ImageDraw, scale: float, above: float) -> None:
        """Draw it."""
        points = [(x * scale, (y - above) * scale) for x, y in self.points]
        on.line(points, self.colour, round(self.width * scale), joint="curve")
        half = self.width * scale / 2
        for x, y in (points[0], points[-1]):
            on.ellipse((x - half, y - half, x + half, y + half), self.colour)


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon: an arrow's head."""

    points: tuple[Point, ...]
    fill: str

    @property
    def top(self) -> float:
        return min(y for _, y in self.points)

    @property
    def bottom(self) -> float:
        return max(y for _, y in self.points)

    def draw(self, on: ImageDraw.ImageDraw, scale: float, above: float) -> None:
        """Draw it."""
        on.polygon([(x * scale, (y - above) * scale) for x, y in self.points], self.fill)


def rounded(points: Sequence[Point], radius: float) -> tuple[Point, ...]:
    """Return a way along straight lines with its corners rounded."""
    way: list[Point] = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = _towards(corner, before, reach), _towards(corner, after, reach)
        for step in range(9):
            t = step / 8
            way.append(
                (
                    (1 - t) ** 2 * start[0] + 2 * t * (1 - t) * corner[0] + t**2 * end[0],
                    (1 - t) ** 2 * start[1] + 2 * t * (1 - t) * corner[1] + t**2 * end[1],
                )
            )
    return (*way, points[-1])


def ring(centre: Point, radius: float, width: float, turn: tuple[float, float], colour: str) -> Area:
    """Return a piece of a ring, from one angle to another (degrees, clockwise from the right)."""
    start, end = turn
    steps = max(8, int(abs(end - start) / 3))
    angles = [start + (end - start) * step / steps for step in range(steps + 1)]
    outer = [on_circle(centre, radius + width / 2, each) for each in angles]
    inner = [on_circle(centre, radius - width / 2, each) for each in reversed(angles)]
    return Area((*outer, *inner), colour)


def on_circle(centre: Point, radius: float, angle: float) -> Point:
    """Return a point of a circle (degrees, clockwise from the right)."""
    turn = math.radians(angle)
    return (centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn))


def head(point: Point, direction: Point, length: float, colour: str) -> Area:
    """Return an arrow's head that ends at ``point`` and looks along ``direction``."""
    size = math.hypot(*direction)
    dx, dy = direction[0] / size * length, direction[1] / size * length
    x, y = point
    return Area(
        ((x, y), (x - dx - dy * 0.62, y - dy + dx * 0.62), (x - dx + dy * 0.62, y - dy - dx * 0.62)), colour
    )


def _towards(one: Point, other: Point, reach: float) -> Point:
    distance = math.dist(one, other) or 1.0
    return (
        one[0] + (other[0] - one[0]) * reach / distance,
        one[1] + (other[1] - one[1]) * reach / distance,
    )


def paint(width: int, height: int, ground: str, shapes: Iterable[Shape]) -> Image.Image:
    """Return the picture of shapes, in their order, one over the other."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    drawn = list(shapes)
    picture = Image.new("RGB", (width, height), ground)
    for above in range(0, height, STRIP):
        rows = min(STRIP, height - above)
        strip = Image.new("RGB", (width * TWICE, rows * TWICE), ground)
        on = ImageDraw.Draw(strip)
        for shape in drawn:
            if shape.bottom >= above and shape.top <= above + rows:
                shape.draw(on, TWICE, above)
        picture.paste(strip.reduce(TWICE), (0, above))
    return picture


def mixed(colour: str, ground: str, share: float) -> str:
    """Return a colour (``#RRGGBB``) that is ``share`` of one and the rest of the other."""
    parts = (
        round(int(colour[at : at + 2], 16) * share + int(ground[at : at + 2], 16) * (1 - share)) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in parts)


def as_png(picture: Image.Image, palette: Sequence[str]) -> bytes:
    """Return a picture as PNG in few colours, which is small. ``palette`` has 256 at most."""
    from PIL import Image  # noqa: PLC0415

    colours = Image.new("P", (1, 1))
    colours.putpalette(b"".join(bytes.fromhex(each[1:]) for each in palette))
    written = BytesIO()
    few = picture.quantize(palette=colours, dither=Image.Dither.NONE)
    few.save(written, "PNG", compress_level=9)
    return written.getvalue()
