"""The templates that come with the program are whole, and a template that is not says where."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import pytest

from community_bot.domain.languages import LANGUAGES
from community_bot.domain.space_design import Access, Audience, Liberty, RoomKind, SpaceDesign, design_of
from community_bot.domain.words import Words
from community_bot.locales.forbidden_words import forbidden_in
from config import Problem, SettingsError, template_values
from config.space_templates import TEMPLATES, load_template, load_templates
from config.template_rules import as_discord_writes

WHOLE = dedent(
    """\
    key = "garden"
    titles = { en = "Garden" }
    purposes = { en = "Grow things together." }
    access = "open"
    agreements = { en = "Be kind." }
    participants = ["write", "react"]
    facilitators = ["write", "pin"]

    [[rooms]]
    key = "gate"
    names = { th = "ประตู", en = "gate" }
    purposes = { en = "Where people come in." }
    welcome = { en = "Welcome." }

    [[rooms]]
    key = "beds"
    kind = "forum"
    names = { en = "Garden beds" }
    purposes = { en = "One thread for each bed." }
    tags = [{ en = "roots" }, { en = "leaves" }]

    [[rooms]]
    key = "shed"
    names = { en = "shed" }
    purposes = { en = "Where the tools are." }
    seen_by = "facilitators"
    """
)


def load(folder: Path, text: str, name: str = "garden") -> dict[str, Any]:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return load_template(file, file.name)


def problems(folder: Path, text: str, name: str = "garden") -> dict[str, Problem]:
    with pytest.raises(SettingsError) as raised:
        load(folder, text, name)
    found = {problem.key: problem for problem in raised.value.problems}
    assert len(found) == len(raised.value.problems)
    return found


def changed(written: str, instead: str) -> str:
    assert WHOLE.count(written) == 1, written
    return WHOLE.replace(written, instead)


SHIPPED = {key: design_of(values) for key, values in load_templates().items()}
each_shipped = pytest.mark.parametrize("design", SHIPPED.values(), ids=SHIPPED)


def texts(design: SpaceDesign) -> dict[str, Words]:
    found = {"titles": design.titles, "purposes": design.purposes, "agreements": design.agreements}
    for room in design.rooms:
        found |= {f"{room.key}.names": room.names, f"{room.key}.purposes": room.purposes}
        found |= {f"{room.key}.tags[{number}]": tag for number, tag in enumerate(room.tags)}
        found |= {f"{room.key}.welcome": room.welcome} if room.welcome else {}
    return found


# ── what comes with the program


def test_four_templates_come_with_the_program_inside_the_package() -> None:
    assert list(SHIPPED) == ["coalition-practice", "course", "open-circle", "pilot"]
    assert str(TEMPLATES) == str(Path(template_values.__file__).parent / "templates")


@each_shipped
def test_a_shipped_template_says_everything_in_three_languages(design: SpaceDesign) -> None:
    assert {key: set(words) for key, words in texts(design).items() if set(words) != set(LANGUAGES)} == {}


@each_shipped
def test_each_text_is_in_the_script_of_its_language(design: SpaceDesign) -> None:
    for key, words in texts(design).items():
        assert re.search("[\u0e01-\u0e4e]", words["th"]), key
        assert not re.search("[\u0e01-\u0e4e]", words["en"] + words["es"]), key


@each_shipped
def test_no_text_uses_a_word_that_ours_avoid(design: SpaceDesign) -> None:
    for key, words in texts(design).items():
        for language in LANGUAGES:
            assert list(forbidden_in(words[language], language)) == [], (key, language)


@each_shipped
def test_the_agreements_are_six_plain_lines_under_a_heading(design: SpaceDesign) -> None:
    for text in design.agreements.values():
        heading, *lines = text.splitlines()
        assert re.fullmatch(r"\*\*[^*]+\*\*", heading)
        assert len(lines) == 6
        assert all(line.startswith("- ") for line in lines)


@each_shipped
def test_posts_use_the_light_markup_of_our_texts_and_no_other(design: SpaceDesign) -> None:
    for text in (*design.agreements.values(), *(t for r in design.rooms for t in (r.welcome or {}).values())):
        plain = re.sub(r"\*\*[^*\n]+\*\*", "", re.sub(r"^- ", "", text, flags=re.MULTILINE))
        assert not re.search(r"[*_`~|>#<@\[\]\\]", plain), text


@each_shipped
def test_a_post_names_rooms_by_the_names_they_have(design: SpaceDesign) -> None:
    for room in design.rooms:
        for language, text in (room.welcome or {}).items():
            named = {name.casefold() for name in re.findall(r"\*\*([^*\n]+)\*\*", "\n".join(text.splitlines()[1:]))}
            assert named <= {each.names[language].casefold() for each in design.rooms}, (room.key, language)


@each_shipped
def test_nobody_gets_more_than_they_need(design: SpaceDesign) -> None:
    assert not design.participants & {Liberty.PIN, Liberty.REMOVE_MESSAGES, Liberty.MANAGE_THREADS}
    assert design.participants < design.facilitators
    # what facilitators say among themselves stays with them
    assert not [room.key for room in design.rooms if room.joined and room.seen_by is Audience.FACILITATORS]


def test_a_pilot_is_an_experiment_of_six_channels() -> None:
    pilot = SHIPPED["pilot"]
    assert pilot.pilot
    assert [room.key for room in pilot.rooms if "discord" in room.platforms] == [
        *("plaza", "announcements", "practice", "questions", "reflections", "facilitators")
    ]
    assert not any(design.pilot for key, design in SHIPPED.items() if key != "pilot")


def test_an_open_circle_is_three_rooms_for_everybody() -> None:
    assert (len(SHIPPED["open-circle"].rooms), SHIPPED["open-circle"].access) == (3, Access.OPEN)


def test_a_courses_lessons_have_a_tag_for_each_step() -> None:
    lessons = SHIPPED["course"].room("lessons")
    assert (lessons.kind, lessons.written_by) == (RoomKind.FORUM, Audience.FACILITATORS)
    assert [tag["en"] for tag in lessons.tags][1:6] == ["step 1", "step 2", "step 3", "step 4", "step 5"]


def test_a_coalition_practises_in_joined_rooms_into_which_one_asks_to_come() -> None:
    coalition = SHIPPED["coalition-practice"]
    assert (coalition.access, coalition.bridged) == (Access.REQUEST, True)
    assert all(room.joined for room in coalition.rooms)
    assert not any(design.bridged for key, design in SHIPPED.items() if key != "coalition-practice")


# ── what a template may say


def test_settings_and_domain_know_the_same_words() -> None:
    assert set(get_args(template_values.LibertyName)) == {each.value for each in Liberty}
    assert set(get_args(template_values.KindName)) == {each.value for each in RoomKind}
    assert set(get_args(template_values.AudienceName)) == {each.value for each in Audience}
    assert set(get_args(template_values.AccessName)) == {each.value for each in Access}
    assert template_values.LANGUAGES == LANGUAGES


def test_what_is_left_out_is_what_protects(tmp_path: Path) -> None:
    design = design_of(load(tmp_path, WHOLE))
    assert (design.template, design.pilot, design.bridged, design.read_only) == ("garden", False, False, False)
    gate, beds, shed = design.rooms
    assert (gate.kind, gate.seen_by, gate.written_by) == (
        RoomKind.TALK,
        Audience.PARTICIPANTS,
        Audience.PARTICIPANTS,
    )
    assert (gate.slow_seconds, gate.joined, gate.platforms) == (0, False, ("discord", "matrix"))
    assert beds.welcome is None
    assert shed.written_by is Audience.FACILITATORS


def test_in_announcements_only_facilitators_write_unasked(tmp_path: Path) -> None:
    text = changed('key = "gate"', 'key = "gate"\nkind = "announcements"')
    assert load(tmp_path, text)["rooms"][0]["written_by"] == "facilitators"


def test_a_text_is_kept_as_people_read_it(tmp_path: Path) -> None:
    # an e and its accent in two characters, as some keyboards write it
    text = changed('"Where people come in."', '"  Cafe\u0301  y\\n pan "')
    text = text.replace('"Be kind."', '"""\n**Us**\n- Be kind.  \n"""')
    values = load(tmp_path, text)
    assert values["rooms"][0]["purposes"] == {"en": "Café y pan"}
    assert values["agreements"] == {"en": "**Us**\n- Be kind."}


@pytest.mark.parametrize(
    ("written", "instead", "key", "expected"),
    [
        # the whole space
        ('key = "garden"', 'key = "orchard"', "key", "garden, as the file is called"),
        ('key = "garden"', 'key = "Garden"', "key", "a short name"),
        ('key = "garden"\n', "", "key", "a short name"),
        ('access = "open"', 'access = "everybody"', "access", "one of open, request, unlisted"),
        ('access = "open"', 'access = "open"\npilot = "yes"', "pilot", "true or false, without quotes"),
        ('access = "open"', 'access = "open"\nbridged = true', "bridged", "joined = true must stand"),
        ('access = "open"', 'acess = "open"', "acess", "did you mean access?"),
        ('access = "open"', 'access = "open"\nslow_seconds = 5', "slow_seconds", "belongs under [rooms]"),
        ('titles = { en = "Garden" }', 'titles = "Garden"', "titles", "{ th ="),
        ('titles = { en = "Garden" }', "titles = {}", "titles", "in at least one language"),
        ('titles = { en = "Garden" }', 'titles = { fr = "Jardin" }', "titles.fr", "a known key"),
        ('"react"]', '"react", "fly"]', "participants[2]", "write, start_threads, attach_files, react, pin"),
        ('"react"]', '"write"]', "participants", "write is there twice"),
        ('["write", "pin"]', '"write"', "facilitators", "a list of liberties"),
        # texts
        ('"Garden"', f'"{"x" * 81}"', "titles.en", "1 to 80 characters; this has 81"),
        ('"Garden"', '""', "titles.en", "1 to 80 characters; this has 0"),
        ('"Garden"', '"Gar\\u0000den"', "titles.en", "control characters"),
        ('en = "gate"', 'en = "!?"', "rooms[0].names.en", "a letter or a number"),
        ('"ประตู"', f'"{"🌱" * 70}"', "rooms[0].names.th", "at most 255 bytes"),
        ('"ประตู"', "7", "rooms[0].names.th", "a name of 1 to 80 characters"),
        ('"Where people come in."', f'"{"x" * 1025}"', "rooms[0].purposes.en", "1 to 1024 characters"),
        ('"Be kind."', f'"""{"x" * 1997}****"""', "agreements.en", "2000 characters, Discord's limit"),
        ('"Welcome."', f'"{"x" * 2001}"', "rooms[0].welcome.en", "this has 2001, with every **"),
        ('{ en = "leaves" }', f'{{ en = "{"x" * 21}" }}', "rooms[1].tags[1].en", "1 to 20 characters"),
        ('{ en = "leaves" }', "{}", "rooms[1].tags[1]", "in at least one language"),
        # rooms
        ('key = "beds"', 'key = "gate"', "rooms[1].key", "different from the key of rooms[0]"),
        ('"Garden beds"', '"Gate!"', "rooms[1].names", "another name than that of rooms[0]"),
        # whoever reads Thai is shown the English name of a room without a Thai one
        ('"Garden beds"', '"ประตู"', "rooms[1].names", "another name than that of rooms[0]"),
        ('kind = "forum"', 'kind = "voice"', "rooms[1].kind", "one of talk, forum, announcements"),
        ('kind = "forum"', 'kind = "talk"', "rooms[1].tags", "only a forum has tags"),
        ('kind = "forum"', 'kind = "forum"\njoined = true', "rooms[1].joined", "false: what is written in a forum"),
        ('{ en = "leaves" }', '{ en = "Roots" }', "rooms[1].tags[1]", "listed once"),
        (
            'kind = "forum"',
            'kind = "forum"\nslow_seconds = 21601',
            "rooms[1].slow_seconds",
            "from 0 (none) to 21600",
        ),
        ('kind = "forum"', 'kind = "forum"\nslow_seconds = true', "rooms[1].slow_seconds", "a number, not true"),
        ('kind = "forum"', 'kind = "forum"\nplatforms = []', "rooms[1].platforms", "at least one of them"),
        (
            'kind = "forum"',
            'kind = "forum"\nplatforms = ["irc"]',
            "rooms[1].platforms[0]",
            "a list of discord, matrix",
        ),
        (
            'kind = "forum"',
            'kind = "forum"\nplatforms = ["matrix", "matrix"]',
            "rooms[1].platforms",
            "matrix is there twice",
        ),
        # who writes
        ('["write", "react"]', '["react"]', "rooms[0].written_by", 'participants must have "write" in it'),
        ('["write", "pin"]', '["pin"]', "rooms[2].written_by", 'facilitators must have "write" in it'),
        (
            'seen_by = "facilitators"',
            'seen_by = "facilitators"\nwritten_by = "participants"',
            "rooms[2].written_by",
            "as only they see the room",
        ),
        (
            'key = "gate"',
            'key = "gate"\nkind = "announcements"\nwritten_by = "participants"',
            "rooms[0].written_by",
            "in announcements only they write",
        ),
        # where people come in
        ('key = "gate"', 'key = "gate"\nkind = "forum"', "rooms[0].kind", "a forum pins one post only"),
        ('key = "gate"', 'key = "gate"\nplatforms = ["discord"]', "rooms[0].platforms", "with matrix too"),
    ],
)
def test_what_is_wrong_in_a_template_is_said_with_its_key(
    tmp_path: Path, written: str, instead: str, key: str, expected: str
) -> None:
    found = problems(tmp_path, changed(written, instead))
    assert key in found
    assert expected in found[key].expected


def test_a_room_for_nobody_but_facilitators_is_no_way_in(tmp_path: Path) -> None:
    text = WHOLE.replace("[[rooms]]", '[[rooms]]\nseen_by = "facilitators"', 2)
    assert "at least one room that participants see" in problems(tmp_path, text)["rooms"].expected


def test_a_template_has_rooms_but_no_more_than_a_category_holds(tmp_path: Path) -> None:
    head, _, _ = WHOLE.partition("[[rooms]]")
    room = '[[rooms]]\nkey = "r{n}"\nnames = {{ en = "r{n}" }}\npurposes = {{ en = "x" }}\n'
    for count in (0, 49):
        text = head + "".join(room.format(n=number) for number in range(count))
        assert set(problems(tmp_path, text)) == {"rooms"}
    assert len(load(tmp_path, head + "".join(room.format(n=n) for n in range(48)))["rooms"]) == 48


def test_rooms_on_different_platforms_may_have_one_name(tmp_path: Path) -> None:
    text = changed(
        'kind = "forum"\nnames = { en = "Garden beds" }', 'platforms = ["discord"]\nnames = { en = "x" }'
    )
    text = text.replace('tags = [{ en = "roots" }, { en = "leaves" }]\n', "")
    text = text.replace('names = { en = "shed" }', 'platforms = ["matrix"]\nnames = { en = "x" }')
    assert [room["names"]["en"] for room in load(tmp_path, text)["rooms"]] == ["gate", "x", "x"]


@pytest.mark.parametrize(
    ("name", "written"),
    [("Garden beds!", "garden-beds"), ("ถาม-ตอบ", "ถาม-ตอบ"), ("  a - b ", "a-b"), ("¿Qué?", "¿qué"), ("#!", "")],
)
def test_names_are_compared_as_discord_writes_them(name: str, written: str) -> None:
    assert as_discord_writes(name) == written


def test_problems_are_told_with_their_lines_all_at_once_and_rules_among_them(tmp_path: Path) -> None:
    text = changed('access = "open"', 'access = "ajar"').replace('kind = "forum"', 'kind = "forum"\njoined = true')
    text = text.replace('key = "shed"', 'key = "gate"\nslow_second = 1')
    found = problems(tmp_path, text)
    assert {key: problem.where for key, problem in found.items()} == {
        "access": "garden.toml, line 4",
        "rooms[1].joined": "garden.toml, line 18",
        "rooms[2].slow_second": "garden.toml, line 25",
    }
    assert found["access"].got == '"ajar"'
    assert "did you mean slow_seconds?" in found["rooms[2].slow_second"].expected


@pytest.mark.parametrize("content", [b"key = ", b"\xff\xfe", b"key = " + b"1" * 5000])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "garden.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        load_template(file, "garden.toml")
    [problem] = raised.value.problems
    assert (problem.key, problem.where) == ("template", "garden.toml")
    assert problem.expected.startswith("TOML in UTF-8; the parser says: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a file that can be read"):
        load_template(tmp_path / "nothing.toml", "nothing.toml")


# ── a network's own


def test_a_networks_own_templates_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    load(tmp_path, WHOLE)
    (tmp_path / "notes.txt").write_text("not a template")
    assert list(load_templates(tmp_path)) == ["coalition-practice", "course", "garden", "open-circle", "pilot"]


def test_a_template_named_like_a_shipped_one_replaces_it(tmp_path: Path) -> None:
    load(tmp_path, changed('key = "garden"', 'key = "pilot"'), "pilot")
    templates = load_templates(tmp_path)
    assert (len(templates), templates["pilot"]["titles"]) == (4, {"en": "Garden"})


def test_the_problems_of_every_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "garden.toml").write_text(changed('"open"', '"ajar"'), encoding="utf-8")
    (tmp_path / "orchard.toml").write_text("key = ", encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        load_templates(tmp_path)
    assert [(each.key, each.where.rpartition("/")[2]) for each in raised.value.problems] == [
        ("access", "garden.toml, line 4"),
        ("template", "orchard.toml"),
    ]


def test_a_folder_that_is_not_there_is_told_as_the_setting_it_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_templates(tmp_path / "nowhere")
    [problem] = raised.value.problems
    assert problem.key == "learning.templates"
    assert "a folder that is there" in problem.expected
