"""A link says nothing to who reads it, ends by itself, and cannot be made by others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.media.links import COLOURS, LIFE, AvatarLinks, MediaLinks, Where
from db.bridge_rows import Platform

KEY = bytes(range(32))
PUBLIC = "https://bridge.example.org"
NOW = datetime(2026, 5, 17, 9, 30, tzinfo=UTC)
WHERE = Where(Platform.MATRIX, "!garden:river.example", "$event", "mxc://river.example/MangoTree")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> MediaLinks:
    return MediaLinks(PUBLIC, KEY, clock=clock)


def token_of(address: str | None) -> str:
    assert address is not None
    return address.rpartition("/")[2]


def test_a_link_leads_back_to_where_the_file_is(links: MediaLinks) -> None:
    address = links.link(WHERE)
    assert address is not None
    assert address.startswith(f"{PUBLIC}/m/")
    opened = links.open(token_of(address))
    assert opened is not None
    assert opened[0] == WHERE


def test_a_link_says_nothing_to_who_reads_it(links: MediaLinks) -> None:
    address = links.link(WHERE) or ""
    assert not [word for word in ("garden", "river", "event", "Mango", "matrix") if word in address]
    assert "river" not in repr(WHERE)


def test_a_link_lives_for_seven_days_and_an_hour_at_most(links: MediaLinks, clock: Clock) -> None:
    token = token_of(links.link(WHERE))
    clock.now = NOW + LIFE
    assert links.open(token) is not None
    clock.now = NOW + LIFE + timedelta(hours=1)
    assert links.open(token) is None


def test_a_link_that_is_asked_for_again_is_the_same_within_the_hour(links: MediaLinks, clock: Clock) -> None:
    first = links.link(WHERE)
    clock.now += timedelta(minutes=20)
    assert links.link(WHERE) == first
    clock.now += timedelta(hours=1)
    assert links.link(WHERE) != first


def test_a_discord_address_loses_its_signature(links: MediaLinks) -> None:
    location = "https://cdn.discordapp.com/attachments/1/2/mango.png"
    where = Where(Platform.DISCORD, "1", "3", f"{location}?ex=1&is=2&hm=3")
    opened = links.open(token_of(links.link(where)))
    assert opened is not None
    assert opened[0].location == location


def test_a_link_of_another_network_or_of_another_use_does_not_open(links: MediaLinks, clock: Clock) -> None:
    others = MediaLinks(PUBLIC, bytes(32), clock=clock)
    avatars = AvatarLinks(PUBLIC, KEY)
    token = token_of(links.link(WHERE))
    assert others.open(token) is None
    assert avatars.open_picture(token) is None
    assert avatars.open_letter(token) is None
    assert links.open(token_of(avatars.picture("mxc://river.example/face"))) is None


@given(at=st.integers(0, 400), letter=st.sampled_from("Aa0_-%é\x00"))
def test_a_link_that_was_changed_in_any_place_does_not_open(at: int, letter: str) -> None:
    links = MediaLinks(PUBLIC, KEY, clock=lambda: NOW)
    token = token_of(links.link(WHERE))
    at %= len(token) - 1
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or links.open(changed) is None


@given(st.text(max_size=60))
def test_no_text_fails_when_it_is_opened(token: str) -> None:
    avatars = AvatarLinks(PUBLIC, KEY)
    opened = MediaLinks(PUBLIC, KEY).open(token), avatars.open_letter(token), avatars.open_picture(token)
    assert opened == (None, None, None)


def test_without_a_public_address_there_are_no_links() -> None:
    avatars = AvatarLinks(None, KEY)
    assert MediaLinks(None, KEY).link(WHERE) is None
    assert avatars.letter("Malee", "p1") is None
    assert avatars.picture("mxc://river.example/face") is None


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("malee", "M"),
        ("Ñandú", "Ñ"),
        ("  toño", "T"),
        ("ใบเตย", "ใบ"),
        ("น้ำ", "น้ำ"),
        ("«Río»", "R"),
        ("👩‍🌾 Ana", "A"),
        ("👩‍🌾", "👩‍🌾"),
        ("~~", "~"),
        ("ßora", "SS"),
        ("", ""),
        ("a" + "\u0301" * 40, "A"),
    ],
)
def test_a_letter_avatar_shows_what_a_name_begins_with(name: str, letter: str) -> None:
    avatars = AvatarLinks(PUBLIC, KEY)
    address = avatars.letter(name, "profile-1")
    assert address is not None
    assert address.startswith(f"{PUBLIC}/a/")
    opened = avatars.open_letter(token_of(address).removesuffix(".png"))
    assert opened is not None
    assert opened.text == letter
    assert 0 <= opened.colour < COLOURS


def test_the_address_of_a_face_is_always_the_same_and_its_colour_goes_with_the_profile() -> None:
    avatars = AvatarLinks(PUBLIC, KEY)

    def colour(name: str, profile: str) -> int:
        opened = avatars.open_letter(token_of(avatars.letter(name, profile)).removesuffix(".png"))
        assert opened is not None
        return opened.colour

    assert avatars.letter("Malee", "p1") == AvatarLinks(PUBLIC, KEY).letter("Mali", "p1")
    assert {colour(name, "p1") for name in ("Malee", "Ana", "ใบเตย")} == {colour("Malee", "p1")}
    assert {colour("Malee", f"p{number}") for number in range(200)} == set(range(COLOURS))


def test_only_pictures_of_matrix_get_an_address_here() -> None:
    avatars = AvatarLinks(PUBLIC, KEY)
    address = avatars.picture("mxc://river.example/face")
    assert avatars.open_picture(token_of(address)) == "mxc://river.example/face"
    assert avatars.picture("https://elsewhere.example/face.png") is None
