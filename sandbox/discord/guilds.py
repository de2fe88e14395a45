"""A guild of the simulated network: its channels, its roles, who is in it and who comes."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord.changes import Changes
from sandbox.discord.channels import SimChannel
from sandbox.discord.people import SimMember
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

    def add_forum(self, name: str, *, category: str | None = None) -> SimChannel:
        """Create a forum channel."""
        return self.channel(self._world.open_channel(self.id, name, category=category, topic=None, forum=True))

    def channel(self, channel_id: int) -> SimChannel:
        """Return a channel by its id, such as one the bot has made."""
        found = self._world.channel(channel_id)
        return SimChannel(channel_id, found.name or "", self._world, self._changes, self._bot_id)

    def channels(self) -> list[SimChannel]:
        """Return every channel of the guild, categories and threads among them."""
        guild = self._world.backend.get_guild(self.id)
        return [self.channel(channel_id) for channel_id in (*guild.channel_ids, *guild.thread_ids)]

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

    def ban(self, person: SimMember) -> None:
        """Remove somebody who may not come again."""
        self._world.backend.apply_ban(self.id, person.id, None)

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

    def give_role(self, person: SimMember, role_id: int) -> None:
        """Give a member a role."""
        self._world.backend.add_member_role(self.id, person.id, role_id)

    def roles_of(self, person: SimMember) -> list[str]:
        """Return the names of a member's roles."""
        guild = self._world.backend.get_guild(self.id)
        return [guild.roles[role].name for role in guild.members[person.id].role_ids]

    def set_bot_permissions(self, **names: bool) -> None:
        """Give the bot's role permissions or take them away: ``manage_webhooks=False``."""
        self._world.edit_bot_role(self.id, self.bot_role_id, names)

    def remove_bot(self) -> None:
        """Kick the bot out of the guild."""
        self._world.backend.remove_guild(self.id)

    def invite_bot(self) -> None:
        """Bring the bot back."""
        self._world.backend.invite_bot(self.id, self.bot_role_id)
