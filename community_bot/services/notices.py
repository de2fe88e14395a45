"""What the bot says to somebody by itself, in their language: a text's key and codes become a card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, cast

from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.languages import language_of
from community_bot.domain.roles import NETWORK, Role
from community_bot.locales import Catalogues, Language, Markup, Translator, key
from community_bot.platforms.port import Button, Card, PlatformPort
from community_bot.services.directory import Titles
from community_bot.services.network import Rules
from db.member_rows import MemberRow
from db.outbox import EffectRow

COMMANDS = {
    "link": "me link",
    "start": "start",
    "help": "help",
    "confirm": "org confirm",
    "resume": "me resume",
    "requests": "space requests",
    "join": "space join",
    "vote": "topic vote",
    "result": "topic result",
    "decide": "experiment decide",
    "entrust": "admin grant",
    "joined": "bridge list",
    "status": "bridge status",
}
"""Places in a notice's text that are filled with how a command is typed where it is read."""


def notice(
    effect: EffectRow,
    member: MemberRow | None,
    port: PlatformPort,
    *,
    rules: Rules,
    catalogues: Catalogues,
    titles: Titles,
) -> Card:
    """Return what an effect of the kind "tell" or "post" says to a member, to an account without one, or in a room.

    ``titles`` are of :func:`spaces_named`. Raises KeyError (MissingTextError, MissingValueError) or ValueError for
    an effect that says nothing we know.
    """
    language = _language(effect, member, rules)
    t = catalogues.translator(language)
    if member is not None and member.profile.calendar is not None:
        t = t.with_calendar(cast("CalendarPreference", member.profile.calendar))
    given = {**effect.details, **effect.words}
    values = {name: _value(t, titles, name, value) for name, value in given.items()}
    values |= {name: Markup(f"`{port.spell(path, language)}`") for name, path in COMMANDS.items()}
    return Card(t(given["text"], **values), tuple(_buttons(t, given)))


def _buttons(t: Translator, given: Mapping[str, str]) -> Iterator[Button]:
    """Yield what an effect names as ``button``, ``label`` and ``argument``, and as ``button_2`` and so on.

    Those without an argument of their own have the first one's; the first weighs the most, unless ``weight`` says
    that what it does is not taken back (``danger``).
    """
    for which in ("", "_2", "_3"):
        action = given.get(f"button{which}")
        if action is not None:
            label = t.plain(given.get(f"label{which}", f"{action}.button"))
            argument = given.get(f"argument{which}", given.get("argument", ""))
            yield Button(label, action, argument, _weight(given.get(f"weight{which}"), first=not which))


def _weight(named: str | None, *, first: bool) -> Literal["main", "plain", "danger"]:
    if named == "danger":
        return "danger"
    return "main" if first else "plain"


def spaces_named(effect: EffectRow) -> set[str]:
    """Return the keys of the spaces that an effect speaks of."""
    given = {**effect.details, **effect.words}
    return {given[name] for name in ("space", "scope", "next_space") if given.get(name)} - {NETWORK}


def _language(effect: EffectRow, member: MemberRow | None, rules: Rules) -> Language:
    if member is not None:
        return cast("Language", member.profile.language)
    # what is said in a room is said in the room's language
    return language_of(effect.details.get("language")) or rules.language


def _value(t: Translator, titles: Titles, name: str, value: str) -> object:
    """Return a code of an effect as a reader of ``t`` says it."""
    if name in ("until", "day"):
        return date.fromisoformat(value)
    if name == "role":
        return t(f"role.{Role(value).value}")
    if name == "twin":
        # what a picture shows, said already, and every value in it escaped
        return Markup(value)
    if name in ("space", "next_space"):
        return titles.of(value, t.language)
    if name == "scope":
        return t(key("scope.network")) if value == NETWORK else titles.of(value, t.language)
    return value
