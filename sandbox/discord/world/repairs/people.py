"""Who is where: the guilds of the bot, the members of a guild."""

from typing import Any

from simcord.backend import errors
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, repair, whole


@repair("GET", "/users/@me/guilds")
def list_guilds(backend: WireBackend, ctx: RequestContext) -> Any:
    """List the guilds the bot is in, as partial objects; SimCord lists all, in full."""
    guilds = sorted((guild for guild in backend.guilds.values() if backend.has_bot(guild.id)), key=lambda g: g.id)
    if "before" in ctx.params:
        guilds = [guild for guild in guilds if guild.id < int(ctx.params["before"])]
    if "after" in ctx.params:
        guilds = [guild for guild in guilds if guild.id > int(ctx.params["after"])]
    limit = whole("limit", ctx.params.get("limit", 200))
    me = backend.bot_user.id
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == me,
            "permissions": str(backend.compute_permissions(guild.id, me)),
            "features": [],
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": 1,
        }
        for guild in guilds[:limit]
    ]


@repair("GET", "/guilds/{guild_id}/members")
def list_members(backend: WireBackend, ctx: RequestContext) -> Any:
    """Ask for the members intent in the portal and for a limit of 1 to 1000; SimCord asks for neither."""
    if "members" not in backend.intents_allowed:
        raise errors.missing_access()
    if not 1 <= whole("limit", ctx.params.get("limit", 1)) <= 1000:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 1000.")
    return NotImplemented
