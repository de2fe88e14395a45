"""Words that our texts avoid, each with what to say in its place (DOMAIN section 2, LNG-6).

They are what security agencies and charge sheets say, or force a gender on whoever speaks. The list waits for
native readers of the community: it is data, to be changed by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from community_bot.domain.languages import Language


@dataclass(frozen=True, slots=True)
class ForbiddenWord:
    """``pattern`` finds the word and not those that only contain it; ``instead`` is for whoever translates."""

    word: str
    instead: str
    pattern: re.Pattern[str]


def _word(word: str, instead: str, *, but_not_before: str = "", only_at_end: bool = False) -> ForbiddenWord:
    # Thai has no spaces between words, so a boundary has to be said word by word
    behind = f"(?!{but_not_before})" if but_not_before else ""
    behind += r"(?![\u0e01-\u0e4e])" if only_at_end else ""
    return ForbiddenWord(word, instead, re.compile(re.escape(word) + behind))


FORBIDDEN_WORDS: Final[Mapping[Language, tuple[ForbiddenWord, ...]]] = {
    "th": (
        _word("แนวร่วม", "เครือข่ายความร่วมมือ"),
        _word("แกนนำ", "ผู้ประสานงาน"),
        _word("ขบวนการ", "ขบวนการเคลื่อนไหว, ขบวนการทางสังคม", but_not_before="เคลื่อนไหว|ทางสังคม"),
        _word("สายลับ", "ผู้ที่ยังไม่ได้รับการรับรอง"),
        _word("แฝงตัว", "ผู้ที่ยังไม่ได้รับการรับรอง"),
        _word("แบน", "นำออกจากพื้นที่", but_not_before="เนอร์|ด์|ราบ"),
        _word("ครับ", "นะ, or nothing"),
        _word("ค่ะ", "นะ, or nothing"),
        _word("คะ", "นะ, or nothing", only_at_end=True),
    ),
    "en": (),
    "es": (),
}


def forbidden_in(text: str, language: Language) -> Iterator[ForbiddenWord]:
    """Yield each word of the list that ``text`` contains."""
    return (word for word in FORBIDDEN_WORDS[language] if word.pattern.search(text))
