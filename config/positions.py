"""Find the line of every key in a TOML document, which the standard library's parser does not tell.

The scanner runs only over text that ``tomllib`` has accepted. It can therefore assume that every construct is
well formed and only has to know where each one ends.
"""

from __future__ import annotations

import re
import tomllib

from config.rules import Place

_KEY_PART = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z0-9_-]+')
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'',
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*")


def line_of_keys(text: str) -> dict[Place, int]:
    """Return the line, counted from 1, of every table, key and list item of a valid TOML document."""
    return _Scan(text).lines()


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """Return the line of a place, or of the nearest thing around it that is written down."""
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return None


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted_to = 0
        self._found: dict[Place, int] = {}
        self._array_tables: dict[Place, int] = {}

    def lines(self) -> dict[Place, int]:
        table: Place = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip_blank()
        return self._found

    def _peek(self, length: int = 1) -> str:
        return self._text[self._at : self._at + length]

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match is not None, "only text that tomllib accepted is scanned"
        self._at = match.end()
        return match.group()

    def _skip_blank(self) -> None:
        self._skip(_BLANK)

    def _note(self, place: Place) -> None:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        self._found.setdefault(place, self._line)

    def _header(self) -> Place:
        is_array = self._peek(2) == "[["
        self._at += 2 if is_array else 1
        parts = self._key()
        place = self._resolve((), parts[:-1])
        last: Place = (*place, parts[-1])
        if is_array:
            number = self._array_tables.get(last, -1) + 1
            self._array_tables[last] = number
            self._note(last)
            last = (*last, number)
        else:
            last = self._resolve(place, parts[-1:])
        self._note_around(last)
        self._at += 2 if is_array else 1
        return last

    def _resolve(self, place: Place, parts: list[str]) -> Place:
        """Follow names into the latest item of array tables, as TOML does for ``[array.table]``."""
        for part in parts:
            place = (*place, part)
            if place in self._array_tables:
                place = (*place, self._array_tables[place])
        return place

    def _note_around(self, place: Place) -> None:
        for length in range(1, len(place) + 1):
            self._note(place[:length])

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip_blank()
            part = self._skip(_KEY_PART)
            parts.append(_unquoted(part))
            self._skip_blank()
            if self._peek() != ".":
                return parts
            self._at += 1

    def _pair(self, table: Place) -> None:
        start = self._at
        place: Place = (*table, *self._key())
        end, self._at = self._at, start
        self._note_around(place)
        self._at = end + 1  # past the equals sign
        self._skip_blank()
        self._value(place)

    def _value(self, place: Place) -> None:
        first = self._peek()
        if first == "[":
            self._list(place)
        elif first == "{":
            self._inline_table(place)
        elif first in {'"', "'"}:
            self._skip(_TEXT)
        else:
            self._skip(_SCALAR)

    def _list(self, place: Place) -> None:
        self._at += 1
        number = 0
        while True:
            self._skip_blank()
            if self._peek() == "]":
                break
            if self._peek() == ",":
                self._at += 1
                continue
            self._note((*place, number))
            self._value((*place, number))
            number += 1
        self._at += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        while True:
            self._skip_blank()
            if self._peek() == "}":
                break
            if self._peek() == ",":
                self._at += 1
                continue
            self._pair(place)
        self._at += 1


def _unquoted(part: str) -> str:
    if part[0] not in {'"', "'"}:
        return part
    # tomllib knows TOML's escapes: it reads the quoted key as a quoted value
    value = tomllib.loads(f"key = {part}")["key"]
    assert isinstance(value, str)
    return value
