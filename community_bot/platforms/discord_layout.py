"""How a learning space looks on Discord: its roles, its category, its channels, what is pinned in them. Pure.

Who comes in is one question, what they do there another. Everybody's overwrite hides a channel and says what who
comes in may do there; being let in, by a role or one by one, is to see the channel and no more. So a newcomer who
is let in alone may do what all the others may, and nothing is said twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from bridges.split import split
from community_bot.domain.graphemes import shorten
from community_bot.domain.home import Home
from community_bot.domain.layout import Facets, Piece, PieceKind
from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.words import in_language
from community_bot.locales import Language, Translator
from community_bot.platforms.builder import People
from community_bot.platforms.discord_access import said
from community_bot.platforms.discord_cards import LONGEST
from community_bot.platforms.discord_names import channel_name, title

PARTICIPANTS: Final = "role.participants"
FACILITATORS: Final = "role.facilitators"
CONTAINER: Final = "container"
LONGEST_TOPIC: Final = 1024
LONGEST_GUIDELINES: Final = 4096
"""Characters in the topic of a text channel, and in what stands above a forum (resources/channel.mdx)."""
LONGEST_TAG: Final = 20
MOST_TAGS: Final = 20


def discord_layout(design: SpaceDesign, home: Home, people: People, t: Translator) -> tuple[Piece, ...]:
    """Return what is to stand on one server, each piece after what it needs; ``t`` speaks the home's language.

    An unlisted space has no roles, because everybody sees who has a role (SAF-7): its people are let in one by one.
    """
    rooms = [room for room in design.rooms if "discord" in room.platforms]
    first = _entrance(rooms)
    pieces = [*_roles(design, home.language, t), _container(design, home.language)]
    for room in rooms:
        agreements = in_language(design.agreements, home.language).strip() if room is first else ""
        welcome = in_language(room.welcome, home.language).strip() if room.welcome else ""
        pieces.append(_room(design, room, home.language, people, [welcome, agreements]))
        if room.kind is not RoomKind.FORUM:
            pieces += [*_posts(room, "welcome", welcome), *_posts(room, "agreements", agreements)]
    return tuple(pieces)


def _entrance(rooms: list[RoomDesign]) -> RoomDesign | None:
    """Return where people come in here: nothing can be pinned in a forum, so rather somewhere else."""
    seen = [room for room in rooms if room.seen_by is Audience.PARTICIPANTS]
    return next((room for room in seen if room.kind is not RoomKind.FORUM), next(iter(seen), None))


def _roles(design: SpaceDesign, language: Language, t: Translator) -> Iterator[Piece]:
    if design.access is Access.UNLISTED:
        return
    name = in_language(design.titles, language)
    yield Piece(PARTICIPANTS, PieceKind.ROLE, _named(title(name)))
    of_facilitators = t.plain("building.role.facilitators", title=shorten(title(name), 70))
    yield Piece(FACILITATORS, PieceKind.ROLE, _named(title(of_facilitators)))


def _container(design: SpaceDesign, language: Language) -> Piece:
    facets = {
        "name": title(in_language(design.titles, language)),
        "access:everyone": said(view=False),
        "access:bot": said(view=True, manage_channel=True),
    }
    if design.access is not Access.UNLISTED:
        facets |= {"access:participants": said(view=True), "access:facilitators": said(view=True)}
    return Piece(CONTAINER, PieceKind.CONTAINER, _without_empty(facets))


def _room(design: SpaceDesign, room: RoomDesign, language: Language, people: People, words: list[str]) -> Piece:
    facets = {
        "kind": "forum" if room.kind is RoomKind.FORUM else "text",
        "name": channel_name(in_language(room.names, language)),
        "topic": _topic(room, in_language(room.purposes, language).strip(), words),
        "slow_mode": str(room.slow_seconds) if room.slow_seconds else "",
        "access:bot": _of_the_bot(design, room),
    }
    if room.kind is RoomKind.FORUM and room.tags:
        names = [shorten(" ".join(in_language(each, language).split()), LONGEST_TAG) for each in room.tags]
        facets["tags"] = json.dumps(names[:MOST_TAGS], ensure_ascii=False)
    facets |= _access(design, room, people)
    return Piece(f"room.{room.key}", PieceKind.ROOM, _without_empty(facets), CONTAINER)


def _topic(room: RoomDesign, purpose: str, words: list[str]) -> str:
    if room.kind is not RoomKind.FORUM:
        return shorten(purpose, LONGEST_TOPIC)
    # a forum holds no messages of its own: what would be pinned stands above it
    return shorten("\n\n".join(each for each in [purpose, *words] if each), LONGEST_GUIDELINES)


def _access(design: SpaceDesign, room: RoomDesign, people: People) -> dict[str, str]:
    for_participants = room.seen_by is Audience.PARTICIPANTS
    liberties = design.participants if for_participants else design.facilitators
    comes_in = _may(design, room, liberties, trusted=not for_participants)
    access = {"access:everyone": said(view=False, **comes_in)}
    of_facilitators = said(view=True, history=True, **_granted(design, room))
    unlisted = design.access is Access.UNLISTED
    if for_participants:
        if not unlisted:
            access["access:participants"] = said(view=True, history=True)
        access |= {f"access:person:{user}": said(view=True, history=old) for user, old in people.guests.items()}
    if unlisted:
        access |= {f"access:person:{user}": of_facilitators for user in people.facilitators}
    else:
        access["access:facilitators"] = of_facilitators
    return access


def _may(design: SpaceDesign, room: RoomDesign, liberties: frozenset[Liberty], *, trusted: bool) -> dict[str, bool]:
    """Return what everybody who comes in may and may not do there."""
    writes = Liberty.WRITE in liberties and not design.read_only
    for_all = room.written_by is Audience.PARTICIPANTS and room.kind is not RoomKind.ANNOUNCEMENTS
    begins = writes and (trusted or for_all)
    # who may not start a post in a forum may still answer one
    answers = begins or (writes and room.kind is RoomKind.FORUM)
    attaches = answers and Liberty.ATTACH_FILES in liberties
    may = {
        "write": begins,
        "answer": answers,
        "threads": begins and Liberty.START_THREADS in liberties,
        # nobody could look after what is said there
        "private_threads": False,
        "files": attaches,
        "links": attaches,
        "react": Liberty.REACT in liberties and not design.read_only,
    }
    return may | dict.fromkeys(_care(design, liberties), True)


def _care(design: SpaceDesign, liberties: frozenset[Liberty]) -> Iterator[str]:
    """Yield what looking after a room takes; in a space that is read only, nothing new is pinned."""
    if Liberty.PIN in liberties and not design.read_only:
        yield "pin"
    if Liberty.REMOVE_MESSAGES in liberties:
        yield "remove"
    if Liberty.MANAGE_THREADS in liberties:
        yield "manage_threads"


def _granted(design: SpaceDesign, room: RoomDesign) -> dict[str, bool]:
    """Return what facilitators may do, beyond what is denied to everybody."""
    may = _may(design, room, design.facilitators, trusted=True)
    return {word: True for word, allowed in may.items() if allowed}


def _of_the_bot(design: SpaceDesign, room: RoomDesign) -> str:
    """Return what keeping a channel takes; without Manage Roles: that is for administrators to give."""
    words = ["view", "history", "write", "answer", "files", "links", "pin", "remove", "manage_channel"]
    if design.bridged and room.joined:
        words.append("webhooks")
    return said(**dict.fromkeys(words, True))


def _posts(room: RoomDesign, what: str, text: str) -> Iterator[Piece]:
    for number, part in enumerate(split(text, LONGEST), start=1):
        key = f"post.{room.key}.{what}" + (f"-{number}" if number > 1 else "")
        yield Piece(key, PieceKind.POST, {"text": part, "pinned": "yes"}, f"room.{room.key}")


def _named(name: str) -> Facets:
    return _without_empty({"name": name})


def _without_empty(facets: Facets) -> Facets:
    return {name: value for name, value in facets.items() if value}
