"""Links to what is not uploaded: they say nothing to who reads them, end by themselves, and nothing is kept.

A token is what the page needs, encrypted and authenticated (AES-SIV, RFC 5297) under a key of the network's: the
same thing gives the same token, so that a platform's cache holds one picture for one face.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bridges.media.file import MATRIX_SCHEME
from bridges.split import first_grapheme
from db.bridge_rows import Platform

LIFE = timedelta(days=7)
LONGEST_TOKEN = 2048
COLOURS = 12
"""How many colours a letter avatar may have; whoever draws them says which."""

_HOUR = 3600
_SEPARATOR = "\x1f"
_KEY_BYTES = 64
_LETTER_BYTES = 32


@dataclass(frozen=True, slots=True)
class Where:
    """Where a linked file is: in which message of which place, and its location there.

    The message is named so that the link ends when the message is deleted, also on a homeserver that keeps the
    media of redacted events.
    """

    platform: Platform
    place: str = field(repr=False)
    message: str = field(repr=False)
    location: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter avatar shows: one grapheme on the ``colour``-th of :data:`COLOURS`."""

    text: str = field(repr=False)
    colour: int


class MediaLinks:
    """Makes and opens links to files that are too large for their destination.

    ``network_key`` is the network's, at least 32 bytes. ``clock`` gives the time in UTC. A link lives for ``life``
    and up to an hour more: within an hour the same file has the same link.
    """

    def __init__(
        self,
        public_url: str | None,
        network_key: bytes,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        life: timedelta = LIFE,
    ) -> None:
        self._public_url = public_url
        self._tokens = _Tokens(network_key, "links to media")
        self._clock = clock
        self._life = life

    def link(self, where: Where) -> str | None:
        """Return ``https://<public>/m/<token>``; None where the network has no public address."""
        if self._public_url is None or "#" in where.location:
            # a file with a key of its own is for those who read its room: no page of ours gives it to others
            return None
        ends_at = int(((self._clock() + self._life).timestamp() + _HOUR - 1) // _HOUR)
        location = where.location.partition("?")[0] if where.platform is Platform.DISCORD else where.location
        parts = (format(ends_at, "x"), where.platform.value, where.place, where.message, location)
        return f"{self._public_url}/m/{self._tokens.seal(_SEPARATOR.join(parts))}"

    def open(self, token: str) -> tuple[Where, datetime] | None:
        """Return where the file is and when the link ends; None for any other text and when it has ended."""
        parts = (self._tokens.open(token) or "").split(_SEPARATOR)
        if len(parts) != 5:
            return None
        ends_at = datetime.fromtimestamp(int(parts[0], 16) * _HOUR, UTC)
        if ends_at <= self._clock():
            return None
        return Where(Platform(parts[1]), parts[2], parts[3], parts[4]), ends_at


class AvatarLinks:
    """Makes and opens links to faces: a letter on a colour, or a Matrix avatar. They do not end."""

    def __init__(self, public_url: str | None, network_key: bytes) -> None:
        self._public_url = public_url
        self._letters = _Tokens(network_key, "letter avatars")
        self._pictures = _Tokens(network_key, "avatars of Matrix")
        self._colours = _derive(network_key, "colours of letter avatars")

    def letter(self, name: str, profile: str) -> str | None:
        """Return the address of a letter avatar; None where the network has no public address.

        ``profile`` chooses the colour: the same for the same profile, whatever its name. Neither it nor the name
        is in the address, only the name's first grapheme.
        """
        if self._public_url is None:
            return None
        text = _first_letter(name)
        colour = HKDF(SHA256(), 8, None, profile.encode()).derive(self._colours)
        token = self._letters.seal(f"{int.from_bytes(colour) % COLOURS}{_SEPARATOR}{text}")
        return f"{self._public_url}/a/{token}.png"

    def picture(self, location: str) -> str | None:
        """Return a public address of a Matrix avatar; None without one, or when it is no ``mxc://``."""
        if self._public_url is None or not location.startswith(MATRIX_SCHEME):
            return None
        return f"{self._public_url}/p/{self._pictures.seal(location.removeprefix(MATRIX_SCHEME))}"

    def open_letter(self, token: str) -> Letter | None:
        """Return what the avatar shows; None for any other text."""
        colour, separator, text = (self._letters.open(token) or "").partition(_SEPARATOR)
        return Letter(text, int(colour)) if separator else None

    def open_picture(self, token: str) -> str | None:
        """Return the ``mxc://`` location; None for any other text."""
        location = self._pictures.open(token)
        return MATRIX_SCHEME + location if location else None


class _Tokens:
    """Texts as tokens of one use; a token of another use does not open."""

    def __init__(self, network_key: bytes, use: str) -> None:
        self._cipher = AESSIV(_derive(network_key, use))

    def seal(self, text: str) -> str:
        return base64.urlsafe_b64encode(self._cipher.encrypt(text.encode(), None)).rstrip(b"=").decode()

    def open(self, token: str) -> str | None:
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return self._cipher.decrypt(sealed, None).decode()
        except (InvalidTag, ValueError, binascii.Error):
            # whoever guesses learns only that it was wrong
            return None


def _first_letter(name: str) -> str:
    """Return the first grapheme that begins with a letter or digit, in capitals; else the first there is."""
    rest = name.strip()
    first = first_grapheme(rest)
    while rest:
        found = first_grapheme(rest)
        if found[0].isalnum():
            first = found
            break
        rest = rest[len(found) :]
    short = first.upper()
    # a grapheme may carry any number of marks
    return short if len(short.encode()) <= _LETTER_BYTES else short[0]


def _derive(key: bytes, use: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, None, f"community-bot media 1: {use}".encode()).derive(key)
