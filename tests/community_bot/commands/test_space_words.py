"""Plans and drift in words: everything that the layouts can bring up, in every language, in one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from community_bot.commands.space_words import MOST_CHANGES, MOST_STEPS, PlanWords
from community_bot.domain.account import PlatformName
from community_bot.domain.home import MATRIX, Home
from community_bot.domain.layout import Act, Change, Found, Piece, PieceKind, Step, steps_between
from community_bot.domain.space_design import Access, SpaceDesign
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.builder import Obstacle, People, Stranger
from community_bot.platforms.discord_access import PERMISSIONS
from community_bot.platforms.discord_cards import parts_of
from community_bot.platforms.discord_layout import discord_layout
from community_bot.platforms.matrix_layout import matrix_layout
from community_bot.platforms.port import Card
from community_bot.services.space_plans import HomePlan
from community_bot.services.spaces import Plan
from tests.community_bot.platforms.spaces import DESIGN

FACILITATOR = "@fern:example.org"
PEOPLE = People(frozenset({FACILITATOR}), {"42": False, "43": True})
BY_HAND: Mapping[PlatformName, Mapping[str, Mapping[str, str]]] = {
    "discord": {
        "role.participants": {
            "colour": "#ff0000",
            "hoisted": "yes",
            "mentionable": "yes",
            "permissions": "+manage_access",
        },
        "container": {"name": "elsewhere", "access:everyone": "+view"},
        "room.plaza": {"moved": "top", "slow_mode": "99", "kind": "forum", "topic": "Come out", "tags": '["x"]'},
        "room.news": {"access:role:77": "+view +bit_60", "access:person:4242": "+view -write"},
    },
    "matrix": {
        "container": {"join_rule": "public", "history": "world_readable", "guests": "can_join"},
        "room.plaza": {"encrypted": "yes", "left": "yes", "join_rule": "restricted:!a:example.org", "listed": ""},
        "room.news": {"power:notify": "0", "power:event:org.odd": "7", "power:person:@x:example.org": "100"},
        "room.table": {"history": "shared", "join_rule": "knock", "listed": "09"},
    },
}
"""What may be found in pieces of the layout, beside what each layout says itself."""


def home(platform: PlatformName, language: Language) -> Home:
    return Home(MATRIX if platform == "matrix" else "100", platform, language)


def layout(platform: PlatformName, language: Language, design: SpaceDesign = DESIGN) -> tuple[Piece, ...]:
    if platform == "matrix":
        return matrix_layout(design, language, {FACILITATOR}, own="@bot:example.org")
    return discord_layout(design, home(platform, language), PEOPLE, catalogues().translator(language))


def plan_of(platform: PlatformName, language: Language, *steps: Step, obstacles: tuple[Obstacle, ...] = ()) -> Plan:
    return Plan(None, "x", (HomePlan(home(platform, language), steps, obstacles, (), {}, ()),))


def words(language: Language) -> PlanWords:
    return PlanWords(catalogues().translator(language), DESIGN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", ["discord", "matrix"])
@pytest.mark.parametrize("access", Access)
def test_every_facet_of_a_layout_has_words_whether_it_is_missing_changed_or_left_over(
    platform: PlatformName, language: Language, access: Access
) -> None:
    said, there = words(language), home(platform, language)
    for piece in layout(platform, language, replace(DESIGN, access=access, bridged=True)):
        for facet, value in piece.facets.items():
            for change in (Change(facet, "", value), Change(facet, value, "")):
                step = Step(Act.CHANGE, piece.key, piece.kind, (change,), piece.within)
                line = said.drift(step, there)
                # a code stands there only for whom there is no name
                assert "`" not in line or "person:" in facet, line
                assert said.piece(step, there) in line
        assert said.step(Step(Act.MAKE, piece.key, piece.kind), there)
        assert said.drift(Step(Act.MAKE, piece.key, piece.kind), there)
        assert said.drift(Step(Act.REMOVE, piece.key, piece.kind), there)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", ["discord", "matrix"])
def test_what_is_done_by_hand_is_said_in_words(platform: PlatformName, language: Language) -> None:
    wanted = layout(platform, language)
    found = {each.key: Found("1", {**each.facets, **BY_HAND[platform].get(each.key, {})}) for each in wanted}
    steps = steps_between(wanted, found)
    assert {each.key for each in steps} == set(BY_HAND[platform])
    text = words(language).differences(plan_of(platform, language, *steps))
    bare = text.replace("\\", "").replace("*", "")
    for code in ("joined", "can_join", "world_readable", "suggested", "yes", "m.room", "hoisted", "manage_access"):
        assert code not in bare, bare
    shown = "4242" if platform == "discord" else "@x:example.org"
    assert shown in bare


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_person_was_given_is_said_also_when_the_rest_is_cut(language: Language) -> None:
    changes = [Change(f"access:role:{number}", "+view", "") for number in range(20)]
    changes.append(Change("power:person:@x:example.org", "100", ""))
    step = Step(Act.CHANGE, "room.plaza", PieceKind.ROOM, tuple(changes))
    line = words(language).drift(step, home("matrix", language))
    assert "example.org" in line
    rest = len(changes) - MOST_CHANGES
    assert str(line).endswith(str(catalogues().translator(language).count("space.steps_more", rest)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("home", {"home": "100"}),
        ("lost", {"piece": "room.plaza"}),
        ("name", {"piece": "room.plaza", "name": "everyone"}),
        *((code, {"used": "499", "needed": "3", "most": "500"}) for code in ("channels", "category", "roles")),
        *(("permission", {"permission": name}) for name in (*PERMISSIONS.values(), "higher_role")),
        ("permission", {"permission": "m.room.power_levels"}),
    ],
)
def test_every_obstacle_has_words_and_permissions_are_called_as_the_app_calls_them(
    language: Language, code: str, values: dict[str, str]
) -> None:
    text = words(language).obstacles(plan_of("discord", language, obstacles=(Obstacle(code, values),)))
    permission = values.get("permission", "")
    assert "_" not in permission or permission.startswith("m.") or permission not in text.replace("\\", "")
    for value in ("used", "needed", "most", "name"):
        assert values.get(value, "") in text


def rooms(number: int) -> tuple[Step, ...]:
    return tuple(Step(Act.MAKE, f"room.{'x' * 30}{each}", PieceKind.ROOM) for each in range(number))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_plan_is_cut_and_the_rest_counted(language: Language) -> None:
    t = catalogues().translator(language)
    text = words(language).preview(plan_of("discord", language, *rooms(MOST_STEPS + 7)))
    lines = text.splitlines()
    assert lines[-1] == f"- {t.count('space.steps_more', MOST_STEPS + 7 - (len(lines) - 2))}"
    few = words(language).preview(plan_of("discord", language, *rooms(3)))
    assert len(few.splitlines()) == 4


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("homes", [1, 2, 3])
def test_however_much_there_is_to_say_it_is_one_message_on_discord(language: Language, homes: int) -> None:
    facets = {f"access:role:{number}": "+view +history +write" for number in range(40)}
    by_hand = [
        Step(
            Act.CHANGE,
            f"room.{'x' * 30}{number}",
            PieceKind.ROOM,
            tuple(Change(facet, value, "") for facet, value in facets.items()),
        )
        for number in range(48)
    ]
    blocked = tuple(Obstacle("name", {"piece": "x", "name": "y" * 100}) for _ in range(48))
    strangers = tuple(Stranger("z" * 100, str(number)) for number in range(9))
    one = HomePlan(home("discord", language), tuple(by_hand), blocked, strangers, {}, ())
    plan = Plan(None, "x", (one,) * homes)
    said = words(language)
    assert len(parts_of(Card(said.preview(plan)))) == 1
    assert len(parts_of(Card(said.obstacles(plan)))) == 1
    numbers = [line for line in said.differences(plan).splitlines() if line.startswith("- 1:")]
    assert len(numbers) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_somebody_else_made_there_is_named_and_left_alone(language: Language) -> None:
    one = HomePlan(home("discord", language), (), (), (Stranger("lounge **x**", "1"),), {}, ())
    text = words(language).differences(Plan(None, "x", (one,)))
    assert "lounge \\*\\*x\\*\\*" in text


def test_a_text_in_two_messages_is_named_like_one() -> None:
    said = words("en")
    first = said.piece(Step(Act.MAKE, "post.plaza.agreements", PieceKind.POST), home("discord", "en"))
    assert said.piece(Step(Act.MAKE, "post.plaza.agreements-2", PieceKind.POST), home("discord", "en")) == first


def test_two_servers_are_told_apart_and_rooms_are_called_what_they_are_called_there() -> None:
    step = Step(Act.MAKE, "room.table", PieceKind.ROOM)
    homes = (
        HomePlan(home("discord", "th"), (step,), (), (), {}, (), name="River House"),
        HomePlan(home("discord", "es"), (step,), (), (), {}, (), name="Paper Boat"),
        HomePlan(home("matrix", "en"), (step,), (), (), {}, ()),
    )
    text = words("en").preview(Plan(None, "x", homes))
    for heading, room in (("River House", "th"), ("Paper Boat", "es"), ("Matrix", "en")):
        assert DESIGN.room("table").names[room] in text.split(heading)[1].split("**\n")[1].split("**")[0]  # type: ignore[index]
