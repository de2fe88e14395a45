"""``community-bot check``: looks at everything the bot depends on and says what to do about each red line."""

from __future__ import annotations

from community_bot.app import matrix_connection
from community_bot.arrangements import templates_of
from community_bot.platforms.discord import point_at
from community_bot.platforms.discord_check import check_discord
from community_bot.platforms.findings import Finding
from community_bot.platforms.matrix_check import check_matrix
from community_bot.upkeep import open_database
from config import Settings, SettingsError
from db.errors import DatabaseError
from db.schema import schema_version


async def check_everything(settings: Settings) -> list[Finding]:
    """Return what was found, in the order in which an operator would mend it."""
    joined = ", ".join(conversation.key for conversation in settings.conversations) or "no conversation yet"
    findings = [Finding(True, "Settings", f"all keys in order; joined: {joined}")]
    findings += [
        Finding(False, "Settings", f"{warning.key}: {warning.expected}", f"It stands in {warning.where}.")
        for warning in settings.settings_warnings
    ]
    findings += _templates(settings)
    findings.append(await _database(settings))
    channels, rooms = _uses(settings)
    if settings.discord is not None and settings.secrets.discord_token is not None:
        point_at(settings.discord.api_base, settings.discord.gateway, settings.discord.cdn_base)
        token = settings.secrets.discord_token.get_secret_value()
        servers = [home.discord_server for home in settings.homes if home.discord_server is not None]
        findings += await check_discord(token, channels, servers=servers, newcomers=bool(servers))
    if settings.matrix is not None:
        connection = matrix_connection(settings)
        try:
            findings += await check_matrix(connection, rooms)
        finally:
            await connection.close()
    return findings


def _uses(settings: Settings) -> tuple[dict[int, set[str]], dict[str, set[str]]]:
    """Return every channel and every room of the settings, with what it is used for."""
    channels: dict[int, set[str]] = {}
    rooms: dict[str, set[str]] = {}
    for use, places in (("bridge", settings.conversations), ("space", settings.spaces)):
        for place in places:
            for channel in place.discord_channels:
                channels.setdefault(channel, set()).add(use)
            for room in place.matrix_rooms:
                rooms.setdefault(room, set()).add(use)
    for room in settings.matrix.encrypted_rooms if settings.matrix is not None else ():
        rooms.setdefault(room, set()).add("encrypted")
    for home in settings.homes:
        if home.discord_channel is not None:
            channels.setdefault(home.discord_channel, set()).add("welcome")
        if home.matrix_room is not None:
            rooms.setdefault(home.matrix_room, set()).add("welcome")
    return channels, rooms


def _templates(settings: Settings) -> list[Finding]:
    """Say which templates of learning spaces there are, or each thing that is wrong with the network's own."""
    try:
        return [Finding(True, "Templates", ", ".join(templates_of(settings)))]
    except SettingsError as error:
        return [
            Finding(False, "Templates", f"{each.key} must be: {each.expected}", f"It stands in {each.where}.")
            for each in error.problems
        ]


async def _database(settings: Settings) -> Finding:
    database = None
    try:
        database = open_database(settings)
        version = await schema_version(database)
    except DatabaseError as error:
        return Finding(False, "Database", error.text, error.cure)
    finally:
        if database is not None:
            await database.close()
    if version.is_current:
        return Finding(True, "Database", f"{database.describe()} at version {version.head}")
    said = "is empty" if version.is_empty else f"is at version {version.current}, {version.head} is needed"
    return Finding(False, "Database", said, "Run: community-bot migrate")
