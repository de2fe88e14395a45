"""Matrix events read as messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridges.ends.matrix_events import POLL_STARTS, Origin, mapping
from bridges.ends.matrix_files import has_caption, is_media, name_of, read_file
from bridges.ends.matrix_names import Member
from bridges.ends.matrix_polls import read_poll
from bridges.markup.matrix_links import is_mxc
from bridges.markup.matrix_reading import PROFILES, read_matrix
from bridges.markup.tree import Block, Break, Document, Inline, Link, Mark, Marked, Paragraph, Text
from bridges.media.file import Attachment
from bridges.message import Author, Message, Thread
from bridges.plain_text import plain_name, plain_text
from db.bridge_rows import Place
from db.ids import EndId

NAME_LIMIT = 255
"""UTF-16 units of an author's name, as long as Synapse allows; it stands in an event three times."""
MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"


def read_message(
    origin: Origin,
    content: Mapping[str, Any],
    *,
    end: EndId,
    place: Place,
    member: Member,
    moderates: bool = False,
    version: int = 0,
    votes: Mapping[str, int] | None = None,
) -> Message | None:
    """Return a message as it reads with this content; None when it was redacted, or is nothing we know.

    ``votes`` are those of a poll that has ended. No content raises.
    """
    author = _author(origin, content, member, moderates)
    read = _read(origin, content, author.name, votes)
    if read is None:
        return None
    text, attachments = read
    return Message(
        end=end,
        place=place,
        ref=origin.ref,
        author=author,
        text=text,
        sent_at=origin.sent_at,
        attachments=attachments,
        thread=Thread(origin.thread) if origin.thread is not None else None,
        reply_to=origin.reply_to,
        version=version,
    )


def _author(origin: Origin, content: Mapping[str, Any], member: Member, moderates: bool) -> Author:
    """Return who wrote it: whom the message names, where a bridge or a bot speaks for people (MSC4144)."""
    profile = next((found for key in PROFILES if (found := mapping(content, key))), {})
    name, avatar = profile.get("displayname"), profile.get("avatar_url")
    return Author(
        origin.sender,
        plain_name(name if isinstance(name, str) and name.strip() else member.name, NAME_LIMIT),
        avatar if isinstance(avatar, str) and is_mxc(avatar) else member.avatar,
        moderates,
    )


def _read(
    origin: Origin, content: Mapping[str, Any], author: str, votes: Mapping[str, int] | None
) -> tuple[Document, tuple[Attachment, ...]] | None:
    if origin.kind in POLL_STARTS:
        return (poll, ()) if (poll := read_poll(content, votes)) else None
    if is_media(origin.kind, content):
        return _read_media(origin.kind, content)
    # without both it was redacted, or is no message at all
    kind, body = content.get("msgtype"), content.get("body")
    if not isinstance(kind, str) or not isinstance(body, str):
        return None
    if kind == "m.location":
        return _location(content), ()
    return _emote(read_matrix(content), author) if kind == "m.emote" else read_matrix(content), ()


def _read_media(kind: str, content: Mapping[str, Any]) -> tuple[Document, tuple[Attachment, ...]] | None:
    attachment = read_file(kind, content)
    caption = read_matrix(content) if has_caption(content) else ()
    if attachment is not None:
        return caption, (attachment,)
    if not isinstance(content.get("body"), str):
        return None
    # told, so that nobody answers to a message that seems empty
    lock = " 🔒" if isinstance(content.get("file"), dict) else ""
    return (*caption, Paragraph((Text(f"📎 {name_of(content)}{lock}"),))), ()


def _emote(document: Document, author: str) -> Document:
    """Return what somebody does: their name stands in front of it."""
    if not document:
        return ()
    first, *rest = document
    name = Text(f"* {author} ")
    if not isinstance(first, Paragraph):
        return (Paragraph((Marked(Mark.ITALIC, (name,)),)), *document)
    begun: Block = Paragraph((Marked(Mark.ITALIC, (name, *first.children)),))
    return (begun, *rest)


def _location(content: Mapping[str, Any]) -> Document:
    """Return a place as a link to a map (RFC 5870: ``geo:latitude,longitude``)."""
    words = " ".join(plain_text(str(content["body"])).split())
    where = content.get("geo_uri")
    children: list[Inline] = [Text(f"📍 {words}".rstrip())]
    if isinstance(where, str) and (at := _coordinates(where)) is not None:
        children += [Break(), Link(MAP.format(*at))]
    return (Paragraph(tuple(children)),)


def _coordinates(where: str) -> tuple[float, float] | None:
    numbers = where.removeprefix("geo:").partition(";")[0].split(",")
    try:
        latitude, longitude = float(numbers[0]), float(numbers[1])
    except (ValueError, IndexError):
        # another homeserver may write anything there
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return round(latitude, 6), round(longitude, 6)
