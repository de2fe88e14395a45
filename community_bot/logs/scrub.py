"""Remove what looks like an identifier, an address or a token from a finished line.

The last resort: the gate lets none of these in. Whatever is removed here is a mistake somewhere else.
"""

from __future__ import annotations

import re

REMOVED = "[removed]"

_SERVER = r"[A-Za-z0-9.-]+(?::\d+)?"
_HEX = r"[0-9A-Fa-f]{1,4}"

_SHAPES = (
    # Discord webhooks: the token in the address is all one needs to speak as the webhook
    r"/webhooks/[^\s\"'\\]+",
    # Discord tokens: account id, time and signature in base64; and the older ones of accounts with two factors
    r"[\w-]{20,}\.[\w-]{4,10}\.[\w-]{20,}|\bmfa\.[\w-]{20,}",
    # Matrix access and refresh tokens of Synapse and of its authentication service
    r"\b(?:syt|syr|mat|mar|mct|mcr)_[A-Za-z0-9_=+/-]{6,}",
    r"\bBearer\s+[^\s\"'\\]+",
    r"\bmxc://[^\s\"'\\]+",
    # Matrix: @user:server, !room:server, #alias:server, +group:server, $event:server
    rf"[@!#$+][^\s:\"'\\,]+:{_SERVER}",
    # Matrix: event ids and room ids that are a hash, without a server
    r"[$!][A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    rf"(?<![\w:.])(?:{_HEX}:){{7}}{_HEX}(?![\w:])",
    rf"(?<![\w:.])(?:{_HEX}(?::{_HEX})*)?::(?:{_HEX}(?::{_HEX})*)?(?![\w:])",
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
    # Discord ids have 17 to 20 digits, in whatever script
    r"\d{17,}",
    # any long run that mixes capitals, small letters and digits, as keys do and names do not
    r"(?<![\w/.-])(?=[A-Za-z_-]*\d)(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[A-Za-z0-9_-]{32,}",
)
_SHAPE = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES))


def scrubbed(line: str) -> str:
    """Return the line with everything of those shapes replaced by ``[removed]``."""
    return _SHAPE.sub(REMOVED, line)
