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

from bridges.ends.matrix_events import newest, origin_of
from bridges.ends.matrix_files import told
from bridges.ends.matrix_names import Member
from bridges.ends.matrix_reaction_keys import fully_qualified
from bridges.ends.matrix_reading import read_message
from bridges.ends.matrix_text import COPY_KEY, PART_LIMIT, content_of, edit_of, length, write_message
from bridges.ends.port import Answered, Around, Outgoing, copy_key
from bridges.markup.matrix_writing import MatrixText
from bridges.markup.reading_aloud import plain_of
from bridges.markup.tree import CodeBlock, Mention, Mentioned, Paragraph, Text, plain
from bridges.media.file import Attachment, Kind
from bridges.message import Author, Message
from db.bridge_rows import Place, Platform, Standing
from db.ids import EndId

END = EndId("END")
HERE = Place(Platform.MATRIX, "!here:hill.example")
THERE = Place(Platform.MATRIX, "!there:hill.example")
SENT_AT = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
TONO = "@tono:hill.example"
FROG = "mxc://hill.example/frog"


def event(body: object, msgtype: object = "m.text", **more: Any) -> dict[str, Any]:
    """Make an event as sync brings it; ``more`` goes into its content."""
    return {
        "type": "m.room.message",
        "event_id": "$event",
        "sender": TONO,
        "origin_server_ts": int(SENT_AT.timestamp() * 1000),
        "content": {"msgtype": msgtype, "body": body, **more},
    }


def read(found: Mapping[str, Any], name: str = "Toño") -> Message | None:
    origin = origin_of(found)
    if origin is None:
        return None
    content, version = newest(found)
    return read_message(origin, content, end=END, place=HERE, member=Member(name), version=version)


REPLY = {"m.relates_to": {"m.in_reply_to": {"event_id": "$other"}}}
THREAD = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$last"}}
FALLING_BACK = {**THREAD, "is_falling_back": True}
PLACE = {"geo_uri": "geo:18.7883,98.9853;u=35"}


@pytest.mark.parametrize(
    ("found", "text"),
    [
        pytest.param(event("ใครมีไมค์บ้าง เอามาด้วยนะ"), "ใครมีไมค์บ้าง เอามาด้วยนะ", id="Thai, as it is"),
        pytest.param(event("¿Quién trae el micrófono?"), "¿Quién trae el micrófono?", id="Spanish, as it is"),
        pytest.param(event("<b>hola</b> & *adiós*"), "<b>hola</b> & *adiós*", id="what looks like markup is text"),
        pytest.param(event("recordatorio", "m.notice"), "recordatorio", id="a notice is spoken"),
        pytest.param(event("saluda", "m.emote"), "* Toño saluda", id="an emote says who does it"),
        pytest.param(event("ผัง.pdf", "m.file"), "📎 ผัง.pdf", id="a file without an address is named"),
        pytest.param(event("voz.ogg", "m.audio", file={}), "📎 voz.ogg 🔒", id="an encrypted one, too"),
        pytest.param(event("en el río", "m.location"), "📍 en el río", id="a place without coordinates"),
        pytest.param(
            event("en el río", "m.location", **PLACE),
            "📍 en el río\nhttps://www.openstreetmap.org/?mlat=18.7883&mlon=98.9853#map=16/18.7883/98.9853",
            id="a place is a link to a map",
        ),
        pytest.param(event("x", "m.location", geo_uri="geo:900,1"), "📍 x", id="a place that is nowhere"),
        pytest.param(event("?", "org.example.unknown"), "?", id="what is not known reads as its body"),
        pytest.param(event("> <@ploy:x> ¿vienes?\n> mañana\n\nsí", **REPLY), "sí", id="a reply without its quote"),
        pytest.param(event("> dicen\ny yo digo", **REPLY), "> dicen\ny yo digo", id="a quote of one's own stays"),
        pytest.param(event("a\x00b\x1bc\ud800d"), "abcd", id="controls and half characters go"),
        pytest.param(event(""), "", id="nothing said"),
    ],
)
def test_an_event_reads_as_people_see_it(found: dict[str, Any], text: str) -> None:
    message = read(found)
    assert message is not None
    assert plain_of(message.text) == text


def test_it_keeps_who_where_and_when() -> None:
    message = read(event("hola"))
    assert message is not None
    assert message.author == Author(TONO, "Toño")
    assert (message.end, message.place, message.ref) == (END, HERE, "$event")
    assert (message.sent_at, message.version) == (SENT_AT, 0)


