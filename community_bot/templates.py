"""`community-bot templates check`: what a template would make, told before anything is made (SPC-1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from community_bot.domain.languages import LANGUAGES, Language
from community_bot.domain.space_design import Liberty, RoomDesign, SpaceDesign, design_of
from community_bot.domain.words import Words
from config import Problem, SettingsError
from config.space_templates import load_template, template_files


@dataclass(frozen=True, slots=True)
class Checked:
    """One file that was looked at: what it would make, or what is wrong with it."""

    shown: str
    design: SpaceDesign | None
    problems: tuple[Problem, ...] = ()


def check_templates(files: Sequence[Path], folder: Path | None = None) -> list[Checked]:
    """Look at ``files``; without any, at every template there is: the shipped ones and those of ``folder``.

    Raises ``SettingsError`` when ``folder`` cannot be read.
    """
    places = [(file, str(file)) for file in files] if files else template_files(folder)
    checked = []
    for file, shown in places:
        try:
            checked.append(Checked(shown, design_of(load_template(file, shown))))
        except SettingsError as error:
            checked.append(Checked(shown, None, error.problems))
    return checked


def about(design: SpaceDesign) -> Iterator[str]:
    """Say in lines what concerns the whole space."""
    begins = "begins as a pilot, with an experiment" if design.pilot else "opens without an experiment"
    bridge = "its joined rooms are bridged" if design.bridged else "nothing is bridged until its people want it"
    yield f"Access: {design.access.value}; {begins}; {bridge}."
    yield f"Participants: read, {_liberties(design.participants)}"
    yield f"Facilitators: read, {_liberties(design.facilitators)}"
    yield f"People come in, and find the agreements pinned, in {design.entrance.key}."
    for language, missing in gaps(design).items():
        yield f"Not in {language}, people read another language: {', '.join(missing)}"


def room_row(room: RoomDesign) -> tuple[str, ...]:
    """Return a room as cells: key, kind, names, who sees it, who writes, what else there is."""
    also = [
        f"{room.slow_seconds} s between messages" if room.slow_seconds else "",
        f"tags: {len(room.tags)}" if room.tags else "",
        "joined" if room.joined else "",
        "welcome post" if room.welcome else "",
        f"{room.platforms[0]} only" if len(room.platforms) == 1 else "",
    ]
    return (
        room.key,
        room.kind.value,
        " · ".join(room.names.values()),
        room.seen_by.value,
        room.written_by.value,
        ", ".join(part for part in also if part),
    )


def gaps(design: SpaceDesign) -> dict[Language, list[str]]:
    """Return which texts are missing, by language; nothing for a language that has them all."""
    texts: dict[str, Words] = {
        "titles": design.titles,
        "purposes": design.purposes,
        "agreements": design.agreements,
    }
    for room in design.rooms:
        texts |= {f"{room.key}.names": room.names, f"{room.key}.purposes": room.purposes}
        texts |= {f"{room.key}.tags[{number}]": tag for number, tag in enumerate(room.tags)}
        if room.welcome is not None:
            texts[f"{room.key}.welcome"] = room.welcome
    missing = {language: [key for key, words in texts.items() if language not in words] for language in LANGUAGES}
    return {language: keys for language, keys in missing.items() if keys}


def _liberties(given: frozenset[Liberty]) -> str:
    return ", ".join(liberty.value.replace("_", " ") for liberty in Liberty if liberty in given) or "nothing else"
