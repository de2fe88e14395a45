"""The words of welcome are written by those who welcome, in their space, and call nobody."""

from __future__ import annotations

import pytest

from community_bot.domain.roles import NETWORK, Role
from community_bot.services.welcome import LONGEST
from db.engine import Database
from tests.community_bot.people import Town, refused


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def test_words_are_written_read_and_taken_back(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR)
    assert await town.welcome.write(fern, NETWORK, "th", "  ยินดีต้อนรับ  ") is None
    assert await town.welcome.read(fern, NETWORK, "th") == "ยินดีต้อนรับ"
    assert await town.welcome.read(fern, NETWORK, "en") is None
    assert await town.welcome.write(fern, NETWORK, "th", "สวัสดี") == "ยินดีต้อนรับ"
    assert await town.welcome.write(fern, NETWORK, "th", " \n") == "สวัสดี"
    assert await town.welcome.read(fern, NETWORK, "th") is None


async def test_a_facilitator_of_one_space_writes_there_only(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="garden")
    await town.welcome.write(fern, "garden", "en", "Hello")
    for scope in (NETWORK, "radio"):
        await refused("authority.lacks", lambda scope=scope: town.welcome.write(fern, scope, "en", "Hello"))  # type: ignore[misc]
        await refused("authority.lacks", lambda scope=scope: town.welcome.read(fern, scope, "en"))  # type: ignore[misc]


async def test_members_and_strangers_write_nothing(town: Town) -> None:
    nok = await town.join("Heron", role=Role.HOST)
    await refused("authority.lacks", lambda: town.welcome.write(nok, NETWORK, "en", "Hello"))
    await refused("authority.not_member", lambda: town.welcome.write(town.stranger(), NETWORK, "en", "Hello"))
    assert "welcome_wording" not in await town.rows()


@pytest.mark.parametrize(
    ("scope", "wording", "code"),
    [
        ("nowhere", "Hello", "space.unknown"),
        (NETWORK, "x" * (LONGEST + 1), "welcome.too_long"),
        (NETWORK, "Hello @everyone", "welcome.pings"),
        (NETWORK, "Hello @here", "welcome.pings"),
        (NETWORK, "Hello @room", "welcome.pings"),
    ],
)
async def test_what_cannot_be_a_welcome_is_refused_and_the_words_stay(
    town: Town, scope: str, wording: str, code: str
) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR)
    await town.welcome.write(fern, NETWORK, "en", "Hello")
    await refused(code, lambda: town.welcome.write(fern, scope, "en", wording))
    assert await town.welcome.read(fern, NETWORK, "en") == "Hello"


async def test_what_was_written_is_in_the_audit_by_role_and_language_without_the_words(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR)
    await town.welcome.write(fern, NETWORK, "es", "Hola")
    newest = (await town.network.look(lambda unit: unit.ledger.audit()))[0]
    assert newest[1:] == ("facilitator", "welcome.edited", "wording", "es")
