"""Reading a command that was typed with the wrong keyboard layout on (LNG-3).

Who types Thai switches layouts all day, and a command is the first thing to arrive in the wrong one:
``=j;pgs]nv`` is ช่วยเหลือ on a QWERTY layout, ``ฝ้ำสย`` is ``/help`` on Kedmanee.

PyThaiNLP has these tables too, and importing its ``util`` is cheap (measured: 0.07 s, 9 MB). But that import
makes a folder in the home directory and fails where it may not, as in our read-only container.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

_QWERTY = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./"
_KEDMANEE = "_ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฃฟหกดเ้่าสวงผปแอิืทมใฝ"
_QWERTY_SHIFTED = '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?'
_KEDMANEE_SHIFTED = '%+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฅฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'
"""Row by row as the keys lie (TIS 820), each character under the one that shares its key."""

_TO_THAI = str.maketrans(_QWERTY + _QWERTY_SHIFTED, _KEDMANEE + _KEDMANEE_SHIFTED)
_TO_LATIN = str.maketrans(_KEDMANEE + _KEDMANEE_SHIFTED, _QWERTY + _QWERTY_SHIFTED)

COMMAND_PREFIXES = (".", "!", "/", "-")
"""What a command may begin with. ``!`` cannot be typed on Kedmanee, the others can (DOMAIN 4.2)."""


def repair_word(typed: str, known: Collection[str]) -> str | None:
    """Return the word of ``known`` (all lowercase) that these keys give in the other layout.

    None when no known word fits, or when ``typed`` is itself a known word: what is right is not repaired.
    """
    if typed.lower() in known:
        return None
    return next((reading for reading in _other_layouts(typed) if reading in known), None)


def repair_line(line: str, known: Collection[str], prefixes: Sequence[str] = COMMAND_PREFIXES) -> str | None:
    """Return the whole line in the other layout when it then begins with a command word of ``known``.

    The prefix is optional, and may have been typed in either layout. None when the line begins with a known word
    as it stands, or with none in the other layout either. The words after the command are turned too, as whoever
    did not see the layout typed all of them in it; show the result before acting on it where the act is not
    harmless.
    """
    line = line.strip()
    if _first_word(line, prefixes) in known:
        return None
    own = next((prefix for prefix in prefixes if prefix and line.startswith(prefix)), "")
    candidates = [*_other_layouts(line)]
    if own:
        candidates += [own + rest for rest in _other_layouts(line.removeprefix(own))]
    return next((candidate for candidate in candidates if _first_word(candidate, prefixes) in known), None)


def _other_layouts(typed: str) -> Iterator[str]:
    """Yield what the same keys give: Thai for Latin letters, lowercase Latin for Thai ones."""
    if any("\u0e00" <= character <= "\u0e7f" for character in typed):
        yield typed.translate(_TO_LATIN).lower()
    if any("!" <= character <= "~" for character in typed):
        yield typed.translate(_TO_THAI)


def _first_word(line: str, prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        if prefix and line.startswith(prefix):
            line = line.removeprefix(prefix)
            break
    words = line.split(maxsplit=1)
    return words[0].lower() if words else ""
