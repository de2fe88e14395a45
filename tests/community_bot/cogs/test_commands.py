"""Slash commands and menus: names in each language, options, suggestions, private answers."""

from __future__ import annotations

import pytest

from community_bot.domain.account import Account
from sandbox.discord import SetupError, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.community_bot.cogs.conftest import Run, Running
from tests.community_bot.cogs.garden import TEXTS, Garden

pytestmark = pytest.mark.network


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("th", "ปลูก bean แล้ว"),
        ("en-GB", "bean is planted."),
        ("es-419", "Plantaste bean."),
        ("es-ES", "Plantaste bean."),
        ("pl", "Plantaste bean."),
    ],
)
async def test_a_command_is_answered_in_private_in_the_language_of_the_app_or_else_of_the_home(
    running: Running, lobby: SimChannel, mali: SimMember, locale: str, said: str
) -> None:
    answer = await mali.with_locale(locale).slash(lobby, "garden plant", seed="bean")
    assert (answer.content, answer.ephemeral) == (said, True)
    assert lobby.messages() == [], "nobody else sees it"


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("th", {"สวน ปลูก", "เริ่มต้น", "ทักทาย"}),
        ("en-US", {"garden plant", "start", "Say hello"}),
        ("es-419", {"jardín plantar", "inicio", "Saludar"}),
        ("es-ES", {"jardín plantar", "inicio", "Saludar"}),
    ],
)
async def test_commands_and_menus_are_offered_in_each_language(
    running: Running, lobby: SimChannel, mali: SimMember, locale: str, shown: set[str]
) -> None:
    assert shown <= {offered.shown for offered in mali.with_locale(locale).commands(lobby)}


async def test_options_arrive_under_their_own_names_with_their_own_kinds(
    running: Running, garden: Garden, lobby: SimChannel, guild: SimGuild, mali: SimMember
) -> None:
    friend = guild.add_member("ploy")
    await mali.slash(lobby, "garden plant", seed="chili", bed="shady", row=3, friend=friend)
    [(request, given)] = garden.seen
    assert given == {"seed": "chili", "bed": "shady", "row": 3, "friend": Account("discord", str(friend.id))}
    assert request.incoming.account == Account("discord", str(mali.id))
    assert request.incoming.names == ("Mali", "mali")
    assert (request.incoming.home, request.incoming.private) == (str(guild.id), False)
    assert (request.incoming.client_language, request.incoming.room_language) == ("th", "es")


async def test_values_are_suggested_while_somebody_types(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    found = await mali.suggestions(lobby, "garden plant", "seed", "b")
    assert [(choice["name"], choice["value"]) for choice in found] == [("bean th", "bean"), ("basil th", "basil")]


async def test_the_menu_of_a_person_hands_that_person_in(
    running: Running, garden: Garden, lobby: SimChannel, guild: SimGuild, mali: SimMember
) -> None:
    friend = guild.add_member("ploy")
    answer = await mali.point_at(lobby, friend, "Say hello")
    assert (answer.content, answer.ephemeral) == ("ทักแล้ว", True)
    assert garden.seen[0][1] == {"who": Account("discord", str(friend.id))}


async def test_who_lacks_the_power_gets_the_sentence_of_the_refusal(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    assert (await mali.slash(lobby, "garden fence")).content == "ต้องเข้าร่วมก่อน"


async def test_what_is_for_offices_is_not_offered_to_everyone(
    running: Running, lobby: SimChannel, guild: SimGuild, mali: SimMember
) -> None:
    assert "admin fence" not in {offered.name for offered in mali.commands(lobby)}
    assert "admin fence" in {offered.name for offered in guild.owner.commands(lobby)}


async def test_in_private_only_what_belongs_there_is_offered(
    running: Running, garden: Garden, mali: SimMember
) -> None:
    private = mali.private_channel()
    form = (await mali.slash(private, "start")).form
    assert form is not None
    [(request, _)] = garden.seen
    assert (request.incoming.home, request.incoming.private) == (None, True)
    with pytest.raises(SetupError):
        await mali.slash(private, "garden plant", seed="bean")


async def test_what_breaks_is_answered_with_a_reference_and_nothing_else(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    answer = await mali.slash(lobby, "garden break")
    assert answer.content.startswith("ผิดที่เรา ")
    assert "spade" not in answer.content


async def test_commands_are_handed_in_once_and_again_only_when_they_differ(
    sim: SimulatedDiscord, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handed_in() -> int:
        return sum(request.method == "PUT" and request.path.endswith("/commands") for request in sim.requests)

    async with run():
        assert handed_in() == 1
    async with run():
        assert handed_in() == 1, "nothing has changed"
    monkeypatch.setitem(TEXTS, "menu.greet.name", {"th": "สวัสดี", "en": "Say hello", "es": "Saludar"})
    async with run():
        assert handed_in() == 2, "a translation has"


async def test_a_command_is_spelled_as_it_is_typed_in_each_language(running: Running) -> None:
    spell = running.port.spell
    assert spell("garden plant", "th") == "/สวน ปลูก"
    assert spell("garden plant", "en") == "/garden plant"
    assert spell("garden plant", "es") == "/jardín plantar"
    assert spell("garden dig", "en") == "/garden dig"
