"""Reactions of the bot: which emoji there are, how many a message takes."""

from typing import Any

from simcord.backend import errors
from simcord.backend.access import reaction_permissions
from simcord.backend.errors import BackendError
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import repair

_MOST_EMOJI = 20


@repair("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me")
def add_reaction(backend: WireBackend, ctx: RequestContext) -> Any:
    """Refuse an emoji there is not (10014), a twenty-first (30010), an archived thread (50083).

    SimCord takes whatever stands in the address. A guild's own emoji may be named in any way; its id counts.
    """
    message = ctx.require_message(ctx.int_arg("channel_id"), ctx.int_arg("message_id"), "read_message_history")
    emoji = _known(backend, ctx.args["emoji"])
    ctx.require_channel_permissions(message.channel_id, *reaction_permissions(message, emoji))
    backend.refuse_archived(message.channel_id)
    if message.reaction_for(emoji) is None and len(message.reactions) >= _MOST_EMOJI:
        raise BackendError(400, 30010, f"Maximum number of reactions reached ({_MOST_EMOJI})")
    backend.set_reaction(message.channel_id, message.id, emoji, backend.bot_user.id, True)
    return None


@repair("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me")
def remove_reaction(backend: WireBackend, ctx: RequestContext) -> Any:
    """Take a reaction back; one that nobody has given is an unknown emoji (10014), SimCord says unknown message."""
    message = ctx.require_message(ctx.int_arg("channel_id"), ctx.int_arg("message_id"), "read_message_history")
    emoji = _known(backend, ctx.args["emoji"])
    if message.reaction_for(emoji) is None:
        raise errors.unknown_emoji()
    backend.set_reaction(message.channel_id, message.id, emoji, backend.bot_user.id, False)
    return None


def _known(backend: WireBackend, emoji: str) -> str:
    """Return an emoji as it is kept, or refuse what is none."""
    _, colon, number = emoji.rpartition(":")
    if not colon:
        # letters are no emoji; which signs are is decided by a table Discord does not publish
        if not emoji or any(character.isalpha() for character in emoji):
            raise errors.unknown_emoji()
        return emoji
    for guild in backend.guilds.values():
        found = guild.emojis.get(int(number)) if number.isdecimal() else None
        if found is not None and backend.has_bot(guild.id):
            return f"{found.name}:{found.id}"
    if number.isdecimal() and (own := backend.application_emojis.get(int(number))) is not None:
        return f"{own.name}:{own.id}"
    raise errors.unknown_emoji()
