"""The fictional network holds together, and its names are names the platforms accept."""

from __future__ import annotations

import re

import pytest

from sandbox.cast import DISCORD_LOCALES, RIVER_AND_HILL, Conversation, Home, Member, Room
from sandbox.small_talk import EXCHANGES, Exchange, Line

THAI = re.compile(r"[\u0e00-\u0e7f]")
SPANISH_ONLY = re.compile(r"[¿¡ñáéíóú«]|\b(?:el|la|los|que|una|de|por|las)\b", re.IGNORECASE)
# Words the glossary keeps out of what Thai readers see, gendered particles included.
FORBIDDEN = ("แนวร่วม", "แกนนำ", "ขบวนการ", "สายลับ", "แฝงตัว", "แบน", "ครับ", "ค่ะ", "คะ")

DISCORD_MEMBERS, MATRIX_MEMBERS = (
    [member for home in RIVER_AND_HILL.homes_on(platform) for member in RIVER_AND_HILL.members_of(home.key)]
    for platform in ("discord", "matrix")
)
ROOMS = [(home, room) for home in RIVER_AND_HILL.homes for room in home.rooms]
LINES = [line for exchange in EXCHANGES for line in exchange.lines]


def _key(thing: object) -> str:
    return str(getattr(thing, "key", thing))


def _homes(conversation: Conversation) -> set[str]:
    return {end.home for end in conversation.ends}


def test_the_network_has_two_homes_on_each_platform_and_six_organisations() -> None:
    assert len(RIVER_AND_HILL.homes_on("discord")) == 2
    assert len(RIVER_AND_HILL.homes_on("matrix")) == 2
    assert len(RIVER_AND_HILL.organisations) == 6
    assert len(DISCORD_MEMBERS) == 10
    assert len(MATRIX_MEMBERS) == 10


def test_keys_are_unique() -> None:
    for keys in (
        [organisation.key for organisation in RIVER_AND_HILL.organisations],
        [home.key for home in RIVER_AND_HILL.homes],
        [member.key for member in RIVER_AND_HILL.members],
        [conversation.key for conversation in RIVER_AND_HILL.conversations],
        [(home.key, room.key) for home, room in ROOMS],
    ):
        assert len(keys) == len(set(keys))


def test_nobody_is_called_like_somebody_else() -> None:
    names = [member.display_name for member in RIVER_AND_HILL.members]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("member", RIVER_AND_HILL.members, ids=_key)
def test_a_member_belongs_to_an_organisation_and_a_home_that_exist(member: Member) -> None:
    assert RIVER_AND_HILL.organisation(member.organisation)
    assert member in RIVER_AND_HILL.members_of(RIVER_AND_HILL.home(member.home).key)


def test_every_organisation_has_members() -> None:
    assert {member.organisation for member in RIVER_AND_HILL.members} == {
        organisation.key for organisation in RIVER_AND_HILL.organisations
    }


@pytest.mark.parametrize("conversation", RIVER_AND_HILL.conversations, ids=_key)
def test_a_conversation_joins_existing_rooms_of_both_platforms(conversation: Conversation) -> None:
    homes = [RIVER_AND_HILL.home(end.home) for end in conversation.ends]

    assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", conversation.key), "a slug, as the settings ask"
    assert {home.platform for home in homes} == {"discord", "matrix"}
    assert all(home.room(end.room) for home, end in zip(homes, conversation.ends, strict=True))


def test_a_room_is_joined_in_one_conversation_only() -> None:
    ends = [end for conversation in RIVER_AND_HILL.conversations for end in conversation.ends]

    assert len(ends) == len(set(ends))


def test_a_name_that_is_not_there_is_said_so() -> None:
    with pytest.raises(KeyError, match="nobody"):
        RIVER_AND_HILL.member("nobody")


@pytest.mark.parametrize("member", RIVER_AND_HILL.members, ids=_key)
def test_a_members_names_are_accepted_by_both_platforms(member: Member) -> None:
    """A name crosses the bridge, so each must hold on the other side too."""
    # Discord: username 2 to 32 of a-z 0-9 _ . ; display names and webhook names may not hold two words.
    assert re.fullmatch(r"(?!.*\.\.)[a-z0-9_.]{2,32}", member.key)
    assert 1 <= len(member.display_name) <= 32
    assert not re.search("discord|clyde", member.display_name, re.IGNORECASE)
    # Matrix: localpart of a-z 0-9 . _ = - / +, display name below 256 characters in Synapse.
    assert re.fullmatch(r"[a-z0-9._=/+-]+", member.key)
    assert bool(THAI.search(member.display_name)) == (member.language == "th")


@pytest.mark.parametrize(("home", "room"), ROOMS, ids=_key)
def test_a_rooms_name_is_accepted_by_its_platform(home: Home, room: Room) -> None:
    assert 2 <= len(home.name) <= 100
    assert 1 <= len(room.name) <= 100
    assert 1 <= len(room.topic) <= 1024
    if home.platform == "discord":
        # A text channel's name is lower case and has no spaces: Discord would rewrite it silently.
        assert room.name == room.name.lower()
        assert not re.search(r"[\s!-,./:-@\[-^`{-~·]", room.name)


def test_every_language_is_spoken_on_both_platforms() -> None:
    for members in (DISCORD_MEMBERS, MATRIX_MEMBERS):
        assert {member.language for member in members} == set(DISCORD_LOCALES)


def test_there_is_enough_to_say_in_every_language() -> None:
    assert len(LINES) >= 40
    for language in DISCORD_LOCALES:
        spoken = [line for line in LINES if RIVER_AND_HILL.member(line.speaker).language == language]
        assert len(spoken) >= 12
    assert len({line.text for line in LINES}) == len(LINES), "nobody repeats a line"


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.text[:20])
def test_everyone_writes_in_their_own_language(line: Line) -> None:
    language = RIVER_AND_HILL.member(line.speaker).language

    assert bool(THAI.search(line.text)) == (language == "th")
    if language == "en":
        assert not SPANISH_ONLY.search(line.text)
    if language == "es":
        assert SPANISH_ONLY.search(line.text)
    assert len(line.text) <= 200, "a line, not a speech"


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.lines[0].text[:20])
def test_an_exchange_crosses_the_bridge_and_stays_among_people_who_are_there(exchange: Exchange) -> None:
    homes = [RIVER_AND_HILL.member(line.speaker).home for line in exchange.lines]

    assert set(homes) <= _homes(RIVER_AND_HILL.conversation(exchange.conversation))
    assert {RIVER_AND_HILL.home(home).platform for home in homes} == {"discord", "matrix"}
    assert exchange.lines[0].speaker != exchange.lines[1].speaker, "someone answers"


def test_every_conversation_has_something_said_in_it() -> None:
    assert {exchange.conversation for exchange in EXCHANGES} == {
        conversation.key for conversation in RIVER_AND_HILL.conversations
    }


def test_words_the_glossary_avoids_do_not_appear() -> None:
    shown = [line.text for line in LINES]
    shown += [text for home, room in ROOMS for text in (home.name, room.name, room.topic)]
    shown += [organisation.name for organisation in RIVER_AND_HILL.organisations]

    assert [(word, text) for text in shown for word in FORBIDDEN if word in text] == []
