"""How a space looks on Discord, in which words, under which names; what stands in its way."""

from __future__ import annotations

import json
from dataclasses import replace

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_bot.domain.home import Home
from community_bot.domain.layout import Act, Change, Piece, PieceKind, Step, kind_of, steps_between
from community_bot.domain.space_design import Access, Audience, Liberty, SpaceDesign
from community_bot.locales import catalogues
from community_bot.platforms.builder import People, Survey
from community_bot.platforms.discord_access import PERMISSIONS, flag_of, in_numbers, in_words, word_of
from community_bot.platforms.discord_layout import discord_layout
from community_bot.platforms.discord_names import channel_name, title
from community_bot.platforms.discord_obstacles import obstacles_of
from tests.community_bot.platforms.spaces import DESIGN, NEWS, PLAZA, QUESTIONS, TABLE, UNLISTED, words

HOME = Home("1", "discord", "en")
NOBODY = People()
TEXTS = catalogues()


def layout(design: SpaceDesign = DESIGN, people: People = NOBODY, home: Home = HOME) -> dict[str, Piece]:
    pieces = discord_layout(design, home, people, TEXTS.translator(home.language))
    return {piece.key: piece for piece in pieces}


# ---------------------------------------------------------------------- pieces


def test_a_space_is_roles_a_category_its_channels_and_what_is_pinned_in_them() -> None:
    assert list(layout()) == [
        "role.participants",
        "role.facilitators",
        "container",
        "room.plaza",
        "post.plaza.welcome",
        "post.plaza.agreements",
        "room.news",
        "room.questions",
        "room.table",
    ]


def test_every_piece_comes_after_what_it_stands_in() -> None:
    seen: set[str] = set()
    for piece in layout().values():
        assert piece.within is None or piece.within in seen
        assert kind_of(piece.key) is piece.kind
        seen.add(piece.key)


def test_names_and_purposes_are_in_the_language_of_the_home() -> None:
    thai = layout(home=Home("1", "discord", "th"))
    assert thai["container"].facets["name"] == "วงฟัง"
    assert thai["role.facilitators"].facets["name"] == "วงฟัง · กระบวนกร"
    assert thai["room.plaza"].facets["name"] == "ลานกลาง"
    assert thai["room.plaza"].facets["topic"] == "ที่พบปะของทุกคน"


def test_roles_have_a_name_and_nothing_else() -> None:
    assert layout()["role.participants"].facets == {"name": "Listening Circle"}
    assert layout()["role.facilitators"].facets == {"name": "Listening Circle · facilitation"}


def test_a_room_that_is_only_on_matrix_is_not_here() -> None:
    pieces = layout(replace(DESIGN, rooms=(replace(PLAZA, platforms=("matrix",)), NEWS)))
    assert "room.plaza" not in pieces
    assert pieces["post.news.agreements"].within == "room.news"


def test_what_would_be_pinned_in_a_forum_stands_above_it() -> None:
    alone = layout(replace(DESIGN, rooms=(QUESTIONS,)))
    assert [key for key in alone if key.startswith("post")] == []
    above = "Ask anything\n\nOne post, one question.\n\n1. Listen to the end."
    assert alone["room.questions"].facets["topic"] == above
    assert json.loads(alone["room.questions"].facets["tags"]) == ["beginning", "going on"]


def test_a_long_text_is_pinned_in_parts_of_what_discord_takes() -> None:
    long = words("", "One sentence. " * 300, "")
    pieces = layout(replace(DESIGN, agreements=long))
    posts = [pieces[key] for key in pieces if key.startswith("post.plaza.agreements")]
    assert len(posts) == 3
    assert all(len(post.facets["text"]) <= 2000 for post in posts)


# ---------------------------------------------------------------------- who may do what


def test_who_comes_in_sees_the_channel_and_everybody_there_may_do_the_same() -> None:
    facets = layout()["room.plaza"].facets
    everyone = "+answer +files +links -private_threads +react +threads -view +write"
    assert facets["access:everyone"] == everyone
    assert facets["access:participants"] == "+history +view"


def test_only_facilitators_write_in_announcements() -> None:
    facets = layout()["room.news"].facets
    assert {"-write", "-answer", "-threads", "-files", "+react"} <= set(facets["access:everyone"].split())
    assert {"+write", "+pin", "+remove", "+manage_threads"} <= set(facets["access:facilitators"].split())
    assert facets["kind"] == "text"


def test_who_may_not_start_a_post_in_a_forum_may_answer_one() -> None:
    lessons = replace(QUESTIONS, written_by=Audience.FACILITATORS)
    facets = layout(replace(DESIGN, rooms=(PLAZA, lessons)))["room.questions"].facets
    assert {"-write", "+answer", "+files"} <= set(facets["access:everyone"].split())


