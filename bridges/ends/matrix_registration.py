"""What a homeserver is told of the bot as an application service, and by which names its ghosts are known.

The homeserver reads this from a file its operator gives it (application-service API, "Registration").
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

SERVICE_ID = "community-bot"
"""What a homeserver calls the service; the same for good, as it keeps its place in what it pushes under it."""
OPAQUE = re.compile(r"[0-9a-z]{8,64}")
"""What stands behind the prefix in a ghost's name: a keyed digest, which says nothing to who has not the key."""
LONGEST_USER_ID = 255


def new_token() -> str:
    """Make a token as good as a key: 32 random bytes, in letters that need no escaping anywhere."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class GhostNames:
    """The accounts that are ours by their name: known before anything is said, so that no echo crosses back.

    ``prefix`` begins the local part; ``server`` is the homeserver's name, as in user ids.
    """

    prefix: str
    server: str

    def user_of(self, opaque: str) -> str:
        """Return a ghost's account. Raises ``ValueError`` for what is no digest, or a name that is too long."""
        user = f"@{self.prefix}{opaque}:{self.server}"
        if OPAQUE.fullmatch(opaque) is None or len(user) > LONGEST_USER_ID:
            raise ValueError("a ghost is named by a short digest in lower-case letters and digits")
        return user

    def opaque_of(self, user: str) -> str | None:
        """Return the digest in a ghost's name, None for an account that is no ghost of ours."""
        begins, ends = f"@{self.prefix}", f":{self.server}"
        if not (user.startswith(begins) and user.endswith(ends) and len(user) > len(begins) + len(ends)):
            return None
        opaque = user[len(begins) : -len(ends)]
        return opaque if OPAQUE.fullmatch(opaque) else None

    def is_ours(self, user: str) -> bool:
        """Say whether an account is a ghost of ours."""
        return self.opaque_of(user) is not None

    @property
    def keeper(self) -> str:
        """The local part of the service's own account, too short for a ghost's. It is in no room, says nothing."""
        return f"{self.prefix}keeper"

    @property
    def pattern(self) -> str:
        """The regular expression of the namespace; closed at its end, or another server's could begin like ours."""
        return f"@{re.escape(self.prefix)}[0-9a-z]+:{re.escape(self.server)}$"


@dataclass(frozen=True, slots=True)
class Registration:
    """The service as its homeserver knows it. ``bot`` is the bot's own account, with a login of its own.

    ``url`` is where the homeserver reaches the bot, None when it is to push nothing. The bot is not the service's
    own account, which Synapse does not let sync; it is named beside the ghosts, so that the service hears its rooms
    and can act for it.
    """

    url: str | None
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    bot: str
    names: GhostNames
    typing: bool = False
    """Whether who types is told as well. Read marks come along with that, many more than there are words."""

    def content(self) -> dict[str, Any]:
        """Return what the file says, as plain values."""
        return {
            "id": SERVICE_ID,
            "url": self.url,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": self.names.keeper,
            # the ghosts share one service: with a limit each the busiest evening would be the slowest
            "rate_limited": False,
            # the second name is for a homeserver from before the first was settled
            "receive_ephemeral": self.typing,
            "de.sorunome.msc2409.push_ephemeral": self.typing,
            "namespaces": {
                "users": [
                    {"exclusive": True, "regex": self.names.pattern},
                    {"exclusive": False, "regex": f"{re.escape(self.bot)}$"},
                ],
                "aliases": [],
                "rooms": [],
            },
        }

    def yaml(self) -> str:
        """Return the file. Its values are written as JSON, which YAML contains, so no name can break out."""
        lines = [
            "# Tells the homeserver of the community bot as an application service.",
            "# Whoever reads this can speak as the bot and as each of its ghosts: only the homeserver is to.",
        ]
        lines += [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in self.content().items()]
        return "\n".join(lines) + "\n"
