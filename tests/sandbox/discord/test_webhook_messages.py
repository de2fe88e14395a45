"""Webhooks of the simulated Discord: files, threads and forums, edits, whom they notify, what they are refused."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox.discord import SimChannel, SimFile, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.listener import Listener, disagreements
from tests.sandbox.discord.support import Asked, Rest

pytestmark = pytest.mark.network

NOBODY: dict[str, Any] = {"parse": []}


async def speak(
    rest: Rest, path: str, body: dict[str, Any], *files: SimFile, method: str = "POST", **params: str
) -> Asked:
    """Send a multipart request as a webhook does."""
    form = aiohttp.FormData()
    described = [{"id": number, "description": file.description} for number, file in enumerate(files)]
    declared = {"attachments": [*body.pop("attachments", []), *described]} if files or "attachments" in body else {}
    form.add_field("payload_json", json.dumps({**body, **declared}), content_type="application/json")
    for number, file in enumerate(files):
        form.add_field(f"files[{number}]", file.data, filename=file.name)
    return await rest.ask(
        method, path, params={"wait": "true", **params} if method == "POST" else params, data=form
    )


async def test_a_webhook_sends_files_with_their_descriptions_and_changes_them(
    sim: SimulatedDiscord, lobby: SimChannel, rest: Rest
) -> None:
    execute = await rest.webhook(lobby)
    both = SimFile("a.txt", b"A", "the letter A"), SimFile("SPOILER_b.txt", b"B", "the letter B")
    sent = await speak(rest, execute, {"content": "letters", "username": "Ana"}, *both)
    seen = lobby.message(int(sent.body["id"]))
    assert [(file.description, file.spoiler) for file in seen.files] == [
        ("the letter A", False),
        ("the letter B", True),
    ]

    kept = {"attachments": [{"id": sent.body["attachments"][0]["id"]}], "content": "letters again"}
    path = f"{execute}/messages/{sent.body['id']}"
    await speak(rest, path, kept, method="PATCH")
    seen = lobby.message(int(sent.body["id"]))
    assert (seen.content, seen.attachments, seen.edited) == ("letters again", ("a.txt",), True)

    await speak(rest, path, {"attachments": []}, SimFile("c.txt", b"C", "the letter C"), method="PATCH")
    seen = lobby.message(int(sent.body["id"]))
    assert [(file.name, file.description) for file in seen.files] == [("c.txt", "the letter C")]
    assert lobby.download(seen.files[0]) == b"C"
    assert disagreements(sim) == []


async def test_eleven_files_are_too_many(lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    answer = await speak(rest, execute, {"content": "many"}, *[SimFile(f"{n}.txt", b"x") for n in range(11)])
    assert (answer.status, answer.body["code"]) == (400, 50035)
    assert lobby.messages() == []


async def test_a_description_has_at_most_1024_characters(lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    answers = [
        await speak(rest, execute, {"content": "look"}, SimFile("a.txt", b"a", "ก" * length))
        for length in (1024, 1025)
    ]
    assert [answer.status for answer in answers] == [200, 400]
    assert answers[1].body["code"] == 50035
    assert len(lobby.messages()) == 1


async def test_in_a_forum_a_webhook_begins_a_post_or_names_one(
    sim: SimulatedDiscord, guild: SimGuild, rest: Rest
) -> None:
    forum = guild.add_forum("questions")
    execute = await rest.webhook(forum)
    body = {"content": "why?", "username": "Ana", "thread_name": "Yellow leaves"}
    begun = await speak(rest, execute, body, SimFile("leaf.txt", b"leaf", "a leaf"))
    assert begun.status == 200, begun.body
    [post] = forum.threads()
    assert str(post.id) == begun.body["id"] == begun.body["channel_id"]
    [first] = post.messages()
    assert (post.name, first.content, first.author_name) == ("Yellow leaves", "why?", "Ana")
    assert first.files[0].description == "a leaf"

    answer = await speak(rest, execute, {"content": "too much water"}, thread_id=str(post.id))
    assert post.message(int(answer.body["id"])).content == "too much water"
    edited = await rest.ask(
        "PATCH", f"{execute}/messages/{answer.body['id']}", {"content": "water"}, params={"thread_id": str(post.id)}
    )
    assert edited.status == 200
    assert [message.content for message in post.messages()] == ["why?", "water"]
    assert disagreements(sim) == []


async def test_what_does_not_fit_a_forum_is_refused(guild: SimGuild, mali: SimMember, rest: Rest) -> None:
    forum = guild.add_forum("questions")
    inside = {"thread_id": str((await mali.post(forum, "Here", "first")).id)}
    execute, plain = await rest.webhook(forum), await rest.webhook(guild.add_text_channel("plain"))
    named = {"content": "hi", "thread_name": "new"}

    async def code(path: str, body: dict[str, str], **params: str) -> int:
        answer = await rest.ask("POST", path, body, params=params)
        assert answer.status == 400
        return int(answer.body["code"])

    assert await code(execute, {"content": "hi"}) == 220001
    assert await code(execute, named, **inside) == 220002
    assert await code(plain, named) == 220003
    assert await code(execute, {"content": "hi", "thread_name": "x" * 101}) == 50035
    assert len(forum.threads()) == 1


async def test_a_webhook_wears_the_picture_it_was_given(lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    body = {"content": "hi", "username": "Ana", "avatar_url": "https://example.org/ana.png"}
    sent = await speak(rest, execute, dict(body))
    await rest.ask("PATCH", f"{execute}/messages/{sent.body['id']}", {"content": "hello"})
    seen = lobby.message(int(sent.body["id"]))
    assert (seen.author_name, seen.author_avatar, seen.content) == ("Ana", "https://example.org/ana.png", "hello")
    wrong = await speak(rest, execute, {**body, "avatar_url": "mxc://river/ana"})
    assert (wrong.status, wrong.body["code"]) == (400, 50035)
    assert len(lobby.messages()) == 1


async def test_a_webhook_notifies_whoever_it_is_not_kept_from(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    execute = await rest.webhook(lobby)
    role = guild.add_role("gardeners")
    text = f"@everyone {mali.mention} <@&{role}>"

    async def sent(**fields: Any) -> int:
        return int((await speak(rest, execute, {"content": text, **fields})).body["id"])

    loud = lobby.message(await sent())
    assert (loud.pinged_people, loud.pinged_roles, loud.pinged_everyone) == (
        frozenset({mali.id}),
        frozenset({role}),
        True,
    )
    quiet = await sent(allowed_mentions=NOBODY)
    assert lobby.message(quiet).pinged_nobody
    one = lobby.message(await sent(allowed_mentions={"users": [str(mali.id)]}))
    assert (one.pinged_people, one.pinged_roles, one.pinged_everyone) == (
        frozenset({mali.id}),
        frozenset(),
        False,
    )

    path = f"{execute}/messages/{quiet}"
    await rest.ask("PATCH", path, {"content": f"{text}!", "allowed_mentions": NOBODY})
    assert lobby.message(quiet).pinged_nobody
    await rest.ask("PATCH", path, {"content": f"{text}!!"})
    assert lobby.message(quiet).pinged_everyone


async def test_a_webhook_opens_an_archived_thread_and_cannot_edit_in_one(
    lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    execute = await rest.webhook(lobby)
    thread = await mali.start_thread(lobby, "seeds")
    inside = {"thread_id": str(thread.id)}
    thread.archive()
    sent = await speak(rest, execute, {"content": "beans"}, **inside)
    assert not thread.archived
    thread.archive()
    path = f"{execute}/messages/{sent.body['id']}"
    refused = await rest.ask("PATCH", path, {"content": "peas"}, params=inside)
    assert (refused.status, refused.body["code"]) == (400, 50083)
    assert (await rest.ask("DELETE", path, params=inside)).status == 204


async def test_what_is_not_there_is_said_to_be_not_there(lobby: SimChannel, mali: SimMember, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    sent = await speak(rest, execute, {"content": "hi"})
    thread = await mali.start_thread(lobby, "elsewhere")
    path = f"{execute}/messages/{sent.body['id']}"
    others = f"{execute}/messages/{await mali.say(lobby, 'mine')}"

    async def code(method: str, path: str, body: Any = None, **params: str) -> tuple[int, int]:
        answer = await rest.ask(method, path, body, params=params)
        return answer.status, answer.body["code"]

    assert await code("PATCH", f"{execute}/messages/1", {"content": "?"}) == (404, 10008)
    assert await code("PATCH", path, {"content": "?"}, thread_id=str(thread.id)) == (404, 10008)
    assert await code("DELETE", others) == (404, 10008)
    assert await code("POST", execute, {"content": "?"}, thread_id="1") == (404, 10003)
    assert await code("PATCH", f"{execute}x/messages/1", {"content": "?"}) == (401, 50027)
    [webhook] = lobby.webhooks()
    assert (webhook.name, webhook.of_bot) == ("bridge", True)
    lobby.delete_webhook(webhook.id)
    assert await code("POST", execute, {"content": "?"}) == (404, 10015)
    assert await code("PATCH", path, {"content": "?"}) == (404, 10015)


async def test_a_sixteenth_webhook_and_one_without_permission_are_refused(
    guild: SimGuild, lobby: SimChannel, rest: Rest
) -> None:
    for number in range(15):
        await rest.webhook(lobby, f"number {number}")
    full = await rest.ask("POST", f"/channels/{lobby.id}/webhooks", {"name": "one more"})
    assert (full.status, full.body["code"]) == (400, 30007)
    guild.set_bot_permissions(manage_webhooks=False)
    shut = await rest.ask("POST", f"/channels/{lobby.id}/webhooks", {"name": "one more"})
    assert (shut.status, shut.body["code"]) == (403, 50013)


async def test_the_bot_is_told_when_somebody_deletes_its_webhook(
    lobby: SimChannel, listener: Listener, rest: Rest
) -> None:
    await rest.webhook(lobby)
    await listener.hears("WEBHOOKS_UPDATE")
    lobby.delete_webhook(lobby.webhooks()[0].id)
    await listener.until(lambda: len(listener.payloads("WEBHOOKS_UPDATE")) == 2)
    assert listener.latest("WEBHOOKS_UPDATE")["channel_id"] == str(lobby.id)


async def test_a_voice_message_of_a_webhook_keeps_its_length(
    lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    form = aiohttp.FormData()
    sound = {"id": 0, "duration_secs": 3.2, "waveform": "AAEC"}
    form.add_field("payload_json", json.dumps({"flags": 8192, "attachments": [sound]}))
    form.add_field("files[0]", b"OggS", filename="voice-message.ogg")
    await rest.ask("POST", await rest.webhook(lobby), params={"wait": "true"}, data=form)
    await mali.say(lobby, files=[("plan.txt", b"sow")])
    seen, after = lobby.messages()
    assert after.files[0].seconds is None
    assert (seen.is_voice, seen.files[0].seconds, seen.files[0].waveform) == (True, 3.2, "AAEC")
