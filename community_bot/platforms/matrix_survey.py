"""What stands in a Matrix room, read from its whole state in the terms of the layout. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from community_bot.platforms.matrix_cards import shown_in
from community_bot.platforms.matrix_layout import YES
from community_bot.platforms.matrix_power import creators_in, level_for, level_in, power_facets

POST = "community_bot.post"
"""Content key of what we pinned: which piece it is, and its text as it was written."""
NEEDED = (
    "m.room.name",
    "m.room.topic",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.power_levels",
    "m.room.pinned_events",
    "m.space.child",
)
HERE = ("join", "invite", "knock")


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room's state, by type and key."""

    events: Mapping[tuple[str, str], Mapping[str, Any]]
    own: str
    """The bot's account."""

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]], own: str) -> RoomState:
        """Take in what the homeserver lists."""
        return cls({(str(each["type"]), str(each.get("state_key", ""))): each for each in events}, own)

    def content(self, kind: str, key: str = "") -> Mapping[str, Any]:
        """Return the content of a piece of state; empty when there is none."""
        content = self.events.get((kind, key), {}).get("content")
        return content if isinstance(content, dict) else {}

    @property
    def levels(self) -> Mapping[str, Any]:
        return self.content("m.room.power_levels")

    @property
    def creators(self) -> frozenset[str]:
        """Return who stands above all levels."""
        return creators_in(self.events.get(("m.room.create", ""), {}))

    @property
    def pinned(self) -> tuple[str, ...]:
        return tuple(str(each) for each in self.content("m.room.pinned_events").get("pinned", []))

    @property
    def joined(self) -> bool:
        """Say whether we are in it."""
        return self.membership(self.own) == "join"

    def membership(self, user_id: str) -> str | None:
        return self.content("m.room.member", user_id).get("membership")

    def level(self, user_id: str) -> float:
        """Return somebody's power level; whoever stands above all of them has an infinite one."""
        return math.inf if user_id in self.creators else level_in(self.levels, user_id)

    def others(self) -> dict[str, str]:
        """Return who else is in the room, invited, or asks to be let in, with which of these."""
        people = {key: self.membership(key) for kind, key in self.events if kind == "m.room.member"}
        return {who: how for who, how in people.items() if how in HERE and who != self.own}

    def children(self) -> dict[str, str]:
        """Return what a space lists: room to facet ``listed``."""
        found = {key: self.content("m.space.child", key) for kind, key in self.events if kind == "m.space.child"}
        return {room: value for room, content in found.items() if (value := listed_facet(content))}

    def facets(self, container: str | None) -> dict[str, str]:
        """Return the room's facets, but for ``listed``; ``container`` is our space, if it stands."""
        found = {
            "name": str(self.content("m.room.name").get("name") or ""),
            "topic": str(self.content("m.room.topic").get("topic") or ""),
            "join_rule": join_rule_facet(self.content("m.room.join_rules"), container),
            "history": str(self.content("m.room.history_visibility").get("history_visibility", "shared")),
            **power_facets(self.levels, {self.own, *self.creators}),
        }
        # only told where it is not as it should be: no guests, not encrypted
        if self.content("m.room.guest_access").get("guest_access") == "can_join":
            found["guests"] = "can_join"
        if ("m.room.encryption", "") in self.events:
            found["encrypted"] = YES
        return {name: value for name, value in found.items() if value}

    def lacking(self) -> set[str]:
        """Return what we need power for and have none, by Matrix's own names."""
        own = self.level(self.own)
        found = {kind for kind in NEEDED if level_for(self.levels, kind) > own}
        needs = {name: self.levels.get(name, 50) for name in ("invite", "kick", "redact")}
        found |= {name for name, level in needs.items() if int(level) > own}
        if any(self.level(person) >= own for person in self.levels.get("users", {}) if person != self.own):
            # nobody may lower somebody who stands as high as oneself
            found.add("m.room.power_levels")
        return found

    def may_return(self, joined: Collection[str]) -> bool:
        """Say whether we can come back into a room we left; ``joined`` are spaces that we are in.

        A restricted room takes us back if somebody of our homeserver, who may invite, is in it (room version 8).
        """
        rule = self.content("m.room.join_rules")
        if self.membership(self.own) == "ban":
            return False
        if self.membership(self.own) == "invite" or rule.get("join_rule") == "public":
            return True
        if rule.get("join_rule") != "restricted" or not set(_allowed(rule)) & set(joined):
            return False
        server = self.own.partition(":")[2]
        least = int(self.levels.get("invite", 0))
        return any(
            how == "join" and who.endswith(f":{server}") and self.level(who) >= least
            for who, how in self.others().items()
        )


def post_facets(event: Mapping[str, Any], pinned: Collection[str]) -> dict[str, str] | None:
    """Return the facets of something we pinned; None when it was taken back."""
    shown = shown_in(event)
    if not shown:
        return None
    post = shown.get(POST)
    text = post.get("text") if isinstance(post, dict) else shown.get("body")
    return {"text": str(text), **({"pinned": YES} if event["event_id"] in pinned else {})}


def join_rule_facet(content: Mapping[str, Any], container: str | None) -> str:
    """Return a room's rule; where it opens to other spaces than ours, or more, these are named behind a colon."""
    rule = str(content.get("join_rule", "invite"))
    allowed = _allowed(content)
    if "restricted" not in rule or allowed == ([] if container is None else [container]):
        return rule
    return f"{rule}:{','.join(allowed)}"


def join_rule_content(facet: str, container: str | None) -> dict[str, Any]:
    """Return the content for a facet, the way back from :func:`join_rule_facet`."""
    rule, _, named = facet.partition(":")
    if "restricted" not in rule:
        return {"join_rule": rule or "invite"}
    rooms = named.split(",") if named else ([] if container is None else [container])
    return {"join_rule": rule, "allow": [{"type": "m.room_membership", "room_id": room} for room in rooms]}


def _allowed(content: Mapping[str, Any]) -> list[str]:
    allow = content.get("allow", [])
    return sorted(str(each.get("room_id")) for each in allow if isinstance(each, dict) and "room_id" in each)


def listed_facet(content: Mapping[str, Any]) -> str:
    """Return the facet of an ``m.space.child``: its place in the order, and whether it is suggested."""
    if not content.get("via"):
        return ""
    return " ".join(filter(None, (content.get("order") or YES, "suggested" if content.get("suggested") else "")))


def listed_content(facet: str, server: str) -> dict[str, Any]:
    """Return the content of ``m.space.child`` for a facet; empty, which is not listed, for none."""
    if not facet:
        return {}
    words = facet.split()
    content: dict[str, Any] = {"via": [server]}
    order = next((word for word in words if word not in ("suggested", YES)), None)
    if order is not None:
        content["order"] = order
    if "suggested" in words:
        content["suggested"] = True
    return content
