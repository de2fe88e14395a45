"""What people read and press around organisations, in every language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from community_bot.commands.organisations import OrganisationCommands
from community_bot.commands.request import Request
from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.regions import CountryPack, Region
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.services.organisations import Organisations
from community_bot.services.stewardship import Stewardship
from db.engine import Database
from tests.community_bot.services.small_network import SmallNetwork, request_in, said_in_every_language

NORTH = Region("TH-north", None, {"th": "ภาคเหนือ", "en": "The North", "es": "El Norte"})
PACK = CountryPack("th", ("th",), "buddhist", "Asia/Bangkok", "th", (NORTH,))


class Face:
    """Somebody who uses the commands in one language."""

    def __init__(self, database: Database, language: Language) -> None:
        self.small = SmallNetwork(database)
        self.small.network = replace(self.small.network, rules=replace(self.small.network.rules, country_pack=PACK))
        self.language = language
        self.commands = OrganisationCommands(
            Organisations(self.small.network), Stewardship(self.small.network), PACK
        )

    def of(self, account: Account) -> Request:
        return request_in(self.language, account)


@pytest.fixture(params=LANGUAGES)
def face(request: pytest.FixtureRequest, sqlite_database: Database) -> Face:
    return Face(sqlite_database, request.param)


async def test_from_registering_to_closing_every_step_is_answered(face: Face) -> None:
    fern, moss = await face.small.join("Fern"), await face.small.join("Moss")
    commands = face.commands
    assert "/org register" in (await commands.show(face.of(fern))).text
    registered = await commands.register(face.of(fern), "River Circle", "network", "The North")
    assert "River Circle" in registered.text
    assert (await commands.invite(face.of(fern), "Moss")).text
    asked = await commands.confirm(face.of(moss))
    assert [(each.action, each.weight) for each in asked.buttons] == [
        ("organisation.confirm", "main"),
        ("organisation.decline", "plain"),
    ]
    assert [each.value for each in await commands.offered_titles(face.of(moss), "riv")] == ["River Circle"]
    confirmed = await commands.confirm_button(face.of(moss), asked.buttons[0].argument)
    assert confirmed.replaces
    assert "/org leave" in confirmed.text
    own = (await commands.show(face.of(fern))).text
    assert NORTH.title(face.language) in own
    listed = (await commands.list(face.of(face.small.stranger()))).text
    assert "River" not in listed
    assert "River Circle" in (await commands.list(face.of(moss))).text
    assert (await commands.stewards(face.of(fern), "add", "Moss")).text
    # what stands after stepping down on Matrix is the organisation
    assert (await commands.stewards(face.of(fern), "down", "River Circle")).text
    assert (await commands.visibility(face.of(moss), "hidden")).text
    closing = await commands.close(face.of(moss))
    assert [each.weight for each in closing.buttons] == ["danger"]
    assert (await commands.close_button(face.of(moss), closing.buttons[0].argument)).replaces
    assert "River" not in (await commands.show(face.of(fern))).text


async def test_declining_leaving_ending_and_accepting_are_answered(face: Face) -> None:
    fern, moss = await face.small.join("Fern"), await face.small.join("Moss")
    admin = await face.small.join("Tide", role=Role.NETWORK_ADMIN)
    commands = face.commands
    await commands.register(face.of(fern), "River Circle")
    assert (await commands.accept(face.of(admin), "river circle")).text
    await commands.invite(face.of(fern), "Moss")
    button = (await commands.show(face.of(moss))).buttons[1]
    assert "River Circle" in (await commands.decline_button(face.of(moss), button.argument)).text
    await commands.invite(face.of(fern), "Moss")
    await commands.confirm(face.of(moss), "River Circle")
    assert "River Circle" in (await commands.show(face.of(moss))).text
    assert (await commands.leave(face.of(moss))).text
    assert (await commands.end(face.of(fern), "Moss")).text


async def test_the_answer_about_an_alias_never_depends_on_whose_it_is(face: Face) -> None:
    fern = await face.small.join("Fern")
    await face.small.join("Moss")
    await face.commands.register(face.of(fern), "River Circle")
    for act in (
        face.commands.invite,
        face.commands.end,
        lambda request, alias: face.commands.stewards(request, "add", alias),
    ):
        answers = {
            (await act(face.of(fern), alias)).text.replace(alias, "…") for alias in ("Moss", "Nobody Here", "Moss")
        }
        assert len(answers) == 1


async def test_titles_are_offered_to_those_who_belong_only(face: Face) -> None:
    fern, moss = await face.small.join("Fern"), await face.small.join("Moss")
    await face.commands.register(face.of(fern), "River Circle", "public")
    assert [each.value for each in await face.commands.own_titles(face.of(fern), "")] == ["River Circle"]
    assert await face.commands.own_titles(face.of(moss), "") == []
    assert [each.label for each in await face.commands.regions(face.of(fern), "")] == [NORTH.title(face.language)]


async def test_naming_a_steward_needs_somebody_to_name(face: Face) -> None:
    fern = await face.small.join("Fern")
    with pytest.raises(Refusal, match=r"organisation\.whom") as refused:
        await face.commands.stewards(face.of(fern), "add")
    assert all(said_in_every_language(refused.value))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["offered", "ended", "steward", "closed", "accepted"])
def test_every_notice_has_its_words(language: Language, what: str) -> None:
    assert catalogues().translator(language)(f"organisation.{what}_notice", confirm="/org confirm")
