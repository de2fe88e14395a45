"""What a step means for Discord's API: the bodies of its requests. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from community_bot.domain.layout import Facets, PieceKind, Step
from community_bot.platforms.builder import Refs
from community_bot.platforms.discord_access import in_numbers
from community_bot.platforms.discord_layout import FACILITATORS, PARTICIPANTS
from community_bot.platforms.discord_server import CATEGORY, KINDS, OF_PERSON, OF_ROLE, TOP, Payload
from community_bot.platforms.port import ImpossibleError

ACCESS: Final = "access:"
MOST_AT_ONCE: Final = 100
"""Overwrites that a channel can be made with (Discord's API description); more are added after."""
OF_OUR_ROLES: Final[Mapping[str, str]] = {
    "access:participants": PARTICIPANTS,
    "access:facilitators": FACILITATORS,
}
"""Facets that speak of a role that is itself a piece."""
_FIRST: Final = ("access:bot", "access:everyone", "access:facilitators", "access:participants")
"""The bot first, so that it does not shut itself out."""


def new_channel(step: Step, home: str, bot: str, refs: Refs) -> Payload:
    """Return what makes a category or a channel; what it lacks of the step is overwrites beyond a hundred."""
    facets = step.after
    body = channel_fields(facets, refs, step.within)
    body["permission_overwrites"] = overwrites(facets, home, bot, refs)[:MOST_AT_ONCE]
    body["type"] = channel_type(step.kind, facets)
    if step.within is not None:
        body["parent_id"] = ref_of(refs, step.within)
    if "tags" in facets:
        body["available_tags"] = tags(facets["tags"], ())
    return body


def channel_fields(facets: Facets, refs: Refs, within: str | None) -> dict[str, Any]:
    """Return the plain fields of a channel that are named in ``facets``; an empty one is taken away."""
    body: dict[str, Any] = {}
    if "name" in facets:
        body["name"] = facets["name"]
    if "topic" in facets:
        body["topic"] = facets["topic"] or None
    if "slow_mode" in facets:
        body["rate_limit_per_user"] = int(facets["slow_mode"] or 0)
    if "moved" in facets:
        place = facets["moved"] or ref_of(refs, within or "")
        body["parent_id"] = None if place == TOP else place
    return body


def role_fields(facets: Facets) -> dict[str, Any]:
    """Return the fields of a role that are named in ``facets``; an empty one is taken away."""
    body: dict[str, Any] = {}
    if "name" in facets:
        body["name"] = facets["name"]
    if "permissions" in facets:
        body["permissions"] = str(in_numbers(facets["permissions"])[0])
    if "colour" in facets:
        body["color"] = int(facets["colour"].removeprefix("#") or "0", 16)
    if "hoisted" in facets:
        body["hoist"] = facets["hoisted"] == "yes"
    if "mentionable" in facets:
        body["mentionable"] = facets["mentionable"] == "yes"
    return body


def new_role(facets: Facets) -> dict[str, Any]:
    """Return what makes a role: with no colour and no permission of its own (SAF-7), unless ``facets`` say so."""
    return {"permissions": "0", "hoist": False, "mentionable": False, **role_fields(facets)}


def channel_type(kind: PieceKind, facets: Facets) -> int:
    """Return Discord's number of the kind of channel that a new container or room is."""
    return CATEGORY if kind is PieceKind.CONTAINER else kind_number(facets["kind"])


def kind_number(kind: str) -> int:
    """Return Discord's number of a kind of channel; kinds without a word of ours are numbers."""
    return KINDS[kind] if kind in KINDS else int(kind)


def tags(wanted: str, there: Iterable[Payload]) -> list[Payload]:
    """Return the tags of a forum: those of the same name are kept, for posts carry them by their ids."""
    known = {str(each["name"]): each for each in there}
    return [known.get(name, {"name": name}) for name in json.loads(wanted or "[]")]


def overwrites(facets: Facets, home: str, bot: str, refs: Refs) -> list[dict[str, Any]]:
    """Return the overwrites that ``facets`` name, the bot's own first; an empty one allows and denies nothing."""
    found = []
    for facet in in_order(facets):
        target, kind = target_of(facet, home, bot, refs)
        allow, deny = numbers_of(facets[facet])
        found.append({"id": target, "type": kind, "allow": allow, "deny": deny})
    return found


def numbers_of(words: str) -> tuple[str, str]:
    """Return what an overwrite allows and denies, as the API takes its numbers."""
    allow, deny = in_numbers(words)
    return str(allow), str(deny)


def in_order(facets: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the access facets, in the order in which they are changed."""
    named = [each for each in _FIRST if each in facets]
    return [*named, *sorted(each for each in facets if each.startswith(ACCESS) and each not in named)]


def target_of(facet: str, home: str, bot: str, refs: Refs) -> tuple[str, Literal[0, 1]]:
    """Return whom an access facet is about: Discord's id, and whether that is a role or a person."""
    who = facet.removeprefix(ACCESS)
    if who == "everyone":
        return home, OF_ROLE
    if who == "bot":
        return bot, OF_PERSON
    if facet in OF_OUR_ROLES:
        return ref_of(refs, OF_OUR_ROLES[facet]), OF_ROLE
    kind, _, target = who.partition(":")
    return target, OF_ROLE if kind == "role" else OF_PERSON


def ref_of(refs: Refs, key: str) -> str:
    """Return what a step needs. Raises :class:`ImpossibleError` when it does not stand (any more)."""
    if key not in refs:
        raise ImpossibleError("discord.piece_missing")
    return refs[key]
