"""How a learning space looks on Matrix: a space, its rooms, and what is pinned in them. Pure.

What Matrix cannot say is left out: nobody can be kept from attaching files or from starting threads where they may
write, there is no slow mode and there are no tags. A forum is a room whose conversations are threads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from community_bot.domain.languages import Language
from community_bot.domain.layout import Piece, PieceKind
from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, SpaceDesign
from community_bot.domain.words import in_language
from community_bot.platforms.matrix_power import (
    FACILITATOR,
    NOBODY,
    NOTIFY,
    OF_EVENT,
    OF_PERSON,
    PARTICIPANT,
)

CONTAINER = "container"
JOINED = "joined"
"""The value of ``history``: nobody sees what was said before they came in (SAF-15)."""
YES = "yes"
LEFT = "left"
"""Facet of a room that stands and that we are not in."""


def matrix_layout(
    design: SpaceDesign, language: Language, facilitators: Collection[str], *, own: str
) -> tuple[Piece, ...]:
    """Return what is to stand; nothing for a design that has no room for Matrix. ``own`` is the bot's account."""
    rooms = [room for room in design.rooms if "matrix" in room.platforms]
    if not rooms:
        return ()
    people = {f"{OF_PERSON}{person}": str(FACILITATOR) for person in sorted(facilitators) if person != own}
    entrance = next((room for room in rooms if room.seen_by is Audience.PARTICIPANTS), rooms[0])
    pieces = [Piece(CONTAINER, PieceKind.CONTAINER, {**_container(design, language), **people})]
    for position, room in enumerate(rooms, 1):
        listed = f"{position:02} suggested" if room is entrance else f"{position:02}"
        facets = {**_room(design, room, language), **people, "listed": listed}
        pieces.append(Piece(f"room.{room.key}", PieceKind.ROOM, facets, CONTAINER))
    for room in rooms:
        pieces += _posts(design, room, language, with_agreements=room is entrance)
    return tuple(pieces)


def _container(design: SpaceDesign, language: Language) -> dict[str, str]:
    return _filled(
        {
            "name": in_language(design.titles, language).strip(),
            "topic": in_language(design.purposes, language).strip(),
            # whoever is a member is let in at once where it is open; the bot looks who knocks
            "join_rule": "invite" if design.access is Access.UNLISTED else "knock",
            "history": JOINED,
            # nothing is said in a space itself
            **_power(events=NOBODY, redact=NOBODY),
        }
    )


def _room(design: SpaceDesign, room: RoomDesign, language: Language) -> dict[str, str]:
    write = _level(design, room, Liberty.WRITE)
    pin = _level(design, room, Liberty.PIN)
    return _filled(
        {
            "name": in_language(room.names, language).strip(),
            "topic": in_language(room.purposes, language).strip(),
            "join_rule": "restricted" if room.seen_by is Audience.PARTICIPANTS else "invite",
            "history": JOINED,
            **_power(events=write, redact=_level(design, room, Liberty.REMOVE_MESSAGES)),
            f"{OF_EVENT}m.room.message": str(write),
            f"{OF_EVENT}m.reaction": str(_level(design, room, Liberty.REACT)),
            # whoever said something may take it back, also when nobody writes any more
            f"{OF_EVENT}m.room.redaction": str(PARTICIPANT),
            f"{OF_EVENT}m.room.pinned_events": str(pin),
        }
    )


def _power(*, events: int, redact: int) -> dict[str, str]:
    return {
        "power:default": str(PARTICIPANT),
        "power:events": str(events),
        "power:state": str(NOBODY),
        # a room that the bot left opens again only through somebody in it who may invite
        "power:invite": str(FACILITATOR),
        "power:kick": str(NOBODY),
        "power:ban": str(NOBODY),
        "power:redact": str(redact),
        NOTIFY: str(FACILITATOR),
    }


def _level(design: SpaceDesign, room: RoomDesign, liberty: Liberty) -> int:
    """Return from which level on something may be done in a room."""
    saying = liberty in (Liberty.WRITE, Liberty.REACT)
    if design.read_only and saying:
        return NOBODY
    closed = room.seen_by is Audience.FACILITATORS or (
        liberty is Liberty.WRITE and room.written_by is Audience.FACILITATORS
    )
    if liberty in design.participants and not closed:
        return PARTICIPANT
    return FACILITATOR if liberty in design.facilitators else NOBODY


def _posts(design: SpaceDesign, room: RoomDesign, language: Language, *, with_agreements: bool) -> Iterator[Piece]:
    texts = {"welcome": in_language(room.welcome or {}, language)}
    if with_agreements:
        texts["agreements"] = in_language(design.agreements, language)
    for name, text in texts.items():
        if text.strip():
            facets = {"text": text.strip(), "pinned": YES}
            yield Piece(f"post.{room.key}.{name}", PieceKind.POST, facets, f"room.{room.key}")


def _filled(facets: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in facets.items() if value}
