"""The way in, as people meet it at the desk."""

from __future__ import annotations

import pytest

from community_bot.commands.forms import Answers, Form
from community_bot.commands.request import Reply
from community_bot.domain.member import MemberState
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, Markup, catalogues
from community_bot.services.invitations import Invitations
from db.engine import Database
from tests.community_bot.people import GARDEN, NOON, Town, button, spell

MOST_FIELDS = 5
WHOLE: dict[str, tuple[str, ...]] = {
    "language": ("th",),
    "agreements": ("agreements", "membership"),
    "alias": ("ใบเตย",),
    "space": ("garden",),
}


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def form(town: Town, account: object, answers: Answers | None = None, client: Language = "en") -> Form:
    built = await town.desk.build(town.incoming(account, client=client), "onboarding", "", answers or {})  # type: ignore[arg-type]
    assert isinstance(built, Form)
    return built


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_stranger_is_greeted_with_one_button(town: Town, language: Language) -> None:
    reply = await town.run(town.stranger(), "start", client=language)
    assert reply.text == catalogues().translator(language)("welcome.greeting", network="Seed Town")
    assert [(each.action, each.argument) for each in reply.buttons] == [("form.open", "onboarding")]
    assert not reply.public


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_form_fits_one_modal_in_every_language(town: Town, language: Language) -> None:
    built = await form(town, town.stranger(), client=language)
    assert [field.name for field in built.fields] == ["language", "agreements", "alias", "space"]
    assert sum(1 + (field.intro is not None) for field in built.fields) <= MOST_FIELDS
    assert len(built.title) <= 45
    for field in built.fields:
        assert len(field.label) <= 45
        assert len(field.hint) <= 100
        assert all(len(choice.label) <= 100 and len(choice.detail) <= 100 for choice in field.choices)


async def test_what_was_answered_before_is_there_again_in_the_language_chosen(town: Town) -> None:
    answers: Answers = {
        "language": ("th",),
        "agreements": ("agreements",),
        "alias": ("🌱",),
        "space": ("garden",),
    }
    language, agreements, alias, space = (await form(town, town.stranger(), answers)).fields
    assert [choice.value for choice in language.choices if choice.chosen] == ["th"]
    assert [choice.value for choice in agreements.choices if choice.chosen] == ["agreements"]
    assert alias.value == "🌱"
    assert [choice.label for choice in space.choices if choice.chosen] == [GARDEN.titles["th"]]


async def test_nothing_is_agreed_to_before_somebody_agrees(town: Town) -> None:
    agreements = (await form(town, town.stranger())).fields[1]
    assert not any(choice.chosen for choice in agreements.choices)


async def test_a_network_without_spaces_asks_three_questions(database: Database) -> None:
    town = Town(database, spaces=())
    assert [field.name for field in (await form(town, town.stranger())).fields] == [
        "language",
        "agreements",
        "alias",
    ]


async def test_the_whole_form_makes_a_member_who_is_welcomed_in_the_language_chosen(town: Town) -> None:
    nok = town.stranger()
    incoming = town.incoming(nok, client="en", names=("Nok",))
    reply = await town.desk.submit(incoming, "onboarding", "", WHOLE)
    t = catalogues().translator("th")
    assert t("welcome.done", alias="ใบเตย") in reply.text
    assert GARDEN.titles["th"] in reply.text
    assert spell("me show", "th") in reply.text
    assert {each.action for each in reply.buttons} == {"help.open", "buddy.ask"}
    assert (await town.record(nok)).profile.language == "th"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (WHOLE | {"agreements": ("agreements",)}, "onboarding.agreements"),
        (WHOLE | {"agreements": ()}, "onboarding.agreements"),
        (WHOLE | {"alias": ()}, "alias.empty"),
        (WHOLE | {"alias": ("nok",)}, "alias.account_name"),
        (WHOLE | {"space": ("nowhere",)}, "space.unknown"),
        ({}, "onboarding.agreements"),
    ],
)
async def test_a_refused_form_says_why_in_the_language_chosen_and_can_be_corrected(
    town: Town, answers: Answers, code: str
) -> None:
    nok = town.stranger()
    incoming = town.incoming(nok, client="th", names=("Nok",))
    reply = await town.desk.submit(incoming, "onboarding", "", answers)
    assert reply.text == catalogues().translator("th")(f"refusal.{code}")
    assert [(each.action, each.argument) for each in reply.buttons] == [("form.again", "onboarding")]
    assert await town.rows() == {}


@pytest.mark.parametrize(
    ("upto", "passes"), [(0, True), (1, True), (2, True), (3, True), (4, True)], ids=["-", "l", "la", "laa", "laas"]
)
async def test_the_answers_so_far_can_stand_at_every_step_of_a_dialogue(
    town: Town, upto: int, passes: bool
) -> None:
    answers = dict(list(WHOLE.items())[:upto])
    wrong = await town.desk.check(town.incoming(town.stranger()), "onboarding", "", answers)
    assert (wrong is None) is passes


