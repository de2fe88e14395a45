"""What the values of a template must fulfil together, so that the space can stand on both platforms.

The rules look at what could be read of a template, so that they are told together with what could not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from config.rules import BrokenRule
from config.template_values import LANGUAGES, RoomEntry, Tags

_TAKEN_AWAY = re.compile(r"""[!"#$%&'()*+,./:;<=>?@\[\\\]^`{|}~]""")
_BETWEEN = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class Sound:
    """What of a template is right by itself. ``whole`` when that is every room; None for what could not be read."""

    key: str | None
    bridged: bool | None
    participants: frozenset[str] | None
    facilitators: frozenset[str] | None
    rooms: Mapping[int, RoomEntry]
    whole: bool


def broken_rules(template: Sound, file_name: str) -> Iterator[BrokenRule]:
    """Say what does not fit together, or nothing."""
    if template.key is not None and template.key != file_name:
        yield BrokenRule(("key",), f"{file_name}, as the file is called")
    yield from _each_has_its_own_key(template.rooms)
    yield from _each_has_its_own_name(template.rooms)
    for number, room in template.rooms.items():
        yield from _who_writes(number, room, template)
        yield from _tags_fit(number, room)
        if room.kind == "forum" and room.joined:
            expected = "false: what is written in a forum stands in threads, which the bridge does not join yet"
            yield BrokenRule(("rooms", number, "joined"), expected)
    if template.whole:
        yield from _people_can_come_in(template)


def as_discord_writes(name: str) -> str:
    """Return about what Discord makes of a channel's name: two that it writes alike look alike to people too."""
    return _BETWEEN.sub("-", _TAKEN_AWAY.sub("", unicodedata.normalize("NFC", name).casefold())).strip("-")


def _read_in(words: Mapping[str, str], language: str) -> str:
    """Return the words that somebody who reads ``language`` is shown."""
    return words.get(language) or next(iter(words.values()))


def _each_has_its_own_key(rooms: Mapping[int, RoomEntry]) -> Iterator[BrokenRule]:
    first: dict[str, int] = {}
    for number, room in rooms.items():
        if first.setdefault(room.key, number) != number:
            yield BrokenRule(
                ("rooms", number, "key"),
                f"different from the key of rooms[{first[room.key]}]; each room has its own",
            )


def _each_has_its_own_name(rooms: Mapping[int, RoomEntry]) -> Iterator[BrokenRule]:
    """Two rooms of one name in one home cannot be told apart, neither by people nor when building is resumed."""
    first: dict[tuple[str, str, str], int] = {}
    for number, room in rooms.items():
        names = room.names.words()
        for platform, language in product(room.platforms, LANGUAGES):
            name = as_discord_writes(_read_in(names, language))
            other = first.setdefault((platform, language, name), number)
            if other != number:
                yield BrokenRule(("rooms", number, "names"), f"another name than that of rooms[{other}]")
                break


def _who_writes(number: int, room: RoomEntry, template: Sound) -> Iterator[BrokenRule]:
    place = ("rooms", number, "written_by")
    if room.written_by == "participants":
        if room.seen_by == "facilitators":
            yield BrokenRule(place, "facilitators, as only they see the room")
        elif room.kind == "announcements":
            yield BrokenRule(place, "facilitators, because in announcements only they write; kind can also be talk")
        elif template.participants is not None and "write" not in template.participants:
            yield BrokenRule(place, 'facilitators, or the list participants must have "write" in it')
    elif template.facilitators is not None and "write" not in template.facilitators:
        yield BrokenRule(place, 'somebody who may write: the list facilitators must have "write" in it')


def _tags_fit(number: int, room: RoomEntry) -> Iterator[BrokenRule]:
    if room.tags and room.kind != "forum":
        yield BrokenRule(("rooms", number, "tags"), "left out: only a forum has tags")
    for position, tag in enumerate(room.tags):
        alike = next((other for other in room.tags[:position] if _are_alike(tag, other)), None)
        if alike is not None:
            yield BrokenRule(("rooms", number, "tags", position), "listed once; this tag is there already")


def _are_alike(one: Tags, other: Tags) -> bool:
    return any(
        _read_in(one.words(), language).casefold() == _read_in(other.words(), language).casefold()
        for language in LANGUAGES
    )


def _people_can_come_in(template: Sound) -> Iterator[BrokenRule]:
    """The first room that participants see is where they come in, and where the agreements are pinned."""
    if template.bridged and not any(room.joined for room in template.rooms.values()):
        yield BrokenRule(("bridged",), "false, or joined = true must stand in at least one room")
    platforms = {platform for room in template.rooms.values() for platform in room.platforms}
    entrance = next(
        ((number, room) for number, room in template.rooms.items() if room.seen_by == "participants"), None
    )
    if entrance is None:
        yield BrokenRule(("rooms",), "a list with at least one room that participants see; they come in there")
        return
    number, room = entrance
    if room.kind == "forum":
        yield BrokenRule(
            ("rooms", number, "kind"),
            "talk or announcements: it is the first room that participants see, where the agreements are pinned, "
            "and a forum pins one post only",
        )
    elsewhere = sorted(platforms - set(room.platforms))
    if elsewhere:
        yield BrokenRule(
            ("rooms", number, "platforms"),
            f"a list with {' and '.join(elsewhere)} too, or another room must come before it: in the first room "
            "that participants see, people come in and the agreements are pinned, on every platform that is used",
        )
