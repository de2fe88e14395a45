"""Change and read the world as its inhabitants do, on top of SimCord's backend and actors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.backend.access import channel_accessible
from simcord.backend.errors import BackendError, SetupError
from simcord.backend.models import Channel, Overwrite
from simcord.builders import ChannelHandle, GuildHandle, UserHandle
from simcord.enums import ChannelType, OverwriteType
from simcord.results import InteractionResult

from sandbox.discord.carried import StickerFormat
from sandbox.discord.records import SeenMessage, SimCommand, SimOverwrite, SimRole, SimWebhook
from sandbox.discord.world import sight
from sandbox.discord.world.actors import WireEnv
from sandbox.discord.world.deeds import FORMATS, Deeds
from sandbox.discord.world.hands import Hands
from sandbox.discord.world.offered import offered


@dataclass(slots=True)
class Population(Deeds):
    """Turn the plain ids of our own handles into SimCord's objects and back."""

    env: WireEnv

    # ------------------------------------------------------------------ guilds and channels

    def found_guild(self, name: str) -> tuple[int, int]:
        """Create a guild with the bot in it; return its id and the id of the bot's role."""
        guild = self.backend.create_guild(name)
        bot_role = next(role for role in guild.roles.values() if role.managed)
        return guild.id, bot_role.id

    def open_channel(
        self,
        guild_id: int,
        name: str,
        *,
        category: str | None,
        topic: str | None,
        forum: bool,
        tags: Sequence[str] = (),
    ) -> int:
        """Create a text or forum channel, in a category that is created with it if need be."""
        parent = self._category(guild_id, category) if category is not None else None
        kind = ChannelType.FORUM if forum else ChannelType.TEXT
        made = [
            {
                "id": str(self.backend.snowflake()),
                "name": tag,
                "moderated": False,
                "emoji_id": None,
                "emoji_name": None,
            }
            for tag in tags
        ]
        channel = self.backend.create_channel(
            guild_id, name, type=kind, topic=topic, parent_id=parent, available_tags=made
        )
        return channel.id

    def add_emoji(self, guild_id: int, name: str, data: bytes | None, animated: bool) -> int:
        """Give a guild an emoji of its own; without a picture it is of one colour."""
        owner_id = self.backend.get_guild(guild_id).owner_id
        emoji = self.backend.create_emoji(guild_id, name, owner_id, animated=animated)
        if data is not None:
            self.backend.wire_cdn.store_emoji(emoji.id, data)
        return emoji.id

    def add_sticker(self, guild_id: int, name: str, data: bytes, format: StickerFormat, description: str) -> int:
        """Give a guild a sticker of its own."""
        owner_id = self.backend.get_guild(guild_id).owner_id
        return self.backend.create_sticker(
            guild_id, name, owner_id, description=description, format_type=FORMATS[format], file_data=data
        ).id

    def webhooks(self, channel_id: int) -> list[SimWebhook]:
        """Return the webhooks of a channel."""
        return sight.webhooks(self.backend, channel_id)

    def add_webhook(self, channel_id: int, name: str) -> str:
        """Make a webhook as the guild's owner; return its path."""
        owner_id = self.backend.get_guild(self.channel(channel_id).guild_id or 0).owner_id
        made = self.backend.create_webhook(channel_id, name, owner_id)
        return f"/webhooks/{made.id}/{made.token}"

    def deleted(self, channel_id: int) -> list[SeenMessage]:
        """Return what was deleted in a channel, as it last stood."""
        return sight.deleted(self.backend, channel_id)

    def show_preview(self, channel_id: int, message_id: int, embed: Mapping[str, Any], *, partial: bool) -> None:
        """Unfold a link in a message and say that the message has changed, though nobody has edited it."""
        message = self.backend.get_message(channel_id, message_id)
        message.embeds = [*message.embeds, dict(embed)]
        whole: dict[str, Any] = dict(serializers.message_payload(self.backend, message))
        if partial:
            whole = {key: whole[key] for key in ("id", "channel_id", "guild_id", "embeds") if key in whole}
        self.backend.emit("MESSAGE_UPDATE", whole)

    def ban(self, guild_id: int, user_id: int, *, delete_messages: bool) -> None:
        """Remove somebody for good, and all they have written in the guild, where that is wished."""
        self.backend.apply_ban(guild_id, user_id, None)
        guild = self.backend.get_guild(guild_id)
        for channel_id in (*guild.channel_ids, *guild.thread_ids) if delete_messages else ():
            stored = self.backend.messages.get(channel_id, {}).values()
            if theirs := [message.id for message in stored if message.author_id == user_id]:
                self.backend.bulk_delete_messages(channel_id, theirs)

    def _category(self, guild_id: int, name: str) -> int:
        for channel_id in self.backend.get_guild(guild_id).channel_ids:
            channel = self.backend.channels[channel_id]
            if channel.type == ChannelType.CATEGORY and channel.name == name:
                return channel.id
        return self.backend.create_channel(guild_id, name, type=ChannelType.CATEGORY).id

    def edit_role(self, guild_id: int, role_id: int, names: Mapping[str, bool]) -> None:
        """Give a role the named permissions or take them away."""
        role = self.backend.get_role(guild_id, role_id)
        permissions = discord.Permissions(role.permissions)
        permissions.update(**names)
        self.backend.edit_role(guild_id, role_id, {"permissions": permissions.value})

    def create_role(self, guild_id: int, name: str, names: Mapping[str, bool]) -> int:
        """Create a role with the named permissions."""
        permissions = discord.Permissions(**names).value
        return self.backend.create_role(guild_id, name, permissions=permissions).id

    def overwrite(
        self, channel_id: int, target_id: int, names: Mapping[str, bool | None], *, role: bool = False
    ) -> None:
        """Allow (True), deny (False) or leave alone (None) what a user or a role may do in a channel."""
        allow, deny = discord.PermissionOverwrite(**names).pair()
        kind = OverwriteType.ROLE if role else OverwriteType.MEMBER
        wanted = Overwrite(target_id, kind, allow.value, deny.value)
        self.backend.set_overwrite(channel_id, wanted)

    def roles(self, guild_id: int) -> list[SimRole]:
        """Return the roles of a guild, the highest first."""
        return sight.roles(self.backend, guild_id)

    def overwrites(self, channel_id: int) -> list[SimOverwrite]:
        """Return what is decided for roles and people in a channel."""
        return sight.overwrites(self.backend, channel_id)

    # ------------------------------------------------------------------ people

    def create_person(self, name: str, display: str | None, locale: str) -> int:
        """Register a user."""
        user = self.backend.make_user(name, global_name=display)
        self.backend.locales[user.id] = locale
        return user.id

    def channel(self, channel_id: int) -> Channel:
        """Return a channel, or raise Discord's 10003."""
        return self.backend.get_channel(channel_id)

    def private_channel(self, user_id: int) -> int:
        """Return the channel in which the bot and this person write to each other alone."""
        return self.backend.get_dm_channel(user_id).id

    def join(self, guild_id: int, user_id: int, invite: str | None) -> None:
        """Make somebody a member, with an invite where a code is given, as Discord lets them in or not."""
        guild = self.backend.get_guild(guild_id)
        if user_id in guild.members:
            raise SetupError("already a member")
        if user_id in guild.bans:
            raise BackendError(403, 40007, "The user is banned from this guild")
        if invite is not None:
            self.backend.use_invite(guild_id, invite)
        self.backend.add_member(guild_id, user_id, announce=True)

    # ------------------------------------------------------------------ what is seen

    def seen(self, channel_id: int, viewer_id: int | None = None) -> list[SeenMessage]:
        """Return what a reader sees, oldest first; a viewer also sees what was shown to them alone."""
        return sight.seen(self.backend, channel_id, viewer_id)

    def one(self, channel_id: int, message_id: int, viewer_id: int | None = None) -> SeenMessage | None:
        """Return one message, None where it does not stand there."""
        return sight.one(self.backend, channel_id, message_id, viewer_id)

    def newest(self, channel_id: int) -> SeenMessage | None:
        """Return the newest message, None where there is none."""
        return sight.newest(self.backend, channel_id)

    def answer(self, result: InteractionResult) -> SeenMessage | None:
        """Return the message the bot has answered an interaction with, None while there is none."""
        return sight.answer(self.backend, result)

    def followups(self, result: InteractionResult) -> list[SeenMessage]:
        """Return the messages the bot has sent after its first answer."""
        return sight.followups(self.backend, result)

    def readers(self, channel_id: int) -> dict[int, str]:
        """Return the people who can read a text channel, with the names they go by; bots are left out."""
        return sight.readers(self.backend, channel_id)

    def commands(self, user_id: int, channel_id: int, locale: str) -> list[SimCommand]:
        """Return the commands a person is offered in a channel."""
        return offered(self.backend, user_id, channel_id, locale)

    def lets(self, channel_id: int, user_id: int, permission: str) -> bool:
        """Tell whether a person may see a channel and has a permission in it."""
        if not channel_accessible(self.backend, channel_id, user_id):
            return False
        guild_id = self.backend.get_channel(channel_id).guild_id
        if guild_id is None:
            return True
        held = discord.Permissions(self.backend.compute_permissions(guild_id, user_id, channel_id))
        return bool(getattr(held, permission))

    def download(self, url: str) -> bytes:
        """Return what is in an uploaded file."""
        data: bytes | None = self.backend.cdn.get(url)
        if data is None:
            raise FileNotFoundError(url)
        return data

    # ------------------------------------------------------------------ interactions

    def actor(self, user_id: int, guild_id: int, env: WireEnv | None = None) -> MemberActor:
        """Return SimCord's actor for a member."""
        env = env or self.env
        user = UserHandle(env, self.backend.get_user(user_id))
        return MemberActor(env, self._guild(guild_id, env), user)

    def _guild(self, guild_id: int, env: WireEnv) -> GuildHandle:
        return GuildHandle(env, self.backend.get_guild(guild_id))

    def handle(self, channel_id: int, env: WireEnv | None = None) -> ChannelHandle:
        """Return SimCord's handle for a channel."""
        env = env or self.env
        channel = self.backend.get_channel(channel_id)
        guild = self._guild(channel.guild_id, env) if channel.guild_id is not None else None
        return ChannelHandle(env, guild, channel)

    def hands(self, user_id: int, channel_id: int) -> Hands:
        """Return what a person can do in a channel: as a member of its guild, or alone with the bot."""
        guild_id = self.backend.get_channel(channel_id).guild_id
        actor: MemberActor | UserHandle
        if guild_id is None:
            actor = UserHandle(self.env, self.backend.get_user(user_id))
        else:
            self.backend.get_member(guild_id, user_id)
            actor = self.actor(user_id, guild_id)
        return Hands(self.backend, self.env, actor, self.handle(channel_id))

    def option(self, guild_id: int, value: Any) -> Any:
        """Turn the value of a slash option into what SimCord takes: handles for people and channels."""
        member_id, channel_id = getattr(value, "person_id", None), getattr(value, "channel_id", None)
        if member_id is not None:
            return self.actor(member_id, guild_id)
        return self.handle(channel_id) if channel_id is not None else value


__all__ = ["InteractionResult", "Population"]
