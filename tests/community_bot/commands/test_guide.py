"""Help shows what this person may do, as they would type it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, Markup, catalogues
from db.engine import Database
from tests.community_bot.people import Town, button, spell


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    return Town(sqlite_database)


async def groups_shown(town: Town, account: Account) -> set[str]:
    text = (await town.run(account, "help")).text
    return {group for group in town.desk.registry.groups() if f"- `{spell(group, 'en')}`" in text}


async def commands_shown(town: Town, account: Account, topic: str) -> set[str]:
    text = (await town.run(account, "help", topic=topic)).text
    paths = [" ".join(path) for path in town.desk.registry.commands]
    return {path for path in paths if f"`{spell(path, 'en')}`" in text or f"`{spell(path, 'en')} " in text}


async def test_a_stranger_sees_the_way_in_and_no_more(town: Town) -> None:
    assert await groups_shown(town, town.stranger()) == {"start", "help"}


async def test_a_member_sees_what_members_do(town: Town) -> None:
    nok = await town.join("Heron")
    shown = await groups_shown(town, nok)
    assert {"start", "help", "me"} <= shown
    assert not await commands_shown(town, nok, "admin") & {"admin grant", "admin health", "admin welcome"}


@pytest.mark.parametrize("state", [MemberState.VOUCHING, MemberState.PAUSED, MemberState.ALUMNI])
async def test_whoever_has_a_record_sees_how_to_change_it(town: Town, state: MemberState) -> None:
    nok = await town.join("Heron", state=state)
    assert "me" in await groups_shown(town, nok)
    assert "me alias" in await commands_shown(town, nok, "me")


async def test_who_is_being_erased_sees_nothing_to_change(town: Town) -> None:
    nok = await town.join("Heron", state=MemberState.ERASING)
    assert await groups_shown(town, nok) == {"start", "help"}


async def test_a_role_shows_what_it_may_do_and_no_more(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="garden")
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    mine = await commands_shown(town, fern, "admin")
    assert {"admin grant", "admin revoke", "admin roles", "admin welcome"} <= mine
    assert not mine & {"admin health", "admin audit"}
    assert {"admin health", "admin audit"} <= await commands_shown(town, admin, "admin")


async def test_everything_that_help_shows_is_answered_with_more_than_a_no(town: Town) -> None:
    t = catalogues().translator("en")
    for account in (await town.join("Fern", role=Role.FACILITATOR, scope="garden"), await town.join("Heron")):
        for path in ("me show", "admin roles", "admin welcome"):
            if path in await commands_shown(town, account, path.split()[0]):
                scope: dict[str, Any] = {"scope": "garden"} if path == "admin welcome" else {}
                assert (await town.run(account, path, **scope)).text != t("refusal.authority.lacks")


async def test_a_new_role_shows_more_at_once(town: Town) -> None:
    nok = await town.join("Heron")
    assert "admin" not in await groups_shown(town, nok)
    await town.entrust(nok, Role.NETWORK_ADMIN)
    assert "admin" in await groups_shown(town, nok)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_help_speaks_every_language_and_finds_a_topic_by_its_name_there(
    town: Town, language: Language
) -> None:
    nok = await town.join("Heron", language=language)
    t = catalogues().translator(language)
    overview = await town.run(nok, "help")
    assert t("command.me.description") in overview.text
    name = t.plain("command.me.name")
    for topic in ("me", name, f"/{name}", f".{name} show", f"!{name.upper()}", f"  {name}  "):
        shown = (await town.run(nok, "help", topic=topic)).text
        assert t("command.me.alias.description") in shown
        assert f"`{spell('me alias', language)} {t.plain('command.me.alias.example')}`" in shown


@pytest.mark.parametrize("topic", ["weather", "**bold**", "`", "   ", "/", "<@1>"])
async def test_an_unknown_topic_is_said_to_be_none_and_is_no_markup(town: Town, topic: str) -> None:
    reply = await town.run(await town.join("Heron"), "help", topic=topic)
    help_en = Markup(f"`{spell('help', 'en')}`")
    assert reply.text == catalogues().translator("en")("refusal.help.topic", topic=topic, help=help_en)


async def test_topics_are_offered_while_typing_by_name_and_only_ones_own(town: Town) -> None:
    nok = await town.join("Heron", language="th")
    offered = await town.desk.suggest(town.incoming(nok), ("help",), "topic", "")
    assert {each.value for each in offered} == set(await groups_of(town, nok))
    t = catalogues().translator("th")
    found = await town.desk.suggest(town.incoming(nok), ("help",), "topic", t.plain("command.me.name"))
    assert ("me", t.plain("command.me.name")) in {(each.value, each.label) for each in found}
    stranger = await town.desk.suggest(town.incoming(town.stranger()), ("help",), "topic", "")
    assert {each.value for each in stranger} == {"start", "help"}


async def groups_of(town: Town, account: Account) -> set[str]:
    t = catalogues().translator("th")
    text = (await town.run(account, "help")).text
    return {group for group in town.desk.registry.groups() if t(f"command.{group}.description") in text}


async def test_the_button_under_a_welcome_opens_the_overview(town: Town) -> None:
    nok = await town.join("Heron")
    pressed = await town.press(nok, button(await town.run(nok, "start"), "help.open"))
    assert pressed.text == (await town.run(nok, "help")).text
