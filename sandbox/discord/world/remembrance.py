"""What is no longer seen and still matters to a test: whom a message notified, what was deleted."""

import re
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from simcord.backend import Backend, serializers
from simcord.backend.models import AllowedMentions, Channel, Message

_KEPT = 10_000  # messages of which this is remembered, in all
_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]+`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pings:
    """Whom a message has notified."""

    people: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False

    def __or__(self, other: "Pings") -> "Pings":
        """Add what an edit has notified."""
        return Pings(self.people | other.people, self.roles | other.roles, self.everyone or other.everyone)


class RememberingBackend(Backend):
    """Remember notifications through edits, and messages beyond their deletion."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pings: OrderedDict[int, Pings] = OrderedDict()
        self._gone: deque[tuple[Message, str]] = deque(maxlen=_KEPT)

    def pings(self, message_id: int) -> Pings:
        """Return whom a message has ever notified."""
        return self._pings.get(message_id, Pings())

    def gone(self, channel_id: int) -> list[tuple[Message, str]]:
        """Return what was deleted in a channel, in that order, each with its time."""
        return [(message, when) for message, when in self._gone if message.channel_id == channel_id]

    def commit_message(self, message: Message, *, broadcast: bool = True) -> Message:
        """Remember whom a new message notifies."""
        made = super().commit_message(message, broadcast=broadcast)
        self._note(made)
        return made

    def edit_message(self, channel_id: int, message_id: int, fields: dict[str, Any]) -> Message:
        """Remember whom an edit notifies: without allowed mentions it may be everybody it names (webhook.mdx)."""
        edited = super().edit_message(channel_id, message_id, fields)
        self._note(edited)
        return edited

    def _note(self, message: Message) -> None:
        now = Pings(frozenset(message.ping_user_ids), frozenset(message.ping_role_ids), message.mention_everyone)
        if now != Pings():
            self._pings[message.id] = self.pings(message.id) | now
            while len(self._pings) > _KEPT:
                self._pings.popitem(last=False)

    def delete_message(self, channel_id: int, message_id: int) -> None:
        """Delete a message and remember it."""
        message = self.get_message(channel_id, message_id)
        super().delete_message(channel_id, message_id)
        self._gone.append((message, self.now_iso()))

    def bulk_delete_messages(self, channel_id: int, message_ids: Iterable[int]) -> list[int]:
        """Delete messages in one go and remember them."""
        stood = dict(self.messages.get(channel_id, {}))
        deleted: list[int] = super().bulk_delete_messages(channel_id, message_ids)
        self._gone.extend((stood[message_id], self.now_iso()) for message_id in deleted)
        return deleted

    def _mention_state(
        self,
        channel: Channel,
        author_id: int,
        content: str,
        policy: AllowedMentions,
        reply_author_id: int | None,
    ) -> tuple[list[int], list[int], list[int], list[int], bool]:
        """Read whom a text names; what stands in code names nobody, and a webhook may call every role and everyone.

        SimCord reads code like any text and takes a webhook for a stranger who may call nobody.
        """
        spoken = _CODE.sub(" ", content)
        users, roles, people, called, everyone = super()._mention_state(
            channel, author_id, spoken, policy, reply_author_id
        )
        if author_id in self.webhooks and channel.guild_id is not None:
            known = self.get_guild(channel.guild_id).roles
            called = [role for role in dict.fromkeys(roles) if role in known and policy.allows_role(role)]
            everyone = policy.everyone and ("@everyone" in spoken or "@here" in spoken)
        return users, roles, people, called, everyone

    def set_pinned(self, channel_id: int, message_id: int, pinned: bool, *, actor_id: int | None = None) -> None:
        """Pin a message or take its pin out, and say that it has changed; SimCord says so of the channel only."""
        message = self.get_message(channel_id, message_id)
        changes = message.pinned != pinned
        super().set_pinned(channel_id, message_id, pinned, actor_id=actor_id)
        if changes:
            self.emit("MESSAGE_UPDATE", dict(serializers.message_payload(self, message)))
