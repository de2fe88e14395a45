"""The operator's bad days: each ends in one clear line, or is seen on ``/readyz`` until somebody has mended it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from yarl import URL

from sandbox.bot import BotProcess
from sandbox.discord import RateLimits, SimChannel, SimulatedDiscord
from sandbox.matrix import MatrixPerson
from sandbox.network import SandboxNetwork
from sandbox.ports import ReservedPort
from tests.network.many_rooms import KEYS, MANY_ROOMS, ManyRooms, checks_of, until_detail
from tests.network.workplace import UNFORESEEN, Workplace, matrix_section
from tests.sandbox.discord.support import Rest

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


def assert_nothing_unforeseen(bot: BotProcess) -> None:
    """Every bad day here is one the bot knows: none shows as a fault of its own."""
    text = bot.output.read_text(encoding="utf-8")
    assert not any(words in text for words in UNFORESEEN), text


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


@pytest.fixture
def port() -> Iterator[int]:
    reserved = ReservedPort()
    yield reserved.number
    reserved.release()


@pytest_asyncio.fixture(loop_scope="module")
async def discord() -> AsyncIterator[SimulatedDiscord]:
    async with SimulatedDiscord(limits=RateLimits.off()) as running:
        yield running


def two_channels(discord: SimulatedDiscord) -> list[SimChannel]:
    guild = discord.add_guild("River House")
    return [guild.add_text_channel("ห้องวิทยุ"), guild.add_text_channel("garden")]


# ── a start that cannot be: one line, a cure, exit code 1


async def test_a_wrong_discord_token(place: Workplace, discord: SimulatedDiscord) -> None:
    place.join_channels(discord, two_channels(discord))
    place.keep_secret("discord_token", "MTIzNDU2Nzg5MDEyMzQ1Njc4.wrong.token-that-discord-does-not-know")
    ended = await place.type("run")
    assert ended.code == 1
    assert "✗ Discord refuses the bot's token.\n  Reset it in Discord's developer portal" in ended.text
    assert "wrong.token" not in ended.text


async def test_a_missing_intent(place: Workplace) -> None:
    async with SimulatedDiscord(limits=RateLimits.off(), intents_allowed=frozenset({"members"})) as discord:
        place.join_channels(discord, two_channels(discord))
        ended = await place.type("run")
    assert ended.code == 1
    assert "the Message Content intent is off.\n  Open the bot in Discord's developer portal" in ended.text


async def test_a_token_that_is_reset_while_the_bot_runs(place: Workplace, port: int) -> None:
    async with SimulatedDiscord(limits=RateLimits.off()) as discord:
        place.join_channels(discord, two_channels(discord), port=port)
        bot = place.bot(port)
        await bot.start()
        await bot.ready()
        await discord.drop_gateway(code=4004, resumable=False)
        assert await bot.wait() == 1
    assert "Discord refuses the bot's token." in bot.tail()
    assert_nothing_unforeseen(bot)


async def test_pages_on_a_port_that_is_taken(place: Workplace, discord: SimulatedDiscord) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        taken = server.sockets[0].getsockname()[1]
        place.join_channels(discord, two_channels(discord), port=taken)
        ended = await place.type("run")
        elsewhere = await place.type("run", COMMUNITY_BOT_WEB__HOST="localhost.invalid", **ALLOWED)
    assert (ended.code, elsewhere.code) == (1, 1)
    assert f"cannot be served on 127.0.0.1, port {taken}: another program listens there." in ended.text
    assert "choose another web.port" in ended.text
    assert "Correct web.host and web.port." in elsewhere.text


ALLOWED = {"COMMUNITY_BOT_WEB__ALLOW_NON_LOOPBACK": "true"}


async def test_a_database_that_somebody_else_holds(place: Workplace, discord: SimulatedDiscord) -> None:
    place.join_channels(discord, two_channels(discord))
    await place.type("migrate")
    with closing(sqlite3.connect(place.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = await place.type("run")
    assert ended.code == 1
    assert "is held by another process.\n  Stop the other copy of the bot" in ended.text


async def test_a_database_that_a_newer_bot_wrote(place: Workplace, discord: SimulatedDiscord) -> None:
    place.join_channels(discord, two_channels(discord))
    await place.type("migrate")
    with closing(sqlite3.connect(place.database, isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    run, check = await asyncio.gather(place.type("run"), place.type("check"))
    assert (run.code, check.code) == (1, 1)
    for answer in (run, check):
        assert "is at version 9999" in answer.text
        assert "Update the bot, or restore a backup made before that update." in answer.text


async def test_a_file_that_is_no_database(place: Workplace, discord: SimulatedDiscord) -> None:
    place.join_channels(discord, two_channels(discord))
    place.database.parent.mkdir()
    place.database.write_text("these are somebody's notes, and long enough to be taken for a page " * 20)
    ended = await place.type("run")
    assert ended.code == 1
    assert "community.db cannot be read: the file is damaged, or is no database." in ended.text


# ── a server that sends the bot away, and takes it back


async def test_a_server_that_removes_the_bot_and_invites_it_again(
    place: Workplace, port: int, discord: SimulatedDiscord
) -> None:
    river, garden = discord.add_guild("River House"), discord.add_guild("Garden House")
    radio, beds = river.add_text_channel("ห้องวิทยุ"), garden.add_text_channel("beds")
    baitoey, ploy = river.add_member("baitoey", display="ใบเตย"), garden.add_member("ploy", display="พลอย")
    place.join_channels(discord, [radio, beds], port=port)
    bot = place.bot(port)
    try:
        await bot.start()
        await bot.ready()
        garden.remove_bot()
        await until_detail(bot, "bridge:radio:discord2", "discord.forbidden")
        await ploy.say(beds, "ยังอยู่ไหม")
        await baitoey.say(radio, "where have they gone?")
        await baitoey.say(radio, "hello?")
        garden.invite_bot()
        await until_detail(bot, "bridge:radio:discord2", "ok")
        await ploy.say(beds, "กลับมาแล้ว")
        await beds.wait_for(lambda said: [m.content for m in said[-3:]].count("hello?") == 1)
        await radio.wait_for(lambda said: sum(m.webhook_id is not None for m in said) == 2)
        assert [m.content for m in radio.messages() if m.webhook_id] == ["ยังอยู่ไหม", "กลับมาแล้ว"]
        assert [m.content for m in beds.messages() if m.webhook_id] == ["where have they gone?", "hello?"]
        assert await bot.stop() == 0
    finally:
        await bot.kill()
    assert_nothing_unforeseen(bot)


# ── a silence: the bot waits, says so on /readyz, and goes on by itself


async def test_discord_that_does_not_answer_at_the_start(place: Workplace, port: int) -> None:
    kept = ReservedPort()
    discord = SimulatedDiscord(limits=RateLimits.off(), port=kept.number)
    async with discord:
        place.join_channels(discord, two_channels(discord), port=port)
    bot = place.bot(port)
    try:
        await bot.start()
        await until_detail(bot, "discord", "discord.unreachable")
        assert (await place.type("health", COMMUNITY_BOT_WEB__PORT=str(port))).code == 1
        async with discord:
            await bot.ready(20)
            # an operator behind a proxy asks this machine all the same
            proxy = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
            healthy = await place.type("health", COMMUNITY_BOT_WEB__PORT=str(port), **proxy)
            assert healthy.code == 0, healthy.text
            assert '"ready": true' in healthy.text
            every_address = await place.type("health", COMMUNITY_BOT_WEB__HOST="0.0.0.0", **ALLOWED)
            assert every_address.code == 0, every_address.text
            assert await bot.stop() == 0
    finally:
        await bot.kill()
        kept.release()
    assert_nothing_unforeseen(bot)


async def test_a_gateway_that_does_not_answer_at_the_start(
    place: Workplace, port: int, discord: SimulatedDiscord
) -> None:
    """The API answers and the gateway does not: what discord.py itself cannot begin with."""
    kept = ReservedPort()
    channels = two_channels(discord)
    place.join_channels(discord, channels, port=port)
    settings = place.settings.read_text(encoding="utf-8")
    elsewhere = f"ws://127.0.0.1:{kept.number}/gateway"
    place.settings.write_text(settings.replace(discord.gateway_url, elsewhere), encoding="utf-8")
    bot = place.bot(port)
    try:
        await bot.start()
        await until_detail(bot, "discord", "discord.unreachable")
        async with relay(kept.number, to=URL(discord.gateway_url)):
            await bot.ready(20)
            assert await bot.stop() == 0
    finally:
        await bot.kill()
        kept.release()
    assert_nothing_unforeseen(bot)


@asynccontextmanager
async def relay(port: int, *, to: URL) -> AsyncIterator[None]:
    """Listen on ``port`` and pass every connection on."""
    passing: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError), closing(writer):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(to.host, to.port)
        passing.add(asyncio.create_task(copy(reader, far_writer)))
        passing.add(asyncio.create_task(copy(far_reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", port, reuse_address=True):
        yield
    await asyncio.gather(*passing)


# ── one bot that has all the other bad days at once


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def village() -> AsyncIterator[ManyRooms]:
    """A network in which much is wrong from the start; its bot begins while the homeserver is away."""
    async with SandboxNetwork(MANY_ROOMS, limits=RateLimits.off()) as network:
        village = ManyRooms(network)
        await village.remove_bot("invited")
        await village.encrypt("encrypted")
        await village.ask_level_to_speak("power", 75)
        village["permission"].channel.set_bot_permissions(manage_webhooks=False)
        await network.synapse.stop()
        await network.bot.start()
        await until_detail(network.bot, "matrix", "matrix.unreachable")
        await village.until("calm:discord", "ok")
        await village["calm"].say_on_discord("said while Matrix was away")
        await network.synapse.start()
        # each is heard from when it was entered, and they are entered one by one
        for key in KEYS:
            if key not in ("invited", "encrypted"):
                await village.until(f"{key}:matrix", "ok")
        yield village
        assert await network.bot.stop() == 0
        assert_nothing_unforeseen(network.bot)


async def test_a_homeserver_that_does_not_answer_at_the_start(village: ManyRooms) -> None:
    """The fixture started the bot without one, and waited until ``/readyz`` had said so and was well again."""
    assert (await checks_of(village.network.bot))["matrix"] == {"ok": True, "detail": "live"}
    await village["calm"].say_on_matrix("ya estamos")
    await village["calm"].until_copied(on_discord=["ya estamos"], on_matrix=["said while Matrix was away"])
    assert await village["calm"].copies_on_matrix() == ["said while Matrix was away"]


async def test_a_missing_permission_shows_and_once_it_is_given_nothing_is_lost(village: ManyRooms) -> None:
    rooms = village["permission"]
    await rooms.say_on_matrix("uno")
    await rooms.say_on_matrix("dos")
    await village.until("permission:discord", "discord.missing_manage_webhooks")
    assert (await village.network.bot.readiness())["ready"] is False
    assert rooms.copies_on_discord() == []
    rooms.channel.set_bot_permissions(manage_webhooks=None)
    await village.until_said("permission", on_discord=["uno", "dos"])
    await village.until("permission:discord", "ok")


async def test_a_channel_out_of_sight_shows_and_what_was_said_there_crosses_once_it_is_seen(
    village: ManyRooms,
) -> None:
    rooms = village["sight"]
    await rooms.say_on_discord("seen")
    await village.until_said("sight", on_matrix=["seen"])
    rooms.channel.set_bot_permissions(view_channel=False)
    await rooms.say_on_discord("unseen")
    await village.until("sight:discord", "discord.forbidden")
    rooms.channel.set_bot_permissions(view_channel=None)
    await village.until("sight:discord", "ok")
    await rooms.say_on_discord("seen again")
    await village.until_said("sight", on_matrix=["seen", "unseen", "seen again"])


async def test_a_webhook_that_somebody_deletes_is_made_anew_and_nothing_is_lost(village: ManyRooms) -> None:
    rooms = village["webhook"]
    await rooms.say_on_matrix("uno")
    await village.until_said("webhook", on_discord=["uno"])
    (copy,) = [message for message in rooms.channel.messages() if message.webhook_id is not None]
    async with Rest(village.network.discord) as rest:
        assert (await rest.ask("DELETE", f"/webhooks/{copy.webhook_id}")).status == 204
        await rooms.say_on_matrix("dos")
        await rooms.say_on_matrix("tres")
        await village.until_said("webhook", on_discord=["uno", "dos", "tres"])
        webhooks = (await rest.ask("GET", f"/channels/{rooms.channel.id}/webhooks")).body
    assert len(webhooks) == 1
    await rooms.say_on_discord("and nothing of it comes back")
    await village.until_said(
        "webhook", on_discord=["uno", "dos", "tres"], on_matrix=["and nothing of it comes back"]
    )


async def test_a_deleted_channel_shows_and_the_other_conversations_go_on(village: ManyRooms) -> None:
    village["deleted"].channel.delete()
    await village.until("deleted:discord", "discord.channel_gone")
    before = village["calm"].copies_on_discord()
    await village["deleted"].say_on_matrix("a nadie")
    await village["calm"].say_on_matrix("seguimos")
    await village["calm"].channel.wait_for(lambda _: village["calm"].copies_on_discord() == [*before, "seguimos"])
    assert await village.detail("deleted:discord") == "discord.channel_gone"


async def test_a_room_that_does_not_let_the_bot_in_shows_and_an_invitation_is_enough(village: ManyRooms) -> None:
    rooms = village["invited"]
    await village.until("invited:matrix", "matrix.not_invited")
    await rooms.say_on_matrix("antes de invitarlo")
    await rooms.say_on_discord("is anybody there?")
    await village.invite_bot("invited")
    await village.until_said("invited", on_matrix=["is anybody there?"])
    await village.until("invited:matrix", "ok")
    await rooms.say_on_matrix("sí, ahora sí")
    await village.until_said("invited", on_discord=["sí, ahora sí"], on_matrix=["is anybody there?"])


async def test_a_bot_that_is_removed_says_so_and_begins_anew_when_it_is_invited_again(village: ManyRooms) -> None:
    rooms = village["kicked"]
    await rooms.say_on_matrix("uno")
    await village.until_said("kicked", on_discord=["uno"])
    await village.remove_bot("kicked")
    await village.until("kicked:matrix", "matrix.not_invited")
    await rooms.say_on_matrix("entre nosotros")
    await rooms.say_on_discord("waits until it is back")
    await village.invite_bot("kicked")
    await village.until_said("kicked", on_discord=["uno"], on_matrix=["waits until it is back"])
    await rooms.say_on_matrix("dos")
    await village.until_said("kicked", on_discord=["uno", "dos"], on_matrix=["waits until it is back"])


async def test_an_encrypted_room_is_refused_from_the_start(village: ManyRooms) -> None:
    await village["encrypted"].say_on_discord("not for an encrypted room")
    await village.until("encrypted:matrix", "matrix.encrypted_room")
    assert await village["encrypted"].copies_on_matrix() == []


async def test_a_room_that_becomes_encrypted_is_refused_from_then_on(village: ManyRooms) -> None:
    rooms = village["turning"]
    await rooms.say_on_discord("before")
    await village.until_said("turning", on_matrix=["before"])
    await village.encrypt("turning")
    await village.until("turning:matrix", "matrix.encrypted_room")
    await rooms.say_on_discord("after")
    await rooms.until_counted("bridge_waits_total", lambda waits: waits > 0)
    await village.until_said("turning", on_matrix=["before"])


async def test_a_power_level_too_low_shows_and_once_it_is_enough_nothing_is_lost(village: ManyRooms) -> None:
    rooms = village["power"]
    await rooms.say_on_discord("one")
    await rooms.say_on_discord("two")
    await village.until("power:matrix", "matrix.forbidden")
    await village.ask_level_to_speak("power", 0)
    await village.until_said("power", on_matrix=["one", "two"])


async def test_a_database_that_somebody_holds_shows_and_nothing_is_lost(village: ManyRooms) -> None:
    calm = village["calm"]
    before = calm.copies_on_discord()
    with closing(sqlite3.connect(village.network.database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await calm.say_on_matrix("mientras tanto")
        await until_detail(village.network.bot, "database", "database.stalled")
    await calm.channel.wait_for(lambda _: calm.copies_on_discord() == [*before, "mientras tanto"])
    await until_detail(village.network.bot, "database", "ok")


async def test_a_restart_in_the_middle_of_all_this_loses_nothing(village: ManyRooms) -> None:
    calm, bot = village["calm"], village.network.bot
    before = calm.copies_on_discord()
    assert await bot.stop() == 0
    await calm.say_on_matrix("mientras no estaba")
    await bot.start()
    await calm.channel.wait_for(lambda _: calm.copies_on_discord() == [*before, "mientras no estaba"], timeout=30)
    await village.until("encrypted:matrix", "matrix.encrypted_room")


# ── the homeserver's refusals


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(village: ManyRooms) -> MatrixPerson:
    """An account for another bot on the same homeserver."""
    return await village.network.synapse.person("stranger")


async def rooms_of(stranger: MatrixPerson) -> str:
    rooms = [await stranger.create_room(name, public=True) for name in ("One", "Two")]
    return f'[[conversations]]\nkey = "radio"\nmatrix_rooms = {rooms}\n'


async def test_a_matrix_login_that_is_refused(village: ManyRooms, stranger: MatrixPerson, place: Workplace) -> None:
    homeserver, conversation = village.network.synapse.url, await rooms_of(stranger)
    place.write(matrix_section(homeserver, stranger.user_id), conversation)
    place.keep_secret("matrix_access_token", "syt_nobody_knows_this_token")
    token = await place.type("run")
    place.keep_secret("matrix_access_token", None)
    place.keep_secret("matrix_password", "wrong-password")
    password = await place.type("run")
    place.keep_secret("matrix_password", None)
    place.keep_secret("matrix_access_token", stranger.access_token)
    place.write(matrix_section(homeserver, "@somebody:river.localhost"), conversation)
    account = await place.type("run")
    assert (token.code, password.code, account.code) == (1, 1, 1)
    assert f"refuses the access token of {stranger.user_id}.\n  Get a new one with: community-bot" in token.text
    assert f"refuses the password of {stranger.user_id}.\n  " in password.text
    assert "belongs to another account" in account.text
    for answer in (token, password, account):
        assert "syt_" not in answer.text
        assert "wrong-password" not in answer.text


async def test_a_matrix_token_that_is_revoked_while_the_bot_runs(
    village: ManyRooms, place: Workplace, port: int
) -> None:
    leaving = await village.network.synapse.person("leaving")
    place.write(matrix_section(village.network.synapse.url, leaving.user_id), await rooms_of(leaving), port=port)
    place.keep_secret("matrix_access_token", leaving.access_token)
    bot = place.bot(port)
    try:
        await bot.start()
        await bot.ready()
        await leaving._requests.ask("POST", "_matrix", "client", "v3", "logout", json={})
        await until_detail(bot, "bridge:radio:matrix1", "matrix.login_lost")
        assert await bot.stop() == 0
    finally:
        await bot.kill()
    assert_nothing_unforeseen(bot)
