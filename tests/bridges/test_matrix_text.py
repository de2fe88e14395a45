"""Between Matrix events and our messages: what is read, what is passed over, and what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.ends.matrix_text import (
    COPY_KEY,
    PART_LIMIT,
    content_of,
    read_event,
    without_reply_fallback,
    write_message,
)
from bridges.ends.port import Outgoing, copy_key
from bridges.message import Author, Message
from db.bridge_rows import Place, Platform
from db.ids import EndId

END = EndId("END")
HERE = Place(Platform.MATRIX, "!here:hill.example")
THERE = Place(Platform.MATRIX, "!there:hill.example")
SENT_AT = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
TONO = "@tono:hill.example"


def event(body: object, msgtype: object = "m.text", **more: Any) -> dict[str, Any]:
    """Make an event as sync brings it; ``more`` goes into its content."""
    return {
        "type": "m.room.message",
        "event_id": "$event",
        "sender": TONO,
        "origin_server_ts": int(SENT_AT.timestamp() * 1000),
        "content": {"msgtype": msgtype, "body": body, **more},
    }


def read(found: Mapping[str, Any], name: str | None = "Toño") -> Message | None:
    return read_event(found, end=END, place=HERE, name=name)


REPLY = {"m.relates_to": {"m.in_reply_to": {"event_id": "$other"}}}
THREAD = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$root"}}}


@pytest.mark.parametrize(
    ("found", "full_text"),
    [
        pytest.param(event("ใครมีไมค์บ้าง เอามาด้วยนะ"), "ใครมีไมค์บ้าง เอามาด้วยนะ", id="Thai, as it is"),
        pytest.param(event("¿Quién trae el micrófono?"), "¿Quién trae el micrófono?", id="Spanish, as it is"),
        pytest.param(event("<b>hola</b> & *adiós*"), "<b>hola</b> & *adiós*", id="the plain body, not the HTML"),
        pytest.param(event("recordatorio", "m.notice"), "recordatorio", id="a notice is spoken"),
        pytest.param(event("saluda", "m.emote"), "* Toño saluda", id="an emote says who does it"),
        pytest.param(event("ผัง.pdf", "m.file"), "📎 ผัง.pdf", id="a file is named"),
        pytest.param(event("voz.ogg", "m.audio"), "📎 voz.ogg", id="a recording is named"),
        pytest.param(event("en el río", "m.location"), "📎 en el río", id="a place is named"),
        pytest.param(event("?", "org.example.unknown"), "📎 ?", id="what is not known is named"),
        pytest.param(event("> <@ploy:x> ¿vienes?\n> mañana\n\nsí", **REPLY), "sí", id="a reply without its quote"),
        pytest.param(event("> * <@ploy:x> saluda\n\nhola", **REPLY), "hola", id="a reply to an emote"),
        pytest.param(
            event("sí\n> <@ploy:x> no es cita", **REPLY), "sí\n> <@ploy:x> no es cita", id="a quote below stays"
        ),
        pytest.param(event("> dicen\ny yo digo", **REPLY), "> dicen\ny yo digo", id="a quote of one's own stays"),
        pytest.param(
            event("> <@ploy:x> citado a mano"), "> <@ploy:x> citado a mano", id="without a reply all stays"
        ),
        pytest.param(event("ในเธรด", **THREAD), "ในเธรด", id="a line of a thread"),
        pytest.param(event("a\x00b\x1bc\ud800d\ne\tf"), "abcd\ne\tf", id="controls and half characters go"),
        pytest.param(event(""), "", id="nothing said"),
    ],
)
def test_an_event_reads_as_people_see_it(found: dict[str, Any], full_text: str) -> None:
    message = read(found)
    assert message is not None
    assert message.full_text() == full_text


def test_it_keeps_who_where_and_when() -> None:
    message = read(event("hola"))
    assert message is not None
    assert message.author == Author(TONO, "Toño")
    assert (message.end, message.place, message.ref) == (END, HERE, "$event")
    assert message.sent_at == SENT_AT


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param(None, "tono", id="without a name: the account's local part"),
        pytest.param("ใบเตย", "ใบเตย", id="Thai"),
        pytest.param("Ana\nAdmin: ", "Ana Admin:", id="no second line"),
        pytest.param("abc\u202egnp", "abcgnp", id="no override of direction"),
        pytest.param("\u3164", "…", id="nothing to see"),
        pytest.param("น้ำ" * 40_000, "น้ำ" * 85, id="as long as an event"),
    ],
)
def test_a_name_is_made_fit_to_stand_before_a_line(name: str | None, shown: str) -> None:
    message = read(event("hola"), name)
    assert message is not None
    assert message.author.name == shown
    (part,) = write_message(message, THERE, "profile")
    assert content_of(part)["body"] == f"{shown}: hola"


EDIT = {"rel_type": "m.replace", "event_id": "$event"}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(event("* corregido", **{"m.relates_to": EDIT, "m.new_content": {"body": "x"}}), id="an edit"),
        pytest.param({**event(""), "content": {}}, id="a redacted message"),
        pytest.param({**event("x"), "type": "m.reaction"}, id="a reaction"),
        pytest.param({**event("x"), "type": "m.room.member"}, id="a membership"),
        pytest.param({**event("x"), "type": "m.room.encrypted"}, id="an encrypted one"),
        pytest.param({}, id="nothing at all"),
    ],
)
def test_what_is_no_news_is_passed_over(found: dict[str, Any]) -> None:
    assert read(found) is None


# ── what another homeserver may send

STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53,
    -(2**53),
    10**30,
    1.5,
    "",
    "x",
    "\ud800",
    [],
    ["x"],
    {},
    {"a": 1},
)
WHOLE = event("hola", **{"m.relates_to": {"rel_type": "m.thread", "m.in_reply_to": {"event_id": "$x"}}})


def places(found: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in found.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from places(value, (*above, key))


def changed(found: Mapping[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    first, *rest = place
    return {**found, first: changed(found[first], tuple(rest), value) if rest else value}


def without(found: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    first, *rest = place
    if not rest:
        return {key: value for key, value in found.items() if key != first}
    return {**found, first: without(found[first], tuple(rest))}


@pytest.mark.parametrize("place", list(places(WHOLE)), ids=".".join)
def test_a_wrong_type_at_any_key_is_passed_over_or_read_and_never_raises(place: tuple[str, ...]) -> None:
    for found in (without(WHOLE, place), *(changed(WHOLE, place, value) for value in STRANGE)):
        message = read(found, None)
        if message is not None:
            assert message.sent_at.tzinfo is UTC
            for part in write_message(message, THERE, "profile"):
                json.dumps(content_of(part), ensure_ascii=False).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["msgtype", "body", "m.relates_to", "rel_type", "m.in_reply_to", "format"])
CONTENT = st.dictionaries(KEYS, JSON | st.sampled_from(["m.text", "m.emote", "m.replace", "> <@a:b> c\n\nd"]))


@given(CONTENT, st.integers(), JSON)
def test_no_content_whatever_raises(content: dict[str, Any], stamp: int, sender: object) -> None:
    read({**event(""), "content": content, "origin_server_ts": stamp, "sender": sender}, None)
    read({**event(""), "content": content})


@given(st.text(max_size=200) | st.lists(st.sampled_from(["> ", "<@a:b>", "* ", "x", "\n"])).map("".join))
def test_a_reply_fallback_taken_off_leaves_the_end_of_the_text(body: str) -> None:
    assert body.endswith(without_reply_fallback(body))


# ── writing


class Shown(HTMLParser):
    """Reads HTML as a client would: the tags, and the text a person sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("author", "text", "html"),
    [
        pytest.param("Toño", "sí", "<strong data-mx-profile-fallback>Toño: </strong>sí", id="plain"),
        pytest.param(
            "ใบเตย", "หนึ่ง\nสอง", "<strong data-mx-profile-fallback>ใบเตย: </strong>หนึ่ง<br>สอง", id="two lines"
        ),
        pytest.param(
            "<b>",
            "<img src=x onerror=alert(1)> &amp; \"q\" 'a'",
            "<strong data-mx-profile-fallback>&lt;b&gt;: </strong>"
            "&lt;img src=x onerror=alert(1)&gt; &amp;amp; \"q\" 'a'",
            id="what looks like HTML is text",
        ),
    ],
)
def test_a_part_carries_its_author_for_every_client(author: str, text: str, html: str) -> None:
    content = content_of(Outgoing(0, "key", author, text, "profile"))
    assert content == {
        "msgtype": "m.text",
        "body": f"{author}: {text}",
        "format": "org.matrix.custom.html",
        "formatted_body": html,
        "com.beeper.per_message_profile": {"id": "profile", "displayname": author, "has_fallback": True},
        "m.mentions": {},
        COPY_KEY: "key",
    }


