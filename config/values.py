"""The kinds of value a setting can have, each with the words that tell an operator what it must be."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class MustBe:
    """Describe a setting in words that complete the sentence "it must be …"."""

    words: str


def refusal(words: str) -> PydanticCustomError:
    """Refuse a value with advice more exact than the ``MustBe`` of its field.

    The words pass through a template of pydantic, so they are handed in as a value, where braces mean nothing.
    """
    return PydanticCustomError("must_be", "{words}", {"words": words})


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _not_yes_or_no(value: Any) -> Any:
    # Python counts True as 1, and an operator who writes `port = true` means something else
    if isinstance(value, bool):
        raise refusal("a number, not true or false")
    return value


WholeNumber = Annotated[int, BeforeValidator(_not_yes_or_no)]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read for its check: it refuses what is no port number
    except ValueError:
        raise refusal("a complete address, such as https://chat.example.org") from None
    if any(character.isspace() for character in url):
        raise refusal("an address without spaces")
    return parts


def _web_address(*, secure: str, plain: str) -> AfterValidator:
    """Accept ``secure`` addresses anywhere and ``plain`` ones on this machine only; drop a final slash."""

    def check(url: str) -> str:
        parts = _split(url)
        if parts.scheme not in {secure, plain} or not parts.hostname:
            raise refusal(f"an address that begins with {secure}://")
        if parts.username is not None or parts.query or parts.fragment:
            raise refusal("an address without a name, password, “?” or “#” in it")
        if parts.scheme == plain and not is_loopback(parts.hostname):
            raise refusal(f"an address with {secure}://; {plain}:// is accepted for this machine only")
        return url.rstrip("/")

    return AfterValidator(check)


def _stays_inside(host: str) -> bool:
    """Tell whether a host can only mean this machine or its own network: no dot, or a private address."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host


def _service_address(url: str) -> str:
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refusal("an address that begins with http:// or https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise refusal("an address without a name, password, “?” or “#” in it")
    if parts.scheme == "http" and not _stays_inside(parts.hostname):
        raise refusal(
            "an address with https://; http:// is accepted for this machine and its own network only, such as "
            "http://bot:9009"
        )
    return url.rstrip("/")


WebAddress = Annotated[str, _web_address(secure="https", plain="http")]
ServiceAddress = Annotated[str, AfterValidator(_service_address)]
"""Where a neighbour reaches us: in a network of containers that is plain http and a name without a dot."""
SocketAddress = Annotated[str, _web_address(secure="wss", plain="ws")]


def _database_url(url: str) -> str:
    parts = _split(url)
    if parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True):
        raise refusal(
            "an address without a password; put the password in the file secrets/database_password (mode 600)"
        )
    if parts.scheme == "sqlite+aiosqlite":
        if parts.netloc or not parts.path.strip("/"):
            raise refusal(
                "sqlite+aiosqlite:/// with three slashes and then the file; four when the path begins at the root"
            )
    elif parts.scheme == "postgresql+asyncpg":
        socket_folder = "host" in parse_qs(parts.query)
        if not (parts.hostname or socket_folder) or not parts.path.strip("/"):
            raise refusal("postgresql+asyncpg://user@host/database, with both the host and the database")
    else:
        raise refusal("an address that begins with sqlite+aiosqlite:/// or postgresql+asyncpg://")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


def _time_zone(name: str) -> str:
    if not available_timezones():
        raise refusal("a time zone, but this machine has no time zone data; install the package tzdata")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise refusal("an IANA time zone such as Asia/Bangkok, America/Mexico_City or UTC") from None
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]

_FIRST_SNOWFLAKE, _AFTER_SNOWFLAKES = 10**16, 2**63
ChannelId = Annotated[WholeNumber, Field(ge=_FIRST_SNOWFLAKE, lt=_AFTER_SNOWFLAKES)]

_SERVER_NAME = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_USER_ID = re.compile(rf"@[a-z0-9._=/+-]+:{_SERVER_NAME}")
_ROOM_ID = re.compile(rf"!(?:[^\s:]+:{_SERVER_NAME}|[A-Za-z0-9_-]{{43}})")
GHOST_PREFIX = "_community_"
"""With what ghosts' accounts begin unless the operator says otherwise."""
_LONGEST_MATRIX_ID = 255  # bytes: Matrix specification, appendices, "Common identifier format"


def _user_id(value: str) -> str:
    if not _USER_ID.fullmatch(value) or len(value.encode()) > _LONGEST_MATRIX_ID:
        raise refusal("a full Matrix user id, in lower case, such as @community:example.org")
    return value


def _room_id(value: str) -> str:
    if value.startswith("#"):
        raise refusal(
            "the room id, which begins with “!”; an alias can be pointed at another room. "
            "In Element: room settings, Advanced, Internal room ID"
        )
    if not _ROOM_ID.fullmatch(value) or len(value.encode()) > _LONGEST_MATRIX_ID:
        raise refusal("a Matrix room id, such as !abcdefghij:example.org; in Element: room settings, Advanced")
    return value


MatrixUserId = Annotated[str, AfterValidator(_user_id)]
MatrixRoomId = Annotated[str, AfterValidator(_room_id)]


def _end_place(value: Any) -> str:
    """Take a channel id, a number or (from the environment) its digits, or a room id; both are kept as text."""
    if isinstance(value, str) and not value.isdecimal():
        return _room_id(value)
    number = int(value) if isinstance(value, str) else _not_yes_or_no(value)
    if not isinstance(number, int) or not _FIRST_SNOWFLAKE <= number < _AFTER_SNOWFLAKES:
        raise refusal("a channel id of 17 to 19 digits, or a room id such as !abcdefghij:example.org")
    return str(number)


EndPlace = Annotated[str, BeforeValidator(_end_place)]
"""Where an end is, on either platform."""

NETWORK_KEY_BYTES = 32
_FEWEST_DIFFERENT_BYTES = 16  # 32 random bytes have about 30 different ones; fewer than 16 never happens


def generate_network_key() -> str:
    """Make a network key: 32 random bytes in base64, ready to be written to ``secrets/network_key``."""
    return base64.b64encode(secrets.token_bytes(NETWORK_KEY_BYTES)).decode()


def decode_network_key(text: str) -> bytes:
    """Return the bytes of a network key; accepts both base64 alphabets, padded or not.

    Raises ``PydanticCustomError`` with advice when it is no base64, too short, or plainly not random.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        raw = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise refusal("base64 text; make one with: community-bot new-key > secrets/network_key") from None
    if len(raw) < NETWORK_KEY_BYTES or len(set(raw)) < _FEWEST_DIFFERENT_BYTES:
        raise refusal(
            "base64 of at least 32 random bytes; make one with: community-bot new-key > secrets/network_key"
        )
    return raw


def _network_key(value: SecretStr) -> SecretStr:
    decode_network_key(value.get_secret_value())
    return value


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text or any(character.isspace() for character in text):
        raise refusal("the token alone, without spaces, line breaks or a word such as “Bot” before it")
    return value


def _password(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise refusal("a password; it is empty")
    return value


NetworkKey = Annotated[SecretStr, AfterValidator(_network_key)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Password = Annotated[SecretStr, AfterValidator(_password)]
