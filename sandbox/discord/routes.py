"""Read a request's path as Discord does: its route, and the major parameter its rate limit counts by."""

import re
from dataclasses import dataclass

INTERACTION_CALLBACK = "/interactions/{id}/{token}/callback"

_PREFIX = re.compile(r"/api(?:/v(?:9|10))?(?=/)")
_MAJOR = frozenset({"channels", "guilds", "webhooks"})
_ID = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Route:
    """Name a route by its method and template, as in ``PATCH /channels/{id}/messages/{id}``.

    ``path`` keeps its quoting and has no ``/api/v10``; ``major`` is the channel, guild or webhook (with its
    token) that owns the rate-limit bucket, or an empty string.
    """

    method: str
    path: str
    template: str
    major: str

    @property
    def ids(self) -> list[int]:
        """Return the ids in the path, in order."""
        return [int(part) for part in self.path.split("/") if _ID.fullmatch(part)]

    @property
    def token(self) -> str | None:
        """Return the webhook or interaction token in the path, where the route has one."""
        if "{token}" not in self.template:
            return None
        return self.path.split("/")[3]


def strip_api(raw_path: str) -> str | None:
    """Return the path after ``/api``, ``/api/v9`` or ``/api/v10``; None where it is no API path."""
    prefix = _PREFIX.match(raw_path)
    return raw_path[prefix.end() :].rstrip("/") if prefix else None


def read_route(method: str, path: str) -> Route:
    """Find the template and the major parameter of a path without ``/api/v10``."""
    parts = path.split("/")[1:]
    named: list[str] = []
    for index, part in enumerate(parts):
        before = parts[index - 1] if index else ""
        if index == 2 and parts[0] in {"webhooks", "interactions"}:
            named.append("{token}")
        elif before == "reactions":
            named.append("{emoji}")
        elif before == "invites":
            named.append("{code}")
        else:
            named.append("{id}" if _ID.fullmatch(part) else part)
    major = ""
    if len(parts) > 1 and parts[0] in _MAJOR:
        major = "/".join(parts[1:3] if parts[0] == "webhooks" else parts[1:2])
    return Route(method, path, "/" + "/".join(named), major)