@pytest.mark.parametrize(
    ("relation", "thread", "reply_to"),
    [
        pytest.param({"m.in_reply_to": {"event_id": "$other"}}, None, "$other", id="an answer"),
        pytest.param(FALLING_BACK, "$root", None, id="a line of a thread is no answer to the one above it"),
        pytest.param(THREAD, "$root", "$last", id="an answer within a thread"),
        pytest.param({"rel_type": "m.reference", "event_id": "$x"}, None, None, id="another relation"),
        pytest.param({"m.in_reply_to": "$other"}, None, None, id="nothing that can be read"),
    ],
)
def test_it_keeps_what_it_answers_and_its_thread(
    relation: dict[str, Any], thread: str | None, reply_to: str | None
) -> None:
    message = read(event("sí", **{"m.relates_to": relation}))
    assert message is not None
    assert (message.thread.handle if message.thread is not None else None, message.reply_to) == (thread, reply_to)


def test_whom_another_bridge_speaks_for_is_the_author() -> None:
    profile = {"id": "x", "displayname": "ใบเตย", "avatar_url": FROG, "has_fallback": True}
    message = read(event("ใบเตย: hola", **{"com.beeper.per_message_profile": profile}))
    assert message is not None
    assert message.author == Author(TONO, "ใบเตย", FROG)
    assert plain_of(message.text) == "hola"


def test_the_newest_edit_is_what_is_read() -> None:
    edit = {
        "sender": TONO,
        "type": "m.room.message",
        "origin_server_ts": 1234,
        "content": {"m.new_content": {"msgtype": "m.text", "body": "corregido"}},
    }
    found = {**event("antes"), "unsigned": {"m.relations": {"m.replace": edit}}}
    message = read(found)
    assert message is not None
    assert (plain_of(message.text), message.version) == ("corregido", 1234)
    other = {**edit, "sender": "@other:hill.example"}
    message = read({**found, "unsigned": {"m.relations": {"m.replace": other}}})
    assert message is not None
    assert plain_of(message.text) == "antes", "only who wrote it changes it"


EDIT = {"rel_type": "m.replace", "event_id": "$event"}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(event("* corregido", **{"m.relates_to": EDIT, "m.new_content": {"body": "x"}}), id="an edit"),
        pytest.param({**event(""), "content": {}}, id="a redacted message"),
        pytest.param({**event("x"), "type": "m.sticker", "content": {}}, id="a redacted sticker"),
        pytest.param({**event("x"), "type": "m.poll.start", "content": {}}, id="a redacted poll"),
        pytest.param({**event("x"), "type": "m.reaction"}, id="a reaction"),
        pytest.param({**event("x"), "type": "m.room.member"}, id="a membership"),
        pytest.param({**event("x"), "type": "m.room.encrypted"}, id="an encrypted one"),
        pytest.param({**event("x"), "state_key": ""}, id="a state that calls itself a message"),
        pytest.param({}, id="nothing at all"),
    ],
)
def test_what_is_no_news_is_passed_over(found: dict[str, Any]) -> None:
    assert read(found) is None


# ── files


def test_a_file_is_read_with_all_that_is_said_of_it() -> None:
    message = read(
        event(
            "así **queda**",
            "m.image",
            filename="ผัง.png",
            url=FROG,
            format="org.matrix.custom.html",
            formatted_body="así <b>queda</b>",
            info={"mimetype": "image/png", "size": 900, "w": 30, "h": 20.0, "duration": -1},
            **{
                "m.alt_text": {"m.text": [{"body": "un huerto"}]},
                "page.codeberg.everypizza.msc4193.spoiler": True,
            },
        )
    )
    assert message is not None
    assert message.attachments == (
        Attachment("ผัง.png", Kind.IMAGE, "image/png", 900, FROG, 30, 20, None, "un huerto", spoiler=True),
    )
    assert plain_of(message.text) == "así queda"


