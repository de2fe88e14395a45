"""Power levels (``m.room.power_levels``) as facets of a piece, and back. Pure.

What the specification assumes for a level that is not written is filled in, so that the same power has the same
facets however it is written down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from community_bot.domain.layout import Change

PARTICIPANT, FACILITATOR, NOBODY = 0, 50, 100
"""What people stand at. The bot stands at the last; in room version 12 it made the room and stands above it."""

LEVELS: Mapping[str, tuple[str, int]] = {
    "power:default": ("users_default", 0),
    "power:events": ("events_default", 0),
    "power:state": ("state_default", 50),
    "power:invite": ("invite", 0),
    "power:kick": ("kick", 50),
    "power:ban": ("ban", 50),
    "power:redact": ("redact", 50),
}
"""Facet to the name in the event and what it is when it is not written there."""
NOTIFY = "power:notify"
"""From which level on somebody may address the whole room (``@room``)."""
OF_EVENT, OF_PERSON = "power:event:", "power:person:"
OLD_VERSIONS = frozenset(str(number) for number in range(1, 12))
"""Room versions in which whoever made a room has a level like anybody else."""


def creators_in(create: Mapping[str, Any]) -> frozenset[str]:
    """Return who stands above all levels, from a whole ``m.room.create`` event (room version 12)."""
    content = create.get("content", {})
    if content.get("room_version", "1") in OLD_VERSIONS:
        return frozenset()
    more = content.get("additional_creators", [])
    return frozenset({str(create.get("sender")), *(str(each) for each in more)})


def level_in(content: Mapping[str, Any], user_id: str) -> int:
    """Return somebody's level as the room's levels have it."""
    return _number(content.get("users", {}).get(user_id), _number(content.get("users_default"), 0))


def level_for(content: Mapping[str, Any], kind: str) -> int:
    """Return which level a state event of a kind needs."""
    return _number(content.get("events", {}).get(kind), _number(content.get("state_default"), 50))


def power_facets(content: Mapping[str, Any], above: Collection[str]) -> dict[str, str]:
    """Return the facets of a room's levels; not of who is ``above`` them: the bot, and whoever made the room."""
    found = {facet: str(_number(content.get(name), default)) for facet, (name, default) in LEVELS.items()}
    found[NOTIFY] = str(_number(content.get("notifications", {}).get("room"), 50))
    for kind, level in content.get("events", {}).items():
        found[OF_EVENT + kind] = str(_number(level, 0))
    everybody = _number(content.get("users_default"), 0)
    for user_id, level in content.get("users", {}).items():
        if user_id not in above and _number(level, everybody) != everybody:
            found[OF_PERSON + user_id] = str(_number(level, everybody))
    return found


def with_power(content: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """Return a room's levels with these facets changed, and everything else as it was."""
    after = {**content, "events": dict(content.get("events", {})), "users": dict(content.get("users", {}))}
    for change in changes:
        facet, level = change.facet, change.after
        if facet in LEVELS:
            name, default = LEVELS[facet]
            after[name] = int(level or default)
        elif facet == NOTIFY:
            after["notifications"] = {**content.get("notifications", {}), "room": int(level or 50)}
        elif facet.startswith(OF_EVENT):
            _set(after["events"], facet.removeprefix(OF_EVENT), level)
        elif facet.startswith(OF_PERSON):
            _set(after["users"], facet.removeprefix(OF_PERSON), level)
    return after


def _set(levels: dict[str, int], name: str, level: str) -> None:
    if level:
        levels[name] = int(level)
    else:
        levels.pop(name, None)


def _number(value: object, default: int) -> int:
    """Read a level; before room version 10 it may be written as text."""
    try:
        return int(value)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError):
        return default
