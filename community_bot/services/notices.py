"""What the bot says to somebody by itself, in their language: a text's key and codes become a card."""

from __future__ import annotations

from datetime import date
from typing import cast

from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.roles import NETWORK, Role
from community_bot.locales import Catalogues, Language, Markup, Translator, key
from community_bot.platforms.port import Button, Card, PlatformPort
from community_bot.services.network import Rules
from db.member_rows import MemberRow
from db.outbox import EffectRow

COMMANDS = {"link": "me link", "start": "start", "help": "help", "confirm": "org confirm", "resume": "me resume"}
"""Places in a notice's text that are filled with how a command is typed where it is read."""


def notice(
    effect: EffectRow, member: MemberRow | None, port: PlatformPort, *, rules: Rules, catalogues: Catalogues
) -> Card:
    """Return what an effect of the kind "tell" says to a member, or to an account without one.

    Raises KeyError (MissingTextError, MissingValueError) or ValueError for an effect that says nothing we know.
    """
    language = rules.language if member is None else cast("Language", member.profile.language)
    t = catalogues.translator(language)
    if member is not None and member.profile.calendar is not None:
        t = t.with_calendar(cast("CalendarPreference", member.profile.calendar))
    given = {**effect.details, **effect.words}
    values = {name: _value(t, rules, name, value) for name, value in given.items()}
    values |= {name: Markup(f"`{port.spell(path, language)}`") for name, path in COMMANDS.items()}
    action = given.get("button")
    buttons: tuple[Button, ...] = ()
    if action is not None:
        label = t.plain(given.get("label", f"{action}.button"))
        buttons = (Button(label, action, given.get("argument", ""), "main"),)
    return Card(t(given["text"], **values), buttons)


def _value(t: Translator, rules: Rules, name: str, value: str) -> object:
    """Return a code of an effect as a reader of ``t`` says it."""
    if name in ("until", "day"):
        return date.fromisoformat(value)
    if name == "role":
        return t(f"role.{Role(value).value}")
    if name == "scope":
        return t(key("scope.network")) if value == NETWORK else rules.title_of(value, t.language)
    return value
