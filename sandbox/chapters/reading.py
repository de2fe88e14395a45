"""Reading what the bot says as its reader does: in their language."""

from __future__ import annotations

import re
from typing import Final

from sandbox.cast import Language
from sandbox.transcript import DidNotHappenError

_SPANISH: Final = frozenset("áéíóúñü¿¡«»")
_ESCAPED: Final = re.compile(r"\\([^0-9A-Za-z\s])")


def is_in(language: Language, text: str) -> str:
    """Return a text of the bot's as it is read, which must be in this language. Raises :class:`DidNotHappenError`.

    Names, numbers and commands are the same in every language, so the letters that only one has decide.
    """
    thai = sum("\u0e00" <= sign <= "\u0e7f" for sign in text)
    spanish = sum(sign in _SPANISH for sign in text.casefold())
    latin = sum(sign.isascii() and sign.isalpha() for sign in text)
    found = {"th": thai > latin, "es": spanish > 0 and thai < latin, "en": latin > 0 == spanish and thai < latin}
    if not found[language]:
        raise DidNotHappenError(f"not in {language}: {text!r}")
    return _as_shown(text)


def one_line(text: str) -> str:
    """Return a text as one line of the transcript, long ones cut."""
    line = " ".join(_as_shown(text).split())
    return line if len(line) <= 160 else f"{line[:159]}…"


def _as_shown(text: str) -> str:
    """Return a text without the backslashes that keep signs from meaning something."""
    return _ESCAPED.sub(r"\1", text)
