"""What the settings must fulfil together, beyond each value being right by itself.

The rules look at plain, possibly wrong values, so that they can be reported together with the wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from config.values import GHOST_PREFIX, is_loopback

Place = tuple[str | int, ...]
"""The way to a value: section, key, and the number of an item in a list."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """Name the place to change and what it must be; ``missing`` when the value has to be added."""

    place: Place
    expected: str
    missing: bool = False

    @property
    def key(self) -> str:
        """The dotted name, such as ``conversations[0].matrix_rooms``."""
        return dotted(self.place)


def dotted(place: Place) -> str:
    """Write a place as an operator reads it: ``conversations[0].matrix_rooms[2]``, counted from nought."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def broken_rules(values: Mapping[str, Any]) -> list[BrokenRule]:
    """Return every rule that the given values break; an empty list when they hold together."""
    return [
        *_platforms_have_their_secret(values),
        *_only_a_simulation_is_in_a_hurry(values),
        *_appservice_is_whole(values),
        *_conversations_are_whole(values),
        *_ends_are_in_one_conversation(values),
        *_ends_are_somewhere(values),
        *_homes_are_somewhere(values),
        *_spaces_have_titles_and_doors(values),
        *_stages_have_titles(values),
        *_pages_stay_on_this_machine(values),
        *_public_page_has_its_own_port(values),
    ]


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = values.get(name)
    return table if isinstance(table, Mapping) else {}


