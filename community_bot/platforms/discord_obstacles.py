"""What would keep steps from being carried out on a Discord server, known before anything is done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from community_bot.domain.layout import Act, PieceKind, Step
from community_bot.platforms.builder import Obstacle, Survey
from community_bot.platforms.discord_access import permissions_in
from community_bot.platforms.discord_names import FORBIDDEN, LONGEST_NAME
from community_bot.platforms.discord_server import HIGHER_ROLE, HOME_GONE

MOST_CHANNELS: Final = 500
MOST_IN_CATEGORY: Final = 50
MOST_ROLES: Final = 250
"""What a server holds, categories and @everyone counted (resources/guild.mdx; errors 30013, 50035 and 30005)."""


def obstacles_of(survey: Survey, steps: Sequence[Step]) -> tuple[Obstacle, ...]:
    """Return what stands in the way of these steps, each thing once; what concerns the whole server first."""
    if not steps:
        return ()
    if HOME_GONE in survey.lacking:
        return (Obstacle("home"),)
    return (*_lost(survey, steps), *_permissions(survey, steps), *_limits(survey, steps), *_names(steps))


def needed_for(step: Step) -> frozenset[str]:
    """Return the permissions that a step takes, by Discord's names.

    Nobody can give or deny to others in a channel what they may not do themselves on the server.
    """
    if step.kind is PieceKind.POST:
        names = {"view_channel", "read_message_history"}
        if step.act is not Act.REMOVE:
            names.add("send_messages")
        if any(each.facet == "pinned" for each in step.changes) and step.act is not Act.REMOVE:
            names.add("pin_messages")
        return frozenset(names)
    if step.kind is PieceKind.ROLE:
        return frozenset({"manage_roles"})
    names = {"view_channel", "manage_channels"}
    for facet, words in step.after.items():
        if facet.startswith("access:") and step.act is not Act.REMOVE:
            names |= {"manage_roles", *permissions_in(words)}
    return frozenset(names)


def _lost(survey: Survey, steps: Sequence[Step]) -> Iterator[Obstacle]:
    touched = {key for step in steps for key in (step.key, step.within) if key is not None}
    # a new channel in a category that we cannot change would still be ours: what counts is what is in the room
    for key in sorted(survey.lost & touched):
        if not key.startswith("post."):
            yield Obstacle("lost", {"piece": key})


def _permissions(survey: Survey, steps: Sequence[Step]) -> Iterator[Obstacle]:
    needed = {name for step in steps for name in needed_for(step)}
    if any(step.kind is PieceKind.ROLE and step.act is not Act.MAKE for step in steps):
        needed.add(HIGHER_ROLE)
    for name in sorted(needed & survey.lacking):
        yield Obstacle("permission", {"permission": name})


def _limits(survey: Survey, steps: Sequence[Step]) -> Iterator[Obstacle]:
    made = [step.kind for step in steps if step.act is Act.MAKE]
    moved = sum(step.act is Act.CHANGE and "moved" in step.after for step in steps)
    rooms, containers = made.count(PieceKind.ROOM), made.count(PieceKind.CONTAINER)
    # rooms that come into a new category find it empty
    inside = 0 if containers else survey.used.get("category", 0)
    for code, used, needed, most in (
        ("channels", survey.used.get("channels", 0), rooms + containers, MOST_CHANNELS),
        ("category", inside, rooms + moved, MOST_IN_CATEGORY),
        ("roles", survey.used.get("roles", 0), made.count(PieceKind.ROLE), MOST_ROLES),
    ):
        if needed and used + needed > most:
            yield Obstacle(code, {"used": str(used), "needed": str(needed), "most": str(most)})


def _names(steps: Sequence[Step]) -> Iterator[Obstacle]:
    for step in steps:
        renames = any(each.facet == "name" for each in step.changes)
        if step.act is Act.REMOVE or step.kind is PieceKind.POST or not (renames or step.act is Act.MAKE):
            continue
        name = step.after.get("name", "")
        called = step.kind is not PieceKind.ROOM and name.casefold() in FORBIDDEN
        if not name or len(name) > LONGEST_NAME or called:
            yield Obstacle("name", {"piece": step.key, "name": name})
