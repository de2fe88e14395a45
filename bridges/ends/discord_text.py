"""What Discord takes: how long a text, and which names."""

from __future__ import annotations

import re
import unicodedata

from bridges.plain_text import plain_name
from bridges.split import split

CONTENT_LIMIT = 2000
NAME_LIMIT = 80
TITLE_LIMIT = 100
"""Characters of a thread's name (resources/channel)."""
REFUSED_IN_NAMES = re.compile("discord|clyde", re.IGNORECASE)
WORD_JOINER = "\u2060"


def units(text: str) -> int:
    """Return how long a text is in UTF-16 units, the strictest way in which Discord may count."""
    return len(text) + sum(character > "\uffff" for character in text)


def webhook_name(name: str) -> str:
    """Make a name that Discord takes for a webhook: 1 to 80 characters, without two words it refuses.

    Source: resources/webhook, "Create Webhook". A refused name would refuse the whole message.
    """
    name = plain_name(name, NAME_LIMIT)
    if found := list(REFUSED_IN_NAMES.finditer("".join(map(_plain_letter, name)))):
        for match in reversed(found):
            name = name[: match.start() + 1] + WORD_JOINER + name[match.start() + 1 :]
        name = split(name, NAME_LIMIT)[0]
    return name


def thread_name(name: str) -> str:
    """Make a name that Discord takes for a thread: one line of 1 to 100 characters."""
    return plain_name(name, TITLE_LIMIT)


def _plain_letter(character: str) -> str:
    """Return the plain form of a wide, bold or circled letter, in case Discord looks through those."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
