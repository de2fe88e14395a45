"""How single ends take part: what `[[ends]]` may say, and what it must not."""

from __future__ import annotations

import pytest

from tests.config.conftest import Workplace

BOTH = """
    [network]
    name = "River and Hill"
    [discord]
    [matrix]
    homeserver = "https://matrix.example.org"
    user_id = "@community:example.org"
    """


@pytest.fixture
def bridged(workplace: Workplace) -> Workplace:
    workplace.secret("discord_token", "sample")
    workplace.secret("matrix_access_token", "sample")
    return workplace


def test_an_end_of_which_nothing_is_said_is_an_equal(bridged: Workplace) -> None:
    bridged.toml(BOTH + '[[ends]]\n    place = "!garden:example.org"\n')
    (end,) = bridged.load().ends
    assert (end.direction, end.files, end.links, end.announcements) == ("both", True, True, False)
    assert (end.title, end.origins, end.everyone_role, end.quota) == (None, False, None, 0)


def test_a_place_is_a_channel_by_number_or_a_room_by_its_id(bridged: Workplace) -> None:
    bridged.toml(
        BOTH
        + '[[ends]]\n    place = 1100000000000000001\n    direction = "send"\n'
        + '    [[ends]]\n    place = "!garden:example.org"\n    direction = "receive"\n'
    )
    assert [(end.place, end.direction) for end in bridged.load().ends] == [
        ("1100000000000000001", "send"),
        ("!garden:example.org", "receive"),
    ]


def test_the_environment_may_bring_a_channel_as_text(bridged: Workplace) -> None:
    bridged.toml(BOTH)
    settings = bridged.load(COMMUNITY_BOT_ENDS='[{"place": "1100000000000000001", "quota": "30"}]')
    assert [(end.place, end.quota) for end in settings.ends] == [("1100000000000000001", 30)]


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("place = 12", "place", "17 to 19 digits"),
        ("place = true", "place", "not true or false"),
        ("place = '#garden:example.org'", "place", "the room id"),
        ("place = 'garden'", "place", "a Matrix room id"),
        ("place = [1]", "place", "a channel id"),
        ("direction = 'out'", "direction", "one of both, send, receive"),
        ("title = ''", "title", "1 to 80 characters"),
        ("quota = -1", "quota", "0 to 600"),
        ("everyone_role = 5", "everyone_role", "a Discord role's id"),
        ("place = '!a:example.org'\n    everyone_role = 1100000000000000005", "everyone_role", "is Discord's"),
    ],
)
def test_what_is_wrong_at_an_end_is_told_with_its_cure(bridged: Workplace, line: str, key: str, words: str) -> None:
    place = "" if line.startswith("place") else "place = 1100000000000000001\n    "
    bridged.toml(BOTH + f"[[ends]]\n    {place}{line}\n")
    assert words in bridged.problems()[f"ends[0].{key}"].expected


def test_each_place_stands_once_whichever_way_it_is_written(bridged: Workplace) -> None:
    bridged.toml(
        BOTH + '[[ends]]\n    place = 1100000000000000001\n    [[ends]]\n    place = "1100000000000000001"\n'
    )
    assert "another place than ends[0]" in bridged.problems()["ends[1].place"].expected


def test_an_end_needs_its_platform(workplace: Workplace) -> None:
    workplace.toml('[network]\nname = "River"\n[[ends]]\nplace = "!garden:example.org"\n')
    assert "[matrix]" in workplace.problems()["ends[0].place"].expected
