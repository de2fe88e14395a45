"""What is heard of events, one by one, whatever another homeserver put into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nio
import pytest

from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_hearing import MatrixHearing
from bridges.ends.matrix_media import MatrixMedia
from bridges.ends.matrix_names import MatrixNames
from bridges.ends.matrix_pictures import MatrixPictures
from bridges.ends.matrix_powers import Powers
from bridges.ends.matrix_reactions import MatrixReactions
from bridges.ends.matrix_room import Room
from bridges.markup.reading_aloud import plain_of
from bridges.message import Deleted, Edited, Heard, Message, Pinned, Reacted
from db.bridge_rows import EndRow, Place, Platform
from db.ids import ConversationId, EndId
from tests.bridges.test_matrix_text import STRANGE, changed, event, places, without

END = EndId("END")
ROOM = "!here:hill.example"
BOT, TONO, ANA = "@bot:hill.example", "@tono:hill.example", "@ana:hill.example"


class Listening:
    """One room, in which everybody's name is known: nothing has to be asked for."""

    def __init__(self) -> None:
        client = MatrixClient(nio.AsyncClient("http://127.0.0.1:9", BOT))
        names = MatrixNames(client)
        for user, name in {TONO: "Toño", ANA: "Ana"}.items():
            names.learn(ROOM, user, {"displayname": name})

        def is_ours(user: str) -> bool:
            return user == BOT

        self.room = Room(EndRow(END, ConversationId("c"), Place(Platform.MATRIX, ROOM), "0"), "radio:matrix1", None)
        self.room.powers.learn_levels({"users": {ANA: 50}})
        reactions = MatrixReactions(client, MatrixPictures(MatrixMedia(client)), is_ours)
        self._hearing = MatrixHearing(
            client, names, reactions, is_ours=is_ours, for_the_bot=lambda body: body.startswith("!")
        )

    async def hear(self, found: Mapping[str, Any]) -> list[Heard]:
        self._hearing.learn(self.room, found)
        return await self._hearing.hear(self.room, found)


@pytest.fixture
def room() -> Listening:
    return Listening()


def happening(kind: str, content: Mapping[str, Any], sender: str = TONO, ref: str = "$deed", **more: Any) -> Any:
    return {"type": kind, "event_id": ref, "sender": sender, "origin_server_ts": 7, "content": content, **more}


def about(kind: str, target: str = "$event", **more: Any) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": kind, "event_id": target, **more}}


def edit(text: str, sender: str = TONO, ref: str = "$edit") -> Any:
    new = {"m.new_content": {"msgtype": "m.text", "body": text}}
    return happening("m.room.message", {"body": f"* {text}", **new, **about("m.replace")}, sender, ref)


async def test_what_people_do_is_heard_and_what_we_do_is_not(room: Listening) -> None:
    pins = happening(
        "m.room.pinned_events",
        {"pinned": ["$b", "$c"]},
        state_key="",
        unsigned={"prev_content": {"pinned": ["$a", "$b"]}},
    )
    heard: dict[str, tuple[Any, list[Heard]]] = {
        "a reaction": (
            happening("m.reaction", about("m.annotation", key="🌊")),
            [Reacted(END, "$event", "$deed")],
        ),
        "a redaction": (happening("m.room.redaction", {"redacts": "$event"}), [Deleted(END, "$event")]),
        "one of an old room": (happening("m.room.redaction", {}, redacts="$event"), [Deleted(END, "$event")]),
        "pins": (pins, [Pinned(END, "$a", pinned=False), Pinned(END, "$c", pinned=True)]),
        "the end of a poll": (
            happening("org.matrix.msc3381.poll.end", about("m.reference")),
            [Edited(END, "$event", None, "$deed")],
        ),
        "an edit of something unknown": (edit("x"), [Edited(END, "$event", None, "$edit")]),
    }
    for name, (found, expected) in heard.items():
        assert await room.hear(found) == expected, name
        assert await room.hear({**found, "sender": BOT}) == [], f"{name}, by us"


