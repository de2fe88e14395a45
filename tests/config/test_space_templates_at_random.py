"""Whatever a template says, the loader answers with a design or with what is wrong, and with nothing else."""

from __future__ import annotations

import copy
import datetime
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.space_design import Audience, SpaceDesign, design_of
from config import Problem, SettingsError
from config.space_templates import load_template
from config.template_rules import as_discord_writes

LIBERTIES = ["write", "start_threads", "attach_files", "react", "pin", "remove_messages", "manage_threads"]
ON_BOTH = ["discord", "matrix"]


def as_toml(values: dict[str, Any]) -> str:
    return "".join(f"{_text(key)} = {_value(value)}\n" for key, value in values.items())


def _text(text: str) -> str:
    # TOML's strings are JSON's, but for one character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _text(value)
        case dict():
            return "{ " + ", ".join(f"{_text(key)} = {_value(each)}" for key, each in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case datetime.date():
            return value.isoformat()
        case _:
            return str(value)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates") / "garden.toml"


def loaded(file: Path, text: str) -> SpaceDesign:
    file.write_text(text, encoding="utf-8", newline="")
    return design_of(load_template(file, file.name))


def answered(file: Path, text: str) -> SpaceDesign | tuple[Problem, ...]:
    try:
        return loaded(file, text)
    except SettingsError as error:
        return error.problems


# ── what is right


def a_text(most: int) -> st.SearchStrategy[str]:
    letters = st.sampled_from("aeñ ßกข้ำ🌱-*_\"'\\")
    return st.text(letters, max_size=most - 1).map(lambda text: f"x{text}")


def words(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(["th", "en", "es"]), text, min_size=1)


@st.composite
def rooms(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """Draw a room; ``number`` keeps its names apart from those of other rooms."""
    entrance = number == 0
    kind = draw(st.sampled_from(["talk", "announcements"] if entrance else ["talk", "announcements", "forum"]))
    seen_by = "participants" if entrance else draw(st.sampled_from(["participants", "facilitators"]))
    room = {
        "key": f"r{number}",
        "kind": kind,
        "names": draw(words(a_text(40).map(lambda text: f"{text}y{number}"))),
        "purposes": draw(words(a_text(100))),
        "seen_by": seen_by,
        "slow_seconds": draw(st.integers(0, 21600)),
        "joined": kind != "forum" and draw(st.booleans()),
        "platforms": ON_BOTH if entrance else draw(st.sampled_from([["discord"], ["matrix"], ON_BOTH])),
    }
    if kind == "forum":
        room["tags"] = [{"en": f"tag {n}"} for n in range(draw(st.integers(0, 20)))]
    if kind != "announcements" and seen_by == "participants" and draw(st.booleans()):
        room["written_by"] = draw(st.sampled_from(["participants", "facilitators"]))
    if draw(st.booleans()):
        room["welcome"] = draw(words(a_text(200)))
    return room


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    listed = [draw(rooms(number)) for number in range(draw(st.integers(1, 5)))]
    liberties = st.lists(st.sampled_from(LIBERTIES), unique=True).map(lambda given: sorted({"write", *given}))
    return {
        "key": "garden",
        "titles": draw(words(a_text(80))),
        "purposes": draw(words(a_text(100))),
        "access": draw(st.sampled_from(["open", "request", "unlisted"])),
        "pilot": draw(st.booleans()),
        "bridged": any(room["joined"] for room in listed) and draw(st.booleans()),
        "agreements": draw(words(a_text(200))),
        "participants": draw(liberties),
        "facilitators": draw(liberties),
        "rooms": listed,
    }


@given(template=templates())
def test_a_design_is_what_its_template_says_and_survives_being_written_down(
    file: Path, template: dict[str, Any]
) -> None:
    design = loaded(file, as_toml(template))
    assert SpaceDesign.unpacked(design.packed()) == design
    assert [room.key for room in design.rooms] == [room["key"] for room in template["rooms"]]
    assert {each.value for each in design.participants} == set(template["participants"])
    assert design.agreements == {
        language: unicodedata.normalize("NFC", text.strip()) for language, text in template["agreements"].items()
    }
    assert (design.pilot, design.bridged) == (template["pilot"], template["bridged"])
    assert design.entrance.platforms == ("discord", "matrix")
    for room in design.rooms:
        assert all(as_discord_writes(name) for name in room.names.values())
        assert room.seen_by is Audience.PARTICIPANTS or room.written_by is Audience.FACILITATORS


# ── what is not

ANYTHING = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.dates(),
        st.text(max_size=20),
        st.sampled_from(["", "write", "forum", "facilitators", "x" * 3000, " ", "\u200b", "garden"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a template in which up to three things are replaced, taken out or put in."""
    values = copy.deepcopy(draw(templates()))
    for _ in range(draw(st.integers(1, 3))):
        inside: Any = values
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(inside[key], dict | list) and draw(st.booleans()):
                inside = inside[key]
                continue
            match draw(st.sampled_from(["replace", "remove", "add"])):
                case "replace":
                    inside[key] = draw(ANYTHING)
                case "remove":
                    del inside[key]
                case _ if isinstance(inside, dict):
                    inside[draw(st.text(max_size=8))] = draw(ANYTHING)
                case _:
                    inside.append(draw(st.sampled_from(inside) | ANYTHING))
            break
    return values


@given(values=spoiled())
def test_a_spoiled_template_is_a_design_or_a_list_of_problems(file: Path, values: dict[str, Any]) -> None:
    answer = answered(file, as_toml(values))
    if isinstance(answer, SpaceDesign):
        assert SpaceDesign.unpacked(answer.packed()) == answer
    else:
        assert answer
        assert all(problem.expected and "garden.toml" in problem.where for problem in answer)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_a_template_or_refused(file: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        loaded(file, text)
