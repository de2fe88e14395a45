"""Reading the light markup and writing it as Matrix wants it: a plain body and HTML."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from community_bot.locales.markup import Markup

_ITEM = "- "


@dataclass(frozen=True, slots=True)
class Written:
    """The same text twice."""

    plain: str
    html: str

    def __add__(self, other: Written) -> Written:
        """Put ``other`` behind."""
        return Written(self.plain + other.plain, self.html + other.html)


_NOTHING = Written("", "")


def light_html(text: Markup) -> tuple[str, str]:
    """Return (plain body, HTML) for a Matrix message, whose ``format`` is ``org.matrix.custom.html``.

    The body keeps the lines and loses the signs of the markup. A text of one paragraph gets no ``<p>``. No text
    makes this fail: a sign without its partner is shown as it stands, as Discord does.
    """
    lines = [(line.startswith(_ITEM), _inline(line)) for line in text.split("\n")]
    body = "\n".join(written.plain for _, written in lines)
    blocks: list[tuple[bool, list[str]]] = []
    fresh = True
    for is_item, written in lines:
        if not written.plain.strip():
            fresh = True
            continue
        if fresh or blocks[-1][0] is not is_item:
            blocks.append((is_item, []))
            fresh = False
        blocks[-1][1].append(written.html.removeprefix(_ITEM) if is_item else written.html)
    if not blocks:
        return body, html.escape(body, quote=False)
    if len(blocks) == 1 and not blocks[0][0]:
        return body, "<br>".join(blocks[0][1])
    return body, "".join(_block(is_list, parts) for is_list, parts in blocks)


def plain_text(text: Markup) -> str:
    """Return what a reader sees, without markup."""
    return light_html(text)[0]


def _block(is_list: bool, parts: list[str]) -> str:
    if is_list:
        return f"<ul>{''.join(f'<li>{part}</li>' for part in parts)}</ul>"
    return f"<p>{'<br>'.join(parts)}</p>"


_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|`(?P<code>[^`]+)`|(?P<bold>\*\*)|(?P<text>[^\\`*]+|.)", re.DOTALL
)


def _inline(line: str) -> Written:
    """Read one line; ``**`` opens and closes, the last one without a partner is only two asterisks."""
    outside, inside, is_open = _NOTHING, _NOTHING, False
    for token in _TOKEN.finditer(line):
        if token["bold"] is None:
            piece = _piece(token)
            outside, inside = (outside, inside + piece) if is_open else (outside + piece, inside)
        elif not is_open:
            is_open = True
        elif inside == _NOTHING:
            outside, is_open = outside + _text("****"), False
        else:
            outside += Written(inside.plain, f"<strong>{inside.html}</strong>")
            inside, is_open = _NOTHING, False
    return outside + _text("**") + inside if is_open else outside


def _piece(token: re.Match[str]) -> Written:
    if token["code"] is not None:
        return Written(token["code"], f"<code>{html.escape(token['code'], quote=False)}</code>")
    return _text(token["text"] if token["escaped"] is None else token["escaped"])


def _text(text: str) -> Written:
    return Written(text, html.escape(text, quote=False))
