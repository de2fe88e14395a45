"""A small network with learning spaces that the bot built, for the Growth Cycle, cohorts and experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from community_bot.domain.account import Account
from community_bot.domain.growth import Stage
from community_bot.domain.space_design import (
    Access,
    Audience,
    Liberty,
    RoomDesign,
    RoomKind,
    SpaceDesign,
)
from community_bot.domain.space_state import SpaceState
from community_bot.services.network import Unit
from db.engine import Database
from db.need_store import NeedStore
from db.topic_store import TopicStore
from tests.community_bot.services.small_network import SmallNetwork

STAGES = (
    Stage("listen", {"th": "รับฟัง", "en": "Listen", "es": "Escuchar"}),
    Stage("learn", {"th": "เรียนรู้", "en": "Learn", "es": "Aprender"}),
    Stage("pass-on", {"th": "ส่งต่อ", "en": "Pass on", "es": "Compartir"}),
)
HOME = "700000000000000001"


def design(title: str, access: Access = Access.OPEN) -> SpaceDesign:
    """Return a space of two rooms."""
    plaza = RoomDesign("plaza", RoomKind.TALK, {"en": "plaza"}, {"en": "Everybody"})
    back = RoomDesign("back", RoomKind.TALK, {"en": "back"}, {"en": "Facilitators"}, seen_by=Audience.FACILITATORS)
    return SpaceDesign(
        template="pilot",
        titles={"th": title, "en": title, "es": title},
        purposes={"en": "Learning"},
        access=access,
        rooms=(plaza, back),
        agreements={"en": "Be kind"},
        participants=frozenset({Liberty.WRITE}),
        facilitators=frozenset({Liberty.WRITE, Liberty.PIN}),
        pilot=True,
    )


class GrowingNetwork(SmallNetwork):
    """A small network with stages, in which spaces can be founded with one call."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.network = replace(self.network, rules=replace(self.network.rules, stages=STAGES))

    async def space(
        self,
        key: str,
        title: str,
        *,
        state: SpaceState = SpaceState.ACTIVE,
        access: Access = Access.OPEN,
        stage: str | None = "learn",
    ) -> str:
        """Found a space that stands on a Discord server, and return its key."""

        def work(unit: Unit) -> None:
            unit.layouts.add(
                key,
                design(title, access).packed(),
                state=state.value,
                access=access.value,
                vouchers=0,
                stage=stage,
                today=unit.today,
            )
            unit.layouts.settle(key, HOME, "discord", "th")
            unit.layouts.begin(key, HOME, "room.plaza", "room", unit.now)
            unit.layouts.made(key, HOME, "room.plaza", f"channel of {key}")

        await self.network.act(work)
        return key

    async def move(self, key: str, state: SpaceState) -> None:
        """Put a space into another state."""

        def work(unit: Unit) -> None:
            row = unit.layouts.get(key)
            assert row is not None
            unit.layouts.change(row, state=state.value)

        await self.network.act(work)

    async def enter(self, account: Account, *spaces: str) -> None:
        """Let somebody into spaces."""
        member = await self.record(account)

        def work(unit: Unit) -> None:
            for space in spaces:
                unit.spaces.join(member.id, space, unit.today, unit.keep_until)

        await self.network.act(work)

    async def spaces_of(self, account: Account) -> list[str]:
        """Return the spaces somebody is in."""
        member = await self.record(account)
        return [key for key, _ in await self.network.look(lambda unit: unit.spaces.of(member.id))]

    async def chosen_topic(self, scope: str, title: str, *, by: str = "vote") -> str:
        """Have a topic chosen for a space; return its id."""
        someone = await self.record(await self.join(f"Proposer {next(self._numbers)}"))

        def work(unit: Unit) -> str:
            topics = TopicStore(unit.connection, unit.keys)
            row = topics.add(
                scope,
                title,
                skill="listening",
                language="en",
                need_id=None,
                proposer=someone.id,
                today=unit.today,
                purge_after=unit.keep_until,
            )
            topics.decide(row, "chosen", by=by, reason=None, today=unit.today, purge_after=unit.keep_until)
            return row.id

        return await self.network.act(work)

    async def need(self, scope: str, text: str, supporters: Sequence[Account] = ()) -> None:
        """Have a need voiced, once and by each supporter."""
        members = [(await self.record(each)).id for each in supporters]

        def work(unit: Unit) -> None:
            needs = NeedStore(unit.connection, unit.keys)
            row = needs.add(scope, text, "en", unit.today, unit.keep_until)
            for member in members:
                needs.support(row.id, member, unit.keep_until)

        await self.network.act(work)

    async def effects(self, kind: str) -> list[dict[str, str]]:
        """Return what is to be done of a kind: its details and words together."""
        due = await self.network.look(lambda unit: unit.outbox.due(unit.now, 1000))
        return [{**each.details, **each.words} for each in due if each.kind == kind]
