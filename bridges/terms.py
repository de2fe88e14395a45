"""What an end gives to its conversation and takes from it, and under which name people cross."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from bridges.markup.naming import with_links
from bridges.markup.reading_aloud import plain_of_line
from bridges.markup.tree import Document, Link, Paragraph, Text
from bridges.message import Author, Message


@dataclass(frozen=True, slots=True)
class EndTerms:
    """How one end takes part. The defaults are those of an equal: everything goes out, everything comes in.

    ``title`` is what the others call this place; ``origins``: copies here say which place their author writes in.
    ``everyone`` is the role (Discord) that a call to everybody at another end reaches here; without one it reaches
    nobody. ``quota`` is how many messages a minute go out from here, 0 for no bound.
    """

    gives: bool = True
    takes: bool = True
    files: bool = True
    links: bool = True
    announcements: bool = False
    """Only what moderators say comes in."""
    title: str = ""
    origins: bool = False
    everyone: str | None = None
    quota: int = 0
    paused: bool = False


EQUAL = EndTerms()

AuthorPolicy: TypeAlias = Callable[[str, Author], Author | None]
"""Says of an author in a conversation (its key) as whom they cross; None: what they say stays where it is."""


def under_own_name(_: str, author: Author) -> Author:
    """Let everybody cross under their account's name (what is shipped until members choose, DOMAIN BRG-2)."""
    return author


def admits(terms: EndTerms, message: Message) -> bool:
    """Say whether a message may come in at an end with these terms."""
    return terms.takes and not terms.paused and (message.author.moderates or not terms.announcements)


def as_admitted(terms: EndTerms, message: Message) -> Message:
    """Return a message as it may come in: without links, without files, where the end wants none."""
    text = message.text if terms.links else with_links(message.text, _unlinked)
    if terms.files or not message.attachments:
        return replace(message, text=text)
    # told, so that nobody answers to a message that seems empty
    return replace(message, text=text + named(message), attachments=())


def named(message: Message) -> Document:
    """Return a message's files by name alone."""
    return tuple(Paragraph((Text(f"📎 {attachment.name}"),)) for attachment in message.attachments)


def _unlinked(link: Link) -> Text:
    """Return what is read of a link, without where it leads."""
    return Text(plain_of_line(link.children).strip() or "🔗")
