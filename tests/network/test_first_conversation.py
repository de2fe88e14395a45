"""The first job, end to end: a member writes on Discord, a member on Matrix reads it and answers."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing

import pytest

from tests.network.many_rooms import until_detail
from tests.network.two_rooms import TwoRooms, is_copy
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract

pytestmark = pytest.mark.network


async def test_a_message_crosses_both_ways_under_its_authors_name(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.say_on_discord("ใครเคยอัดเสียงนอกห้องบ้าง <b>*ไหม*</b>")
    await rooms.until_copied(on_matrix=["1"])
    (event,) = [e for e in await rooms.network.keeper.messages(rooms.room) if is_copy(e)]
    profile = event.content["com.beeper.per_message_profile"]
    assert (profile["displayname"], profile["has_fallback"]) == ("ใบเตย", True)
    assert event.body == "ใบเตย: ใครเคยอัดเสียงนอกห้องบ้าง <b>_ไหม_</b>"
    assert "&lt;b&gt;<em>ไหม</em>&lt;/b&gt;" in event.content["formatted_body"]
    assert event.content["m.mentions"] == {}

    await rooms.say_on_matrix("Sí, con un calcetín en el micrófono @everyone")
    await rooms.until_copied(on_discord=["1"])
    (copy,) = [m for m in rooms.channel.messages() if m.webhook_id is not None]
    assert (copy.author_name, copy.content) == ("Toño", "Sí, con un calcetín en el micrófono @\u200beveryone")
    assert copy.pinged_nobody
    execute = [r for r in rooms.network.discord.requests if "/webhooks/" in r.path and r.method == "POST"][-1]
    assert execute.json is not None
    assert execute.json["allowed_mentions"] == {"parse": [], "users": [], "roles": []}


@pytest.mark.skipif(not DOCUMENT.exists(), reason="Discord's OpenAPI document is not beside the repository")
async def test_what_the_bot_asks_of_discord_agrees_with_discords_own_description(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.say_on_matrix("hola")
    await rooms.say_on_discord("สวัสดี")
    await rooms.until_copied(on_discord=["hola"], on_matrix=["สวัสดี"])
    await rooms.bot.kill()
    await rooms.say_on_discord("อยู่ไหม")
    await rooms.say_on_matrix("¿siguen?")
    await rooms.bot.start()
    await rooms.until_copied(on_discord=["hola", "¿siguen?"], on_matrix=["สวัสดี", "อยู่ไหม"])
    contract = DiscordContract.load()
    asked = [record for record in rooms.network.discord.requests if record.status is not None]
    assert {"POST", "GET"} <= {record.method for record in asked}
    assert [problem for record in asked for problem in contract.check(record)] == []
    assert rooms.network.discord.unsupported == []


async def test_a_command_typed_in_a_joined_room_stays_there(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    for command in (".me link KX7M-Q4PT", "!yo vincular KX7M-Q4PT", ".ฉัน เชื่อมบัญชี KX7M-Q4PT"):
        await rooms.say_on_matrix(command)
    await rooms.say_on_matrix("...bueno, ya vi")
    await rooms.until_copied(on_discord=["1"])
    await rooms.settled()
    assert rooms.copies_on_discord() == ["...bueno, ya vi"]


async def test_a_long_message_crosses_in_parts_and_thai_stays_whole(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    text = " ".join(f"ย่อหน้าที่{number}กลุ่มเรียนรู้เรื่องน้ำดื่มที่บ้านผู้ใหญ่" for number in range(120))
    assert len(text) > 4000
    await rooms.say_on_matrix(text)
    await rooms.until_copied(on_discord=["1", "2", "3"])
    await rooms.settled()
    parts = rooms.copies_on_discord()
    assert " ".join(parts) == text
    assert all(len(part) <= 2000 for part in parts)


async def test_what_was_said_while_the_bot_was_away_is_caught_up(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.say_on_discord("before")
    await rooms.say_on_matrix("antes")
    await rooms.until_copied(on_discord=["antes"], on_matrix=["before"])
    assert await rooms.bot.stop() == 0
    away_discord = [f"away {number}" for number in range(130)]
    away_matrix = [f"fuera {number}" for number in range(12)]
    for text in away_discord:
        await rooms.say_on_discord(text)
    for text in away_matrix:
        await rooms.say_on_matrix(text)
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.until_copied(on_discord=["antes", *away_matrix], on_matrix=["before", *away_discord])
    await rooms.settled()
    assert await rooms.copies_on_matrix() == ["before", *away_discord]
    assert rooms.copies_on_discord() == ["antes", *away_matrix]


async def test_a_long_silence_on_matrix_is_read_back_past_the_gap(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.say_on_matrix("antes")
    await rooms.until_copied(on_discord=["antes"])
    await rooms.bot.stop()
    texts = [f"m {number}" for number in range(150)]  # more than one sync brings
    for text in texts:
        await rooms.say_on_matrix(text)
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.until_copied(on_discord=["antes", *texts], seconds=120)
    assert rooms.copies_on_discord() == ["antes", *texts]


async def test_nothing_said_before_the_rooms_were_joined_crosses(rooms: TwoRooms) -> None:
    await rooms.say_on_discord("long ago")
    await rooms.say_on_matrix("hace mucho")
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.say_on_discord("now")
    await rooms.say_on_matrix("ahora")
    await rooms.until_copied(on_discord=["ahora"], on_matrix=["now"])
    await rooms.settled()
    assert await rooms.copies_on_matrix() == ["now"]
    assert rooms.copies_on_discord() == ["ahora"]


async def test_a_closed_history_is_said_and_read_once_it_is_open(rooms: TwoRooms) -> None:
    rooms.channel.set_bot_permissions(read_message_history=False)
    await rooms.bot.start()
    await until_detail(rooms.bot, "bridge:radio:discord1", "discord.missing_read_history")
    await rooms.say_on_discord("said to a closed door")
    rooms.channel.set_bot_permissions(read_message_history=True)
    await rooms.until_copied(on_matrix=["said to a closed door"])
    await rooms.bot.ready()


async def test_what_is_deleted_before_its_turn_never_crosses(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    rooms.network.synapse.suspend()
    regretted = await rooms.say_on_discord("said in anger")
    await rooms.say_on_discord("said after a breath")
    await rooms.until_counted("bridge_messages_heard_total", lambda heard: heard == 2)
    await rooms.bot.kill()
    await rooms.baitoey.delete(rooms.channel, regretted)
    rooms.network.synapse.resume()
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.until_copied(on_matrix=["1"])
    await rooms.settled()
    copies = await rooms.copies_on_matrix()
    # the first may have left before Synapse froze; if it had not, it must not leave now
    assert copies[-1] == "said after a breath"
    assert copies.count("said in anger") <= 1


async def test_the_database_and_the_log_name_nobody_and_quote_nobody(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    await rooms.say_on_discord("canary-from-the-river")
    await rooms.say_on_matrix("canary-from-the-hill")
    await rooms.until_copied(on_discord=["1"], on_matrix=["1"])
    await rooms.settled()
    await rooms.bot.kill()
    kept = b"".join(path.read_bytes() for path in rooms.network.database_file.parent.glob("community.db*"))
    log = rooms.bot.output.read_bytes()
    with closing(sqlite3.connect(rooms.network.database_file)) as database:
        dump = "\n".join(database.iterdump()).encode()
    webhook_tokens = [
        request.path.rsplit("/", 1)[1].encode()
        for request in rooms.network.discord.requests
        if request.method == "POST" and request.path.startswith("/webhooks/")
    ]
    people = ["ใบเตย", "Toño", "baitoey", rooms.tono.user_id, str(rooms.baitoey.id)]
    secrets = [rooms.network.discord.token.encode(), *webhook_tokens]
    for private in (b"canary-from", *(person.encode() for person in people), *secrets):
        assert private not in kept
        assert private not in dump
        assert private not in log
    assert str(rooms.channel.id).encode() not in log
    assert rooms.room.encode() not in log


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_at_many_random_points_it_loses_doubles_and_disorders_nothing(
    rooms: TwoRooms, seed: int
) -> None:
    chance = random.Random(seed)
    from_discord = [f"d{number:03}" for number in range(100)]
    from_matrix = [f"m{number:03}" for number in range(100)]
    await rooms.bot.start()
    await rooms.bot.ready()

    async def talk() -> None:
        for on_discord, on_matrix in zip(from_discord, from_matrix, strict=True):
            await rooms.say_on_discord(on_discord)
            await rooms.say_on_matrix(on_matrix)
            await asyncio.sleep(chance.uniform(0, 0.3))

    async def kill_at_random() -> int:
        kills = 0
        while not talking.done():
            if chance.random() < 0.5:
                # the worst moment: the message has just appeared, and the bot has not heard of it yet
                await rooms.until_next_copy_on_discord(or_done=talking)
            else:
                # up to 2.5 s: from before it has connected to long after
                await asyncio.wait([talking], timeout=chance.uniform(0.3, 2.5))
            await rooms.bot.kill()
            kills += 1
            await rooms.bot.start()
        return kills

    talking = asyncio.create_task(talk())
    kills = await kill_at_random()
    await talking
    await rooms.bot.ready()
    await rooms.until_copied(on_discord=from_matrix, on_matrix=from_discord)
    await rooms.settled()
    assert kills >= 6
    assert rooms.copies_on_discord() == from_matrix
    assert await rooms.copies_on_matrix() == from_discord
