"""`/space create`, `plan`, `apply`, `check`, `edit`, as those who run spaces meet them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from community_bot.commands.desk import Desk
from community_bot.commands.forms import Form
from community_bot.commands.registry import Registry
from community_bot.commands.request import Incoming, Reply
from community_bot.commands.spaces import SpaceCommands, SpaceForm
from community_bot.domain.account import Account
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.discord_cards import custom_id
from community_bot.platforms.port import NotNowError
from community_bot.services.spaces import Wishes
from community_bot.services.standing import Standings
from db.engine import Database
from tests.community_bot.people import button
from tests.community_bot.services.test_building import Site

OPTIONS = {"template": "circle", "title": "Village Radio"}
LONGEST_CUSTOM_ID = 100
"""Characters that Discord keeps of a button (resources/message.mdx)."""


class Office(Site):
    """A site with a desk at which spaces are made."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        registry = Registry()
        commands = SpaceCommands(self.spaces)
        registry.offer(commands)
        registry.offer_form(SpaceForm(self.spaces, commands))
        self.town.desk = Desk(registry, Standings(self.town.network), catalogues())

    async def fern_in(self, language: Language) -> Account:
        self.fern = await self.town.join("Fern", role=Role.FACILITATOR, language=language)
        return self.fern

    async def made(self, language: Language = "en", **options: object) -> Reply:
        fern = await self.facilitator() if language == "en" else await self.fern_in(language)
        return await self.town.run(fern, "space create", **{**OPTIONS, **options})  # type: ignore[arg-type]

    async def run(self, path: str, **options: object) -> Reply:
        return await self.town.run(await self.facilitator(), path, **options)  # type: ignore[arg-type]

    async def press(self, reply: Reply, action: str, nth: int = 0) -> Reply:
        found = [each for each in reply.buttons if each.action == action][nth]
        return await self.town.press(await self.facilitator(), found)

    async def here(self, home: str | None) -> Incoming:
        return replace(self.town.incoming(await self.facilitator()), home=home)

    def homes(self) -> set[str]:
        return {each.partition("/")[0] for each in (*self.discord.things, *self.matrix.things)}


@pytest.fixture
def office(sqlite_database: Database) -> Office:
    return Office(sqlite_database)


