"""Breaking a text into lines where a reader would, Thai too, which puts no spaces between words.

No dictionary is at hand: how Thai syllables are written says where none can end, where one surely begins, and a few
words that nearly always begin or end a phrase say where a line is best broken. A line that must be cut elsewhere is
cut between graphemes, so that no mark ever loses its letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from community_bot.domain.graphemes import LEADING_VOWELS, clusters

Measure = Callable[[str], float]
"""How wide a text is, in any unit."""

_NEVER_FIRST: Final = tuple("ะาๅำๆฯ,.;:!?)]}”’»%…")
"""Belongs to what stands before it."""
_NEVER_LAST: Final = tuple("([{“‘«¿¡")
_NEEDS_FOLLOWER: Final = "ัื็"
"""Thai vowels that a consonant must follow."""
_KARAN: Final = "์"
_BEGIN: Final = (
    *("การ", "ความ", "และ", "หรือ", "ของ", "ที่", "ใน", "กับ", "เพื่อ", "จาก", "โดย", "แบบ", "ด้วย", "ให้", "ไม่", "ผู้"),
    *("พื้นที่", "เรียน", "ชุมชน", "สร้าง", "เล่า", "เรื่อง", "เครือข่าย", "ทักษะ", "หัวข้อ", "กระบวน", "วงจร", "เสียง", "วิทยุ"),
    *("สื่อสาร", "ปลอดภัย", "ดิจิทัล", "สัมภาษณ์", "สะท้อน", "ข้อมูล", "เมล็ด", "ประสบ", "บันทึก", "บทเรียน", "สรุป"),
)
"""Words before which a line may end: what links phrases, and what titles here are made of."""
_LINKS: Final = ("การ", "ความ", "และ", "หรือ", "ของ", "ใน", "กับ", "เพื่อ", "จาก", "โดย", "ให้", "ไม่", "ผู้")
"""Words that belong to what follows, apart from those of ``_ENDED``."""
_ENDED: Final = ("จัดการ", "กระบวนการ", "วิชาการ", "บริการ", "โครงการ", "วิธีการ")
_WHOLE: Final = (
    "พื้นที่",
    "เรียนรู้",
    "ผู้จัดการ",
    "กระบวนการ",
    "เจ้าของ",
    "ประสบการณ์",
    "ปลอดภัย",
    "สร้างสรรค์",
    "วิธีการ",
    "สถานการณ์",
)
"""Words that hold one of those, and stay whole."""
_SPACE, _WORD, _SYLLABLE, _CUT, _NEVER = range(5)
_LEAST_FULL: Final = (0.0, 0.3, 0.5, 0.0)
"""How full a line must be to be broken there and not at a worse place that fills it better, by kind of place."""
_LITTLE_LOST: Final = 0.6


def wrap(text: str, measure: Measure, width: float, *, most_lines: int, ellipsis: str = "…") -> list[str]:
    """Return ``text`` on at most ``most_lines`` lines, none wider than ``width`` unless one grapheme is.

    What does not fit is left out and the ellipsis stands for it. Line breaks of the text count as spaces.
    """
    rest = " ".join(text.split())
    lines: list[str] = []
    while rest and len(lines) < most_lines:
        if measure(rest) <= width:
            return [*lines, rest]
        if len(lines) == most_lines - 1:
            return [*lines, _ended(rest, measure, width, ellipsis)]
        line, rest = _first_line(rest, measure, width)
        lines.append(line)
    return lines


def _first_line(text: str, measure: Measure, width: float) -> tuple[str, str]:
    parts = clusters(text)
    fitting = _fitting(parts, measure, width)
    starts = _starts(parts)
    for kind in (_SPACE, _WORD, _SYLLABLE, _CUT):
        for cut in range(fitting, 0, -1):
            line = "".join(parts[:cut]).rstrip()
            full = measure(line) / width >= _LEAST_FULL[kind]
            if line and full and _place(parts, cut, text, starts[cut]) == kind:
                return line, text[starts[cut] :].lstrip()
    # every place is one where none should be: better cut there than not at all
    cut = max(1, fitting)
    return "".join(parts[:cut]), text[starts[cut] :].lstrip()


def _fitting(parts: Sequence[str], measure: Measure, width: float) -> int:
    """Return how many graphemes fit, at least one."""
    low, high = 1, len(parts) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if measure("".join(parts[:middle]).rstrip()) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _starts(parts: Sequence[str]) -> list[int]:
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return starts


def _place(parts: Sequence[str], cut: int, text: str, start: int) -> int:
    """Say what kind of place lies before ``parts[cut]``, which begins at ``start``."""
    before, after = parts[cut - 1], parts[cut]
    if before.isspace() or after.isspace():
        return _SPACE
    if before in ("-", "/", "–", "—"):
        return _WORD
    if _belongs_together(before, after):
        return _NEVER
    if not (_is_thai(before) and _is_thai(after)):
        # inside a word of another script there is no place; between scripts there is
        return _WORD if _is_thai(before) or _is_thai(after) else _CUT
    return _place_in_thai(before, after, text, start)


def _belongs_together(before: str, after: str) -> bool:
    if after.startswith(_NEVER_FIRST) or before.startswith(_NEVER_LAST) or _KARAN in after:
        return True
    return before[0] in LEADING_VOWELS or any(vowel in before for vowel in _NEEDS_FOLLOWER)


def _place_in_thai(before: str, after: str, text: str, start: int) -> int:
    dangling = text.endswith(_LINKS, 0, start) and not text.endswith(_ENDED, 0, start)
    if dangling or _is_inside_a_word(text, start):
        return _CUT
    if text.startswith(_BEGIN, start):
        return _WORD
    if after[0] in LEADING_VOWELS or before.endswith(("ะ", "ๆ", "ฯ", "ำ")):
        return _SYLLABLE
    return _CUT


def _is_inside_a_word(text: str, start: int) -> bool:
    """Say whether one of the words that stay whole is cut before ``start``."""
    for word in _WHOLE:
        found = text.find(word, max(0, start - len(word) + 1), start + len(word) - 1)
        if found != -1 and found < start:
            return True
    return False


def _is_thai(part: str) -> bool:
    return "\u0e00" <= part[0] <= "\u0e7f"


def _ended(text: str, measure: Measure, width: float, ellipsis: str) -> str:
    """Return as much as fits with the ellipsis behind it, cut where a line would be broken if that loses little."""
    parts = clusters(text)
    starts = _starts(parts)
    best = ""
    for cut in range(len(parts) - 1, 0, -1):
        line = "".join(parts[:cut]).rstrip().rstrip(LEADING_VOWELS)
        if not line or measure(line + ellipsis) > width:
            continue
        best = best or line
        if measure(line) < _LITTLE_LOST * width:
            break
        if _place(parts, cut, text, starts[cut]) in (_SPACE, _WORD, _SYLLABLE):
            return line + ellipsis
    return best + ellipsis