@given(st.text(max_size=80), st.text(max_size=300) | st.text("<>&\"'\n ab", max_size=300))
def test_nothing_anybody_writes_becomes_markup(author: str, text: str) -> None:
    content = content_of(Outgoing(0, "key", author, text))
    shown = Shown(content["formatted_body"])
    assert shown.tags[0] == ("strong", {"data-mx-profile-fallback": None})
    assert {tag for tag, _ in shown.tags[1:]} <= {"br"}
    assert shown.text.splitlines() == content["body"].splitlines()


@pytest.mark.parametrize("text", ["@room ven", "@ploy:hill.example ven", "https://matrix.to/#/@ploy:hill.example"])
def test_what_crosses_pings_nobody(text: str) -> None:
    content = content_of(Outgoing(0, "key", "Toño", text))
    assert content["m.mentions"] == {}
    assert "<a" not in content["formatted_body"]


def heard(text: str, name: str = "ใบเตย") -> Message:
    return Message(END, Place(Platform.DISCORD, "1"), "2", Author("3", name), text, SENT_AT)


def test_a_long_message_becomes_numbered_parts() -> None:
    message = heard("กลุ่มเรียนรู้เรื่องน้ำ " * 1000)
    parts = write_message(message, THERE, "profile")
    assert [part.part for part in parts] == [0, 1, 2]
    assert all(len(part.text) <= PART_LIMIT for part in parts)
    assert [part.key for part in parts] == [copy_key(message, number, THERE) for number in range(3)]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_where_there_is_nothing_to_say_there_are_no_parts(text: str) -> None:
    assert write_message(heard(text), THERE, "profile") == []


@pytest.mark.parametrize("character", ["ก", "&", "\n", '"', "\\", "\t", "🇹", "\u0301"])
def test_the_worst_part_with_the_longest_name_fits_into_an_event(character: str) -> None:
    message = heard("x" + character * PART_LIMIT + "x", name="ก" * 1000)
    for part in write_message(message, THERE, "p" * 24):
        # the rest of an event (room, sender, hashes, signatures, what it follows) takes about 2 kB
        assert len(json.dumps(content_of(part), ensure_ascii=False).encode()) < 65_536 - 4096
