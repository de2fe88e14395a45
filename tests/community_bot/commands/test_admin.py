"""`/admin`, as those entrusted with the network meet it."""

from __future__ import annotations

from typing import Any

import pytest

from community_bot.commands.forms import Form
from community_bot.commands.request import Reply
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, Markup, catalogues
from community_bot.services.roles import make_office_code
from db.engine import Database
from tests.community_bot.people import GARDEN, Town, button, spell


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    return Town(sqlite_database)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_member_is_entrusted_in_a_space_by_its_title_and_it_can_be_undone(
    town: Town, language: Language
) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN, language=language)
    nok = await town.join("Heron")
    t = catalogues().translator(language)
    for scope in (GARDEN.titles[language], GARDEN.titles[language].upper(), "garden", "  Garden "):
        reply = await town.run(admin, "admin grant", alias="heron", role="facilitator", days=7, scope=scope)
        assert "Heron" in reply.text
        assert GARDEN.titles[language] in reply.text
        assert spell("admin revoke", language) in reply.text
        assert await town.held(nok) == {("facilitator", "garden")}
    gone = await town.run(admin, "admin revoke", alias="Heron", role="facilitator", scope="garden")
    assert gone.text == t("role.revoked", alias="Heron", role=t("role.facilitator"))
    assert await town.held(nok) == set()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_a_scope_or_with_its_name_the_whole_network_is_meant(town: Town, language: Language) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN, language=language)
    nok = await town.join("Heron")
    for scope in ("", "network", catalogues().translator(language).plain("scope.network")):
        await town.run(admin, "admin grant", alias="Heron", role="host", scope=scope)
        assert await town.held(nok) == {("host", "network")}


async def test_scopes_are_offered_by_title(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN, language="th")
    path = ("admin", "grant")
    offered = await town.desk.suggest(town.incoming(admin), path, "scope", "")
    assert [each.value for each in offered] == ["network", "garden", "radio"]
    found = await town.desk.suggest(town.incoming(admin), path, "scope", "เมล็ด")
    assert [(each.value, each.label) for each in found] == [("garden", GARDEN.titles["th"])]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"alias": "Nobody", "role": "host"}, "role.no_such_member"),
        ({"alias": "Admina", "role": "host"}, "role.oneself"),
        ({"alias": "Heron", "role": "host", "scope": "nowhere"}, "space.unknown"),
        ({"alias": "Heron", "role": "network_admin", "scope": "garden"}, "role.network_wide"),
    ],
)
async def test_what_cannot_be_given_is_said_to_the_giver(town: Town, options: dict[str, Any], code: str) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await town.join("Heron")
    reply = await town.run(admin, "admin grant", **options)
    assert reply.text == catalogues().translator("en")(f"refusal.{code}")


@pytest.mark.parametrize("path", ["grant", "revoke", "roles", "health", "audit", "welcome"])
async def test_a_member_without_an_office_is_refused_and_a_stranger_shown_the_way_in(town: Town, path: str) -> None:
    options: dict[str, Any] = {"alias": "Heron", "role": "host"} if path in ("grant", "revoke") else {}
    t = catalogues().translator("en")
    nok = await town.join("Heron")
    assert (await town.run(nok, f"admin {path}", **options)).text == t("refusal.authority.lacks")
    if path != "welcome":
        reply = await town.run(town.stranger(), f"admin {path}", client="en", **options)
        assert spell("start", "en") in reply.text


async def test_who_is_entrusted_is_listed_with_role_scope_and_term(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await town.join("He-ron", role=Role.HOST, scope="garden")
    text = (await town.run(admin, "admin roles")).text
    assert "**He\\-ron**" in text
    assert "Seed Garden" in text
    assert "2026" in text


async def test_a_role_in_a_space_that_is_gone_is_still_listed(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    nok = await town.join("Heron", role=Role.HOST, scope="radio")
    smaller = Town(town.network.database, spaces=(GARDEN,))
    assert "radio" in (await smaller.run(admin, "admin roles")).text
    assert "radio" in (await smaller.run(nok, "me show")).text


async def test_the_operators_code_makes_an_admin(town: Town) -> None:
    nok = await town.join("Heron")
    wrong = await town.run(nok, "admin claim", code="WRNG")
    assert wrong.text == catalogues().translator("en")("refusal.role.office_code")
    reply = await town.run(nok, "admin claim", code=await make_office_code(town.network))
    assert catalogues().translator("en")("role.network_admin") in reply.text
    assert await town.held(nok) == {("network_admin", "network")}


# ── the words of welcome


async def open_form(town: Town, account: object, argument: str) -> Form | Reply:
    return await town.desk.build(town.incoming(account), "welcome", argument, {})  # type: ignore[arg-type]


async def test_the_words_of_welcome_are_edited_in_one_language_and_shown_as_they_will_be_read(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR)
    chosen = await town.run(fern, "admin welcome")
    assert [each.argument for each in chosen.buttons] == [f"welcome network {each}" for each in LANGUAGES]
    form = await open_form(town, fern, "network th")
    assert isinstance(form, Form)
    assert (form.fields[0].value, form.argument) == ("", "network th")
    incoming = town.incoming(fern)
    reply = await town.desk.submit(incoming, "welcome", "network th", {"wording": ("**สวัสดี**",)})
    assert "**สวัสดี**" in reply.text
    assert button(reply, "form.open").argument == "welcome network th"
    form = await open_form(town, fern, "network th")
    assert isinstance(form, Form)
    assert form.fields[0].value == "**สวัสดี**"
    back = await town.desk.submit(incoming, "welcome", "network th", {"wording": ("",)})
    assert back.text == catalogues().translator("en")("welcome.reset", language="ไทย")


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("network xx", "welcome.language"),
        ("network", "welcome.language"),
        ("", "welcome.language"),
        ("nowhere en", "space.unknown"),
    ],
)
async def test_a_forged_form_is_refused(town: Town, argument: str, code: str) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR)
    said = catalogues().translator("en")(f"refusal.{code}")
    built = await open_form(town, fern, argument)
    assert isinstance(built, Reply)
    assert built.text == said
    sent = await town.desk.submit(town.incoming(fern), "welcome", argument, {"wording": ("Hello",)})
    assert sent.text == said


async def test_a_form_sent_by_who_may_not_changes_nothing(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="garden")
    for argument in ("network en", "radio en"):
        reply = await town.desk.submit(town.incoming(fern), "welcome", argument, {"wording": ("Hello",)})
        assert reply.text == catalogues().translator("en")("refusal.authority.lacks")
    assert "welcome_wording" not in await town.rows()


# ── how the network is


@pytest.mark.parametrize("language", LANGUAGES)
async def test_health_is_told_in_every_language_and_small_counts_are_not(town: Town, language: Language) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN, language=language)
    text = (await town.run(admin, "admin health")).text
    t = catalogues().translator(language)
    assert t("health.step.consented", total="<5") in text
    assert t("health.step.left", total="0") in text
    assert t("health.none_failed") in text
    assert t("health.audit_whole") in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_audit_is_told_in_every_language_and_names_nobody(town: Town, language: Language) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN, language=language)
    await town.join("Heron")
    await town.run(admin, "admin grant", alias="Heron", role="host")
    text = (await town.run(admin, "admin audit")).text
    assert "role.granted" in text or "role\\.granted" in text
    assert "Heron" not in text
    assert isinstance(text, Markup)
