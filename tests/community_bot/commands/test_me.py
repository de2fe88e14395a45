"""`/me`, as people meet it at the desk, in three languages."""

from __future__ import annotations

from typing import Any

import pytest

from community_bot.commands.specification import Kind
from community_bot.domain.member import MemberState
from community_bot.domain.regions import CountryPack, Region
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, Markup, catalogues, escape
from db.engine import Database
from tests.community_bot.people import GARDEN, Town, button, code_in, spell

NORTH = Region("TH-north", None, {"th": "ภาคเหนือ", "en": "The North", "es": "El norte"})
CHIANG_MAI = Region("TH-50", "TH-north", {"th": "เชียงใหม่", "en": "Chiang Mai", "es": "Chiang Mai"})
PACK = CountryPack("TH", ("th",), "buddhist", "Asia/Bangkok", "", (NORTH, CHIANG_MAI))


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    return Town(sqlite_database, country_pack=PACK)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_somebody_sees_themselves_in_their_language(town: Town, language: Language) -> None:
    nok = await town.join("He-ron", language=language, space="garden", role=Role.HOST, scope="garden")
    await town.link(nok, town.stranger("matrix"))
    await town.members.set_quiet(nok, "22:00", "07:00", None)
    for number in range(5):
        await town.members.set_region(await town.join(f"Neighbour {number}"), "TH-50")
    await town.members.set_region(nok, "TH-50")
    text = (await town.run(nok, "me show")).text
    t = catalogues().translator(language)
    for said in (
        t("me.show.alias", alias="He-ron"),
        t("me.show.accounts", accounts="Discord, Matrix"),
        t("me.show.quiet", since="22:00", until="07:00", zone="Asia/Bangkok"),
        t("me.show.region", region=CHIANG_MAI.titles[language]),
        t("me.show.spaces", spaces=GARDEN.titles[language]),
        t("role.host"),
        t("state.active"),
    ):
        assert said in text
    assert nok.user_id not in text


@pytest.mark.parametrize(
    "path",
    ["show", "alias", "language", "calendar", "region", "quiet", "pause", "resume", "link", "unlink", "leave"],
)
async def test_a_stranger_is_shown_the_way_in_and_not_whether_anybody_is_known(town: Town, path: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "alias": {"alias": "Heron"},
        "language": {"language": "th"},
        "calendar": {"calendar": "buddhist"},
    }
    reply = await town.run(town.stranger(), f"me {path}", client="es", **options.get(path, {}))
    start = Markup(f"`{spell('start', 'es')}`")
    assert reply.text == catalogues().translator("es")("refusal.authority.not_member", start=start)


async def test_an_alias_is_changed_and_the_old_one_said(town: Town) -> None:
    nok = await town.join("Heron")
    t = catalogues().translator("en")
    reply = await town.run(nok, "me alias", alias="Blue Heron")
    assert reply.text == t("me.alias.changed", alias="Blue Heron", before="Heron")
    taken = await town.run(await town.join("Reed"), "me alias", alias="blue-heron")
    assert taken.text == t("refusal.alias.taken")
    own_name = await town.run(nok, "me alias", names=("Nok Somsri",), alias="nok somsri")
    assert own_name.text == t("refusal.alias.account_name")


async def test_the_answer_to_a_change_of_language_is_in_it_already(town: Town) -> None:
    nok = await town.join("Heron", language="en")
    for language, name in (("es", "Español"), ("th", "ไทย"), ("en", "English")):
        reply = await town.run(nok, "me language", client="en", language=language)
        assert reply.text == catalogues().translator(language)("me.language.changed", language=name)  # type: ignore[arg-type]


async def test_a_forged_choice_is_refused_and_leaves_somebody_as_they_were(town: Town) -> None:
    nok = await town.join("Heron")
    t = catalogues().translator("en")
    assert (await town.run(nok, "me language", language="fr")).text == t("refusal.me.language_unknown")
    assert (await town.run(nok, "me calendar", calendar="mayan")).text == t("refusal.me.calendar_unknown")
    assert t("me.show.alias", alias="Heron") in (await town.run(nok, "me show")).text


async def test_what_has_choices_is_offered_as_a_choice_on_every_face(town: Town) -> None:
    for bound in town.desk.registry.commands.values():
        for option in bound.spec.options:
            assert not option.choices or option.kind is Kind.CHOICE, bound.spec.name


async def test_the_calendar_is_shown_by_todays_date(town: Town) -> None:
    nok = await town.join("Heron")
    assert "2569" in (await town.run(nok, "me calendar", calendar="buddhist")).text
    reply = await town.run(nok, "me calendar", calendar="gregorian")
    assert "2026" in reply.text
    assert "2569" not in reply.text


async def test_a_region_is_found_by_name_kept_coarsely_and_taken_back(town: Town) -> None:
    nok = await town.join("Heron")
    t = catalogues().translator("en")
    offered = await town.desk.suggest(town.incoming(nok), ("me", "region"), "region", "chi")
    assert [(each.value, each.label) for each in offered] == [("TH-50", "Chiang Mai")]
    for number in range(4):
        await town.members.set_region(await town.join(f"Neighbour {number}"), "TH-north")
    coarser = await town.run(nok, "me region", region="เชียงใหม่")
    assert coarser.text == t("me.region.coarser", region="The North")
    assert (await town.run(nok, "me region", region="Atlantis")).text == t("refusal.me.region_unknown")
    assert (await town.run(nok, "me region")).text == t("me.region.removed")