async def test_a_step_of_a_dialogue_is_refused_where_it_goes_wrong(town: Town) -> None:
    answers: Answers = {"language": ("es",), "agreements": ("agreements", "membership"), "alias": ("💥",)}
    wrong = await town.desk.check(town.incoming(town.stranger()), "onboarding", "", answers)
    assert wrong is not None
    assert wrong.text == catalogues().translator("es")("refusal.alias.no_letters")


async def test_pressing_the_last_button_twice_says_twice_that_one_is_in(town: Town) -> None:
    incoming = town.incoming(town.stranger(), names=("Nok",))
    await town.desk.submit(incoming, "onboarding", "", WHOLE)
    reply = await town.desk.submit(incoming, "onboarding", "", WHOLE)
    assert catalogues().translator("th")("welcome.again", alias="ใบเตย") in reply.text


async def test_a_forged_language_is_none(town: Town) -> None:
    nok = town.stranger()
    await town.desk.submit(town.incoming(nok, client="es"), "onboarding", "", WHOLE | {"language": ("xx",)})
    assert (await town.record(nok)).profile.language == "es"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [state for state in MemberState if state is not MemberState.ERASING])
async def test_a_member_who_starts_again_sees_how_they_stand(
    sqlite_database: Database, state: MemberState, language: Language
) -> None:
    town = Town(sqlite_database, vouchers=2)
    nok = await town.join("Heron", language=language, space="garden", state=state)
    reply = await town.run(nok, "start")
    t = catalogues().translator(language)
    assert reply.text.startswith(t("welcome.again", alias="Heron"))
    assert (t.count("welcome.vouching", 2) in reply.text) is (state is MemberState.VOUCHING)
    resume = Markup(f"`{spell('me resume', language)}`")
    away = state in (MemberState.PAUSED, MemberState.ALUMNI, MemberState.DORMANT)
    assert (t("welcome.away", resume=resume) in reply.text) is away
    assert any(each.action == "buddy.ask" for each in reply.buttons) is (state is MemberState.ACTIVE)


async def test_a_member_in_a_space_that_is_gone_still_sees_how_they_stand(town: Town) -> None:
    nok = await town.join("Heron", space="radio")
    smaller = Town(town.network.database, spaces=(GARDEN,))
    for path in ("start", "me show"):
        assert "radio" in (await smaller.run(nok, path)).text


async def test_a_member_is_shown_no_form(town: Town) -> None:
    nok = await town.join("Heron")
    built = await town.desk.build(town.incoming(nok), "onboarding", "", {})
    assert isinstance(built, Reply)
    assert built.text == catalogues().translator("en")("refusal.onboarding.member_already")


async def test_an_invites_code_opens_the_door_where_one_is_asked_for(database: Database) -> None:
    town = Town(database, invite_only=True)
    maker = await Town(database).join("Maker", role=Role.NETWORK_ADMIN)
    code = (await Invitations(town.network).create(maker, "book fair")).code
    nok = town.stranger()
    assert spell("start", "en") in (await town.run(nok, "start", client="en")).text
    closed = await town.desk.submit(town.incoming(nok), "onboarding", "", WHOLE)
    assert await town.found(nok) is None
    assert closed.buttons[0].action == "form.again"
    reply = await town.run(nok, "start", client="en", code=code.lower())
    assert button(reply, "form.open").argument == "onboarding"
    await town.desk.submit(town.incoming(nok), "onboarding", "", WHOLE)
    assert await town.found(nok) is not None


async def test_company_is_asked_for_and_given_by_pressing(town: Town) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("Heron", space="garden")
    t = catalogues().translator("en")
    started = await town.run(nok, "start")
    assert (await town.press(nok, button(started, "buddy.ask"))).text == t("buddy.is_asked")
    await town.run_effects()
    _, card = next(told for told in town.discord.told.values() if told[0] == fern.user_id)
    assert (await town.press(fern, card.buttons[0])).text == t("buddy.yours", alias="Heron")
    assert (await town.press(fern, card.buttons[0])).text == t("refusal.buddy.taken")


async def test_the_way_in_takes_one_day_in_the_networks_zone(town: Town) -> None:
    town.clock.now = NOON.replace(hour=18)  # one in the morning of the next day in Bangkok
    nok = await town.join("Heron")
    assert (await town.record(nok)).joined_on.day == NOON.day + 1


async def test_who_chooses_a_space_reads_what_its_facilitators_wrote_in_their_language(town: Town) -> None:
    host = await town.join("Fern", role=Role.FACILITATOR, scope="garden")
    await town.welcome.write(host, "garden", "th", "แวะมาทักกันที่**ศาลาริมสวน**ก่อนนะ")
    await town.welcome.write(host, "garden", "es", "Pasa primero por la **pérgola**.")
    reply = await town.desk.submit(town.incoming(town.stranger()), "onboarding", "", WHOLE)
    assert "ศาลาริมสวน" in reply.text
    assert "pérgola" not in reply.text
