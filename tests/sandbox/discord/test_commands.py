"""Commands in several languages: registered at once, offered, suggested, run, and refused where they are wrong."""

from typing import Any

import pytest

from sandbox.discord import SetupError, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.greeter import Greeter
from tests.sandbox.discord.support import Rest

pytestmark = pytest.mark.network


async def test_each_person_is_offered_the_commands_in_their_language(
    sim: SimulatedDiscord, greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    assert [record.method for record in sim.requests if "/commands" in record.path] == ["PUT"], "all in one request"
    wanted = {"me language", "Say hello"}

    def offered(person: SimMember) -> list[tuple[str, str, str, str]]:
        found = person.commands(lobby)
        return [(one.name, one.shown, one.description, one.kind) for one in found if one.name in wanted]

    assert offered(mali) == [
        ("me language", "ฉัน ภาษา", "เลือกภาษา", "typed"),
        ("Say hello", "ทักทาย", "", "person"),
    ]
    ana = guild.add_member("ana", locale="es-419")
    assert offered(ana)[0] == ("me language", "yo idioma", "Elige un idioma", "typed"), "es-ES stands in"
    assert offered(guild.add_member("jo"))[0][1:3] == ("me language", "Choose a language")


async def test_a_subcommand_is_run_with_a_choice_and_a_suggestion(
    greeter: Greeter, lobby: SimChannel, mali: SimMember
) -> None:
    suggested = await mali.suggestions(lobby, "me language", "dialect", "north", tongue="th")
    assert [item["name"] for item in suggested] == ["northern th"]
    answer = await mali.slash(lobby, "me language", tongue="th", dialect=suggested[0]["value"])
    assert answer.content == "th northern th"
    with pytest.raises(SetupError):
        await mali.slash(lobby, "me language", tongue="Klingon")
    in_english = await mali.with_locale("en-US").slash(lobby, "me language", tongue="es")
    assert in_english.content == "es any en-US"


async def test_a_command_is_found_in_the_menu_of_a_person(
    greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    jo = guild.add_member("jo")
    answer = await mali.point_at(lobby, jo, "Say hello")
    assert (answer.content, answer.ephemeral) == ("mali greets jo", True)
    assert lobby.messages(jo) == [], "not even jo sees it"


def _typed(name: str = "plant", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": 1, "description": "Plant something", **more}


def _text(name: str, *, required: bool = False) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "Words", "required": required}


def _wordy(number: int) -> dict[str, Any]:
    choices = [{"name": "n" * 100, "value": "v" * 99 + str(which)} for which in range(2)]
    return {**_text(f"option{number}"), "choices": choices}


@pytest.mark.parametrize(
    ("commands", "where", "code"),
    [
        ([_typed("Plant")], ("0", "name"), "APPLICATION_COMMAND_INVALID_NAME"),
        ([_typed("plant it")], ("0", "name"), "APPLICATION_COMMAND_INVALID_NAME"),
        ([_typed(name_localizations={"es-ES": "Sembrar"})], ("0", "name_localizations", "es-ES"), None),
        ([_typed(name_localizations={"es": "sembrar"})], ("0", "name_localizations", "es"), "BASE_TYPE_CHOICES"),
        ([_typed(name_localizations={"th": "ก" * 33})], ("0", "name_localizations", "th"), "BASE_TYPE_BAD_LENGTH"),
        ([_typed(description="")], ("0", "description"), "BASE_TYPE_BAD_LENGTH"),
        ([_typed(), _typed()], ("1",), "APPLICATION_COMMANDS_DUPLICATE_NAME"),
        ([_typed(options=[_text("a"), _text("b", required=True)])], ("0", "options", "1"), None),
        ([_typed(options=[_text("a"), _text("a")])], ("0", "options"), None),
        ([_typed(options=[_text(f"o{n}") for n in range(26)])], ("0", "options"), "BASE_TYPE_MAX_LENGTH"),
        (
            [_typed(options=[{**_text("a"), "choices": [{"name": "", "value": "x"}]}])],
            ("0", "options", "0", "choices", "0", "name"),
            "BASE_TYPE_BAD_LENGTH",
        ),
        ([_typed(options=[_wordy(number) for number in range(25)])], ("0",), "APPLICATION_COMMAND_TOO_LARGE"),
    ],
)
async def test_a_command_discord_would_refuse_is_refused(
    sim: SimulatedDiscord, rest: Rest, commands: list[dict[str, Any]], where: tuple[str, ...], code: str | None
) -> None:
    refused = await rest.ask("PUT", f"/applications/{sim.application_id}/commands", commands)
    assert (refused.status, refused.body["code"]) == (400, 50035)
    error = refused.body["errors"]
    for part in where:
        error = error[part]
    assert code in (None, error["_errors"][0]["code"])


async def test_names_of_every_script_are_taken(sim: SimulatedDiscord, rest: Rest) -> None:
    names = {"th": "เรียนรู้", "es-ES": "año", "es-419": "enseñar", "hi": "सीखना", "ja": "学ぶ"}
    body = [_typed(name_localizations=names), {"name": "Say Hello!", "type": 2}]
    assert (await rest.ask("PUT", f"/applications/{sim.application_id}/commands", body)).status == 200
