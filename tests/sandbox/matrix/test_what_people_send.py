"""All that people can send on the real homeserver, and what a client shows of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.matrix import MatrixPerson, MatrixRefusedError, RealSynapse

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def som(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("som", display_name="ส้มโอ")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inez(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("inez", display_name="Inés")


@pytest_asyncio.fixture(loop_scope="module")
async def room(som: MatrixPerson, inez: MatrixPerson) -> str:
    made = await som.create_room("Garden", invite=[inez.user_id])
    await inez.join(made)
    return made


async def test_words_of_every_kind_keep_their_kind(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    await som.say(room, "plain **words**", html="plain <strong>words</strong>")
    await inez.notice(room, "I am a bot")
    await inez.emote(room, "waves")

    shown = await som.shown(room)

    assert [(each.kind, each.text, each.name) for each in shown] == [
        ("text", "plain **words**", "ส้มโอ"),
        ("notice", "I am a bot", "Inés"),
        ("emote", "waves", "Inés"),
    ]
    assert shown[0].html == "plain <strong>words</strong>"


async def test_the_last_edit_counts_and_taking_it_back_brings_the_one_before(som: MatrixPerson, room: str) -> None:
    said = await som.say(room, "frist")
    await som.edit(room, said, "first")
    last = await som.edit(room, said, "first of all", html="<em>first</em> of all")
    assert [(each.text, each.edits) for each in await som.shown(room)] == [("first of all", 2)]

    await som.redact(room, last)

    [shown] = await som.shown(room)
    assert (shown.event_id, shown.text, shown.html, shown.edited) == (said, "first", None, True)


async def test_nobody_edits_what_another_said_and_an_edit_of_an_edit_is_passed_over(
    som: MatrixPerson, inez: MatrixPerson, room: str
) -> None:
    said = await som.say(room, "mine")
    await inez.edit(room, said, "hers")
    edit = await som.edit(room, said, "mine, corrected")
    await som.edit(room, edit, "an edit of the edit")

    assert [(each.text, each.edits) for each in await som.shown(room)] == [("mine, corrected", 1)]


async def test_what_was_taken_back_leaves_its_place_only(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    said = await som.say(room, "better not")
    await som.edit(room, said, "better not!")
    await inez.react(room, said, "👀")
    await som.redact(room, said)

    [shown] = await som.shown(room)

    assert (shown.redacted, shown.text, shown.content, shown.reactions) == (True, "", {}, {})


async def test_an_answer_names_what_it_answers_also_within_a_thread(
    som: MatrixPerson, inez: MatrixPerson, room: str
) -> None:
    root = await som.say(room, "compost?")
    answer = await inez.reply(room, root, "weekly")
    inside = await inez.reply_in_thread(room, root, "turn it")
    after = await som.reply_in_thread(room, root, "and water?", latest=inside)
    real = await inez.reply_in_thread(room, root, "a little", reply_to=after)

    seen = {each.event_id: (each.thread, each.reply_to) for each in await som.shown(room)}

    assert seen == {
        root: (None, None),
        answer: (None, root),
        inside: (root, None),
        after: (root, None),
        real: (root, after),
    }


async def test_reactions_are_counted_by_person_and_taken_back(
    som: MatrixPerson, inez: MatrixPerson, room: str
) -> None:
    leaf = await som.upload("leaf.png", PICTURE, "image/png")
    said = await som.say(room, "react")
    await som.react(room, said, "🌱")
    await inez.react(room, said, "🌱")
    await inez.react(room, said, leaf, name="leaf")
    await som.unreact(room, said, "🌱")

    shown = await som.shown_one(room, said)

    assert shown.reactions == {"🌱": (inez.user_id,), leaf: (inez.user_id,)}
    with pytest.raises(LookupError):
        await som.unreact(room, said, "🌱")


async def test_a_picture_has_its_caption_its_alternative_text_and_its_spoiler(
    som: MatrixPerson, inez: MatrixPerson, room: str
) -> None:
    sent = await som.send_image(
        room, "แปลง.png", PICTURE, caption="our beds", alt="Three raised beds", spoiler="mud", size=(4, 3)
    )
    plain = await som.send_image(room, "plain.png", PICTURE)

    shown = await inez.shown_one(room, sent)
    media = shown.media

    assert media is not None
    assert (shown.kind, media.name, media.caption, media.alt) == (
        "image",
        "แปลง.png",
        "our beds",
        "Three raised beds",
    )
    assert (media.spoiler, media.spoiler_reason, media.width, media.size) == (True, "mud", 4, len(PICTURE))
    assert await inez.download(media) == PICTURE
    other = (await inez.shown_one(room, plain)).media
    assert other is not None
    assert (other.name, other.caption, other.alt, other.spoiler) == ("plain.png", None, None, False)


async def test_the_caption_of_a_picture_can_be_edited(som: MatrixPerson, room: str) -> None:
    sent = await som.send_image(room, "beds.png", PICTURE, caption="our bets")
    content = {**(await som.shown_one(room, sent)).content, "body": "our beds"}
    await som.edit(room, sent, "", content=content)

    media = (await som.shown_one(room, sent)).media

    assert media is not None
    assert (media.name, media.caption) == ("beds.png", "our beds")
    assert await som.download(media) == PICTURE


async def test_films_sounds_files_voices_and_stickers_are_told_apart(
    som: MatrixPerson, inez: MatrixPerson, room: str
) -> None:
    await som.send_video(room, "bees.mp4", b"film", caption="bees")
    await som.send_audio(room, "rain.ogg", b"rain")
    await som.send_file(room, "plan.txt", b"plan", caption="the plan")
    await som.send_voice(room, b"voice", seconds=2.5, waveform=(0, 1024))
    await som.send_sticker(room, "a sprout", PICTURE)

    shown = await inez.shown(room)

    assert [each.kind for each in shown] == ["video", "audio", "file", "audio", "sticker"]
    assert [each.media.caption for each in shown if each.media] == ["bees", None, "the plan", None, None]
    assert [each.media.voice for each in shown if each.media] == [False, False, False, True, False]
    voice = shown[3].media
    assert voice is not None
    assert (voice.seconds, voice.waveform) == (2.5, (0, 1024))
    assert [await inez.download(each) for each in shown] == [b"film", b"rain", b"plan", b"voice", PICTURE]


@pytest.mark.parametrize("stable", [True, False])
async def test_a_poll_counts_the_last_vote_of_each_until_its_author_ends_it(
    som: MatrixPerson, inez: MatrixPerson, room: str, stable: bool
) -> None:
    asked = await som.start_poll(room, "วันไหนดี", ["จันทร์", "ศุกร์"], stable=stable)
    await som.vote(room, asked, "จันทร์")
    await inez.vote(room, asked, "จันทร์")
    await inez.vote(room, asked, "ศุกร์")
    await inez.end_poll(room, asked)  # not hers to end

    poll = (await som.shown_one(room, asked)).poll
    assert poll is not None
    assert (poll.question, poll.answers, poll.ended) == (
        "วันไหนดี",
        {"จันทร์": (som.user_id,), "ศุกร์": (inez.user_id,)},
        False,
    )

    await som.end_poll(room, asked)
    await inez.vote(room, asked, "จันทร์")

    [shown] = await som.shown(room)
    assert shown.kind == "poll"
    assert shown.poll is not None
    assert (shown.poll.votes, shown.poll.ended) == ({"จันทร์": 1, "ศุกร์": 1}, True)


async def test_mentions_reach_a_person_or_the_room(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    await som.mention(room, inez.user_id, "your turn")
    await som.mention_room(room, "supper")

    shown = await inez.shown(room)

    assert [(each.mentions, each.mentions_room) for each in shown] == [((inez.user_id,), False), ((), True)]
    assert shown[1].text == "@room supper"


async def test_pins_come_and_go(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    first, second = await som.say(room, "read this"), await som.say(room, "and this")
    await som.pin(room, first)
    await som.pin(room, second)
    await som.unpin(room, first)

    assert [each.pinned for each in await inez.shown(room)] == [False, True]
    with pytest.raises(MatrixRefusedError, match="M_FORBIDDEN"):
        await inez.pin(room, first)


async def test_people_are_seen_writing(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    await som.type(room)
    await inez.wait_for_typing(room, lambda writing: som.user_id in writing)
    await som.type(room, on=False)
    await inez.wait_for_typing(room, lambda writing: not writing)


async def test_a_per_message_profile_shows_without_its_fallback(som: MatrixPerson, room: str) -> None:
    profile = {"id": "1", "displayname": "Mali", "avatar_url": "mxc://river/mali", "has_fallback": True}
    content = {
        "msgtype": "m.text",
        "body": "Mali: hello",
        "format": "org.matrix.custom.html",
        "formatted_body": "<strong data-mx-profile-fallback>Mali: </strong>hello",
        "com.beeper.per_message_profile": profile,
    }
    sent = await som.send(room, "m.room.message", content)

    shown = await som.shown_one(room, sent)

    assert (shown.name, shown.text, shown.html, shown.sender) == ("Mali", "hello", "hello", som.user_id)
    assert shown.profile is not None
    assert shown.profile.avatar_url == "mxc://river/mali"


async def test_what_is_shown_can_be_waited_for(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    said = await som.say(room, "soon")
    await som.edit(room, said, "now")
    shown = await inez.wait_until_shown(room, lambda seen: [each.text for each in seen] == ["now"])
    assert shown[0].event_id == said
    with pytest.raises(TimeoutError, match="now"):
        await inez.wait_until_shown(room, lambda seen: len(seen) == 2, timeout=0.2)


async def test_an_upgraded_room_leads_to_its_successor(som: MatrixPerson, inez: MatrixPerson, room: str) -> None:
    successor = await som.upgrade(room)
    assert (await inez.state(room, "m.room.tombstone"))["replacement_room"] == successor
    assert (await som.state(successor, "m.room.create"))["room_version"] == "11"
    assert (await som.state(successor, "m.room.name"))["name"] == "Garden"
    with pytest.raises(MatrixRefusedError, match="M_FORBIDDEN"):
        await inez.say(room, "anyone still here?")


async def test_a_room_gets_a_name_a_topic_and_encryption_and_loses_somebody(
    som: MatrixPerson, inez: MatrixPerson, room: str
) -> None:
    await som.rename(room, "Orchard")
    await som.set_topic(room, "Apples")
    await som.encrypt(room)
    assert (await inez.state(room, "m.room.name"))["name"] == "Orchard"
    assert (await inez.state(room, "m.room.topic"))["topic"] == "Apples"
    assert (await inez.state(room, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
    await som.ban(room, inez.user_id)
    with pytest.raises(MatrixRefusedError, match="M_FORBIDDEN"):
        await inez.say(room, "wait")
    await som.unban(room, inez.user_id)
    await som.invite(room, inez.user_id)
    await inez.join(room)
    assert set(await som.members(room)) == {som.user_id, inez.user_id}
