from __future__ import annotations

import tomllib
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.positions import line_of, line_of_keys
from config.rules import Place


def _places(value: Any, place: Place = ()) -> set[Place]:
    """Return every place of a parsed document, which the scanner must have found too."""
    found = {place} if place else set()
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= _places(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found |= _places(inner, (*place, number))
    return found


# ~~~ stands for three single quotes, which would end this text
DOCUMENT = (
    dedent(
        r'''
    # a comment with = and [brackets]
    title = "x # not a comment"

    [network]   # where
    name = """
    several
    [not.a.table]
    key = "no" """
    "quoted key" = 'literal \'
    deep.er = { one = 1, two.three = [ 2, 3 ] }

    [[conversations]]
    key = "garden"
    discord_channels = [
        1, # one
        # none
        2,
    ]
    [[conversations]]
    key = "river"
    matrix_rooms = ["!a:b", '!c:d']
    [[conversations.links]]
    label = "a"
    [conversations.more]
    when = 1979-05-27 07:32:00
    text = ~~~two
    lines'~~~
    [[conversations]]
    escaped = "say \"hi\" ]"
    empty = ""
    "" = 1
    '''
    )
    .lstrip()
    .replace("~~~", "'''")
)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("title",), 2),
        (("network",), 4),
        (("network", "name"), 5),
        (("network", "quoted key"), 9),
        (("network", "deep", "er", "two", "three", 1), 10),
        (("conversations",), 12),
        (("conversations", 0), 12),
        (("conversations", 0, "discord_channels", 0), 15),
        (("conversations", 0, "discord_channels", 1), 17),
        (("conversations", 1), 19),
        (("conversations", 1, "matrix_rooms", 1), 21),
        (("conversations", 1, "links", 0, "label"), 23),
        (("conversations", 1, "more", "when"), 25),
        (("conversations", 2, "escaped"), 29),
        (("conversations", 2, ""), 31),
    ],
)
def test_every_way_of_writing_a_key_has_its_line(place: Place, line: int) -> None:
    assert line_of_keys(DOCUMENT)[place] == line


def test_nothing_the_parser_reads_is_without_a_line() -> None:
    assert _places(tomllib.loads(DOCUMENT)) <= set(line_of_keys(DOCUMENT))


def test_what_is_not_written_down_has_the_line_of_what_is_around_it() -> None:
    lines = line_of_keys("[web]\nport = 1\n")
    assert line_of(lines, ("web", "host")) == 1
    assert line_of(lines, ("logs", "level")) is None


def test_windows_line_ends_count_once() -> None:
    assert line_of_keys('a = 1\r\n[b]\r\nc = """x\r\ny"""\r\nd = 2\r\n')[("b", "d")] == 5


_names = st.text('abcdefgh-_ .é"\\]#=', min_size=0, max_size=5)
_scalars = (
    st.integers(-99, 99).map(str)
    | st.booleans().map(lambda yes: str(yes).lower())
    | st.sampled_from(["1979-05-27", "07:32:00", "1.5", "inf", "'[#]'", "'''a\n#'b''c\n'''", '"""\n]"""'])
    | _names.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
)


@st.composite
def _lists(draw: st.DrawFn) -> str:
    parts = draw(st.lists(_scalars, max_size=4))
    gaps = st.sampled_from(["", " ", "\n", " # , ]\n "])
    body = "".join(draw(gaps) + part + draw(gaps) + "," for part in parts)
    return f"[{body}{draw(gaps)}]"


@st.composite
def _documents(draw: st.DrawFn) -> tuple[str, dict[Place, int]]:
    """Write a document line by line and remember on which line each key came to stand."""
    text, expected, items = "", {}, 0
    for table in draw(st.lists(st.sampled_from(["plain", "array"]), max_size=4)):
        if table == "array":
            text += "[[ many ]]\n"
            place: Place = ("many", items)
            items += 1
        else:
            text += f"[ table{len(text)} ] # here\n"
            place = (text.rsplit("[ ", 1)[1].split(" ]")[0],)
        expected[place] = text.count("\n")
        for name in draw(st.lists(_names, unique=True, max_size=4)):
            text += draw(st.sampled_from(["", "\n", "# x = 1\n", "  "]))
            expected[(*place, name)] = text.count("\n") + 1
            quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f"{quoted} = {draw(_scalars | _lists())}\n"
    return text, expected


@given(_documents())
def test_keys_are_found_on_the_line_where_they_were_written(document: tuple[str, dict[Place, int]]) -> None:
    text, expected = document
    parsed = tomllib.loads(text)
    found = line_of_keys(text)
    assert {place: found[place] for place in expected} == expected
    assert _places(parsed) <= set(found)