def test_a_voice_message_is_read_with_its_loudness() -> None:
    sound = {"duration": 2500, "waveform": [0, 512, 1024, 9999, "x"]}
    more = {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": sound}
    message = read(event("Voice message.ogg", "m.audio", url=FROG, info={"mimetype": "audio/ogg"}, **more))
    assert message is not None
    (voice,) = message.attachments
    assert (voice.kind, voice.duration_ms, voice.waveform) == (Kind.VOICE, 2500, (0, 127, 255, 255))
    assert message.text == ()


def test_a_name_as_body_is_no_caption() -> None:
    message = read(event("x.png", "m.image", url=FROG))
    assert message is not None
    assert message.text == ()
    assert message.attachments[0].mime == "image/png", "by its name, where nothing else says"


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
PICTURE = event(
    "mira",
    "m.image",
    url=FROG,
    filename="x.png",
    info={"mimetype": "image/png", "size": 1, "w": 1, "h": 1, "duration": 1},
    **{
        "m.alt_text": {"m.text": [{"body": "x"}]},
        "org.matrix.msc1767.audio": {"duration": 1, "waveform": [1]},
        "com.beeper.per_message_profile": {"id": "x", "displayname": "x", "avatar_url": FROG},
    },
)
ASKED = {
    "question": {"m.text": [{"body": "¿Cuándo?"}]},
    "max_selections": 1,
    "answers": [{"m.id": "a", "m.text": [{"body": "sábado"}]}],
}
POLL = {**event(""), "type": "m.poll.start", "content": {"m.poll": ASKED}}


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


@pytest.mark.parametrize(
    ("whole", "place"),
    [
        pytest.param(whole, place, id=f"{name}: {'.'.join(place)}")
        for name, whole in {"words": WHOLE, "picture": PICTURE, "poll": POLL}.items()
        for place in places(whole)
    ],
)
def test_a_wrong_type_at_any_key_is_passed_over_or_read_and_never_raises(
    whole: dict[str, Any], place: tuple[str, ...]
) -> None:
    for found in (without(whole, place), *(changed(whole, place, value) for value in STRANGE)):
        message = read(found)
        if message is not None:
            assert message.sent_at.tzinfo is UTC
            for part in written(message):
                json.dumps(content_of(part), ensure_ascii=False).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["msgtype", "body", "m.relates_to", "rel_type", "m.in_reply_to", "format", "url", "info", "m.poll", "filename"]
)
CONTENT = st.dictionaries(
    KEYS, JSON | st.sampled_from(["m.text", "m.emote", "m.image", "m.location", FROG, "> <@a:b> c\n\nd"])
)


@given(CONTENT, st.integers(), JSON, st.sampled_from(["m.room.message", "m.sticker", "m.poll.start"]))
def test_no_content_whatever_raises(content: dict[str, Any], stamp: int, sender: object, kind: str) -> None:
    read({**event(""), "type": kind, "content": content, "origin_server_ts": stamp, "sender": sender})
    read({**event(""), "type": kind, "content": content})


# ── reactions


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("❤", "❤️"),
        ("❤️", "❤️"),
        ("👍\ufe0f", "👍"),
        ("👍🏽", "👍🏽"),
        ("☝🏽", "☝🏽"),
        ("1\u20e3", "1\ufe0f\u20e3"),
        ("🏳\u200d🌈", "🏳️\u200d🌈"),
        ("👩\u200d❤\u200d👩", "👩\u200d❤️\u200d👩"),
        ("🇹🇭", "🇹🇭"),
        ("sí", "sí"),
    ],
)
def test_an_emoji_has_one_spelling(written: str, shown: str) -> None:
    assert fully_qualified(written) == shown
    assert fully_qualified(shown) == shown


# ── writing


def written(message: Message, around: Around | None = None, avatar: str = "") -> list[Outgoing]:
    return write_message(
        message,
        THERE,
        "profile",
        around or Around(),
        avatar=avatar,
        tell=lambda _, attachment: told(attachment, None),
    )


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


def test_the_authors_name_stands_in_the_first_paragraph_and_beside_their_face() -> None:
    part = Outgoing(0, "key", "Toño", "a\n\nb", "profile", "<p>a</p><p>b</p>", FROG)
    content = content_of(part)
    assert content["formatted_body"] == "<p><strong data-mx-profile-fallback>Toño: </strong>a</p><p>b</p>"
    assert content["com.beeper.per_message_profile"]["avatar_url"] == FROG


def test_for_an_account_of_its_own_nothing_stands_in_front() -> None:
    content = content_of(Outgoing(0, "key", "Toño", "sí", "profile"), profile=False)
    assert content == {"msgtype": "m.text", "body": "sí", "m.mentions": {}, COPY_KEY: "key"}


@given(st.text(max_size=80), st.text(max_size=300) | st.text("<>&\"'\n ab", max_size=300))
def test_nothing_anybody_writes_becomes_markup(author: str, text: str) -> None:
    for part in written(heard(text, author)):
        shown = Shown(content_of(part)["formatted_body"])
        tags = [(tag, attributes) for tag, attributes in shown.tags if tag not in ("p", "br")]
        assert tags == [("strong", {"data-mx-profile-fallback": None})]


PLOY = "@ploy:hill.example"


