"""Who asks, in which language, from where; and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from community_bot.commands.forms import Form
from community_bot.domain.account import Account
from community_bot.domain.roles import Power
from community_bot.locales import Language, Markup, Translator
from community_bot.platforms.port import Attachment, Button, Card


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a face knows of somebody who did something.

    ``names`` are the names the account shows (display name, user name), in memory only. ``client_language`` is the
    language of their app where the platform tells it, ``room_language`` that of the place. ``home`` is the Discord
    server or the Matrix room the act came from, None in a private conversation. ``spell`` is the port's.
    """

    account: Account
    names: tuple[str, ...]
    client_language: Language | None
    room_language: Language | None
    home: str | None
    private: bool
    spell: Callable[[str, Language], str]
    place: str | None = None
    """The channel (of a thread: the one it hangs in) or the room, None in a private conversation."""


@dataclass(frozen=True, slots=True)
class Request:
    """One act of one person, with the voice to answer in."""

    incoming: Incoming
    t: Translator
    powers: frozenset[Power]
    """What the person may do somewhere: for help and suggestions only; services decide anew."""
    alias: str | None
    today: date

    @property
    def account(self) -> Account:
        return self.incoming.account

    @property
    def language(self) -> Language:
        return self.t.language

    def spell(self, path: str) -> Markup:
        """Return how a command is typed here, as code."""
        return Markup(f"`{self.incoming.spell(path, self.language)}`")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person sees now: text, buttons, files, or a form to fill in. Private unless ``public``."""

    text: Markup = field(default_factory=Markup)
    buttons: tuple[Button, ...] = ()
    files: tuple[Attachment, ...] = ()
    form: Form | None = None
    public: bool = False
    replaces: bool = False
    """Show it instead of the message whose button was pressed, where the platform can (one message per act)."""

    @property
    def card(self) -> Card:
        return Card(self.text, self.buttons, self.files)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing offered while somebody types: ``label`` is seen (100 characters at most), ``value`` is sent."""

    value: str
    label: str
