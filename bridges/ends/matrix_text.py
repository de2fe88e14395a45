"""Messages written as Matrix events.

A copy carries a per-message profile (MSC4144) with the author's name, and the same name as fallback text for
clients that do not know it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any

from bridges.ends.matrix_files import Uploaded, file_content
from bridges.ends.matrix_media import DATA
from bridges.ends.matrix_reading import NAME_LIMIT
from bridges.ends.port import Around, Outgoing, copy_key, file_part
from bridges.markup.long_code import CodeFile
from bridges.markup.matrix_writing import MatrixText, write_matrix
from bridges.markup.splitting import split_document
from bridges.markup.tree import Document, Emoji, Mention, Mentioned
from bridges.media.file import Attachment, Kind
from bridges.message import Message
from bridges.plain_text import plain_name, plain_text
from db.bridge_rows import Place, Platform

PART_LIMIT = 8000
"""UTF-16 units of text in one event: up to 3 bytes each, and the HTML twin beside it, of the 65,536 it may have."""
SEALED_LIMIT = 5500
"""The same in an encrypted room, where an event is a third larger."""
HTML_BYTES = 4
"""Bytes of HTML for each of those units: markup may be longer than what it marks, up to this."""
COPY_KEY = "org.community_bot.copy"
"""Marks a copy with its key, so that it is found again after the homeserver forgot the transaction id."""
PROFILE = "com.beeper.per_message_profile"
FALLBACK = "data-mx-profile-fallback"
HTML = "org.matrix.custom.html"
LARGEST_EDIT = 36_000
"""Bytes of content that may stand in an event twice: as new content, and for clients that know no edits.