def test_a_liberty_that_is_not_given_is_denied() -> None:
    facets = layout(replace(DESIGN, participants=frozenset({Liberty.WRITE})))["room.plaza"].facets
    assert {"-files", "-links", "-react", "-threads"} <= set(facets["access:everyone"].split())


def test_a_room_of_facilitators_knows_no_participants() -> None:
    facets = layout(people=People(guests={"7": True}))["room.table"].facets
    assert "access:participants" not in facets
    assert "access:person:7" not in facets
    assert "+view" in facets["access:facilitators"].split()


def test_a_newcomer_on_probation_does_not_see_what_was_said_before() -> None:
    facets = layout(people=People(guests={"7": False, "8": True}))["room.plaza"].facets
    assert facets["access:person:7"] == "-history +view"
    assert facets["access:person:8"] == "+history +view"


def test_an_unlisted_space_has_no_roles_and_lets_its_people_in_one_by_one() -> None:
    pieces = layout(UNLISTED, People(frozenset({"5"}), {"5": True, "7": True}))
    assert not any(piece.kind is PieceKind.ROLE for piece in pieces.values())
    assert not any(
        "participants" in facet or "facilitators" in facet for p in pieces.values() for facet in p.facets
    )
    assert pieces["room.plaza"].facets["access:person:7"] == "+history +view"
    assert "+remove" in pieces["room.plaza"].facets["access:person:5"].split()
    assert "+view" in pieces["room.table"].facets["access:person:5"].split()
    assert "access:person:7" not in pieces["room.table"].facets


def test_in_an_archived_space_everybody_reads_and_nobody_writes() -> None:
    pieces = layout(DESIGN.archived(), People(guests={"7": True}))
    for room in (PLAZA, NEWS, QUESTIONS, TABLE):
        facets = pieces[f"room.{room.key}"].facets
        assert {"-write", "-answer", "-threads", "-react"} <= set(facets["access:everyone"].split())
        assert set(facets["access:facilitators"].split()) == {"+history", "+view", "+remove", "+manage_threads"}
    assert pieces["room.plaza"].facets["access:participants"] == "+history +view"


def test_the_bot_keeps_webhooks_only_where_the_bridge_joins() -> None:
    assert "+webhooks" not in layout()["room.plaza"].facets["access:bot"]
    bridged = layout(replace(DESIGN, bridged=True))
    assert "+webhooks" in bridged["room.plaza"].facets["access:bot"]
    assert "+webhooks" not in bridged["room.news"].facets["access:bot"]


LIBERTIES = st.frozensets(st.sampled_from(Liberty))
DESIGNS = st.builds(
    replace,
    st.just(DESIGN),
    access=st.sampled_from(Access),
    participants=LIBERTIES,
    facilitators=LIBERTIES,
    read_only=st.booleans(),
    bridged=st.booleans(),
    rooms=st.lists(
        st.sampled_from((PLAZA, NEWS, QUESTIONS, TABLE)), min_size=1, unique_by=lambda room: room.key
    ).map(tuple),
)


@settings(deadline=None)
@given(design=DESIGNS, guests=st.dictionaries(st.integers(1, 9).map(str), st.booleans(), max_size=3))
def test_in_no_design_is_a_channel_open_to_who_was_not_let_in(design: SpaceDesign, guests: dict[str, bool]) -> None:
    for piece in layout(design, People(guests=guests)).values():
        if piece.kind in (PieceKind.CONTAINER, PieceKind.ROOM):
            assert "-view" in piece.facets["access:everyone"].split()
            assert "+view" in piece.facets["access:bot"].split()
            assert "manage_access" not in " ".join(piece.facets.values())
        for facet, value in piece.facets.items():
            assert value
            if facet.startswith("access:"):
                assert in_words(*in_numbers(value)) == value


# ---------------------------------------------------------------------- words and numbers


