"""Our messages turned into parts that Discord takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bridges.ends.discord_carried import titled
from bridges.ends.discord_reading_messages import jump
from bridges.ends.discord_text import CONTENT_LIMIT, thread_name, units, webhook_name
from bridges.ends.port import Around, Outgoing, copy_key
from bridges.markup.discord_writing import write_discord
from bridges.markup.long_code import CodeFile
from bridges.markup.naming import mentions_of
from bridges.markup.reading_aloud import snippet
from bridges.markup.splitting import split_document
from bridges.markup.tree import (
    Break,
    Document,
    Emoji,
    Inline,
    Link,
    Mention,
    Mentioned,
    Paragraph,
    Subtext,
    Text,
)
from bridges.media.file import Attachment, Kind
from bridges.message import Author, Message
from db.bridge_rows import Place

MOST_FILES = 10
QUOTED_LIMIT = 100
"""UTF-16 units of what is shown of an answered message."""
OPENING_LIMIT = 80
INLINE = "inline:"
"""Begins the location of a file that is made of the message's own words."""


def own_avatar(author: Author) -> str:
    """Return an author's picture where everybody can see it: Discord's are open, others need a page of ours."""
    return author.avatar if author.avatar.startswith(("https://", "http://")) else ""


def no_link(_: Message, __: Attachment) -> str | None:
    """Know no page on which a file could be fetched."""
    return None


@dataclass(frozen=True, slots=True)
class Rendering:
    """How messages are to be rendered at one place.

    ``files`` says whether files can be carried, ``file_limit`` how large each may be, in bytes. ``links`` gives the
    address of one that cannot. ``emoji`` says which custom emoji may be written as Discord's own. ``unsent`` tells
    files that turned out not to come.
    """

    place: Place
    guild: int | None = None
    forum: bool = False
    files: bool = False
    file_limit: int = 10 * 1024 * 1024
    avatars: Callable[[Author], str] = own_avatar
    links: Callable[[Message, Attachment], str | None] = no_link
    emoji: Callable[[Emoji], str | None] = field(default=lambda _: None)
    unsent: Callable[[Attachment], bool] = field(default=lambda _: False)

    def render(self, message: Message, around: Around) -> list[Outgoing]:
        """Return a message's parts; none when there is nothing to say."""
        if message.is_empty:
            return []
        document = message.text
        if self.forum and message.title and document[:1] == (titled(message.title),) and len(document) > 1:
            document = document[1:]  # it stands over the post already
        riding, told = self._files(message)
        document = (*self._quoted(around), *document, *told)
        write = partial(write_discord, live=partial(_live, around), emoji=self.emoji)
        split = split_document(document, CONTENT_LIMIT, lambda part: units(write(part)))
        code = tuple(map(_code, split.files))[: MOST_FILES - len(riding)]
        return self._parts(message, around, split.parts or ((),), write, (*riding, *code))

    def _parts(
        self,
        message: Message,
        around: Around,
        documents: Sequence[Document],
        write: Callable[[Document], str],
        files: tuple[Attachment, ...],
    ) -> list[Outgoing]:
        thread, title = self._where(message, around)
        parts = []
        for number, document in enumerate(documents):
            text = write(document)
            if not text.strip() and (number or not files):
                continue
            people, roles = _pinged(document, around)
            parts.append(
                Outgoing(
                    part=number,
                    key=copy_key(message, number, self.place),
                    author=webhook_name(message.author.name),
                    text=text,
                    profile=message.author.account,
                    avatar=self.avatars(message.author),
                    files=files if number == 0 else (),
                    thread=thread,
                    title=title,
                    answers=around.answers.at if around.answers is not None else None,
                    people=people,
                    roles=roles,
                )
            )
        return parts

    def _where(self, message: Message, around: Around) -> tuple[str | None, str]:
        """Return the thread it goes into and, where it begins a post of a forum, how that is called."""
        if around.thread is not None or not self.forum:
            return around.thread, ""
        at = around.answers.at if around.answers is not None else None
        if at is not None and (post := at.thread) is not None:
            return post, ""
        opening = message.title or snippet(message.text, OPENING_LIMIT)
        if not opening and message.attachments:
            opening = message.attachments[0].name
        return None, thread_name(opening)

    def _quoted(self, around: Around) -> Document:
        """Return the line that shows what is answered; none where nothing can be read of that."""
        answered = around.answers
        if answered is None or answered.message is None:
            return ()
        at, message = answered.at, answered.message
        name = Text(snippet((Paragraph((Text(message.author.name or "…"),)),), 65) or "…")
        who: Inline = name
        if at is not None:
            address = jump(self.guild, at.thread or self.place.ref, at.ref)
            who = Link(address, (name,), preview=False)
        words = snippet(message.text, QUOTED_LIMIT)
        if not words and message.attachments:
            words = f"📎 {message.attachments[0].name}"
        return (Subtext((Text("↪ "), who, *((Text(f" {words}"),) if words else ()))),)

    # ── files

    def _files(self, message: Message) -> tuple[tuple[Attachment, ...], Document]:
        """Return the files that ride on the first part, and lines that tell of the others."""
        riding: list[Attachment] = []
        told: list[Inline] = []
        for attachment in message.attachments:
            fits = attachment.size is None or attachment.size <= self.file_limit
            if self.files and fits and len(riding) < MOST_FILES and not self.unsent(attachment):
                riding.append(attachment)
            else:
                told += [*([Break()] if told else []), *told_file(attachment, self.links(message, attachment))]
        return tuple(riding), (Paragraph(tuple(told)),) if told else ()


def told_file(attachment: Attachment, address: str | None = None) -> tuple[Inline, ...]:
    """Return the words that stand for a file that did not come."""
    size = f" ({_size(attachment.size)})" if attachment.size is not None else ""
    name = Text(attachment.name)
    what: Inline = Link(address, (name,), preview=False) if address else name
    return (Text("📎 "), what, *((Text(size),) if size else ()))


def _size(size: int) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size = -(-size // 1000)
    return f"{size:.0f} GB"


def _code(file: CodeFile) -> Attachment:
    size = len(file.text.encode())
    return Attachment(file.name, Kind.FILE, "text/plain", size, f"{INLINE}{file.text}")


def _live(around: Around, mention: Mention) -> str | None:
    """Return what reaches somebody here: those whom the message may ping, and nobody else."""
    if mention.kind is Mentioned.PERSON and (account := around.people.get(mention.ref)) is not None:
        return f"<@{account}>"
    if mention.kind is Mentioned.EVERYONE and around.everyone is not None:
        return f"<@&{around.everyone}>"
    return None


def _pinged(document: Document, around: Around) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mentions = list(mentions_of(document))
    people = {around.people[m.ref] for m in mentions if m.kind is Mentioned.PERSON and m.ref in around.people}
    calls = around.everyone is not None and any(m.kind is Mentioned.EVERYONE for m in mentions)
    return tuple(sorted(people)), (around.everyone,) if calls and around.everyone is not None else ()
