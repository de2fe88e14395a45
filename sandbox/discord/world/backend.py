"""SimCord's world with a clock that runs, ids that only rise, and no memory that only grows."""

import secrets
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from simcord._clock import Clock
from simcord.backend import errors, serializers
from simcord.backend.cdn import CDN_BASE
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Interaction, Member, Message, Webhook

from sandbox.discord.world.cdn import WireCdn
from sandbox.discord.world.poll_ends import PollingBackend
from sandbox.discord.world.remembrance import RememberingBackend
from sandbox.discord.world.telling import TellingBackend
from sandbox.discord.world.threads import ThreadedBackend

_EPOCH_MS = 1_420_070_400_000  # Discord's epoch, the first second of 2015


class RunningClock(Clock):
    """Tell the real time in UTC, plus what a test has advanced.

    SimCord's own clock stands on a fixed date until it is advanced.
    """

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC) + timedelta(seconds=self.elapsed)


class WireBackend(ThreadedBackend, RememberingBackend, PollingBackend, TellingBackend):
    """Hold the guilds, channels, members and messages, and announce every change to the subscribers.

    It differs from SimCord's in what a bot in another process and a long run need: see each method.
    """

    _last_snowflake = 0

    def __init__(self, bot_name: str) -> None:
        super().__init__(clock=RunningClock())
        self.wire_cdn = WireCdn(self.clock.now)
        self.cdn = self.wire_cdn
        self.bot_user.name = bot_name
        # An application's bot carries the application's id; libraries read it out of the token.
        del self.users[self.bot_user.id]
        self.bot_user.id = self.application_id
        self.users[self.bot_user.id] = self.bot_user
        # SimCord keeps everything it ever saw in these two, for a test of some seconds.
        self.transcript = cast("list[Any]", deque[Any](maxlen=0))
        self.http_requests = cast("list[Any]", deque[Any](maxlen=0))
        self.closed_dms: set[int] = set()
        self.intents_allowed: frozenset[str] = frozenset()  # privileged intents the portal has granted
        self.unavailable: set[int] = set()  # guilds behind an outage
        self.sounds: list[dict[str, Any]] = []  # of the uploads in the request at hand: length and waveform
        self.nonces: dict[tuple[int, str], int] = {}  # (channel, nonce) of recent messages, oldest first

    def snowflake(self) -> int:
        """Return an id of this millisecond, greater than every id before it.

        SimCord remembers every id and every millisecond it ever used; a counter does not grow.
        """
        now = (int(self.clock.now().timestamp() * 1000) - _EPOCH_MS) << 22
        self._last_snowflake = max(now, self._last_snowflake + 1)
        return self._last_snowflake

    # ------------------------------------------------------------------ webhooks and interactions

    def create_webhook(self, channel_id: int, name: str, creator_id: int) -> Webhook:
        """Create a webhook with a token as long as Discord's, and announce it."""
        webhook = super().create_webhook(channel_id, name, creator_id)
        del self.webhook_tokens[webhook.token]
        webhook.token = secrets.token_urlsafe(51)
        self.webhook_tokens[webhook.token] = webhook.id
        self._emit_webhooks_update(channel_id)
        return webhook

    def store_avatar(self, user_id: int, data: bytes) -> str:
        """Keep an uploaded picture under the address a client asks for, and return its hash."""
        name = sha256(data).hexdigest()[:32]
        self.cdn._blobs[f"{CDN_BASE}/avatars/{user_id}/{name}.png"] = data
        return name

    def new_interaction(self, type: int, channel_id: int, user_id: int, guild_id: int | None) -> Interaction:
        """Open an interaction under a token nobody can guess, and forget those that have expired."""
        now = self.now_iso()
        for old in [item for item in self.interactions.values() if (item.expires_at or now) < now]:
            del self.interactions[old.id]
            self.interaction_tokens.pop(old.token, None)
        record = super().new_interaction(type, channel_id, user_id, guild_id)
        del self.interaction_tokens[record.token]
        record.token = secrets.token_urlsafe(96)
        self.interaction_tokens[record.token] = record.id
        return record

    def check_interaction_token(self, token: str) -> None:
        """Refuse a token that is unknown or older than 15 minutes with 50027; SimCord says 10015."""
        record = self.interactions.get(self.interaction_tokens.get(token, 0))
        if record is None or (record.expires_at is not None and record.expires_at <= self.now_iso()):
            raise BackendError(401, 50027, "Invalid Webhook Token")

    def delete_channel(self, channel_id: int) -> None:
        """Delete a channel with its webhooks, so that a later execute is told 10015.

        What stands in a category stays, and stands in none; SimCord leaves it pointing at what is gone.
        """
        for webhook in [item for item in self.webhooks.values() if item.channel_id == channel_id]:
            del self.webhooks[webhook.id]
            self.webhook_tokens.pop(webhook.token, None)
        within = [item for item in self.channels.values() if item.parent_id == channel_id and not item.is_thread]
        super().delete_channel(channel_id)
        for channel in within:
            channel.parent_id = None
            self.announce_channel_update(channel.id)

    def edit_channel(self, channel_id: int, changes: Mapping[str, Any], **more: Any) -> Channel:
        """Change a channel; nobody is told of its new name in the channel, as SimCord would do."""
        channel = self.get_channel(channel_id)
        if "name" in changes and not channel.is_thread:
            channel.name = changes["name"]
        return super().edit_channel(channel_id, changes, **more)

    def delete_role(self, guild_id: int, role_id: int) -> None:
        """Delete a role, and what channels say of it; SimCord forgets the channels."""
        super().delete_role(guild_id, role_id)
        for channel_id in self.get_guild(guild_id).channel_ids:
            if any(overwrite.target_id == role_id for overwrite in self.channels[channel_id].overwrites):
                self.delete_overwrite(channel_id, role_id)

    # ------------------------------------------------------------------ who may come in

    def use_invite(self, guild_id: int, code: str) -> None:
        """Count a use of an invite and take it away with its last; 10006 where it is used up or too old."""
        invite = self.get_invite(code)
        if invite.guild_id != guild_id or (invite.expires_at is not None and invite.expires_at <= self.now_iso()):
            raise errors.unknown_invite()
        invite.uses += 1
        if invite.max_uses and invite.uses >= invite.max_uses:
            self.delete_invite(code)

    def shares_a_guild(self, user_id: int) -> bool:
        """Tell whether the bot and a person are in a guild together."""
        return any(user_id in guild.members and self.has_bot(guild.id) for guild in self.guilds.values())

    # ------------------------------------------------------------------ the bot's own membership

    def has_bot(self, guild_id: int) -> bool:
        """Tell whether the bot is a member of the guild."""
        guild = self.guilds.get(guild_id)
        return guild is not None and self.bot_user.id in guild.members

    def remove_guild(self, guild_id: int) -> None:
        """Take the bot out of a guild, which lives on without it.

        SimCord forgets the guild; here its people stay, and the bot can be invited again.
        """
        guild = self.get_guild(guild_id)
        guild.members.pop(self.bot_user.id, None)
        self.emit("GUILD_DELETE", {"id": str(guild_id)})

    def invite_bot(self, guild_id: int, role_id: int) -> Member:
        """Bring the bot back into a guild, with its role."""
        member = self.add_member(guild_id, self.bot_user.id, roles=[role_id])
        self.emit("GUILD_CREATE", serializers.guild_create_payload(self, self.get_guild(guild_id)))
        return member

    def break_off(self, guild_id: int) -> None:
        """Put a guild behind an outage: the bot hears nothing of it, and its requests are answered 503."""
        self.unavailable.add(guild_id)
        self.emit("GUILD_DELETE", {"id": str(guild_id), "unavailable": True})

    def bring_back(self, guild_id: int) -> None:
        """End a guild's outage."""
        self.unavailable.discard(guild_id)
        payload = dict(serializers.guild_create_payload(self, self.get_guild(guild_id)))
        self.emit("GUILD_CREATE", payload | {"unavailable": "was"})

    def commit_message(self, message: Message, *, broadcast: bool = True) -> Message:
        """Post a message; the length and waveform of a voice message came beside its file."""
        for attachment, sound in zip(message.attachments, self.sounds, strict=False):
            attachment.update(sound)
        return super().commit_message(message, broadcast=broadcast)

    # ------------------------------------------------------------------ what time brings about

    def let_time_pass(self) -> None:
        """Close polls, start events and end entitlements whose time has come."""
        self.expire_due_polls()
        self.activate_due_scheduled_events()
        self.process_entitlement_deadlines()

    def readable_messages(self, channel: Channel) -> list[Message]:
        """Return the channel's messages that everybody in it sees, oldest first."""
        stored = self.messages.get(channel.id, {})
        return sorted((m for m in stored.values() if not m.is_ephemeral), key=lambda m: m.id)
