"""How the network is: in numbers that belong to nobody, for those who look after it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from community_bot.domain.roles import Role
from community_bot.services.network import Unit
from db.engine import Database
from db.tables import audit_entry
from tests.community_bot.people import Town, refused


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.mark.parametrize("role", [None, Role.HOST, Role.FACILITATOR, Role.MODERATOR, Role.SAFETY_LEAD])
async def test_only_who_looks_after_the_network_sees_it(town: Town, role: Role | None) -> None:
    nok = await town.join("Heron", role=role)
    await refused("authority.lacks", lambda: town.health.look(nok))
    await refused("authority.lacks", lambda: town.health.audit(nok))
    await refused("authority.not_member", lambda: town.health.look(town.stranger()))


async def test_fewer_than_five_people_are_not_told_apart(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    for _ in range(3):
        await town.arrivals.arrived(town.stranger(), "home")
    for number in range(4):
        await town.join(f"Heron {number}")
    found = await town.health.look(admin)
    assert found.way_in == {"arrived": None, "consented": 5, "active": 5}


async def test_the_way_in_is_counted_over_four_weeks(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await town.entrust(admin, Role.NETWORK_ADMIN, days=100)
    for _ in range(5):
        await town.arrivals.arrived(town.stranger(), "home")
    town.clock.pass_by(days=27)
    assert (await town.health.look(admin)).way_in["arrived"] == 5
    town.clock.pass_by(days=15)
    assert "arrived" not in (await town.health.look(admin)).way_in


async def test_what_failed_and_what_was_removed_is_shown_by_code(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)

    def work(unit: Unit) -> None:
        unit.outbox.add("take_back", {"platform": "discord", "place": "500", "ref": "7"}, now=unit.now)
        unit.outbox.failed(unit.outbox.due(unit.now)[0].id, "discord.forbidden")
        unit.ledger.count("removed", "arrival", unit.today, 3)

    await town.network.act(work)
    found = await town.health.look(admin)
    assert found.failed == {"discord.forbidden": 1}
    assert found.removed == {"arrival": 3}


async def test_an_audit_that_was_changed_is_noticed(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    assert (await town.health.look(admin)).audit_is_whole
    await town.network.act(
        lambda unit: unit.connection.execute(update(audit_entry).values(actor_role="nobody at all"))
    )
    assert not (await town.health.look(admin)).audit_is_whole


async def test_the_audit_names_roles_and_never_people(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await town.join("Heron")
    await town.roles.grant(admin, "Heron", Role.HOST, "garden", None)
    entries = await town.health.audit(admin)
    assert entries[0][1:] == ("network_admin", "role.granted", "member", "host")
    assert not any(name in str(entries) for name in ("Admina", "Heron", admin.user_id))
