"""Events as Discord tells them: SimCord's, completed with what it leaves out."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from simcord.backend import Backend, serializers

from sandbox.discord.world.completion import complete

_HAS_THREAD = 1 << 5
_COMPONENT, _MODAL_SUBMIT = 3, 5  # interaction types


class TellingBackend(Backend):
    """Announce every change to the subscribers, and complete the messages in answers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.locales: dict[int, str] = {}
        self.nonce: str | int | None = None  # of the message being created, echoed in its event

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        """Announce a change, completed with what SimCord leaves out of its payloads."""
        whole: dict[str, Any] = complete(dict(payload), self.bot_user.id)
        if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            self.complete_message(whole)
            if event == "MESSAGE_CREATE" and self.nonce is not None:
                whole["nonce"] = self.nonce
            if event == "MESSAGE_UPDATE":
                self._say_who(whole)
        elif event.startswith("MESSAGE_REACTION_"):
            self._complete_reaction(whole)
        elif event == "INTERACTION_CREATE":
            self._localise(whole)
        elif event == "GUILD_CREATE":
            # A guild the bot joins carries no such key; only one that was unavailable at READY says False.
            whole.pop("unavailable", None)
            if payload.get("unavailable") == "was":
                whole["unavailable"] = False
        for listener in tuple(self.subscribers):
            listener(event, whole)

    def complete_message(self, payload: dict[str, Any]) -> None:
        """Add the owner of a webhook message and show its author as Discord shows a webhook."""
        referenced = payload.get("referenced_message")
        if isinstance(referenced, dict):
            self.complete_message(referenced)
        metadata = payload.get("interaction_metadata")
        if metadata is not None and metadata["type"] == _COMPONENT:
            metadata.setdefault("interacted_message_id", self._pressed_on(int(metadata["id"]), payload))
        if metadata is not None and metadata["type"] == _MODAL_SUBMIT:
            metadata.setdefault("triggering_interaction_metadata", self._what_opened_the_form(metadata))
        if payload.get("flags", 0) & _HAS_THREAD and (thread := self.channels.get(int(payload["id"]))) is not None:
            payload["thread"] = complete(dict(serializers.channel_payload(self, thread)), self.bot_user.id)
        if "webhook_id" not in payload:
            return
        webhook = self.webhooks.get(int(payload["webhook_id"]))
        if webhook is not None and webhook.creator_id == self.bot_user.id:
            payload["application_id"] = str(self.application_id)
        stored = self.messages.get(int(payload["channel_id"]), {}).get(int(payload["id"]))
        author = payload["author"] = dict(payload["author"])
        author.update(discriminator="0000", global_name=None)
        if stored is not None and stored.author_avatar is not None:
            author["avatar"] = sha256(stored.author_avatar.encode()).hexdigest()[:32]

    def _say_who(self, payload: dict[str, Any]) -> None:
        """Add the member an update is of, as in the event of a new message; SimCord adds it only there."""
        guild = self.guilds.get(int(payload.get("guild_id", 0)))
        member = (
            guild.members.get(int(payload["author"]["id"])) if guild is not None and "author" in payload else None
        )
        if guild is not None and member is not None:
            told = dict(serializers.member_payload(self, guild, member, with_user=False))
            payload["member"] = complete(told, self.bot_user.id)

    def _complete_reaction(self, payload: dict[str, Any]) -> None:
        """Say whose message it is and whether a guild's own emoji moves (gateway-events.mdx)."""
        stored = self.messages.get(int(payload["channel_id"]), {}).get(int(payload["message_id"]))
        if stored is not None and "user_id" in payload:
            payload["message_author_id"] = str(stored.author_id)
        emoji = payload.get("emoji")
        if emoji is not None and emoji["id"] is not None:
            known = (guild.emojis.get(int(emoji["id"])) for guild in self.guilds.values())
            emoji["animated"] = any(found is not None and found.animated for found in known)

    def _pressed_on(self, interaction_id: int, payload: Mapping[str, Any]) -> str:
        """Return the message whose button or menu led to this one."""
        record = self.interactions.get(interaction_id)
        source = record.source_message_id if record is not None else None
        return str(source or payload["id"])

    def _what_opened_the_form(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Describe the command or press whose form this person has just sent."""
        sent = int(metadata["id"])
        opened = [
            record
            for record in self.interactions.values()
            if record.id < sent and record.modal is not None and str(record.user_id) == metadata["user"]["id"]
        ]
        trigger: dict[str, Any] = {"id": metadata["id"], "type": 2}
        if opened:
            latest = max(opened, key=lambda record: record.id)
            trigger = {"id": str(latest.id), "type": latest.type}
            if latest.source_message_id is not None:
                trigger["interacted_message_id"] = str(latest.source_message_id)
        return trigger | {"user": metadata["user"], "authorizing_integration_owners": {}}

    def complete_webhook(self, payload: dict[str, Any]) -> None:
        """Say which application owns the webhook and which picture it wears."""
        webhook = self.webhooks.get(int(payload["id"]))
        if webhook is not None:
            if webhook.creator_id == self.bot_user.id:
                payload["application_id"] = str(self.application_id)
            payload["avatar"] = self.users[webhook.webhook_user_id].avatar

    def _localise(self, payload: dict[str, Any]) -> None:
        user = payload.get("user") or payload["member"]["user"]
        payload["locale"] = self.locales.get(int(user["id"]), "en-US")
        if "guild_id" in payload:
            payload["guild_locale"] = self.guilds[int(payload["guild_id"])].preferred_locale
