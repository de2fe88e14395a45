"""The commands an operator types, in processes of their own: what they do, and what they say when they cannot."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from config import generate_network_key
from db.alone import alone
from db.engine import Database
from db.schema import head
from sandbox.discord import RateLimits, SimChannel, SimGuild, SimulatedDiscord
from sandbox.matrix import RealSynapse
from tests.network.workplace import Workplace, matrix_section

pytestmark = pytest.mark.network

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as opened:
        return {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


async def test_version_and_help_say_what_there_is(place: Workplace) -> None:
    version, nothing, unknown = await asyncio.gather(
        place.type("version"), place.type("--help"), place.type("dance")
    )
    assert (version.code, nothing.code, unknown.code) == (0, 0, 2)
    assert version.text == f"community-bot 0.1.0, database version {head()}\n"
    for command in ("run", "check", "migrate", "backup", "restore", "health", "new-key", "version"):
        assert command in nothing.text
    assert "No such command 'dance'" in unknown.text


async def test_a_new_key_is_one_that_is_taken(place: Workplace) -> None:
    made, again = await asyncio.gather(place.type("new-key"), place.type("new-key"))
    assert (made.code, again.code) == (0, 0)
    assert made.text != again.text
    place.keep_secret("network_key", made.text)
    migrated = await place.type("migrate")
    assert migrated.code == 0, migrated.text


async def test_migrate_makes_the_database_once(place: Workplace) -> None:
    first = await place.type("migrate")
    second = await place.type("migrate")
    assert (first.code, first.text) == (0, f"The database is now at version {head()}.\n")
    assert (second.code, second.text) == (0, f"Nothing to do: the database is at version {head()}.\n")
    assert "relay_intent" in tables(place.database)
    assert stat.S_IMODE(place.database.parent.stat().st_mode) == 0o700


async def test_what_is_backed_up_is_restored_wholly(place: Workplace, tmp_path: Path) -> None:
    await place.type("migrate")
    with closing(sqlite3.connect(place.database, isolation_level=None)) as opened:
        opened.execute("INSERT INTO read_position (stream, position) VALUES ('discord:1', '42')")
    backed_up = await place.type("backup", "kept [all].backup")
    assert (backed_up.code, backed_up.text) == (
        0,
        f"Backup written: kept [all].backup (1 rows, version {head()}).\n",
    )
    assert stat.S_IMODE((tmp_path / "kept [all].backup").stat().st_mode) == 0o600

    refused = await place.type("restore", "kept [all].backup")
    assert refused.code == 1
    assert "is not empty" in refused.text
    assert "--replace" in refused.text

    elsewhere = {"COMMUNITY_BOT_DATABASE__URL": "sqlite+aiosqlite:///elsewhere/community.db"}
    restored, replaced = await asyncio.gather(
        place.type("restore", "kept [all].backup", **elsewhere),
        place.type("restore", "kept [all].backup", "--replace"),
    )
    for each in (restored, replaced):
        assert (each.code, each.text) == (0, "Restored 1 rows from kept [all].backup.\n")
    for database in (place.database, tmp_path / "elsewhere" / "community.db"):
        with closing(sqlite3.connect(database)) as opened:
            assert opened.execute("SELECT stream, position FROM read_position").fetchall() == [("discord:1", "42")]
    assert (await place.type("migrate", **elsewhere)).text.startswith("Nothing to do")


async def test_a_backup_that_cannot_be_written_says_so_and_harms_nothing(place: Workplace, tmp_path: Path) -> None:
    empty = await place.type("backup")
    assert empty.code == 1
    assert "The database is empty: there is nothing to back up." in empty.text
    assert "community-bot migrate" in empty.text
    await place.type("migrate")
    before = tables(place.database)
    (tmp_path / "file").write_text("no folder")
    over_the_database, into_a_file = await asyncio.gather(
        place.type("backup", "data/community.db"), place.type("backup", "file/kept.backup")
    )
    assert (over_the_database.code, into_a_file.code) == (1, 1)
    assert "There is something at data/community.db already." in over_the_database.text
    assert "The backup file/kept.backup cannot be written" in into_a_file.text
    assert tables(place.database) == before


async def test_a_backup_that_cannot_be_read_says_so_and_changes_nothing(place: Workplace, tmp_path: Path) -> None:
    await place.type("migrate")
    await place.type("backup", "whole")
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "short").write_bytes(whole[:-5])
    (tmp_path / "other").write_text("this is no backup")
    (tmp_path / "folder").mkdir()
    before = place.database.read_bytes()
    words = {
        "missing": "There is no backup at missing.",
        "short": "The backup short cannot be opened",
        "other": "The backup other cannot be opened",
        "folder": "The backup folder cannot be read",
    }
    answers = [await place.type("restore", name, "--replace") for name in words]
    for answer, expected in zip(answers, words.values(), strict=True):
        assert answer.code == 1
        assert expected in answer.text
    place.keep_secret("network_key", generate_network_key())
    other_key = await place.type("restore", "whole", "--replace")
    assert other_key.code == 1
    assert "Use the network key that was in use when it was made" in other_key.text
    with closing(sqlite3.connect(place.database)) as opened:
        assert opened.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert len(place.database.read_bytes()) == len(before)


async def test_nothing_is_restored_under_a_running_bot(place: Workplace) -> None:
    await place.type("migrate")
    await place.type("backup", "whole")
    database = Database(f"sqlite+aiosqlite:///{place.database}")
    async with alone(database):
        refused = await place.type("restore", "whole", "--replace")
    await database.close()
    assert refused.code == 1
    assert "Another bot is at work on the database" in refused.text


async def test_the_networks_key_is_changed_in_one_command_and_the_bot_asks_for_the_right_one(
    place: Workplace, tmp_path: Path
) -> None:
    await place.type("migrate")
    new_key = generate_network_key()
    (tmp_path / "new_key").write_text(new_key)
    changed = await place.type("rotate-key", "new_key")
    assert changed.code == 0, changed.text
    assert "Now put the new key in its place" in changed.text
    again = await place.type("rotate-key", "new_key")
    assert (again.code, "already" in again.text) == (0, True)
    with_the_old_key = await place.type("run")
    assert with_the_old_key.code == 1
    assert "key" in with_the_old_key.text
    place.keep_secret("network_key", new_key)
    assert (await place.type("rotate-key", "new_key")).code == 1, "it is the one in use now"
    assert (await place.type("rotate-key", "nowhere")).code == 1


async def test_the_operator_makes_the_first_admin_with_a_code(place: Workplace) -> None:
    too_early = await place.type("admin-code")
    assert too_early.code == 1
    assert "community-bot migrate" in too_early.text
    await place.type("migrate")
    one, other = (await place.type("admin-code")).text.strip(), (await place.type("admin-code")).text.strip()
    assert re.fullmatch(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){3}", one)
    assert one != other
    kept = place.database.read_bytes()
    assert one.encode() not in kept
    assert one.replace("-", "").encode() not in kept


async def test_a_text_that_one_language_lacks_or_that_is_too_long_is_named_and_fails(
    place: Workplace, tmp_path: Path
) -> None:
    for room in ("bridges", "community_bot", "config", "db"):
        shutil.copytree(ROOT / room, tmp_path / "copy" / room, ignore=shutil.ignore_patterns("__pycache__"))
    catalogues = tmp_path / "copy" / "community_bot" / "locales"
    thai, spanish = (catalogues / language / "LC_MESSAGES" / "start.po" for language in ("th", "es"))
    thai.write_text(thai.read_text().replace('msgid "welcome.done"', 'msgid "welcome.dome"'))
    spanish.write_text(spanish.read_text().replace('msgstr "Empezar"', f'msgstr "{"Empezar ya " * 9}"'))
    checked = await place.type("languages", "check", PYTHONPATH=str(tmp_path / "copy"), COLUMNS="200")
    assert checked.code == 1
    assert re.search(r"th .*welcome\.done .*missing", checked.text)
    assert re.search(r"es .*welcome\.start\.button", checked.text)
    assert "to mend." in checked.text


async def test_the_languages_are_complete(place: Workplace) -> None:
    checked = await place.type("languages", "check")
    assert (checked.code, checked.text) == (
        0,
        "Every text is there in Thai, English and Spanish, and short enough.\n",
    )


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[int]:
    """Somebody else's server on this machine, which answers everything with the same bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_health_says_no_when_nobody_or_somebody_else_answers(place: Workplace) -> None:
    async with speaking(b"220 mail.example ready\r\n") as mail, speaking(b"HTTP/1.0 503 No\r\n\r\n\xff\xfe") as web:
        nobody, a_mail_server, a_web_server = await asyncio.gather(
            place.type("health"),
            place.type("health", COMMUNITY_BOT_WEB__PORT=str(mail)),
            place.type("health", COMMUNITY_BOT_WEB__PORT=str(web)),
        )
    assert (nobody.code, a_mail_server.code, a_web_server.code) == (1, 1, 1)
    assert "Nobody answers" in nobody.text


