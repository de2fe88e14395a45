"""Codes that people type: no letters that look or sound alike, and forgiving to read."""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "ABCDEFGHJKLMNPQRTUVWXY346789"
"""28 signs: without I, O, S, Z, 0, 1, 2, 5, each of which is taken for another."""
LINK_CODE, INVITE_CODE, RECOVERY_WORD, OFFICE_CODE = 8, 10, 16, 16
"""Lengths. 28^8 is 3.8 x 10^11: a code for ten minutes, five tries each, cannot be guessed."""


def new_code(length: int) -> str:
    """Return a random code in groups of four, such as ``KX7M-Q4PT``."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return "-".join(signs[start : start + 4] for start in range(0, length, 4))


def read_code(text: str) -> str:
    """Return what was meant: capitals, no hyphens or spaces, full-width letters made ordinary."""
    plain = unicodedata.normalize("NFKC", text[:80]).upper()
    return "".join(character for character in plain if character in ALPHABET)
