"""``community-bot convert``: a text of one platform comes in, the same text for another goes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from html import escape
from typing import Any, BinaryIO, TypeAlias

from bridges.markup.discord_reading import read_discord
from bridges.markup.discord_writing import write_discord
from bridges.markup.matrix_reading import HTML, read_matrix
from bridges.markup.matrix_writing import write_matrix
from bridges.markup.tree import Document
from bridges.plain_text import plain_text

TAG = re.compile(
    r"</?(?:a|b|blockquote|br|caption|code|del|details|div|em|font|h[1-6]|hr|i|img|li|mx-reply|ol|p|pre|s|span|"
    r"strike|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
"""A tag that Matrix clients know (spec 1.12, "m.room.message msgtypes"): such a text is HTML."""

Fields: TypeAlias = Mapping[str, Any]


class Markup(StrEnum):
    """A platform's way of writing."""

    DISCORD = "discord"
    MATRIX = "matrix"


def convert_text(text: str, source: Markup, target: Markup) -> str:
    """Return ``text`` as ``target`` writes it. Matrix's is HTML where there is a tag in it, else a plain body."""
    if source is Markup.DISCORD:
        fields: Fields = {"content": text}
    else:
        fields = {"body": text, "formatted_body": text if TAG.search(text) else None}
    written = _write(_read(fields, source), target)
    if target is Markup.DISCORD:
        return written["content"]
    body = written["body"]
    if "formatted_body" not in written and any(sign in body for sign in "<>&"):
        # nothing beside the text says that it is plain, and its signs would be taken for HTML's
        return "<p>" + escape(body, quote=False).replace("\n", "<br>") + "</p>"
    return written.get("formatted_body", body)


def convert_lines(
    lines: Iterable[bytes], source: Markup, target: Markup, complain: Callable[[str], None]
) -> Iterator[bytes]:
    """Turn JSON lines into JSON lines, one for each.

    A line that is no JSON object gives ``{"error": …}`` in its place and is told to ``complain``, with its number.
    """
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError):
            # the reason would quote what somebody wrote
            fields = None
        if isinstance(fields, dict):
            written = _write(_read(fields, source), target)
        else:
            problem = f"line {number} is no JSON object"
            complain(problem)
            written = {"error": problem}
        yield json.dumps(written, ensure_ascii=False).encode() + b"\n"


def convert_streams(
    source: Markup, target: Markup, incoming: BinaryIO, outgoing: BinaryIO, complain: Callable[[str], None]
) -> bool:
    """Convert line by line, each written out at once; say whether all lines were in order."""
    complaints: list[str] = []

    def heard(problem: str) -> None:
        complaints.append(problem)
        complain(problem)

    for line in convert_lines(incoming, source, target, heard):
        outgoing.write(line)
        outgoing.flush()
    return not complaints


def _read(fields: Fields, source: Markup) -> Document:
    if source is Markup.MATRIX:
        edit = fields.get("m.new_content")
        return read_matrix(edit if isinstance(edit, dict) else fields)
    content = fields.get("content")
    return read_discord(plain_text(content)) if isinstance(content, str) else ()


def _write(document: Document, target: Markup) -> dict[str, str]:
    if target is Markup.DISCORD:
        return {"content": write_discord(document)}
    text = write_matrix(document)
    if text.html is None:
        return {"body": text.body}
    return {"body": text.body, "format": HTML, "formatted_body": text.html}
