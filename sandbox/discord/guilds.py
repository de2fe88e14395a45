"""A guild of the simulated network: its channels, its roles, who is in it and who comes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord.carried import SimEmoji, SimSticker, StickerFormat
from sandbox.discord.changes import Changes
from sandbox.discord.channels import SimChannel
from sandbox.discord.people import SimMember
from sandbox.discord.records import SimRole
from sandbox.discord.world.population import Population


@dataclass(frozen=True, slots=True)
class SimGuild:
    """A guild with the bot in it."""

    id: int
    name: str
    bot_role_id: int
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)
    _bot_id: int = field(repr=False)

    # ------------------------------------------------------------------ channels

    def add_text_channel(self, name: str, *, category: str | None = None, topic: str | None = None) -> SimChannel:
        """Create a text channel; a category is named, and created if there is none of that name."""
        channel_id = self._world.open_channel(self.id, name, category=category, topic=topic, forum=False)
        return self.channel(channel_id)

    def add_forum(
        self, name: str, *, category: str | None = None, topic: str | None = None, tags: Sequence[str] = ()
    ) -> SimChannel:
        """Create a forum channel; posts may carry its tags."""
        channel_id = self._world.open_channel(self.id, name, category=category, topic=topic, forum=True, tags=tags)
        return self.channel(channel_id)

    def add_emoji(self, name: str, data: bytes | None = None, *, animated: bool = False) -> SimEmoji:
        """Give the guild an emoji of its own."""
        return SimEmoji(self._world.add_emoji(self.id, name, data, animated), name, animated)

    def add_sticker(
        self, name: str, data: bytes, *, format: StickerFormat = "png", description: str = ""
    ) -> SimSticker:
        """Give the guild a sticker of its own; the data of a Lottie one is JSON."""
        return SimSticker(self._world.add_sticker(self.id, name, data, format, description), name, format)

    def channel(self, channel_id: int) -> SimChannel:
        """Return a channel by its id, such as one the bot has made."""
        found = self._world.channel(channel_id)
        return SimChannel(channel_id, found.name or "", self._world, self._changes, self._bot_id)

    def channels(self) -> list[SimChannel]:
        """Return every channel of the guild, categories and threads among them."""
        guild = self._world.backend.get_guild(self.id)
        return [self.channel(channel_id) for channel_id in (*guild.channel_ids, *guild.thread_ids)]

    def categories(self) -> list[SimChannel]:
        """Return the categories."""
        return [channel for channel in self.channels() if channel.kind == "category"]

    def in_category(self, category: SimChannel) -> list[SimChannel]:
        """Return the channels in a category, in the order in which they were made."""
        return [channel for channel in self.channels() if channel.category_id == category.id]

    def rename_channel(self, channel: SimChannel, name: str) -> None:
        """Give a channel or a category another name, as an administrator would."""
        self._world.backend.edit_channel(channel.id, {"name": name})

    def move_channel(self, channel: SimChannel, category: SimChannel | None) -> None:
        """Put a channel into another category, or into none."""
        self._world.backend.edit_channel(channel.id, {"parent_id": category.id if category is not None else None})

    def delete_channel(self, channel: SimChannel) -> None:
        """Delete a channel or a category, as an administrator would; what stands in a category stays."""
        self._world.backend.delete_channel(channel.id)

    # ------------------------------------------------------------------ who comes and goes

    def add_member(
        self, name: str, *, display: str | None = None, locale: str = "en-US", invite: str | None = None
    ) -> SimMember:
        """Let a new person join; ``display`` is the name others see, ``invite`` the code they come with."""
        person = self._world.create_person(name, display, locale)
        return self._join(person, name, locale, invite)

    def admit(self, person: SimMember, *, invite: str | None = None) -> SimMember:
        """Let somebody join who is in another guild, or has left this one.

        Raises BackendError as Discord answers: 10006 for an invite that is used up or too old, 40007 for
        somebody banned. SetupError for a member.
        """
        return self._join(person.id, person.name, person.locale, invite)

    def _join(self, person_id: int, name: str, locale: str, invite: str | None) -> SimMember:
        self._world.join(self.id, person_id, invite)
        return SimMember(person_id, name, self.id, locale, self._world, self._changes)

    def kick(self, person: SimMember) -> None:
        """Remove somebody, as a moderator would; they may come again."""
        self._world.backend.remove_member(self.id, person.id)

    def ban(self, person: SimMember, *, delete_messages: bool = False) -> None:
        """Remove somebody who may not come again, and all they have written, where that is wished."""
        self._world.ban(self.id, person.id, delete_messages=delete_messages)

    @property
    def owner(self) -> SimMember:
        """Return who founded the guild and may do everything in it."""
        owner_id = self._world.backend.get_guild(self.id).owner_id
        name = self._world.backend.get_user(owner_id).name
        return SimMember(owner_id, name, self.id, "en-US", self._world, self._changes)

    def member_ids(self) -> list[int]:
        """Return who is in the guild: its owner, the bot, everybody who joined."""
        return list(self._world.backend.get_guild(self.id).members)

    def joined_at(self, person: SimMember) -> datetime:
        """Return when a member came, the last time if they came more than once."""
        return datetime.fromisoformat(self._world.backend.get_member(self.id, person.id).joined_at)

    # ------------------------------------------------------------------ roles and permissions

    def add_role(self, name: str, **permissions: bool) -> int:
        """Create a role with the named permissions; return its id."""
        return self._world.create_role(self.id, name, permissions)

    def roles(self) -> list[SimRole]:
        """Return the roles, the highest first, everybody's and the bot's own among them."""
        return self._world.roles(self.id)

    def rename_role(self, role_id: int, name: str) -> None:
        """Give a role another name, as an administrator would."""
        self._world.backend.edit_role(self.id, role_id, {"name": name})

    def dress_role(self, role_id: int, *, color: int = 0, hoisted: bool = False, mentionable: bool = False) -> None:
        """Give a role a colour, show its people apart, let everybody call it."""
        changes = {"color": color, "hoist": hoisted, "mentionable": mentionable}
        self._world.backend.edit_role(self.id, role_id, changes)

    def set_role_permissions(self, role_id: int, **permissions: bool) -> None:
        """Give a role permissions or take them away."""
        self._world.edit_role(self.id, role_id, permissions)

    def move_role(self, role_id: int, position: int) -> None:
        """Put a role higher or lower; above the bot's own, the bot can neither change nor give it."""
        self._world.backend.reorder_roles(self.id, [{"id": role_id, "position": position}])

    def delete_role(self, role_id: int) -> None:
        """Delete a role, as an administrator would; nobody has it then, and no channel speaks of it."""
        self._world.backend.delete_role(self.id, role_id)

    def set_overwrite(self, channel: SimChannel, who: "SimMember | int", **names: bool | None) -> None:
        """Allow (True) or deny (False) a person, or a role by its id, something in a channel, beside what is said.

        None takes back what was said; who has nothing said of them has no overwrite any more.
        """
        target = who if isinstance(who, int) else who.id
        said = {each.target_id: each.permissions for each in channel.overwrites()}.get(target, {})
        wanted = {name: value for name, value in {**said, **names}.items() if value is not None}
        if wanted:
            self._world.overwrite(channel.id, target, wanted, role=isinstance(who, int))
        else:
            self._world.backend.delete_overwrite(channel.id, target)

    def give_role(self, person: SimMember, role_id: int) -> None:
        """Give a member a role."""
        self._world.backend.add_member_role(self.id, person.id, role_id)

    def roles_of(self, person: SimMember) -> list[str]:
        """Return the names of a member's roles."""
        guild = self._world.backend.get_guild(self.id)
        return [guild.roles[role].name for role in guild.members[person.id].role_ids]

    def reasons(self) -> list[str | None]:
        """Return why the bot changed what it changed, oldest first, as administrators read it in the audit log."""
        return [entry.reason for entry in self._world.backend.get_guild(self.id).audit_log_entries]

    def set_bot_permissions(self, **names: bool) -> None:
        """Give the bot's role permissions or take them away: ``manage_webhooks=False``."""
        self._world.edit_role(self.id, self.bot_role_id, names)

    def remove_bot(self) -> None:
        """Kick the bot out of the guild."""
        self._world.backend.remove_guild(self.id)

    def invite_bot(self) -> None:
        """Bring the bot back."""
        self._world.backend.invite_bot(self.id, self.bot_role_id)

    def become_unavailable(self) -> None:
        """Go behind an outage, as Discord's servers do: GUILD_DELETE with ``unavailable``, 503 for requests."""
        self._world.backend.break_off(self.id)

    def become_available(self) -> None:
        """End the outage."""
        self._world.backend.bring_back(self.id)