async def test_quiet_hours_are_set_said_and_ended(town: Town) -> None:
    nok = await town.join("Heron")
    t = catalogues().translator("en")
    on = await town.run(nok, "me quiet", since="22:00", until="7.00", zone="Asia/Tokyo")
    assert on.text == t("me.quiet.on", since="22:00", until="07:00", zone="Asia/Tokyo")
    half = await town.run(nok, "me quiet", since="22:00")
    assert half.text == t("refusal.me.quiet_half")
    assert (await town.run(nok, "me quiet")).text == t("me.quiet.off")


async def test_pausing_offers_the_way_back_as_a_button(town: Town) -> None:
    nok = await town.join("Heron")
    paused = await town.run(nok, "me pause")
    assert await town.state(nok) == "paused"
    back = await town.press(nok, button(paused, "me.resume"))
    assert back.text == catalogues().translator("en")("me.resumed", alias="Heron")
    assert await town.state(nok) == "active"
    again = await town.press(nok, button(paused, "me.resume"))
    assert again.text == catalogues().translator("en")("refusal.member.not_now")


async def test_leaving_asks_first_and_a_no_costs_nothing(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    asked = await town.run(nok, "me leave")
    assert await town.state(nok) == "active"
    left = await town.press(nok, button(asked, "me.leave"))
    assert spell("me resume", "en") in left.text
    assert await town.state(nok) == "alumni"


async def test_coming_back_to_a_network_that_asks_for_vouchers_says_so(sqlite_database: Database) -> None:
    town = Town(sqlite_database, vouchers=2)
    nok = await town.join("Heron", state=MemberState.ALUMNI)
    reply = await town.run(nok, "me resume")
    assert catalogues().translator("en").count("welcome.vouching", 2) in reply.text


# ── linking


@pytest.mark.parametrize("language", LANGUAGES)
async def test_two_accounts_are_linked_by_pressing_and_typing(town: Town, language: Language) -> None:
    t = catalogues().translator(language)
    nok, matrix = await town.join("Heron", language=language), town.stranger("matrix")
    asked = await town.run(nok, "me link")
    nobody_yet = await town.press(nok, button(asked, "link.look"))
    assert nobody_yet.text == t("link.nobody_yet")
    typed = await town.run(matrix, "me link", client=language, code=code_in(asked))
    assert typed.text == t("link.claimed", link=Markup(f"`{spell('me link', language)}`"))
    shown = await town.press(nok, button(nobody_yet, "link.look"))
    assert shown.text == t("link.asked", platform="Matrix", account=matrix.user_id)
    done = await town.press(nok, button(shown, "link.confirm"))
    assert "Matrix" in done.text
    assert (await town.record(matrix)).id == (await town.record(nok)).id


async def test_a_second_record_is_named_before_it_goes(town: Town) -> None:
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.join("Reed", account=matrix)
    asked = await town.run(nok, "me link")
    warned = await town.run(matrix, "me link", code=code_in(asked))
    assert warned.text == catalogues().translator("en")("link.gives_up", alias="Reed")
    given = await town.press(matrix, button(warned, "link.give"))
    assert given.text.startswith("The code is right")
    shown = await town.run(nok, "me link")
    assert catalogues().translator("en")("link.merges", alias="Reed", kept="Heron") in shown.text


async def test_an_account_on_the_same_platform_is_shown_as_people_know_it(town: Town) -> None:
    nok, second = await town.join("Heron"), town.stranger()
    asked = await town.run(nok, "me link")
    await town.run(second, "me link", code=code_in(asked))
    assert f"<@{second.user_id}>" in (await town.run(nok, "me link")).text


async def test_a_no_ends_the_code_and_an_old_yes_is_worth_nothing(town: Town) -> None:
    t = catalogues().translator("en")
    nok, thief, later = await town.join("Heron"), town.stranger("matrix"), town.stranger("matrix")
    first = await town.run(nok, "me link")
    await town.run(thief, "me link", code=code_in(first))
    shown = await town.run(nok, "me link")
    assert (await town.press(nok, button(shown, "link.refuse"))).text == t("link.refused")
    second = await town.run(nok, "me link")
    await town.run(later, "me link", code=code_in(second))
    assert (await town.press(nok, button(shown, "link.confirm"))).text == t("refusal.link.nothing")
    assert await town.found(later) is None


@pytest.mark.parametrize("code", ["AAAA-AAAA", "💥", "' OR 1=1", "x" * 400])
async def test_a_wrong_code_is_one_sentence(town: Town, code: str) -> None:
    reply = await town.run(town.stranger("matrix"), "me link", client="en", code=code)
    assert reply.text == catalogues().translator("en")("refusal.link.wrong")


async def test_unlinking_says_what_went_and_keeps_the_last(town: Town) -> None:
    t = catalogues().translator("en")
    nok, matrix = await town.join("Heron"), town.stranger("matrix")
    await town.link(nok, matrix)
    assert (await town.run(nok, "me unlink", platform="matrix")).text == t("link.gone", platform="Matrix")
    assert (await town.run(nok, "me unlink")).text == t("refusal.link.last")
    assert (await town.run(nok, "me unlink", platform="matrix")).text == t("refusal.link.none_there")


async def test_an_account_elsewhere_is_shown_by_the_names_its_owner_knows(town: Town) -> None:
    nok, second = await town.join("Heron", account=town.stranger("matrix")), town.stranger("discord")
    asked = await town.run(nok, "me link")
    names = ("มะลิ", "mali_9")
    await town.run(second, "me link", names=names, code=code_in(asked))
    text = (await town.run(nok, "me link")).text
    assert all(escape(name) in text for name in names)
    assert second.user_id in text
