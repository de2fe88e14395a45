"""Writing a card as Matrix messages: text, numbered buttons as reactions, files.

What a button does stands in the event itself, so that a card still works after any restart and no table knows it.
Whoever acts on it reads the event again and makes sure that it is the bot's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from community_bot.locales import Markup, escape, light_html
from community_bot.platforms.matrix_homeserver import Homeserver, transaction
from community_bot.platforms.port import Attachment, Button, Card

ACTIONS = "community_bot.actions"
"""Content key: a list of [action, argument], in the order of the buttons."""
ANSWERS = "community_bot.answers"
"""Content key: the event that this message answers."""
SIGNS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣", "🔟")
SEEN = "👌"
LONGEST_PART = 12_000
"""Bytes of one message's text. The body, its HTML and, in an edit, both again must fit into 65,536 bytes."""


def number_sign(number: int) -> str:
    """Return how a number is shown before its button; from 11 on there is no sign to react with."""
    return SIGNS[number - 1] if number <= len(SIGNS) else f"{number}\\)"


def number_of(sign: str) -> int | None:
    """Read a reaction's key as a number; apps differ in whether they send the variation selector."""
    bare = [each.replace("\ufe0f", "") for each in SIGNS]
    key = sign.replace("\ufe0f", "")
    return bare.index(key) + 1 if key in bare else None


def with_buttons(text: Markup, buttons: Sequence[Button]) -> Markup:
    """Return a card's text with its buttons listed under it."""
    if not buttons:
        return text
    lines = [f"{number_sign(number)} {escape(button.label)}" for number, button in enumerate(buttons, 1)]
    return Markup("\n\n".join(filter(None, [text, "\n".join(lines)])))


def message(text: Markup, buttons: Sequence[Button] = (), *, notice: bool = False) -> dict[str, Any]:
    """Return the content of a message. A ``notice`` is what other bots do not answer, and what rings nowhere."""
    body, html = light_html(text)
    content: dict[str, Any] = {
        "msgtype": "m.notice" if notice else "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": html,
        "m.mentions": {},
    }
    if buttons:
        content[ACTIONS] = [[button.action, button.argument] for button in buttons]
    return content


def edit_of(content: Mapping[str, Any], event: str) -> dict[str, Any]:
    """Return the content that puts ``content`` in the place of an event (m.replace)."""
    fallback = {key: content[key] for key in ("msgtype", "m.mentions") if key in content}
    return {
        **fallback,
        "body": f"* {content['body']}",
        "m.new_content": dict(content),
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def split_text(text: Markup) -> list[Markup]:
    """Cut a long text between its lines; a single line that is too long by itself is cut where it must be."""
    if len(text.encode()) <= LONGEST_PART:
        return [text]
    parts: list[str] = [""]
    for line in re.findall(rf"[^\n]{{1,{LONGEST_PART // 8}}}\n?|\n", text):
        if len((parts[-1] + line).encode()) > LONGEST_PART:
            parts.append("")
        parts[-1] += line
    return [Markup(part.rstrip("\n")) for part in parts if part.strip()]


async def show(
    homeserver: Homeserver,
    room: str,
    card: Card,
    *,
    key: str,
    answers: str | None = None,
    relation: Mapping[str, Any] | None = None,
    replaces: str | None = None,
    notice: bool = False,
) -> str:
    """Show a card in a room; the same ``key`` again shows nothing twice. Return the event that has the buttons.

    ``answers`` is the event it answers, ``relation`` its thread or what it replies to, ``replaces`` a message of
    ours whose place it takes. Raises the kinds of ``EndError``.
    """
    texts = split_text(card.text)
    shown = ""
    for number, text in enumerate(texts):
        last = number == len(texts) - 1
        buttons = card.buttons if last else ()
        content = message(with_buttons(text, buttons), buttons, notice=notice)
        if answers is not None:
            content[ANSWERS] = answers
        if number == 0 and replaces is not None:
            content = edit_of(content, replaces)
        elif relation is not None:
            content["m.relates_to"] = dict(relation)
        shown = await homeserver.say(room, content, transaction(key, str(number)))
        if number == 0 and replaces is not None:
            shown = replaces
    for number in range(1, min(len(card.buttons), len(SIGNS)) + 1):
        await homeserver.react(room, shown, SIGNS[number - 1])
    for number, file in enumerate(card.files):
        await _show_file(homeserver, room, file, transaction(key, "file", str(number)), relation)
    return shown


async def _show_file(
    homeserver: Homeserver, room: str, file: Attachment, txn: str, relation: Mapping[str, Any] | None
) -> None:
    content: dict[str, Any] = {
        "msgtype": "m.image" if file.media_type.startswith("image/") else "m.file",
        # what differs from the file's name is its caption, and what apps read out
        "body": file.description or file.filename,
        "filename": file.filename,
        "info": {"mimetype": file.media_type, "size": len(file.content), **_measures(file)},
        "url": await homeserver.upload(file.filename, file.content, file.media_type),
        "m.mentions": {},
    }
    if relation is not None:
        content["m.relates_to"] = dict(relation)
    await homeserver.say(room, content, txn)


def _measures(file: Attachment) -> dict[str, int]:
    """Return width and height of a PNG, so that apps keep room for it; its first chunk has them (RFC 2083, 4.1)."""
    if file.media_type != "image/png" or len(file.content) < 24:
        return {}
    return {"w": int.from_bytes(file.content[16:20]), "h": int.from_bytes(file.content[20:24])}


def shown_in(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what one of our messages says now, also after it was edited; empty when it was taken back."""
    content: Mapping[str, Any] = event.get("content", {})
    edit = event.get("unsigned", {}).get("m.relations", {}).get("m.replace", {}).get("content")
    for source in (edit, content):
        if isinstance(source, dict) and isinstance(source.get("m.new_content"), dict):
            replaced: dict[str, Any] = source["m.new_content"]
            return replaced
    return content


def latest_edit(event: Mapping[str, Any]) -> str:
    """Return the newest edit of a message, empty when it was never edited."""
    edit = event.get("unsigned", {}).get("m.relations", {}).get("m.replace", {})
    return str(edit.get("event_id", ""))


def actions_in(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the buttons of one of our messages do now, also after it was edited."""
    listed = shown_in(event).get(ACTIONS)
    if not isinstance(listed, list):
        return []
    return [(str(pair[0]), str(pair[1])) for pair in listed if isinstance(pair, list) and len(pair) == 2]


def root_of(event: Mapping[str, Any]) -> str:
    """Return the event a message stands for: of an edit, what it edits."""
    relation = event.get("content", {}).get("m.relates_to", {})
    if relation.get("rel_type") == "m.replace":
        return str(relation["event_id"])
    return str(event["event_id"])