@settings(deadline=None)
@given(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_whatever_discord_says_of_somebody_can_be_said_in_words_and_back(allow: int, deny: int) -> None:
    assert in_numbers(in_words(allow, deny)) == (allow, deny & ~allow)


def test_words_stand_for_discords_permissions_and_younger_ones_for_their_number() -> None:
    assert in_words(discord.Permissions(send_messages=True).value, 0) == "+write"
    assert in_words(0, discord.Permissions(mention_everyone=True).value) == "-mention_everyone"
    assert word_of(1 << 60) == "bit_60"
    assert flag_of("bit_60") == 1 << 60
    for word, name in PERMISSIONS.items():
        assert flag_of(word) == getattr(discord.Permissions, name).flag
    with pytest.raises(ValueError, match="no such permission"):
        in_numbers("+fly")
    with pytest.raises(ValueError, match="neither"):
        in_numbers("view")


def test_each_permission_and_each_word_has_a_text_in_every_language() -> None:
    for language in ("th", "en", "es"):
        t = TEXTS.translator(language)
        for word, name in PERMISSIONS.items():
            assert t.plain(f"building.word.{word}")
            assert t.plain(f"building.permission.{name}")
        assert t.plain("building.permission.higher_role")


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The Plaza", "the-plaza"),
        ("News & dates", "news-dates"),
        ("  what's   new?  ", "whats-new"),
        ("ห้องเรียนรู้ ที่ 1", "ห้องเรียนรู้-ที่-1"),
        ("ÁREA común", "área-común"),
        ("🌱 seeds", "🌱-seeds"),
        ("snake_case", "snake_case"),
        ("…!?", ""),
        ("- - -", ""),
        ("", ""),
    ],
)
def test_a_channel_is_called_as_discord_will_keep_it(text: str, name: str) -> None:
    assert channel_name(text) == name


@settings(deadline=None)
@given(st.text(max_size=150))
def test_naming_twice_is_naming_once(text: str) -> None:
    for naming in (channel_name, title):
        once = naming(text)
        assert naming(once) == once
        assert len(once) <= 100


@settings(deadline=None)
@given(st.text(max_size=150))
def test_discord_finds_nothing_to_change_in_a_channels_name(text: str) -> None:
    name = channel_name(text)
    assert name == name.lower()
    assert not any(each.isspace() for each in name)
    assert not set(name) & set("!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~")
    assert name == name.strip("-")


# ---------------------------------------------------------------------- obstacles


def step(key: str, act: Act = Act.MAKE, within: str | None = None, **facets: str) -> Step:
    changes = tuple(Change(name, "", value) for name, value in facets.items())
    return Step(act, key, kind_of(key), changes, within)


ALL = steps_between(tuple(layout().values()), {})


def test_nothing_stands_in_the_way_of_an_empty_server() -> None:
    assert obstacles_of(Survey({}, used={"channels": 2, "roles": 2, "category": 0}), ALL) == ()


def test_nothing_to_do_needs_nothing() -> None:
    assert obstacles_of(Survey({}, lacking=frozenset({"home"})), ()) == ()


def test_where_the_bot_is_not_there_that_is_all_there_is_to_say() -> None:
    survey = Survey({}, lacking=frozenset({"home", "manage_roles"}))
    assert [each.code for each in obstacles_of(survey, ALL)] == ["home"]


def test_permissions_are_named_as_discord_names_them_also_those_to_give_away() -> None:
    survey = Survey({}, lacking=frozenset({"manage_channels", "attach_files", "manage_webhooks"}))
    found = [each.values["permission"] for each in obstacles_of(survey, ALL) if each.code == "permission"]
    assert found == ["attach_files", "manage_channels"]


def test_a_role_above_the_bots_own_matters_only_where_a_role_is_changed() -> None:
    survey = Survey({}, lacking=frozenset({"higher_role"}))
    assert obstacles_of(survey, [step("role.participants", name="x")]) == ()
    [found] = obstacles_of(survey, [step("role.participants", Act.CHANGE, name="x")])
    assert found.values == {"permission": "higher_role"}


def test_limits_are_foreseen() -> None:
    survey = Survey({}, used={"channels": 497, "roles": 249, "category": 49})
    found = {each.code: dict(each.values) for each in obstacles_of(survey, ALL)}
    assert found == {
        "channels": {"used": "497", "needed": "5", "most": "500"},
        "roles": {"used": "249", "needed": "2", "most": "250"},
    }
    rooms = [step("room.a", within="container", name="a"), step("room.b", within="container", name="b")]
    [full] = obstacles_of(survey, rooms)
    assert (full.code, full.values["used"]) == ("category", "49")


def test_names_that_discord_would_refuse_are_named() -> None:
    steps = [
        step("room.a"),
        step("room.b", name="x" * 101),
        step("container", name="everyone"),
        step("room.c", name="everyone"),
        step("room.d", Act.CHANGE, topic="new"),
    ]
    found = obstacles_of(Survey({}), steps)
    assert [(each.code, each.values["piece"]) for each in found] == [
        ("name", "room.a"),
        ("name", "room.b"),
        ("name", "container"),
    ]


def test_a_channel_out_of_reach_is_in_the_way_of_it_and_of_what_stands_in_it() -> None:
    survey = Survey({}, lost=frozenset({"room.plaza", "post.plaza.welcome"}))
    [found] = obstacles_of(survey, [step("post.plaza.welcome", within="room.plaza", text="x")])
    assert (found.code, found.values) == ("lost", {"piece": "room.plaza"})
    assert obstacles_of(survey, [step("room.news", Act.CHANGE, topic="x")]) == ()
