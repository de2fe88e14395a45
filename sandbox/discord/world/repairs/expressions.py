"""Emoji that the bot makes: their pictures, which SimCord throws away."""

import base64
import binascii
from typing import Any

from simcord.backend.errors import BackendError
from simcord.http.router import RequestContext
from simcord.http.routes import application, expressions

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, repair

_MOST_IN_GUILD, _MOST_OF_APPLICATION = 50, 2000
_EMOJI_BYTES = 256 * 1024


@repair("POST", "/guilds/{guild_id}/emojis")
def create_emoji(backend: WireBackend, ctx: RequestContext) -> Any:
    """Keep the picture of a guild's emoji, and Discord's limit of them (30008)."""
    picture = _picture(ctx)
    if len(backend.get_guild(ctx.int_arg("guild_id")).emojis) >= _MOST_IN_GUILD:
        raise BackendError(400, 30008, f"Maximum number of emojis reached ({_MOST_IN_GUILD})")
    made = expressions.create_emoji(ctx)
    backend.wire_cdn.store_emoji(int(made["id"]), picture)
    return made


@repair("POST", "/applications/{application_id}/emojis")
def create_application_emoji(backend: WireBackend, ctx: RequestContext) -> Any:
    """Keep the picture of the application's own emoji, and Discord's limit of them (30008)."""
    picture = _picture(ctx)
    if len(backend.application_emojis) >= _MOST_OF_APPLICATION:
        raise BackendError(400, 30008, f"Maximum number of emojis reached ({_MOST_OF_APPLICATION})")
    made = application.create_application_emoji(ctx)
    backend.wire_cdn.store_emoji(int(made["id"]), picture)
    return made


def _picture(ctx: RequestContext) -> bytes:
    """Return the picture in the request, or refuse one that is missing, none, or too large (256 KiB)."""
    try:
        data = base64.b64decode(str(ctx.body().get("image")).partition(";base64,")[2], validate=True)
    except binascii.Error as problem:
        raise invalid("image", "IMAGE_INVALID", "Invalid image") from problem
    if not data:
        raise invalid("image", "IMAGE_INVALID", "Invalid image")
    if len(data) > _EMOJI_BYTES:
        raise invalid("image", "BINARY_TYPE_MAX_SIZE", "File cannot be larger than 256.0 kb.")
    return data
