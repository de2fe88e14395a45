"""The languages the network speaks, and how the platforms' tags map to them."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Language = Literal["th", "en", "es"]
"""Ours are written once each; the regional tags of a platform (``es-419``, ``en-GB``) lead to them."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_BY_TAG: Final[dict[str, Language]] = {language: language for language in LANGUAGES}


def language_of(tag: str | None) -> Language | None:
    """Find our language for a tag such as ``es-419``, ``en_US`` or ``th-TH-u-ca-buddhist``.

    None means that we do not speak it: then the next in the order member, room, network decides (LNG-2).
    """
    if tag is None:
        return None
    return _BY_TAG.get(re.split(r"[-_.@]", tag.strip().lower(), maxsplit=1)[0])