async def test_an_edit_counts_when_who_wrote_the_message_made_it(room: Listening) -> None:
    await room.hear(event("antes"))
    assert await room.hear(edit("de otra", ANA)) == []
    (heard,) = await room.hear(edit("después"))
    assert isinstance(heard, Edited)
    assert heard.message is not None
    assert (heard.ref, heard.mark, heard.message.ref, heard.message.version) == ("$event", "$edit", "$event", 7)
    assert plain_of(heard.message.text) == "después"


async def test_an_edit_that_is_taken_back_has_its_message_read_anew(room: Listening) -> None:
    await room.hear(event("antes"))
    await room.hear(edit("después"))
    taken_back = happening("m.room.redaction", {"redacts": "$edit"})
    assert await room.hear(taken_back) == [Edited(END, "$event"), Deleted(END, "$edit")]


async def test_a_command_stays_where_it_was_typed_also_when_a_message_becomes_one(room: Listening) -> None:
    assert await room.hear(event("!join 123456")) == []
    await room.hear(event("hola"))
    assert await room.hear(edit("!join 123456")) == []


async def test_who_may_take_away_what_others_say_moderates(room: Listening) -> None:
    (by_tono,) = await room.hear(event("hola"))
    (by_ana,) = await room.hear({**event("hola"), "sender": ANA})
    assert isinstance(by_tono, Message)
    assert isinstance(by_ana, Message)
    assert (by_tono.author.moderates, by_ana.author.moderates) == (False, True)


@pytest.mark.parametrize(
    ("create", "levels", "who"),
    [
        ({}, {}, set()),
        ({}, {"users": {TONO: 50, ANA: 49}}, {TONO}),
        ({}, {"users": {TONO: "100", ANA: True}}, {TONO}),
        ({}, {"users": {ANA: 10}, "redact": 5}, {ANA}),
        ({}, {"users_default": 50}, {TONO, ANA}),
        ({"room_version": "12", "additional_creators": [ANA]}, {}, {TONO, ANA}),
        ({"room_version": "11", "additional_creators": [ANA]}, {}, set()),
    ],
)
def test_power_is_read_as_the_room_gives_it(create: dict[str, Any], levels: dict[str, Any], who: set[str]) -> None:
    powers = Powers()
    powers.learn_creation({"sender": TONO, "content": create})
    powers.learn_levels(levels)
    assert {user for user in (TONO, ANA) if powers.moderates(user)} == who


EVENTS = {
    "an edit": edit("x"),
    "a reaction": happening("m.reaction", {**about("m.annotation", key="mxc://a/b"), "shortcode": ":x:"}),
    "a redaction": happening("m.room.redaction", {"redacts": "$x"}),
    "pins": happening(
        "m.room.pinned_events", {"pinned": ["$x"]}, state_key="", unsigned={"prev_content": {"pinned": []}}
    ),
    "the end of a poll": happening("m.poll.end", about("m.reference")),
    "power": happening("m.room.power_levels", {"users": {ANA: 50}, "redact": 50}, state_key=""),
    "a beginning": happening("m.room.create", {"room_version": "12", "additional_creators": [ANA]}, state_key=""),
    "a name": happening("m.room.member", {"displayname": "Toño", "avatar_url": "mxc://a/b"}, state_key=TONO),
}


@pytest.mark.parametrize(
    ("whole", "place"),
    [
        pytest.param(whole, place, id=f"{name}: {'.'.join(place)}")
        for name, whole in EVENTS.items()
        for place in places(whole)
        if place != ("sender",)
    ],
)
async def test_a_wrong_type_at_any_key_never_raises(
    room: Listening, whole: dict[str, Any], place: tuple[str, ...]
) -> None:
    await room.hear(event("antes"))
    for found in (without(whole, place), *(changed(whole, place, value) for value in STRANGE)):
        await room.hear(found)