def test_only_who_has_an_account_here_is_called() -> None:
    text = (
        Paragraph(
            (
                Mention(Mentioned.PERSON, "7", "Ploy"),
                Text(" "),
                Mention(Mentioned.PERSON, "8", "Ana"),
                Text(" "),
                Mention(Mentioned.EVERYONE, "", "everyone"),
            )
        ),
    )
    (part,) = written(heard(text), Around(people={"7": PLOY}))
    content = content_of(part)
    assert content["m.mentions"] == {"user_ids": [PLOY]}
    assert f'<a href="https://matrix.to/#/{PLOY}">Ploy</a> @Ana' in content["formatted_body"]
    assert "@everyone" not in content["body"], "no client is to take it for a call"
    edit = edit_of("$copy", content)
    assert edit["m.mentions"] == {}, "nobody is called a second time"
    assert edit["m.new_content"]["m.mentions"] == {"user_ids": [PLOY]}


@pytest.mark.parametrize("text", ["@room ven", "@ploy:hill.example ven"])
def test_what_crosses_pings_nobody(text: str) -> None:
    (part,) = written(heard(text))
    content = content_of(part)
    assert content["m.mentions"] == {}
    assert "<a" not in content["formatted_body"]


def heard(text: str | tuple[Any, ...], name: str = "ใบเตย", *files: Attachment) -> Message:
    document = plain(text) if isinstance(text, str) else text
    return Message(END, Place(Platform.DISCORD, "1"), "2", Author("3", name), document, SENT_AT, files)


def test_the_texts_come_first_and_the_first_of_all_answers() -> None:
    files = (
        Attachment("a.png", Kind.IMAGE, "image/png", 10, "https://cdn.example/a.png?ex=1"),
        Attachment("b.txt", Kind.FILE, "text/plain", None, "https://cdn.example/b.txt"),
    )
    at = Standing("$answered")
    parts = written(heard("mira", "Ana", *files), Around(thread="$root", answers=Answered(at)))
    assert [(part.text, part.files) for part in parts] == [
        ("mira", ()),
        ("📎 a.png (10 B)", files[:1]),
        ("📎 b.txt", files[1:]),
    ]
    assert [part.answers for part in parts] == [at, None, None]
    (alone,) = written(heard("", "Ana", files[0]), Around(answers=Answered(at)))
    assert alone.answers == at
    relation = content_of(parts[1], latest="$last")["m.relates_to"]
    assert relation == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$last"},
    }


def test_a_file_keeps_its_number_when_discord_signs_its_address_anew() -> None:
    def number(address: str) -> int:
        return written(heard("", "Ana", Attachment("a", Kind.FILE, "x/y", None, address)))[0].part

    assert number("https://cdn.example/a?ex=1") == number("https://cdn.example/a?ex=2")
    assert number("https://cdn.example/a?ex=1") != number("https://cdn.example/b?ex=1")


def test_a_long_message_becomes_numbered_parts() -> None:
    message = heard("กลุ่มเรียนรู้เรื่องน้ำ " * 1000)
    parts = written(message)
    assert [part.part for part in parts] == [0, 1, 2]
    assert all(len(part.text) <= PART_LIMIT for part in parts)
    assert [part.key for part in parts] == [copy_key(message, number, THERE) for number in range(3)]


def test_code_that_is_longer_than_an_event_becomes_a_file() -> None:
    text, file = written(heard((CodeBlock("print('สวัสดี')\n" * 1000, "python"),)))
    assert text.text == "📎 code.py"
    assert file.files[0].name == "code.py"
    assert file.files[0].location.startswith("data:text/plain;base64,")


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_where_there_is_nothing_to_say_there_are_no_parts(text: str) -> None:
    assert written(heard(text)) == []


@pytest.mark.parametrize("character", ["ก", "&", "\n", '"', "\\", "\t", "🇹", "\u0301", "*", "<"])
def test_the_worst_part_with_the_longest_name_fits_into_an_event_and_so_does_its_edit(character: str) -> None:
    message = heard("x" + character * PART_LIMIT + "x", "ก" * 1000)
    for part in written(message, avatar=FROG):
        # the rest of an event (room, sender, hashes, signatures, what it follows) takes about 2 kB
        content = content_of(part)
        assert len(json.dumps(content, ensure_ascii=False).encode()) < 65_536 - 4096
        edit = edit_of("$" + "x" * 43, content)
        assert len(json.dumps(edit, ensure_ascii=False).encode()) < 65_536 - 2048
        assert edit["m.new_content"]["body"] == content["body"]


def test_markup_may_be_longer_than_what_it_marks_but_not_without_bound() -> None:
    assert length(MatrixText("ก" * 100, "ก" * 100)) == 100
    assert length(MatrixText("x" * 100, "<b>x</b>" * 100)) == 200
