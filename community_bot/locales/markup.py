"""The light markup our texts are written in, and how a foreign text is kept from being read as markup.

``**bold**``, `` `code` ``, lines that start with ``- ``, blank lines: what Discord reads as it stands and what is
easily turned into HTML for Matrix. Nothing else.
"""

from __future__ import annotations

import re

LINE_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPECIAL = re.compile(r"[\\*_`~|>#\-\[\]()<:@]")
_NUMBERED = re.compile(r"\A(\s*[0-9]+)\.")


class Markup(str):
    """Text that is already in our light markup: put into another text it passes as it is."""

    __slots__ = ()


def escape(text: str) -> Markup:
    r"""Turn any text into markup that shows exactly this text, on one line.

    A backslash goes before every character that Discord could read as markup, a mention, an emoji or a link
    (``1\.`` at the start would be a numbered list); each line break becomes a space.
    """
    on_one_line = LINE_BREAKS.sub(" ", text)
    return Markup(_NUMBERED.sub(r"\1\\.", _SPECIAL.sub(r"\\\g<0>", on_one_line)))


def for_code(text: str) -> str:
    """Return ``text`` fit to stand between backticks, where a backslash escapes nothing, on Discord either.

    A backtick would end the code, so a look-alike (U+02CB) takes its place.
    """
    return LINE_BREAKS.sub(" ", text).replace("`", "\u02cb")
