"""Unlisted spaces on Discord: no role shows who belongs to them, and their facilitators can do what others can."""

from __future__ import annotations

import pytest

from community_bot.domain.account import Account
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access
from community_bot.locales import catalogues
from community_bot.services.effects import Effects
from community_bot.services.letting_in import entrust_now
from community_bot.services.one_by_one import OneByOne
from db.engine import Database
from tests.community_bot.services.test_building import Site


class Hidden(Site):
    """A site whose effects know the builders, as the running bot's do."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        one_by_one = OneByOne(self.town.network, {"discord": self.discord, "matrix": self.matrix})
        ports = {"discord": self.town.discord, "matrix": self.town.matrix}
        self.town.effects = Effects(self.town.network, ports, catalogues(), one_by_one=one_by_one)  # type: ignore[arg-type]

    async def hidden(self, access: Access = Access.UNLISTED) -> str:
        plan = await self.create(access=access)
        assert plan.space is not None
        await self.building.run_due()
        await self.town.run_effects()
        return plan.space.key

    def allowed(self, account: Account, room: str) -> str:
        return self.discord.named(room, "100").facets.get(f"access:person:{account.user_id}", "")


@pytest.fixture
def site(database: Database) -> Hidden:
    return Hidden(database)


async def test_who_facilitates_an_unlisted_space_can_do_in_each_channel_what_its_layout_says(site: Hidden) -> None:
    key = await site.hidden()
    fern = await site.facilitator()
    assert site.allowed(fern, "plaza") == "+pin +view +write"
    assert site.allowed(fern, "table") == "+pin +view +write"
    assert (await site.plan(key)).steps == 0


async def test_who_does_so_no_longer_loses_it_again(site: Hidden) -> None:
    key = await site.hidden()
    moss = await site.town.join("Moss")
    await site.town.entrust(moss, Role.FACILITATOR, key)
    row = await site.town.record(moss)
    await site.town.network.act(lambda unit: entrust_now(unit, row.id, key))
    await site.town.run_effects()
    assert site.allowed(moss, "table") == "+pin +view +write"

    def end(unit) -> None:  # type: ignore[no-untyped-def]
        unit.grants.end(row.id, Role.FACILITATOR, key)
        entrust_now(unit, row.id, key)

    await site.town.network.act(end)
    await site.town.run_effects()
    assert site.allowed(moss, "table") == ""
    assert (await site.plan(key)).steps == 0


async def test_where_a_role_does_it_nobody_gets_anything_alone(site: Hidden) -> None:
    await site.hidden(Access.OPEN)
    assert site.allowed(await site.facilitator(), "plaza") == ""