# ── making


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_would_be_made_is_shown_and_nothing_is_made(office: Office, language: Language) -> None:
    t = catalogues().translator(language)
    reply = await office.made(language, preview="yes")
    shown = await office.spaces.create(
        await office.facilitator(), language, Wishes("circle", "Village Radio"), dry_run=True
    )
    assert reply.text.startswith(t.count("space.create.preview", shown.steps, title="Village Radio"))
    assert str(t("space.piece.role_participants")) in reply.text
    assert reply.buttons == ()
    await office.building.run_due()
    assert office.standing() == ({}, {})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_one_command_begins_and_a_button_tells_how_far_it_is(office: Office, language: Language) -> None:
    t = catalogues().translator(language)
    reply = await office.made(language)
    begun = await office.press(reply, "space.how_far")
    assert begun.replaces
    assert begun.text == t("space.progress.apply", space="Village Radio", done=0, all=0)
    await office.building.run_due()
    over = await office.press(begun, "space.how_far")
    assert over.text == t("space.progress.apply_done", space="Village Radio")
    assert [each.action for each in over.buttons] == ["space.open"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_stands_in_the_way_is_said_and_nothing_was_made(office: Office, language: Language) -> None:
    t = catalogues().translator(language)
    office.discord.most = 2
    reply = await office.made(language)
    assert reply.text.startswith(t("space.create.blocked", title="Village Radio"))
    assert str(t("space.obstacle.channels", used=0, needed=3, most=2)) in reply.text
    assert reply.buttons == ()
    assert office.standing() == ({}, {})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_platform_that_cannot_be_asked_is_said_so(office: Office, language: Language) -> None:
    office.matrix.away = NotNowError("matrix.unreachable")
    reply = await office.made(language)
    assert "matrix.unreachable" in reply.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_template_nobody_knows_is_answered_with_those_there_are(office: Office, language: Language) -> None:
    t = catalogues().translator(language)
    reply = await office.made(language, template="square")
    known = {"en": "Circle", "th": "วง", "es": "วง"}[language]
    assert reply.text == t("refusal.space.template", known=known)


@pytest.mark.parametrize("template", ["circle", "CIRCLE", " Circle ", "วง"])
async def test_a_template_is_named_by_its_key_or_its_title(office: Office, template: str) -> None:
    reply = await office.made(template=template)
    assert [each.action for each in reply.buttons] == ["space.how_far"]


@pytest.mark.parametrize(
    ("where", "home", "built"),
    [
        ("everywhere", None, {"100", "200", "matrix"}),
        ("discord", None, {"100", "200"}),
        ("matrix", None, {"matrix"}),
        ("here", "200", {"200"}),
    ],
)
async def test_a_space_is_made_where_it_is_wanted(
    office: Office, where: str, home: str | None, built: set[str]
) -> None:
    incoming = await office.here(home)
    await office.town.desk.run(incoming, ("space", "create"), {**OPTIONS, "where": where})
    await office.building.run_due()
    assert office.homes() == built


@pytest.mark.parametrize("home", [None, "999"], ids=["in a private conversation", "on a server that is no home"])
async def test_here_is_refused_where_nothing_can_be_built(office: Office, home: str | None) -> None:
    t = catalogues().translator("en")
    reply = await office.town.desk.run(await office.here(home), ("space", "create"), {**OPTIONS, "where": "here"})
    assert reply.text == t("refusal.space.no_home")


async def test_here_on_matrix_is_the_matrix_home_whatever_the_room(office: Office) -> None:
    lark = await office.town.join("Lark", account=office.town.stranger("matrix"), role=Role.FACILITATOR)
    incoming = replace(office.town.incoming(lark), home="!somewhere:example.org")
    await office.town.desk.run(incoming, ("space", "create"), {**OPTIONS, "where": "here"})
    await office.building.run_due()
    assert office.homes() == {"matrix"}


async def test_who_does_not_facilitate_makes_nothing(office: Office) -> None:
    moss = await office.town.join("Moss")
    reply = await office.town.run(moss, "space create", template="circle", title="Village Radio")
    assert reply.text == catalogues().translator("en")("refusal.authority.lacks")


# ── what is offered while somebody types


async def test_only_the_spaces_that_one_runs_are_offered(office: Office) -> None:
    key = button(await office.made(), "space.how_far").argument
    await office.made(title="Seed Circle")
    fern, moss = await office.facilitator(), await office.town.join("Moss")
    lark, heron = await office.town.join("Lark"), await office.town.join("Heron")
    await office.town.entrust(lark, Role.FACILITATOR, key)
    await office.town.entrust(heron, Role.FACILITATOR, "elsewhere")

    async def offered(account: Account, typed: str = "") -> set[str]:
        found = await office.town.desk.suggest(office.town.incoming(account), ("space", "plan"), "space", typed)
        return {each.label for each in found}

    assert await offered(fern) == {"Village Radio", "Seed Circle"}
    assert await offered(fern, "SEED") == {"Seed Circle"}
    assert await offered(lark) == {"Village Radio"}
    assert await offered(lark, "seed") == set()
    assert await offered(heron) == set()
    assert await offered(moss) == set()


async def test_templates_are_offered_by_title(office: Office) -> None:
    fern = await office.fern_in("th")
    path = ("space", "create")
    found = await office.town.desk.suggest(office.town.incoming(fern), path, "template", "")
    assert [(each.value, each.label) for each in found] == [("circle", "วง")]
    assert await office.town.desk.suggest(office.town.incoming(fern), path, "template", "zzz") == []


# ── plan, apply


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_plan_is_shown_with_a_button_and_done_when_it_is_pressed(
    office: Office, language: Language
) -> None:
    t = catalogues().translator(language)
    await office.made(language)
    await office.building.run_due()
    same = await office.run("space plan", space="Village Radio")
    assert same.text == t("space.plan.nothing", space="Village Radio")
    office.discord.named("practice", "100").facets["topic"] = "x"
    plan = await office.run("space plan", space="village radio")
    assert plan.text.startswith(t.count("space.plan.heading", 1, space="Village Radio"))
    assert office.discord.named("practice", "100").facets["topic"] == "x"
    begun = await office.press(plan, "space.apply")
    assert begun.text == t.count("space.plan.begun", 1, space="Village Radio")
    busy = await office.press(plan, "space.apply")
    assert busy.text == t("refusal.space.busy")
    await office.building.run_due()
    again = await office.press(plan, "space.apply")
    assert again.text == t("space.plan.nothing", space="Village Radio")


async def test_a_space_of_others_is_as_unknown_as_one_that_there_is_not(office: Office) -> None:
    reply = await office.made()
    key = button(reply, "space.how_far").argument
    lark = await office.town.join("Lark")
    await office.town.entrust(lark, Role.FACILITATOR, "elsewhere")
    unknown = catalogues().translator("en")("refusal.space.unknown")
    for path in ("space plan", "space apply", "space check", "space edit"):
        for space in (key, "Village Radio", "nothing"):
            assert (await office.town.run(lark, path, space=space)).text == unknown
    for action in ("space.how_far", "space.plan", "space.apply", "space.repair", "space.adopt"):
        pressed = replace(button(reply, "space.how_far"), action=action)
        assert (await office.town.press(lark, pressed)).text == unknown


# ── drift


async def drifted(office: Office) -> Reply:
    await office.made()
    await office.building.run_due()
    office.discord.named("plaza", "100").facets["name"] = "pizza"
    office.matrix.named("table").facets["topic"] = "x"
    return await office.run("space check", space="Village Radio")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_where_nothing_was_changed_by_hand_there_is_nothing_to_press(
    office: Office, language: Language
) -> None:
    await office.made(language)
    await office.building.run_due()
    reply = await office.run("space check", space="Village Radio")
    assert reply.text == catalogues().translator(language)("space.check.same", space="Village Radio")
    assert reply.buttons == ()


async def test_each_difference_is_put_right_or_kept_by_its_own_button(office: Office) -> None:
    reply = await drifted(office)
    assert "1: the room “plaza”: named “pizza”" in reply.text
    assert [each.action for each in reply.buttons] == ["space.repair", "space.adopt"] * 3
    assert all(len(custom_id(each)) <= LONGEST_CUSTOM_ID for each in reply.buttons)
    kept = await office.press(reply, "space.adopt", 1)
    assert kept.text.startswith(catalogues().translator("en")("space.adopted"))
    assert "pizza" not in kept.text
    begun = await office.press(reply, "space.repair", 2)
    assert [each.action for each in begun.buttons] == ["space.how_far"]
    await office.building.run_due()
    assert "topic" not in office.matrix.named("table").facets
    assert office.discord.named("pizza", "100")
    same = await office.run("space check", space="Village Radio")
    assert same.buttons == ()


async def test_all_is_put_right_by_one_button(office: Office) -> None:
    reply = await drifted(office)
    await office.press(reply, "space.repair")
    await office.building.run_due()
    assert (await office.run("space check", space="Village Radio")).buttons == ()
    assert office.discord.named("plaza", "100")


async def test_many_differences_have_one_button_for_all(office: Office) -> None:
    await office.made()
    await office.building.run_due()
    for thing in office.discord.things.values():
        thing.facets["topic"] = "x"
    reply = await office.run("space check", space="Village Radio")
    assert [each.action for each in reply.buttons] == ["space.repair", "space.adopt"]
    kept = await office.press(reply, "space.adopt")
    assert kept.buttons == ()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_cannot_be_put_right_yet_says_why(office: Office, language: Language) -> None:
    t = catalogues().translator(language)
    await office.made(language)
    await office.building.run_due()
    gone = next(each for each, thing in office.discord.things.items() if thing.facets.get("name") in ("table",))
    del office.discord.things[gone]
    office.discord.most = 2
    reply = await office.run("space check", space="Village Radio")
    assert str(t("space.check.blocked")) in reply.text
    pressed = await office.press(reply, "space.repair")
    assert pressed.text.startswith(t("space.plan.blocked", space="Village Radio"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_cannot_be_kept_is_refused_in_words(office: Office, language: Language) -> None:
    t = catalogues().translator(language)
    await office.made(language)
    await office.building.run_due()
    office.discord.named("table", "100").facets["access:person:4242"] = "+view"
    person = await office.press(await office.run("space check", space="Village Radio"), "space.adopt")
    assert person.text == t("refusal.space.adopt_person")
    del office.discord.named("table", "100").facets["access:person:4242"]
    role = next(each for each, thing in office.discord.things.items() if thing.kind.value == "role")
    del office.discord.things[role]
    needed = await office.press(await office.run("space check", space="Village Radio"), "space.adopt")
    assert needed.text == t("refusal.space.adopt_needed")


@pytest.mark.parametrize("argument", ["", "nothing", "s-1 100", "s-1 100 room.x more", "s-1  "])
async def test_a_forged_button_gets_a_plain_no(office: Office, argument: str) -> None:
    reply = await office.made()
    unknown = catalogues().translator("en")("refusal.space.unknown")
    for action in ("space.repair", "space.adopt"):
        pressed = replace(button(reply, "space.how_far"), action=action, argument=argument)
        assert (await office.town.press(await office.facilitator(), pressed)).text == unknown


# ── editing


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_form_opens_with_how_it_is_and_shows_what_its_answers_change(
    office: Office, language: Language
) -> None:
    t = catalogues().translator(language)
    await office.made(language)
    await office.building.run_due()
    fern = await office.facilitator()
    opened = button(await office.run("space edit", space="Village Radio"), "form.open")
    name, _, argument = opened.argument.partition(" ")
    form = await office.town.desk.build(office.town.incoming(fern), name, argument, {})
    assert isinstance(form, Form)
    assert {each.name: each.value for each in form.fields if each.kind == "line"} == {"title": "Village Radio"}
    assert [each.name for each in form.fields] == ["title", "purpose", "access", "bridged"]
    chosen = {each.name: [c.value for c in each.choices if c.chosen] for each in form.fields if each.choices}
    assert chosen == {"access": ["open"], "bridged": ["no"]}
    answers = {"title": ("River Radio",), "purpose": ("Listen",), "access": ("request",), "bridged": ("yes",)}
    saved = await office.town.desk.submit(office.town.incoming(fern), name, argument, answers)
    assert saved.text.startswith(t("space.edited"))
    assert [each.action for each in saved.buttons] == ["space.apply"]
    await office.press(saved, "space.apply")
    await office.building.run_due()
    assert office.discord.named("River Radio", "100")
    assert office.matrix.named("River Radio")
    again = await office.town.desk.build(office.town.incoming(fern), name, argument, {})
    assert isinstance(again, Form)
    assert {c.value for each in again.fields for c in each.choices if c.chosen} == {"request", "yes"}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"title": ("x",)}, "space.title"),
        ({"title": ("Fern",)}, "space.title_names"),
        ({"purpose": ("x" * 301,)}, ""),
    ],
)
async def test_answers_that_cannot_stand_are_refused_and_the_form_can_be_opened_again(
    office: Office, answers: dict[str, tuple[str, ...]], code: str
) -> None:
    key = button(await office.made(), "space.how_far").argument
    whole = {"title": ("Village Radio",), "purpose": ("",), "access": ("open",), "bridged": ("no",), **answers}
    fern = await office.facilitator()
    reply = await office.town.desk.submit(office.town.incoming(fern), "space.edit", key, whole)
    assert [each.action for each in reply.buttons] == ["form.again"]
    _, design = await office.spaces.design(fern, key)
    assert (design.titles["en"], design.purposes["en"]) == ("Village Radio", "To learn together.")
    assert code or "300" in reply.text