# ── check


@pytest.fixture
async def discord() -> AsyncIterator[SimulatedDiscord]:
    async with SimulatedDiscord(limits=RateLimits.off()) as running:
        yield running


@pytest.fixture
def guild(discord: SimulatedDiscord) -> SimGuild:
    return discord.add_guild("River House")


@pytest.fixture
def channels(guild: SimGuild) -> list[SimChannel]:
    return [guild.add_text_channel("ห้องวิทยุ"), guild.add_text_channel("garden")]


def red_lines(text: str, mark: str = "✗") -> list[str]:
    """Return the red lines of a table, each as it reads: what, found, what to do."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    return [" | ".join(row[1:]) for row in rows if row[0] == mark]


async def test_check_is_green_when_all_is_in_order_and_tells_what_is_not_on_discord(
    place: Workplace, discord: SimulatedDiscord, guild: SimGuild, channels: list[SimChannel]
) -> None:
    place.join_channels(discord, channels)
    await place.type("migrate")
    green = await place.type("check")
    assert green.code == 0, green.text
    assert "Everything is in order." in green.text
    assert discord.token not in green.text

    channels[0].set_bot_permissions(pin_messages=False)
    advised = await place.type("check")
    assert advised.code == 0
    assert "Nothing needs you; 1 of 7 could carry more." in advised.text
    (advice,) = red_lines(advised.text, "!")
    assert "Give the bot's role Pin Messages in that channel or its category, or do without." in advice
    assert "Without Pin Messages no pin crosses to here." in advised.text

    channels[0].set_bot_permissions(manage_webhooks=False, read_message_history=False)
    channels[1].set_bot_permissions(view_channel=False)
    refused = await place.type("check")
    assert refused.code == 1
    assert "2 of 7 need you." in refused.text
    lacking, hidden = red_lines(refused.text)
    assert "in #ห้องวิทยุ, the bot lacks Read Message History, Manage Webhooks." in lacking
    assert "Give the bot's role" in lacking
    assert "the bot may not see it" in hidden

    channels[1].delete()
    guild.remove_bot()
    gone = await place.type("check")
    assert gone.code == 1
    kicked, deleted = red_lines(gone.text)
    assert "Invite the bot to that server: https://discord.com/oauth2/authorize?client_id=" in kicked
    assert "does not exist" in deleted


async def test_check_says_what_to_do_about_a_token_an_intent_a_silence_and_a_database(
    place: Workplace, discord: SimulatedDiscord, channels: list[SimChannel]
) -> None:
    place.join_channels(discord, channels)
    place.keep_secret("discord_token", "MTIzNDU2Nzg5MDEyMzQ1Njc4.wrong.token-that-discord-does-not-know")
    wrong_token = await place.type("check")
    assert wrong_token.code == 1
    database, token = red_lines(wrong_token.text)
    assert "Run: community-bot migrate" in database
    assert "Discord refuses the bot's token. | Reset it in Discord's developer portal" in token
    assert "wrong.token" not in wrong_token.text

    place.keep_secret("discord_token", discord.token)
    async with SimulatedDiscord(intents_allowed=frozenset(), token=discord.token) as without_intents:
        other = without_intents.add_guild("Elsewhere")
        place.join_channels(without_intents, [other.add_text_channel("a"), other.add_text_channel("b")])
        no_intent = await place.type("check")
    assert any("Message Content is off" in line and "switch on" in line for line in red_lines(no_intent.text))
    silent = await place.type("check")  # that Discord has closed its doors
    assert silent.code == 1
    assert any("does not answer" in line for line in red_lines(silent.text))


async def test_check_looks_at_every_matrix_room_with_the_bots_own_eyes(place: Workplace) -> None:
    async with RealSynapse() as synapse:
        keeper, bot = await synapse.person("keeper"), await synapse.person("bot")
        levels = {"events": {"m.room.message": 50}}
        rooms = {
            "open": await keeper.create_room("Open", public=True),
            "private": await keeper.create_room("Private"),
            "quiet": await keeper.create_room("Quiet", public=True, power_levels=levels),
            "encrypted": await keeper.create_room("Encrypted", public=True),
        }
        await keeper.put_state(rooms["encrypted"], "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        conversation = f'[[conversations]]\nkey = "radio"\nmatrix_rooms = {list(rooms.values())}\n'
        place.write(matrix_section(synapse.url, bot.user_id), conversation)
        place.keep_secret("matrix_access_token", bot.access_token)
        await place.type("migrate")
        looked = await place.type("check")
        assert looked.code == 1
        assert "3 of 8 need you." in looked.text
        private, quiet, encrypted = red_lines(looked.text)
        assert "may not join (M_FORBIDDEN)" in private
        assert f"Invite {bot.user_id} to the room" in private
        assert "it has power level 0, 50 is needed" in quiet
        assert "is end-to-end encrypted" in encrypted

        place.write(matrix_section(synapse.url, "@somebody:river.localhost"), conversation)
        place.keep_secret("matrix_access_token", "syt_wrong_token")
        wrong_token = await place.type("check")
        place.keep_secret("matrix_access_token", bot.access_token)
        wrong_account = await place.type("check")
    silent = await place.type("check")
    assert (wrong_token.code, wrong_account.code, silent.code) == (1, 1, 1)
    assert "refuses the access token" in red_lines(wrong_token.text)[0]
    assert "belongs to another account" in red_lines(wrong_account.text)[0]
    assert "does not answer" in red_lines(silent.text)[0]


async def test_check_works_in_a_terminal_without_unicode(
    place: Workplace, discord: SimulatedDiscord, channels: list[SimChannel]
) -> None:
    place.join_channels(discord, channels)
    narrow = await place.type("check", PYTHONUTF8="0", PYTHONIOENCODING="ascii", COLUMNS="60")
    assert narrow.code == 1
    assert "need you" in narrow.text


async def test_settings_that_are_not_in_order_are_all_named_at_once(place: Workplace) -> None:
    place.settings.write_text('[network]\nname = "Two Rooms"\n[logs\nformat = "json"\n')
    malformed = await place.type("run")
    place.write("[discord]\n", '[[conversations]]\nkey = "Not a slug"\n')
    place.keep_secret("network_key", None)
    several = await place.type("check")
    missing = await place.type("run", "--settings", "nowhere.toml")
    assert (malformed.code, several.code, missing.code) == (1, 1, 1)
    assert "The settings are not in order." in malformed.text
    assert "config/network.toml, line 3" in malformed.text
    for key in ("secrets.network_key", "secrets.discord_token", "conversations[0].key"):
        assert key in several.text
    assert "community-bot new-key" in several.text
    assert "there is no file nowhere.toml" in missing.text
    assert not place.database.exists(), "nothing is begun with settings that are not in order"


async def test_a_database_nobody_can_reach_is_named_without_its_password(place: Workplace) -> None:
    place.write(
        '[database]\nurl = "postgresql+asyncpg://bot@127.0.0.1:1/community"\n',
    )
    place.keep_secret("database_password", "hard-to-guess")
    nowhere, in_a_file = await asyncio.gather(
        place.type("migrate"),
        place.type("migrate", COMMUNITY_BOT_DATABASE__URL="sqlite+aiosqlite:///config/network.toml/community.db"),
    )
    assert (nowhere.code, in_a_file.code) == (1, 1)
    for answer in (nowhere, in_a_file):
        assert "cannot be opened" in answer.text
        assert "Check database.url" in answer.text
    assert "hard-to-guess" not in nowhere.text
