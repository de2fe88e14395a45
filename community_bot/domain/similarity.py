"""How alike two short texts are, in Thai, Spanish, English or a mixture (TOP-2).

Thai is written without spaces, so words cannot be compared without a dictionary, which would weigh more than all of
this bot. What is compared instead are trigrams of graphemes: marks stay on their letters, because มา, ม้า and หมา
differ by nothing else. In Latin script it is words without their endings, accents folded, and pieces of words for
what was misspelt. Words that say only that something is wanted or asked are left out in each language.

Near words are found, not synonyms, and nothing across languages: a person decides each time what is the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import sqrt

from community_bot.domain.graphemes import graphemes

SIMILAR = 0.45
"""From here on two texts are shown as perhaps the same: to be looked at by whoever wrote one of them."""
CLOSE = 0.6
"""From here on they are gathered and proposed for merging. Both were measured in ``tests/community_bot/domain``."""

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_THAI = re.compile("[\u0e01-\u0e4e]+")
_LATIN = re.compile("[a-z0-9]+")
_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_WRITTEN_TWICE = re.compile("([\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])\\1+")

_STOP_THAI = (
    *("อยากจะ", "อยากให้", "อยากรู้", "อยากเรียนรู้", "อยากเรียน", "อยากฝึก", "อยากได้", "อยากมี", "อยาก"),
    *("ต้องการ", "เรียนรู้", "เรียน", "ฝึก", "สอน", "วิธีการ", "วิธี", "อย่างไร", "ยังไง", "หน่อย", "ดีไหม"),
    *("อะไรบ้าง", "อะไร", "ได้ไหม", "ช่วย", "เกี่ยวกับ", "เรื่องของ", "สำหรับ", "ด้วย", "เป็น", "ให้", "ได้"),
    *("และ", "หรือ", "ของ", "ที่", "ใน", "ว่า", "จะ", "เรา", "ตัวเอง", "เมื่อ", "เวลา", "โดย", "จาก", "กับ"),
    *("การ", "ความ", "ต้อง", "เริ่ม", "บ้าง", "ให้เป็น", "อย่าง", "ทำ", "ๆ", "นะ", "ไม่", "ทุกคน", "รู้", "มี"),
)
_STOP_LATIN = frozenset(
    word
    for line in (
        "a an the and or of to in on at for with from by how do does what when where who why can could would",
        "should i we you me my our your us they it is are be am that this these those want wants need needs",
        "like learn learning help some any so not no have has will about into as better only way before more",
        "el la los las un una unos unas y o u e de del al en con sin por para que como cuando donde quien",
        "quienes se mi mis nos nuestra nuestro nuestras nuestros su sus lo le les es son ser hay si mas muy",
        "ya algo este esta quiero queremos quisiera quisieramos necesito necesitamos gustaria aprender saber",
        "poder hacer ahi",
    )
    for word in line.split()
)
_ENDINGS = (
    *("aciones", "iciones", "uciones", "acion", "icion", "ucion", "amiento", "imiento", "mente", "ations", "ation"),
    *("ciones", "cion", "iendo", "ando", "ados", "adas", "idos", "idas", "ado", "ada", "ido", "ida", "eos", "eo"),
    *("ings", "ing", "ies", "ied", "ers", "ed", "es", "ar", "er", "ir", "or", "as", "os", "s", "a", "o", "e", "y"),
)
_SHORTEST_STEM = 3
_WORD, _PIECE = 2.0, 0.5
"""How much a word weighs in which both agree, and a piece of three letters."""


def similarity(one: str, other: str) -> float:
    """Return how alike two texts are: 0 for nothing in common, 1 for the same (cosine of their features)."""
    mine, theirs = features(one), features(other)
    shared = sum(weight * theirs[name] for name, weight in mine.items() if name in theirs)
    length = _length(mine) * _length(theirs)
    return shared / length if length else 0.0


def most_similar(text: str, others: Mapping[str, str], *, limit: int) -> list[str]:
    """Return the keys of the texts that are perhaps the same, the most alike first."""
    found = sorted(((similarity(text, other), key) for key, other in others.items()), reverse=True)
    return [key for score, key in found if score >= SIMILAR][:limit]


def similar_pairs(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the keys of texts that are likely the same, two by two, the most alike first."""
    keys = list(texts)
    scored = [
        (similarity(texts[one], texts[other]), one, other)
        for place, one in enumerate(keys)
        for other in keys[place + 1 :]
    ]
    return [(one, other) for score, one, other in sorted(scored, reverse=True) if score >= CLOSE]


def groups(texts: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Gather texts around those that come first: each joins the first group whose first text it is like.

    A chain of likenesses would gather what has nothing in common any more; so everything is held against the first.
    """
    found: list[list[str]] = []
    for key, text in texts.items():
        for group in found:
            if similarity(texts[group[0]], text) >= CLOSE:
                group.append(key)
                break
        else:
            found.append([key])
    return [tuple(group) for group in found]


@lru_cache(maxsize=4096)
def features(text: str) -> Mapping[str, float]:
    """Return what a text consists of, weighted."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).casefold().translate(_DIGITS)
    found: Counter[str] = Counter()
    for run in _THAI.findall(_thai(folded)):
        found.update(_trigrams(graphemes(run)))
    for word in _LATIN.findall(_without_accents(folded)):
        if word not in _STOP_LATIN:
            stem = _stem(word)
            found[f"={stem}"] += 1
            found.update(f"~{piece}" for piece in _trigrams(("<", *stem, ">")))
    return {name: sqrt(total) * _weight(name) for name, total in found.items()}


def _weight(name: str) -> float:
    return {"=": _WORD, "~": _PIECE}.get(name[0], 1.0)


def _length(weights: Mapping[str, float]) -> float:
    return sqrt(sum(weight * weight for weight in weights.values()))


def _thai(text: str) -> str:
    """Write what can be written in several ways in one, and cut out the words that say nothing."""
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("เเ", "แ")
    return _STOP_THAI_PATTERN.sub(" ", _WRITTEN_TWICE.sub(r"\1", text))


_STOP_THAI_PATTERN = re.compile("|".join(sorted(_STOP_THAI, key=len, reverse=True)))


def _without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")


def _stem(word: str) -> str:
    ending = next(
        (each for each in _ENDINGS if word.endswith(each) and len(word) - len(each) >= _SHORTEST_STEM), ""
    )
    return word.removesuffix(ending)


def _trigrams(parts: Sequence[str]) -> Iterable[str]:
    if len(parts) < 3:
        return ["".join(parts)]
    return ["".join(parts[place : place + 3]) for place in range(len(parts) - 2)]
