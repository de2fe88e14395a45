"""A Discord server as it stands, from what its API answers: channels, roles, what the bot may do where. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord

from community_bot.domain.layout import Facets, Found, PieceKind, kind_of
from community_bot.platforms.builder import Refs, Stranger, Survey
from community_bot.platforms.discord_access import PERMISSIONS, in_words
from community_bot.platforms.discord_layout import CONTAINER, FACILITATORS, PARTICIPANTS

Payload = Mapping[str, Any]
"""One object of Discord's API."""

TEXT: Final = discord.ChannelType.text.value
CATEGORY: Final = discord.ChannelType.category.value
FORUM: Final = discord.ChannelType.forum.value
KINDS: Final[Mapping[str, int]] = {"text": TEXT, "forum": FORUM}
OF_ROLE: Final = 0
OF_PERSON: Final = 1
"""Whom an overwrite is about."""
TOP: Final = "top"
"""The value of ``moved`` for a channel that stands in no category."""
HOME_GONE: Final = "home"
"""Lacking where the bot is not on the server at all."""
HIGHER_ROLE: Final = "higher_role"
"""Lacking where a role of ours stands above the bot's own."""

_KEEPING: Final = ("view_channel", "manage_channels", "manage_roles")
"""Without these in a channel, the bot cannot change it any more."""
_ALL: Final = discord.Permissions.all().value
_ADMINISTRATOR: Final = discord.Permissions.administrator.flag


@dataclass(frozen=True, slots=True)
class Server:
    """What stands on a server; ``bot_roles`` are the ids of the roles that the bot has."""

    home: str
    bot: str
    roles: Mapping[str, Payload]
    channels: Mapping[str, Payload]
    bot_roles: frozenset[str]

    @property
    def held(self) -> int:
        """Return what the bot may do on the whole server, as Discord's number."""
        held = 0
        for role in (self.home, *self.bot_roles):
            held |= int(self.roles[role]["permissions"]) if role in self.roles else 0
        return _ALL if held & _ADMINISTRATOR else held

    def held_in(self, channel: Payload) -> int:
        """Return what the bot may do in a channel (topics/permissions: everybody, roles, the person)."""
        held = self.held
        if held == _ALL:
            return held
        layers: list[list[Payload]] = [[], [], []]
        for each in channel.get("permission_overwrites") or ():
            if each["id"] == self.home:
                layers[0].append(each)
            elif each["id"] in self.bot_roles:
                layers[1].append(each)
            elif each["id"] == self.bot:
                layers[2].append(each)
        for layer in layers:
            allow = deny = 0
            for each in layer:
                allow, deny = allow | int(each["allow"]), deny | int(each["deny"])
            held = held & ~deny | allow
        return held

    def children(self, container: str | None) -> list[Payload]:
        """Return the channels in a category."""
        return [each for each in self.channels.values() if container and each.get("parent_id") == container]

    def keeps(self, channel: str | None) -> bool:
        """Say whether a channel is there, and can be changed by the bot."""
        found = self.channels.get(channel or "")
        return found is not None and not lacking_of(self.held_in(found), _KEEPING)

    @property
    def top(self) -> int:
        """Return how high the bot's highest role stands."""
        return max((int(self.roles[each]["position"]) for each in self.bot_roles if each in self.roles), default=0)


def lacking_of(held: int, names: Iterable[str]) -> frozenset[str]:
    """Return those permissions, by Discord's names, that are not among ``held``."""
    return frozenset(name for name in names if not held & getattr(discord.Permissions, name).flag)


def survey_of(server: Server, refs: Refs, posts: Mapping[str, Payload]) -> Survey:
    """Say what stands there in the terms of a layout. ``posts`` are the messages that are there, by piece key."""
    found: dict[str, Found] = {}
    lost: set[str] = set()
    for key, ref in refs.items():
        kind = kind_of(key)
        if kind is PieceKind.ROLE and ref in server.roles:
            found[key] = Found(ref, role_facets(server.roles[ref]))
        elif kind in (PieceKind.CONTAINER, PieceKind.ROOM) and ref in server.channels:
            found[key] = Found(ref, channel_facets(server, server.channels[ref], kind, refs))
            if not server.keeps(ref):
                lost.add(key)
        elif kind is PieceKind.POST and key in posts:
            found[key] = Found(ref, post_facets(posts[key]))
    ours = set(refs.values())
    children = server.children(refs.get(CONTAINER))
    lacking = lacking_of(server.held, PERMISSIONS.values())
    if any(int(server.roles[each]["position"]) >= server.top for each in ours if each in server.roles):
        lacking |= {HIGHER_ROLE}
    return Survey(
        found,
        strangers=tuple(Stranger(str(each["name"]), each["id"]) for each in children if each["id"] not in ours),
        used={"channels": len(server.channels), "roles": len(server.roles), "category": len(children)},
        lacking=lacking,
        lost=frozenset(lost | {key for key in refs if kind_of(key) is PieceKind.POST and room_of(key) in lost}),
    )


def room_of(post: str) -> str:
    """Return the key of the room that a post is pinned in: ``post.plaza.welcome`` is in ``room.plaza``."""
    return "room." + post.removeprefix("post.").rpartition(".")[0]


def post_facets(message: Payload) -> Facets:
    """Say what a message is, as a piece."""
    return _set({"text": str(message["content"]), "pinned": "yes" if message.get("pinned") else ""})


def role_facets(role: Payload) -> Facets:
    """Say what a role is, as a piece."""
    return _set(
        {
            "name": str(role["name"]),
            # none of these is in a layout: a role of ours stands for being let in and nothing else (SAF-7)
            "permissions": in_words(int(role["permissions"]), 0),
            "colour": f"#{int(role['color']):06x}" if role.get("color") else "",
            "hoisted": "yes" if role.get("hoist") else "",
            "mentionable": "yes" if role.get("mentionable") else "",
        }
    )


def channel_facets(server: Server, channel: Payload, kind: PieceKind, refs: Refs) -> Facets:
    """Say what a category or a channel is, as a piece."""
    facets = {"name": str(channel["name"])} | _access_facets(server, channel, refs)
    if kind is PieceKind.ROOM:
        known = {number: name for name, number in KINDS.items()}
        facets["kind"] = known.get(int(channel["type"]), str(channel["type"]))
        facets["topic"] = channel.get("topic") or ""
        facets["slow_mode"] = str(channel.get("rate_limit_per_user") or "")
        tags = [each["name"] for each in channel.get("available_tags") or ()]
        facets["tags"] = json.dumps(tags, ensure_ascii=False) if tags else ""
        parent = channel.get("parent_id")
        # also when the category is gone: what stood in it is moved into the new one
        facets["moved"] = "" if parent == refs.get(CONTAINER) else parent or TOP
    return _set(facets)


def _access_facets(server: Server, channel: Payload, refs: Refs) -> dict[str, str]:
    known = {
        (OF_ROLE, server.home): "access:everyone",
        (OF_PERSON, server.bot): "access:bot",
        (OF_ROLE, refs.get(PARTICIPANTS)): "access:participants",
        (OF_ROLE, refs.get(FACILITATORS)): "access:facilitators",
    }
    access: dict[str, str] = {}
    for each in channel.get("permission_overwrites") or ():
        kind = int(each["type"])
        other = f"access:{'role' if kind == OF_ROLE else 'person'}:{each['id']}"
        access[known.get((kind, each["id"]), other)] = in_words(int(each["allow"]), int(each["deny"]))
    return access


def _set(facets: Facets) -> Facets:
    return {name: value for name, value in facets.items() if value}
