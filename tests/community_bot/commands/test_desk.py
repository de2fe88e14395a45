"""The desk: the right language, a sentence for every "no", and for our own faults a reference and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import community_bot
from community_bot.commands.desk import Desk
from community_bot.commands.forms import Answers, Field, Form
from community_bot.commands.registry import Registry
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Option, button, command
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power, Role
from community_bot.locales import LANGUAGES, Language, Markup, catalogues
from community_bot.locales.used_keys import used_keys
from community_bot.services.standing import Standings
from db.engine import Database
from tests.community_bot.conftest import Log
from tests.community_bot.people import Town, code_in, spell

SECRET = "Heron lives at 12 River Lane"


class Bench:
    """A capability that goes wrong in every way, and says which language it was asked in."""

    async def offer(self, request: Request, typed: str) -> list[Suggestion]:
        if typed == "break":
            raise RuntimeError(SECRET)
        return [Suggestion(str(number), f"{typed}{number}") for number in range(40)]

    @command("bench speak", Option("word", required=False, suggest=offer), power=Power.ANYONE)
    async def speak(self, request: Request, word: str = "") -> Reply:
        return Reply(Markup(f"{request.language} {request.alias} {word}"))

    @command("bench break", power=Power.ANYONE)
    async def break_down(self, request: Request, **given: object) -> Reply:
        raise RuntimeError(SECRET)

    @command("bench refuse", power=Power.ANYONE)
    async def refuse(self, request: Request) -> Reply:
        raise Refusal("alias.too_long", field="alias", longest=32)

    @command("bench mumble", power=Power.ANYONE)
    async def mumble(self, request: Request) -> Reply:
        raise Refusal("a.code.without.words", name=SECRET)

    @command("bench forget", power=Power.ANYONE)
    async def forget(self, request: Request) -> Reply:
        raise Refusal("alias.too_long")

    @command("bench guarded", Option("word", suggest=offer), power=Power.GRANT_ROLE)
    async def guarded(self, request: Request, word: str = "") -> Reply:
        return Reply(Markup("open"))

    @button("bench.press")
    async def press(self, request: Request, argument: str) -> Reply:
        if argument == "break":
            raise RuntimeError(SECRET)
        return Reply(Markup(f"{request.language} {argument}"))


class BenchForm:
    """A form whose language is chosen in it."""

    name = "bench"

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        if argument == "closed":
            raise Refusal("authority.lacks")
        return Form(self.name, request.language, (Field("word", "line", "Word"),), argument)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        if answers.get("word") == ("no",):
            raise Refusal("alias.empty", field="word")
        if answers.get("word") == ("break",):
            raise RuntimeError(SECRET)

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        return Reply(Markup(f"{request.language} {answers['word'][0]}"))

    def language(self, answers: Answers) -> Language | None:
        given = answers.get("language", ())
        return next((each for each in LANGUAGES if each in given), None)


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    town = Town(sqlite_database, language="th")
    registry = Registry()
    registry.offer(Bench())
    registry.offer_form(BenchForm())
    town.desk = Desk(registry, Standings(town.network), catalogues())
    return town


# ── which language


@pytest.mark.parametrize(
    ("known", "spoken"),
    [
        (("es", "en", "en", "en"), "es"),
        (("es", None, None, None), "es"),
        ((None, "es", "en", "en"), "es"),
        ((None, None, "es", "en"), "es"),
        ((None, None, None, "es"), "es"),
        ((None, None, None, None), "th"),
    ],
)
async def test_ones_own_choice_comes_before_the_form_the_app_the_room_and_the_network(
    town: Town, known: tuple[Language | None, ...], spoken: Language
) -> None:
    chosen, form, client, room = known
    nok = town.stranger() if chosen is None else await town.join("Heron", language=chosen)
    request = await town.desk.request(town.incoming(nok, client=client, room=room), form)
    assert request.language == spoken


async def test_what_comes_after_the_language_in_a_form_is_in_that_language(town: Town) -> None:
    incoming = town.incoming(town.stranger(), client="en")
    answers: Answers = {"language": ("es",), "word": ("hola",)}
    built = await town.desk.build(incoming, "bench", "", answers)
    assert isinstance(built, Form)
    assert built.title == "es"
    assert (await town.desk.submit(incoming, "bench", "", answers)).text == "es hola"
    wrong = await town.desk.check(incoming, "bench", "", {"language": ("es",), "word": ("no",)})
    assert wrong is not None
    assert wrong.text == catalogues().translator("es")("refusal.alias.empty")


async def test_a_members_calendar_comes_with_them(town: Town) -> None:
    nok = await town.join("Heron", language="en")
    await town.members.set_calendar(nok, "buddhist")
    request = await town.desk.request(town.incoming(nok))
    assert request.t.calendar == "buddhist"
    assert request.alias == "Heron"


# ── "no"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_refusal_is_a_sentence_in_the_persons_language(town: Town, language: Language) -> None:
    reply = await town.run(town.stranger(), "bench refuse", client=language)
    assert reply.text == catalogues().translator(language)("refusal.alias.too_long", longest=32)


async def test_what_is_not_offered_any_more_is_said_so(town: Town) -> None:
    nok, t = town.stranger(), catalogues().translator("en")
    help_en = Markup(f"`{spell('help', 'en')}`")
    assert (await town.run(nok, "no such", client="en")).text == t("refusal.command.unknown", help=help_en)
    incoming = town.incoming(nok, client="en")
    for reply in (
        await town.desk.press(incoming, "no.such", "x"),
        await town.desk.submit(incoming, "no-such", "x", {}),
    ):
        assert reply.text == t("refusal.button.old", help=help_en)


async def test_a_refused_form_can_be_corrected_and_a_closed_one_says_why(town: Town) -> None:
    incoming = town.incoming(town.stranger(), client="en")
    reply = await town.desk.submit(incoming, "bench", "here", {"word": ("no",)})
    assert [(each.action, each.argument) for each in reply.buttons] == [("form.again", "bench here")]
    closed = await town.desk.build(incoming, "bench", "closed", {})
    assert isinstance(closed, Reply)
    assert closed.text == catalogues().translator("en")("refusal.authority.lacks")
    assert await town.desk.check(incoming, "bench", "", {"word": ("yes",)}) is None


async def test_who_may_not_is_refused_early_and_offered_nothing_while_typing(town: Town) -> None:
    nok = await town.join("Heron", language="en")
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    lacks = catalogues().translator("en")("refusal.authority.lacks")
    assert (await town.run(nok, "bench guarded")).text == lacks
    assert (await town.run(admin, "bench guarded")).text == "open"
    path = ("bench", "guarded")
    assert await town.desk.suggest(town.incoming(nok), path, "word", "a") == []
    assert await town.desk.suggest(town.incoming(town.stranger()), path, "word", "a") == []
    assert len(await town.desk.suggest(town.incoming(admin), path, "word", "a")) == 25


async def test_nothing_is_offered_for_what_has_nothing_to_offer(town: Town) -> None:
    incoming = town.incoming(town.stranger())
    assert await town.desk.suggest(incoming, ("no", "such"), "word", "a") == []
    assert await town.desk.suggest(incoming, ("bench", "speak"), "another", "a") == []


# ── our own faults


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_fault_of_ours_is_answered_with_a_reference_that_leads_to_the_log(
    town: Town, log: Log, language: Language
) -> None:
    nok = await town.join("Heron", language=language)
    reply = await town.run(nok, "bench break", word=SECRET)
    reference = code_in(reply)
    assert reply.text == catalogues().translator(language)("face.our_fault", reference=reference)
    entry = log.last()
    assert (entry["reference"], entry["command"], entry["level"]) == (reference, "bench.break", "error")
    written = log.getvalue()
    assert not any(said in written for said in ("River Lane", "Heron", nok.user_id))


async def test_every_door_of_the_desk_takes_a_fault_the_same_way(town: Town, log: Log) -> None:
    incoming = town.incoming(town.stranger(), client="en")
    broken: Answers = {"word": ("break",)}
    for reply in (
        await town.desk.run(incoming, ("bench", "speak"), {"forged": SECRET}),
        await town.desk.run(incoming, ("bench", "mumble"), {}),
        await town.desk.run(incoming, ("bench", "forget"), {}),
        await town.desk.press(incoming, "bench.press", "break"),
        await town.desk.check(incoming, "bench", "", broken),
        await town.desk.submit(incoming, "bench", "", broken),
    ):
        assert reply is not None
        assert reply.text == catalogues().translator("en")("face.our_fault", reference=code_in(reply))
    assert await town.desk.suggest(incoming, ("bench", "speak"), "word", "break") == []
    assert "River Lane" not in log.getvalue()
    assert [entry["level"] for entry in log.entries()] == ["error"] * 7


async def test_a_database_that_fails_is_answered_in_the_language_of_the_app(town: Town, log: Log) -> None:
    nok = town.stranger()
    await town.network.act(lambda unit: unit.connection.exec_driver_sql("DROP TABLE identity"))
    for language in LANGUAGES:
        reply = await town.run(nok, "bench speak", client=language)
        assert reply.text == catalogues().translator(language)("face.our_fault", reference=code_in(reply))
    assert nok.user_id not in log.getvalue()


# ── every "no" there is


def refusals() -> set[str]:
    root = Path(community_bot.__file__).parent
    found = {key for key in used_keys(root) if key.startswith("refusal.")}
    reasons = (
        "too_long",
        "empty",
        "invisible",
        "no_letters",
        "characters",
        "too_short",
        "number",
        "marks",
        "joiners",
    )
    return found | {f"refusal.{family}.{reason}" for family in ("alias", "invite.label") for reason in reasons}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_anywhere_has_its_sentence(language: Language) -> None:
    assert len(refusals()) > 60
    assert refusals() - catalogues().keys(language) == set()


def test_what_is_offered_twice_is_a_mistake_noticed_at_the_start() -> None:
    registry = Registry()
    registry.offer(Bench())
    registry.offer_form(BenchForm())
    with pytest.raises(ValueError, match="twice"):
        registry.offer(Bench())
    with pytest.raises(ValueError, match="twice"):
        registry.offer_form(BenchForm())
    assert list(registry.groups()) == ["bench"]


async def test_a_role_in_one_space_shows_its_commands_everywhere_and_the_service_decides(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="garden")
    assert (await town.run(fern, "bench guarded")).text == "open"
    await town.join("Heron")
    with pytest.raises(Refusal):
        await town.roles.grant(fern, "Heron", Role.HOST, NETWORK, None)