Encrypted, they take a third more.
"""


def write_message(
    message: Message,
    place: Place,
    profile: str,
    around: Around,
    *,
    emoji: Callable[[Emoji], str | None] = lambda _: None,
    avatar: str = "",
    tell: Callable[[Message, Attachment], str],
    limit: int = PART_LIMIT,
) -> list[Outgoing]:
    """Turn a message into parts that a homeserver takes: texts first, then each file; none for nothing to say.

    ``tell`` says of a file in words what is said when it cannot come itself. ``limit`` is :data:`PART_LIMIT`, or
    :data:`SEALED_LIMIT` for an encrypted room.
    """
    live = _live(message.place.platform, around)

    def written(document: Document) -> MatrixText:
        return write_matrix(document, live=live, emoji=emoji)

    parts, code = _parts(message.text, written, limit)
    answers = around.answers.at if around.answers is not None else None
    linked = frozenset(around.people.values())
    author = plain_name(message.author.name, NAME_LIMIT)
    said = [
        Outgoing(
            number,
            copy_key(message, number, place),
            author,
            text.body,
            profile,
            text.html,
            avatar,
            thread=around.thread,
            people=tuple(person for person in text.people if person in linked),
        )
        for number, text in enumerate(parts)
    ]
    for attachment in (*map(_as_attachment, code), *message.attachments):
        number = file_part(attachment)
        key = copy_key(message, number, place)
        words = tell(message, attachment)
        said.append(
            Outgoing(number, key, author, words, profile, avatar=avatar, files=(attachment,), thread=around.thread)
        )
    # parts beyond the first belong to what stands above them
    return [replace(said[0], answers=answers), *said[1:]] if said else []


def _live(platform: Platform, around: Around) -> Callable[[Mention], Mention | None]:
    def live(mention: Mention) -> Mention | None:
        if mention.kind is Mentioned.PERSON:
            here = around.people.get(mention.ref)
            return Mention(Mentioned.PERSON, here, mention.name) if here is not None else None
        is_ours = platform is Platform.MATRIX and mention.kind in (Mentioned.PLACE, Mentioned.MESSAGE)
        return replace(mention) if is_ours else None

    return live


def _parts(
    document: Document, written: Callable[[Document], MatrixText], limit: int
) -> tuple[list[MatrixText], tuple[CodeFile, ...]]:
    """Return the texts of a document, and the code in it that is longer than an event."""
    whole = written(document)
    if length(whole) <= limit:
        return ([whole] if whole.body.strip() else []), ()
    cut = split_document(document, limit, lambda part: length(written(part)), long_code=limit)
    texts = [written(part) for part in cut.parts]
    return [text for text in texts if text.body.strip()], cut.files


def length(text: MatrixText) -> int:
    """Return how much room a text takes in an event, in the units of :data:`PART_LIMIT`."""
    units = len(text.body.encode("utf-16-le", "surrogatepass")) // 2
    html = text.html if text.html is not None else _as_html(text.body)
    return max(units, -(-len(html.encode("utf-8", "replace")) // HTML_BYTES))


def _as_attachment(code: CodeFile) -> Attachment:
    data = code.text.encode()
    location = f"{DATA}text/plain;base64,{b64encode(data).decode()}"
    return Attachment(code.name, Kind.FILE, "text/plain", len(data), location)


# ── events


def content_of(part: Outgoing, *, profile: bool = True, latest: str | None = None) -> dict[str, Any]:
    """Return the content of the event that says a part in words.

    Without ``profile`` its sender is its author's own account. ``latest`` is the newest event of its thread.
    ``m.mentions`` is always there: without it a homeserver would look for names in the text and ping them.
    """
    words = plain_text(part.text)
    html = part.html if part.html is not None else _as_html(words)
    content: dict[str, Any] = {"msgtype": "m.text", "body": words}
    if profile:
        content["body"] = f"{part.author}: {words}"
        content |= {"format": HTML, "formatted_body": _with_name(part.author, html)}
    elif part.html is not None:
        content |= {"format": HTML, "formatted_body": html}
    return content | _around(part, profile=profile, latest=latest)


def content_of_file(
    part: Outgoing, file: Uploaded, *, profile: bool = True, latest: str | None = None
) -> dict[str, Any]:
    """Return the content of the event that says a part which is a file.

    With ``profile`` its author's name is its caption, which clients show that do not know profiles of messages.
    """
    content = file_content(file, part.files[0])
    content["body"] = file.name
    if profile:
        content["body"] = f"{part.author}: "
        content |= {"format": HTML, "formatted_body": _with_name(part.author, "")}
    return content | _around(part, profile=profile, latest=latest)


def edit_of(ref: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of the event that puts ``content`` in the place of what ``ref`` says.

    It pings nobody anew: who is mentioned stands in the new content alone (client-server API, "Mentioning the
    replaced content").
    """
    new = {key: value for key, value in content.items() if key not in ("m.relates_to", COPY_KEY)}
    shown: dict[str, Any] = {**new, "body": f"* {new['body']}", "m.mentions": {}}
    if "formatted_body" in new:
        shown["formatted_body"] = f"* {new['formatted_body']}"
    if 2 * len(json.dumps(new, ensure_ascii=False).encode()) > LARGEST_EDIT:
        # only clients that know no edits show this; the others would lose the event
        shown = {"msgtype": new["msgtype"], "body": f"* {new['body'][:500]}…", "m.mentions": {}}
    return {**shown, "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": ref}}


def _around(part: Outgoing, *, profile: bool, latest: str | None) -> dict[str, Any]:
    around: dict[str, Any] = {
        "m.mentions": {"user_ids": list(part.people)} if part.people else {},
        COPY_KEY: part.key,
    }
    if profile:
        around[PROFILE] = {"id": part.profile, "displayname": part.author, "has_fallback": True}
        if part.avatar:
            around[PROFILE]["avatar_url"] = part.avatar
    answered = part.answers.ref if part.answers is not None else None
    if part.thread is not None:
        # clients that know no threads see an answer to what was said last in it
        around["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": part.thread,
            "is_falling_back": answered is None,
            "m.in_reply_to": {"event_id": answered or latest or part.thread},
        }
    elif answered is not None:
        around["m.relates_to"] = {"m.in_reply_to": {"event_id": answered}}
    return around


def _with_name(name: str, html: str) -> str:
    """Put the author's name in front of HTML, within its first paragraph where it begins with one."""
    shown = f"<strong {FALLBACK}>{escape(name, quote=False)}: </strong>"
    return f"<p>{shown}{html[3:]}" if html.startswith("<p>") else shown + html


def _as_html(words: str) -> str:
    return escape(words, quote=False).replace("\n", "<br>")
