"""Telling Discord of the commands, only when they are not what it has (DOMAIN 4.1: 200 creations a day)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord.http import Route

from community_bot.cogs.tree import Payload
from community_bot.logs import get_logger

log = get_logger(__name__)


async def sync_commands(bot: discord.Client, payloads: Sequence[Payload]) -> bool:
    """Make Discord's list the one given; return whether it had to be changed.

    One request replaces the whole list, so that nobody ever meets half of it. Raises discord.py's HTTPException.
    """
    application = bot.application_id
    assert application is not None, "the bot is logged in"
    # discord.py's own call leaves the translations out of the answer
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    known = await bot.http.request(route, params={"with_localizations": "true"})
    if _by_name(known) == _by_name(payloads):
        return False
    await bot.http.bulk_upsert_global_commands(application, list(payloads))
    log.info("the commands were handed in", count=len(payloads))
    return True


def _by_name(commands: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], Payload]:
    return {(int(command.get("type") or 1), str(command["name"])): _plain(command) for command in commands}


def _plain(node: Mapping[str, Any]) -> Payload:
    """Return what counts of a command or option: Discord adds ids, and leaves out what is empty."""
    made: Payload = {
        "type": int(node.get("type") or 1),
        "name": node["name"],
        "description": node.get("description") or "",
        "required": bool(node.get("required")),
        "autocomplete": bool(node.get("autocomplete")),
        "contexts": sorted(node.get("contexts") or ()),
        "permissions": node.get("default_member_permissions"),
        "options": [_plain(option) for option in node.get("options") or ()],
        "choices": [_choice(choice) for choice in node.get("choices") or ()],
    }
    for limit in ("min_value", "max_value", "min_length", "max_length"):
        made[limit] = node.get(limit)
    return made | _translations(node)


def _choice(choice: Mapping[str, Any]) -> Payload:
    return {"name": choice["name"], "value": choice["value"]} | _translations(choice)


def _translations(node: Mapping[str, Any]) -> Payload:
    return {what: node.get(what) or {} for what in ("name_localizations", "description_localizations")}
