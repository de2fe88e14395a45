"""The content of a Matrix event read into a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridges.markup.matrix_blocks import Blocks
from bridges.markup.matrix_html import parse
from bridges.markup.matrix_inline import Around, text_nodes
from bridges.markup.tree import Break, Document, Inline, Paragraph
from bridges.plain_text import plain_text

HTML = "org.matrix.custom.html"
PROFILES = ("m.per_message_profile", "com.beeper.per_message_profile")
PREVIEWS = "com.beeper.linkpreviews"
REPLY_FALLBACK = re.compile(r"> (?:\* )?<@")


def read_matrix(content: Mapping[str, Any]) -> Document:
    """Read the ``content`` of an ``m.room.message`` (for an edit, its ``m.new_content``).

    Its HTML is read where there is some, else its plain text. What stands in front for the sake of older clients
    is left out: the quoted message of a reply, the author's name of a per-message profile (MSC4144). No content
    raises: what is no text is taken as absent.
    """
    fallback = _fallback_name(content)
    around = Around(
        calls_room=_mapping(content, "m.mentions").get("room") is True,
        # an empty list says that the author wants none (MSC4095)
        previews=content.get(PREVIEWS) != [],
        fallback=fallback is not None,
    )
    body, html = content.get("body"), content.get("formatted_body")
    if isinstance(html, str) and content.get("format", HTML) == HTML:
        document = tuple(Blocks(around).read(parse(html)))
        if document:
            return document
    if not isinstance(body, str):
        return ()
    body = plain_text(body)
    if _mapping(content, "m.relates_to").get("m.in_reply_to"):
        body = without_reply_fallback(body)
    if fallback:
        body = body.removeprefix(f"{fallback}: ")
    return read_plain(body, around)


def read_plain(body: str, around: Around) -> Document:
    """Read a text without markup: an empty line parts paragraphs, and addresses are links."""
    blocks: list[Paragraph] = []
    for part in re.split(r"\n(?:[ \t]*\n)+", body.replace("\r\n", "\n").replace("\r", "\n")):
        children: list[Inline] = []
        for number, line in enumerate(part.strip("\n").split("\n")):
            if number:
                children.append(Break())
            children += text_nodes(line, around)
        if part.strip():
            blocks.append(Paragraph(tuple(children)))
    return tuple(blocks)


def without_reply_fallback(body: str) -> str:
    """Take off the quoted lines that older clients put before a reply (spec 1.12, "Fallbacks for rich replies")."""
    if REPLY_FALLBACK.match(body) is None:
        return body
    lines = body.split("\n")
    quoted = next((number for number, line in enumerate(lines) if not line.startswith("> ")), len(lines))
    return "\n".join(lines[quoted:]).lstrip("\n")


def _fallback_name(content: Mapping[str, Any]) -> str | None:
    """Return the name that stands in front of the text; None when there is none."""
    for key in PROFILES:
        profile = _mapping(content, key)
        if profile.get("has_fallback") is True:
            name = profile.get("displayname")
            return name if isinstance(name, str) else ""
    return None


def _mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
