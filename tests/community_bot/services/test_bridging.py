"""The bridge for its people: with whom a place is joined, how it goes, letting it pause, what would cross."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product

import pytest

from bridges.ends.port import BlockedError
from bridges.message import Author, Deleted
from bridges.terms import EndTerms
from community_bot.domain.account import Account
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language
from community_bot.platforms.port import Button
from db.bridge_rows import Place
from db.engine import Database
from tests.bridges.memory_home import joining, place_of
from tests.bridges.test_lanes import until
from tests.community_bot.joined_town import HILL, LAKE, OF_RADIO, RIVER, JoinedTown
from tests.community_bot.people import button

ALL_THREE = joining(garden="d1 m1 m2")


@pytest.fixture
async def town(sqlite_database: Database) -> AsyncIterator[JoinedTown]:
    found = JoinedTown(sqlite_database, spaces=(OF_RADIO,))
    async with found.joined(ALL_THREE):
        yield found


# ── with whom


async def test_whoever_is_in_a_place_may_know_with_which_it_is_joined(town: JoinedTown) -> None:
    stranger = town.stranger("matrix")
    said = (await town.ask(stranger, "bridge list", here=HILL, client="th")).text
    assert "- **\\#ห้องวิทยุ · River House** ข้อความข้ามไปมาทั้งสองทาง" in said
    assert "Radio de la colina" not in said, "the place itself is not one of the others"
    assert "m2" not in said
    assert "Lake\\_Room \\*two\\*" in said, "a name is no markup"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (
            {HILL: EndTerms(takes=False)},
            "- **Radio de la colina**: lo que se escribe allá llega aquí; de aquí no sale",
        ),
        (
            {HILL: EndTerms(gives=False)},
            "- **Radio de la colina**: lo que se escribe aquí llega allá; de allá no llega",
        ),
        ({HILL: EndTerms(gives=False), RIVER: EndTerms(gives=False)}, "entre ustedes no cruza nada"),
        ({HILL: EndTerms(title="La Colina")}, "- **La Colina**: lo que se escribe cruza en ambos sentidos"),
    ],
)
async def test_the_direction_is_told_as_it_is_seen_from_here(
    sqlite_database: Database, terms: dict[Place, EndTerms], said: str
) -> None:
    town = JoinedTown(sqlite_database)
    async with town.joined(ALL_THREE, terms):
        reply = await town.ask(town.stranger(), "bridge list", here=RIVER, client="es")
        assert said in reply.text


@pytest.mark.parametrize("path", ["bridge list", "bridge preview"])
async def test_in_private_and_where_nothing_is_joined_it_is_said_so(town: JoinedTown, path: str) -> None:
    stranger = town.stranger()
    in_private = await town.ask(stranger, path, client="en")
    assert in_private.text == "Type this in the channel or room that it is about."
    elsewhere = await town.ask(stranger, path, here=place_of("d7"), client="es")
    assert elsewhere.text == "Este lugar no está unido con ningún otro."


# ── what would cross


async def test_a_preview_says_where_a_message_arrives_and_under_which_name(sqlite_database: Database) -> None:
    town = JoinedTown(sqlite_database)
    terms = {
        RIVER: EndTerms(title="River House"),
        HILL: EndTerms(origins=True, links=False, files=False),
        LAKE: EndTerms(announcements=True),
    }
    async with town.joined(ALL_THREE, terms):
        stranger = town.stranger()
        reply = await town.ask(stranger, "bridge preview", here=RIVER, client="en", text="see https://a.example")
        assert reply.text.splitlines()[1:3] == [
            "- **Radio de la colina**: arrives, under the name **ใบเตย · River House**. "
            "Of files only their names. Of links only their words, not where they lead.",
            "- **Lake\\_Room \\*two\\***: does not arrive. That place takes only what moderators write.",
        ]
        assert "Nothing was sent" in reply.text
        without_link = await town.ask(stranger, "bridge preview", here=RIVER, client="en", text="see you")
        assert "Of links" not in without_link.text
        of_any = await town.ask(stranger, "bridge preview", here=RIVER, client="en")
        assert "Of links" in of_any.text
        assert [town.at(place).texts() for place in (HILL, LAKE)] == [[], []]


async def test_what_a_preview_says_is_what_happens(sqlite_database: Database) -> None:
    town = JoinedTown(sqlite_database)
    writer = town.stranger()
    choices = list(product((True, False), repeat=4))
    async with town.joined(ALL_THREE):
        for number, (gives, takes, announcements, paused) in enumerate(choices):
            terms = {RIVER: EndTerms(gives=gives), HILL: EndTerms(takes=takes, announcements=announcements)}
            await town.bridge.settle(ALL_THREE, terms)
            hill = next(each for each in await town.bridge_desk.report() if each.place == HILL)
            await town.bridge.pause(hill.id, paused=paused)
            outlook = await town.bridging.preview(writer, RIVER.ref, "ใบเตย")
            crosses = {each.place for each in outlook.crossings if each.verdict == "crosses"}
            await town.write(RIVER, f"message {number}", writer)
            text = f"message {number}"
            for place in crosses:
                await until(lambda at=place, wanted=text: wanted in town.at(at).texts())
            for place in {HILL, LAKE} - crosses:
                assert text not in town.at(place).texts()


async def test_who_does_not_cross_is_told_so_in_a_preview(sqlite_database: Database) -> None:
    def nobody(_: str, author: Author) -> Author | None:
        return None

    town = JoinedTown(sqlite_database, policy=nobody)
    async with town.joined(ALL_THREE):
        reply = await town.ask(town.stranger(), "bridge preview", here=RIVER, client="es")
        assert reply.text.count("Lo que escribes se queda aquí") == 2


# ── how it goes


async def test_a_moderator_sees_how_each_end_is_in_words_and_without_ids(town: JoinedTown) -> None:
    moderator = await town.join("Heron", role=Role.MODERATOR, scope="radio", language="th")
    town.at(HILL).troubles.append((BlockedError("matrix.not_invited", retry_after=3600), False))
    await town.write(RIVER, "hello", town.stranger())
    await until(lambda: town.at(LAKE).texts() == ["hello"])
    await until(lambda: any(each.reason == "matrix.not_invited" for each in town.bridge.standings()))
    said = (await town.ask(moderator, "bridge status", here=RIVER)).text
    assert "- **\\#ห้องวิทยุ · River House** (ที่นี่) ปกติดี" in said
    assert "- **Radio de la colina** ส่งอะไรไปที่นั่นไม่ได้ บอตไม่ได้อยู่ในห้องนั้น เชิญบอตเข้าห้องได้ รออยู่ 1" in said
    for hidden in ("matrix.not_invited", "hello", *(each.id for each in await town.bridge_desk.report())):
        assert hidden not in said


async def test_only_who_looks_after_a_place_sees_how_it_goes(town: JoinedTown) -> None:
    member = await town.join("Otter")
    of_another = await town.join("Egret", role=Role.MODERATOR, scope="garden")
    for account, here in ((member, RIVER), (member, None), (of_another, RIVER), (town.stranger(), RIVER)):
        said = (await town.ask(account, "bridge status", here=here, client="en")).text
        assert "River House" not in said


async def test_in_private_a_moderator_sees_the_conversations_of_what_they_look_after(
    sqlite_database: Database,
) -> None:
    town = JoinedTown(sqlite_database, spaces=(OF_RADIO,))
    async with town.joined(joining(garden="d1 m1", pond="d2 m2")):
        of_radio = await town.join("Heron", role=Role.MODERATOR, scope="radio")
        of_all = await town.join("Egret", role=Role.MODERATOR)
        mine = (await town.ask(of_radio, "bridge status")).text
        assert "River House" in mine
        assert "Lake" not in mine
        everywhere = (await town.ask(of_all, "bridge status")).text
        assert "River House" in everywhere
        assert "Lake" in everywhere
        assert "a Discord channel" in everywhere, "what nobody can name is called what it is"


# ── letting it rest


async def test_a_place_that_pauses_gives_and_takes_nothing_but_what_is_taken_back(town: JoinedTown) -> None:
    moderator = await town.join("Heron", role=Role.MODERATOR, scope="radio")
    writer = town.stranger()
    await town.write(HILL, "before", writer)
    await until(lambda: town.at(RIVER).texts() == ["before"])
    reply = await town.ask(moderator, "bridge pause", here=RIVER)
    assert "River House** pauses" in reply.text
    await town.write(RIVER, "from here", writer)
    await town.write(HILL, "from there", writer)
    await until(lambda: town.at(LAKE).texts() == ["before", "from there"])
    assert town.at(RIVER).texts() == ["before"]
    await town.homes[HILL.platform].hear(Deleted(town.at(HILL).id, "before"))
    await until(lambda: town.at(RIVER).texts() == [])
    again = await town.push(moderator, button(reply, "joined.resume"))
    assert "takes part again" in again.text
    await town.write(HILL, "after", writer)
    await until(lambda: town.at(RIVER).texts() == ["after"])
    assert button(again, "joined.pause").argument == town.at(RIVER).id


async def test_pausing_is_written_down_without_a_name_and_told_in_the_room(town: JoinedTown) -> None:
    moderator = await town.join("Heron", account=town.stranger("matrix"), role=Role.MODERATOR)
    await town.run_effects()
    await town.ask(moderator, "bridge pause", here=HILL)
    second = await town.ask(moderator, "bridge pause", here=HILL)
    assert "nothing was changed" in second.text
    audit = await town.network.look(lambda unit: unit.ledger.audit())
    assert [(entry[1], entry[2], entry[3]) for entry in audit][:1] == [("moderator", "joined.paused", "end")]
    assert sum(entry[2] == "joined.paused" for entry in audit) == 1
    await town.run_effects()
    ((place, card),) = town.matrix.posted.values()
    assert place == HILL.ref
    assert "The bridge of this room pauses" in card.text


async def test_members_and_moderators_of_other_spaces_let_nothing_pause(town: JoinedTown) -> None:
    for account in (
        await town.join("Otter"),
        await town.join("Egret", role=Role.MODERATOR, scope="garden"),
        town.stranger(),
    ):
        for path in ("bridge pause", "bridge resume"):
            await town.ask(account, path, here=RIVER)
        await town.push(account, Button("Pause", "joined.pause", town.at(RIVER).id))
    assert not any(each.paused for each in await town.bridge_desk.report())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_answer_can_be_said_in_every_language(town: JoinedTown, language: Language) -> None:
    moderator: Account = await town.join("Heron", role=Role.MODERATOR, language=language)
    for path in ("bridge list", "bridge preview", "bridge status", "bridge pause", "bridge status", "bridge list"):
        reply = await town.ask(moderator, path, here=RIVER)
        assert "River House" in reply.text or path in ("bridge list", "bridge preview")
        assert "{" not in reply.text
    resumed = await town.ask(moderator, "bridge resume", here=RIVER)
    assert resumed.buttons[0].label
