"""One Discord channel as an end of a conversation: speaks through webhooks, under the authors' names."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bridges.ends.discord_account import Account, Options
from bridges.ends.discord_channel import Channel, SeenCopy
from bridges.ends.discord_deeds import Deeds
from bridges.ends.discord_ids import snowflake_at
from bridges.ends.discord_own_webhooks import OwnWebhooks
from bridges.ends.discord_pool import WebhookPool
from bridges.ends.discord_rendering import Rendering
from bridges.ends.discord_sending import Freight
from bridges.ends.discord_text import CONTENT_LIMIT
from bridges.ends.discord_webhooks import WebhookGoneError, WebhookTransport
from bridges.ends.port import Around, NotSentError, Outgoing, Reactions, RefusedError
from bridges.markup.tree import Emoji
from bridges.message import Message
from db.bridge_rows import Copy, EndRow, Platform, Standing

CLOCK_DOUBT = timedelta(minutes=2)
"""How far our clock and Discord's may be apart when only a time is known to look from."""
SMALLEST_FILE_LIMIT = 10 * 1024 * 1024
"""Bytes: what every server takes for a file (reference, "Uploading Files")."""


class DiscordEnd:
    """Fulfils :class:`bridges.ends.port.End` for a channel or a forum."""

    platform = Platform.DISCORD
    repeatable_for = timedelta(0)  # Execute Webhook takes no nonce
    joins = CONTENT_LIMIT // 2

    def __init__(
        self,
        row: EndRow,
        label: str,
        *,
        channel: Channel,
        account: Account,
        transport: WebhookTransport,
        options: Options,
    ) -> None:
        self.id = row.id
        self.label = label
        self._channel = channel
        self._account = account
        self._options = options
        self._deeds = Deeds(account.bot, account.places, channel)
        self._freight = Freight(options.carrier)
        self._transport = transport
        self._speaking: WebhookPool | None = None
        self._post: str | None = None
        """The post that was begun last, where the place is a forum."""

    @property
    def _pool(self) -> WebhookPool:
        """The webhooks that speak here; made when something is first said."""
        if self._speaking is None:
            account = self._account
            webhooks = OwnWebhooks(account.bot, account.places, account.store, self._channel, account.connected)
            self._speaking = WebhookPool(self._transport, find=webhooks.find, make=webhooks.make)
        return self._speaking

    # ── saying

    def backlog_wait(self) -> float:
        # each message begins a post of its own in a forum: there lines are not said together
        return 0.0 if self._is_forum else self._pool.backlog_wait()

    async def render(self, message: Message, around: Around) -> list[Outgoing]:
        return self._rendering().render(message, await self._with_members(around))

    async def _with_members(self, around: Around) -> Around:
        """Leave out those people who are not in this server: nobody here could read their mention."""
        if not around.people:
            return around
        reader = self._account.reader
        here = {ref: who for ref, who in around.people.items() if await reader.is_member(self._channel, int(who))}
        return replace(around, people=here)

    async def send(self, part: Outgoing) -> Copy:
        forum = self._is_forum
        thread = part.thread
        if forum and thread is None and part.part:
            thread = self._post or await self._post_called(part.title)  # the rest of what began it
        title = part.title if forum and thread is None else None
        async with self._freight.bring(part, self._file_limit()) as load:
            said = await self._deeds.opened(
                thread,
                lambda: self._pool.execute(
                    part.profile or part.author,
                    _payload(part, load.text),
                    files=load.files,
                    thread=thread,
                    thread_name=title,
                ),
            )
        if title is not None:
            self._post = said.thread
        self._freight.note(said.ref, part)
        return Copy(part.part, said.ref, said.webhook_id, said.thread)

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        await self._account.connected.wait()
        start = int(after) if after is not None else snowflake_at(since - CLOCK_DOUBT)
        if part.thread is None and self._is_forum:
            begun = await self._begun_after(start)
            seen = [
                (c, place) for c, place in begun if c.author == part.author and self._is_called(place, part.title)
            ]
        else:
            thread = int(part.thread) if part.thread is not None else None
            found = await self._account.reader.copies_after(self._channel, start, thread)
            seen = [(copy, part.thread) for copy in found if copy.author == part.author]
        same = [pair for pair in seen if _same(pair[0].text, part.text)]
        if not exact and not same and len(seen) == 1:
            same = seen
        if not same:
            return None
        copy, place = same[0]
        return Copy(part.part, copy.ref, copy.webhook_id, place)

    async def strays(self, of: str, *, after: str | None, since: datetime, thread: str | None) -> list[Copy]:
        await self._account.connected.wait()
        start = int(after) if after is not None else snowflake_at(since - CLOCK_DOUBT)
        if thread is None and self._is_forum:
            begun = await self._begun_after(start)
            return [Copy(0, copy.ref, copy.webhook_id, place) for copy, place in begun]
        number = int(thread) if thread is not None else None
        found = await self._account.reader.copies_after(self._channel, start, number)
        return [Copy(0, copy.ref, copy.webhook_id, thread) for copy in found]

    async def _begun_after(self, start: int) -> list[tuple[SeenCopy, str | None]]:
        """Return the posts that our webhooks began, by their first message."""
        seen: list[tuple[SeenCopy, str | None]] = []
        for thread in self._account.places.threads(self._channel):
            if thread.id <= start:
                continue
            copies = await self._account.reader.copies_after(self._channel, thread.id - 1, thread.id)
            seen += [(copy, str(thread.id)) for copy in copies if copy.ref == str(thread.id)]
        return sorted(seen, key=lambda pair: int(pair[0].ref))

    def _is_called(self, place: str | None, title: str) -> bool:
        threads = self._account.places.threads(self._channel)
        return any(str(thread.id) == place and thread.name == title for thread in threads)

    async def _post_called(self, title: str) -> str | None:
        """Return the newest post of that name that is open; an earlier process began it."""
        threads = self._account.places.threads(self._channel)
        return max((str(thread.id) for thread in threads if thread.name == title), key=int, default=None)

    # ── reading

    async def read(self, ref: str, thread: str | None) -> Message | None:
        await self._account.connected.wait()
        if not self._account.places.is_served(self._channel):
            return None  # its channel left: what was said there is no longer ours to carry
        return await self._account.roots.read(self._channel, int(ref), int(thread) if thread is not None else None)

    # ── making copies agree

    async def edit(self, copy: Copy, part: Outgoing, key: str) -> None:
        if copy.speaker is None:
            raise RefusedError("discord.webhook_gone")
        speaker, same = copy.speaker, self._freight.are_same(copy.ref, part)
        async with self._freight.bring(part, self._file_limit()) as load:
            payload = _payload(part, load.text)
            for name in ("username", "avatar_url"):
                payload.pop(name, None)  # those are chosen once
            if not part.files:
                payload["attachments"] = []
            files = load.files if part.files and not same else None
            try:
                await self._deeds.opened(
                    copy.thread,
                    lambda: self._pool.edit(speaker, copy.ref, payload, thread=copy.thread, files=files),
                )
            except WebhookGoneError as error:
                raise RefusedError(error.reason) from error
        self._freight.note(copy.ref, part)

    async def remove(self, copy: Copy, key: str) -> None:
        at = Standing(copy.ref, copy.thread, copy.speaker, ours=True)
        if copy.speaker is not None:
            speaker = copy.speaker
            try:
                await self._deeds.opened(
                    copy.thread, lambda: self._pool.delete(speaker, copy.ref, thread=copy.thread)
                )
            except WebhookGoneError:
                await self._deeds.delete(at)  # no webhook can any more: the account may
            return
        await self._deeds.delete(at)

    async def announce(self, text: str, key: str) -> None:
        await self._deeds.announce(text, key)

    # ── threads, reactions, pins

    async def open_thread(self, root: Standing, name: str) -> str:
        return await self._deeds.open_thread(root, name)

    async def reactions(self, at: Standing) -> Reactions:
        if not self._account.connected.is_set():
            raise NotSentError("discord.not_connected")  # other ends ask, too, from the moment the bot starts
        return await self._deeds.reactions(at)

    async def react(self, at: Standing, reaction: str, key: str) -> None:
        await self._deeds.react(at, reaction)

    async def unreact(self, at: Standing, reaction: str, ref: str, key: str) -> None:
        await self._deeds.unreact(at, reaction)

    async def pin(self, at: Standing, *, pinned: bool) -> None:
        await self._deeds.pin(at, pinned=pinned)

    # ── how it looks here

    def _rendering(self) -> Rendering:
        guild = self._account.places.guild_of(self._channel)
        return Rendering(
            self._channel.row.place,
            guild=guild.id if guild is not None else None,
            forum=self._is_forum,
            files=self._freight.carries,
            file_limit=self._file_limit(),
            avatars=self._options.avatars,
            links=self._options.links,
            emoji=self._emoji,
            unsent=self._freight.is_unsent,
        )

    @property
    def _is_forum(self) -> bool:
        return self._account.places.is_forum(self._channel)

    def _file_limit(self) -> int:
        guild = self._account.places.guild_of(self._channel)
        return guild.filesize_limit if guild is not None else SMALLEST_FILE_LIMIT

    def _emoji(self, emoji: Emoji) -> str | None:
        """Return a custom emoji as Discord's own, where it is one of a server that the bot is in."""
        known = self._account.bot.get_emoji(int(emoji.ref)) if emoji.ref.isdigit() else None
        return str(known) if known is not None and known.available else None


def _payload(part: Outgoing, text: str) -> dict[str, Any]:
    # explicit on every send and edit: nobody else is pinged by what crosses a bridge
    allowed = {"parse": [], "users": list(part.people), "roles": list(part.roles)}
    payload: dict[str, Any] = {"content": text, "username": part.author, "allowed_mentions": allowed}
    if part.avatar:
        payload["avatar_url"] = part.avatar
    return payload


def _same(stored: str, said: str) -> bool:
    # Discord trims white space
    return stored.split() == said.split()
