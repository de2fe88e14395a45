"""What may be an alias: a name to be known by here, chosen, and no name from anywhere else (MEM-2, SAF-5).

Letters of every script, with their marks, and digits, joined by single spaces, hyphens, apostrophes, full stops: so
an alias is never markup, a link, an address, a picture, or a trick with the direction of writing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from community_bot.domain.refusal import Refusal
from community_bot.domain.short_name import JOINERS, read_short_name

SHORTEST, LONGEST = 2, 32
"""In code points, as Discord counts."""
OFFICES = frozenset(
    {
        *("admin", "administrator", "moderator", "mod", "bot", "support", "staff", "system", "discord", "matrix"),
        *("safety lead", "facilitator", "community bot", "moderación", "moderacion", "administración", "soporte"),
        *("ผู้ดูแล", "ผู้ดูแลพื้นที่", "ผู้ดูแลความปลอดภัย", "กระบวนกร", "แอดมิน", "ระบบ", "บอต", "บอท"),
        *("responsable de seguridad", "persona facilitadora", "former member", "อดีตสมาชิก", "exintegrante"),
    }
)
"""Names by which somebody would seem to speak for the network."""
_TWINS = str.maketrans(
    "авеіјкмнорстухѕһԁԛԝαβεηικμνορτυχζıɡɑ",
    "abeijkmhopctyxshdqwabenikmvoptuxziga",
)
"""Cyrillic, Greek and other letters that stand for a Latin one unseen, small or as capitals."""


def read_alias(text: str, *, account_names: Sequence[str] = ()) -> str:
    """Return the alias in its one spelling. Raises :class:`Refusal` ``alias.*`` with ``field`` "alias".

    ``account_names`` are the names the person has on the platform: an alias that repeats one protects nothing.
    """
    alias = read_short_name(text, family="alias", field="alias", shortest=SHORTEST, longest=LONGEST)
    same = likeness(alias)
    if same in {likeness(office) for office in OFFICES}:
        raise Refusal("alias.office", field="alias")
    if same in {likeness(name) for name in account_names}:
        raise Refusal("alias.account_name", field="alias")
    return alias


def likeness(alias: str) -> str:
    """Return what two aliases share that people would take for one: case, width, spaces and joiners aside.

    Letters of another script that look the same are the same, or "admin" could be written with one of them.
    """
    folded = unicodedata.normalize("NFKC", alias).casefold().translate(_TWINS)
    bare = "".join(character for character in folded if character not in JOINERS)
    return unicodedata.normalize("NFC", bare.replace("i\u0307", "i"))