def _listed(values: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    listed = values.get(name)
    if isinstance(listed, list | tuple):
        for number, section in enumerate(listed):
            if isinstance(section, Mapping):
                yield number, section


def _ends(conversation: Mapping[str, Any], kind: str) -> list[Any]:
    listed = conversation.get(kind)
    return list(listed) if isinstance(listed, list | tuple) else []


def _platforms_have_their_secret(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    secrets = _table(values, "secrets")
    if values.get("discord") is not None and secrets.get("discord_token") is None:
        yield BrokenRule(
            ("secrets", "discord_token"), "the token of the Discord bot, because [discord] is set", missing=True
        )
    if values.get("matrix") is not None:
        token, password = secrets.get("matrix_access_token"), secrets.get("matrix_password")
        if token is None and password is None:
            yield BrokenRule(
                ("secrets", "matrix_access_token"),
                "the access token of the Matrix account (or matrix_password), because [matrix] is set",
                missing=True,
            )
        elif token is not None and password is not None:
            yield BrokenRule(
                ("secrets", "matrix_password"),
                "left out when matrix_access_token is given: only one of the two can be the one in use",
            )


def _appservice_is_whole(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    matrix, secrets = _table(values, "matrix"), _table(values, "secrets")
    prefix, account = matrix.get("ghost_prefix", GHOST_PREFIX), matrix.get("user_id")
    if isinstance(prefix, str) and isinstance(account, str) and prefix and account.startswith(f"@{prefix}"):
        yield BrokenRule(
            ("matrix", "ghost_prefix"), "no beginning of the bot's own account, which would then be a ghost"
        )
    if matrix.get("mode") != "appservice":
        return
    if matrix.get("encrypted_rooms"):
        yield BrokenRule(
            ("matrix", "encrypted_rooms"),
            'left out, or mode = "bot": ghosts have no keys, so encrypted rooms are refused',
        )
    if matrix.get("appservice_url") is None:
        yield BrokenRule(
            ("matrix", "appservice_url"),
            'the address at which the homeserver reaches the bot, because mode = "appservice"',
            missing=True,
        )
    for name in ("matrix_as_token", "matrix_hs_token"):
        if secrets.get(name) is None:
            yield BrokenRule(
                ("secrets", name),
                'made with: community-bot matrix registration, while mode = "bot"',
                missing=True,
            )


def _conversations_are_whole(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    seen: dict[str, int] = {}
    for number, conversation in _listed(values, "conversations"):
        channels, rooms = _ends(conversation, "discord_channels"), _ends(conversation, "matrix_rooms")
        if len(channels) + len(rooms) < 2:
            yield BrokenRule(
                ("conversations", number), "at least two channels or rooms; one alone has nobody to talk to"
            )
        for kind, platform, ends in (
            ("discord_channels", "discord", channels),
            ("matrix_rooms", "matrix", rooms),
        ):
            if ends and values.get(platform) is None:
                yield BrokenRule(
                    ("conversations", number, kind), f"empty, or the section [{platform}] must be there"
                )
        key = conversation.get("key")
        if isinstance(key, str):
            if key in seen:
                yield BrokenRule(
                    ("conversations", number, "key"),
                    f"different from the key of conversations[{seen[key]}]; each conversation has its own",
                )
            seen.setdefault(key, number)


def _ends_are_in_one_conversation(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    seen: dict[tuple[str, str], Place] = {}
    for number, conversation in _listed(values, "conversations"):
        for kind in ("discord_channels", "matrix_rooms"):
            for position, end in enumerate(_ends(conversation, kind)):
                place: Place = ("conversations", number, kind, position)
                # the environment brings numbers as text: both are the same channel
                first = seen.setdefault((kind, str(end)), place)
                if first != place:
                    yield BrokenRule(place, f"listed once; it is already in {dotted(first)}")


def _ends_are_somewhere(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    # an end may be a room of a learning space, which is known to the database only: it need not be listed above
    seen: dict[str, int] = {}
    for number, end in _listed(values, "ends"):
        place = str(end.get("place", ""))
        if not place:
            continue
        platform = "matrix" if place.startswith("!") else "discord"
        if values.get(platform) is None:
            yield BrokenRule(("ends", number, "place"), f"left out, or the section [{platform}] must be there")
        if (first := seen.setdefault(place, number)) != number:
            yield BrokenRule(("ends", number, "place"), f"another place than ends[{first}]; each stands once")
        if platform == "matrix" and end.get("everyone_role") is not None:
            yield BrokenRule(
                ("ends", number, "everyone_role"), "left out: a role is Discord's, and this place is a Matrix room"
            )


def _homes_are_somewhere(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    seen: dict[str, int] = {}
    for number, home in _listed(values, "homes"):
        server, channel, room = (home.get(name) for name in ("discord_server", "discord_channel", "matrix_room"))
        if (room is None) == (server is None and channel is None) or (server is None) != (channel is None):
            yield BrokenRule(
                ("homes", number), "either discord_server together with discord_channel, or matrix_room alone"
            )
            continue
        platform, name = ("matrix", "matrix_room") if room is not None else ("discord", "discord_server")
        if values.get(platform) is None:
            yield BrokenRule(("homes", number, name), f"left out, or the section [{platform}] must be there")
        first = seen.setdefault(str(home[name]), number)
        if first != number:
            yield BrokenRule(("homes", number, name), f"another place than homes[{first}]; each home stands once")


def _spaces_have_titles_and_doors(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    seen: dict[str, int] = {}
    for number, space in _listed(values, "spaces"):
        if not any(space.get(f"title_{language}") for language in ("th", "en", "es")):
            yield BrokenRule(("spaces", number), "given a title: title_th, title_en or title_es")
        channels, rooms = _ends(space, "discord_channels"), _ends(space, "matrix_rooms")
        if not channels and not rooms:
            yield BrokenRule(("spaces", number), "given a door: discord_channels or matrix_rooms")
        for kind, platform, ends in (("discord_channels", "discord", channels), ("matrix_rooms", "matrix", rooms)):
            if ends and values.get(platform) is None:
                yield BrokenRule(("spaces", number, kind), f"empty, or the section [{platform}] must be there")
        key = space.get("key")
        if key == "network":
            # the word for "everywhere" in roles and welcome texts
            yield BrokenRule(("spaces", number, "key"), 'another word than "network"')
        if isinstance(key, str) and seen.setdefault(key, number) != number:
            yield BrokenRule(
                ("spaces", number, "key"), f"different from the key of spaces[{seen[key]}]; each space has its own"
            )


def _stages_have_titles(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    seen: dict[str, int] = {}
    for number, stage in _listed(values, "stages"):
        if not any(stage.get(f"title_{language}") for language in ("th", "en", "es")):
            yield BrokenRule(("stages", number), "given a title: title_th, title_en or title_es")
        key = stage.get("key")
        if isinstance(key, str) and seen.setdefault(key, number) != number:
            yield BrokenRule(
                ("stages", number, "key"), f"different from the key of stages[{seen[key]}]; each stage has its own"
            )


def _only_a_simulation_is_in_a_hurry(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    discord = _table(values, "discord")
    try:
        host = urlsplit(str(discord.get("api_base", ""))).hostname
    except ValueError:
        return  # no address at all: reported by the field itself
    if str(discord.get("hurry", 1)) != "1" and not is_loopback(host):
        # whoever is faster than Discord allows is banned
        yield BrokenRule(("discord", "hurry"), "1, for every Discord that is not simulated on this machine")


def _pages_stay_on_this_machine(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    web = _table(values, "web")
    host, allowed = web.get("host"), web.get("allow_non_loopback", False)
    # the environment brings "true" as text; what is neither is reported by the field itself
    open_on_purpose = str(allowed).lower() not in {"false", "0", "no", "off", "n", "f"}
    if isinstance(host, str) and not is_loopback(host) and not open_on_purpose:
        yield BrokenRule(
            ("web", "host"),
            "127.0.0.1, ::1 or localhost; to let other machines reach these pages, set allow_non_loopback = true",
        )


def _public_page_has_its_own_port(values: Mapping[str, Any]) -> Iterator[BrokenRule]:
    web = _table(values, "web")
    # the environment brings numbers as text; a port of 0 is another one each time
    port, media_port = str(web.get("port", 8080)), str(web.get("media_port", 8081))
    if web.get("public_url") is not None and port == media_port != "0":
        yield BrokenRule(
            ("web", "media_port"), "another port than web.port: what is behind media_port is for everybody"
        )
