"""What Discord's messages carry beside their words, as words: embeds, layouts, polls, what was forwarded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import discord

from bridges.markup.discord_reading import read_discord
from bridges.markup.tree import (
    Block,
    Document,
    Inline,
    Link,
    Listing,
    Mark,
    Marked,
    Paragraph,
    Quote,
    Subtext,
    Text,
)

RICH = "rich"
"""The embeds that a bot or a webhook made; the others are previews of links, which every client makes anew."""
POLL_RESULT = "poll_result"


def titled(title: str) -> Paragraph:
    """Return a title as the bold line that stands over a post."""
    return Paragraph((Marked(Mark.BOLD, (Text(title),)),))


def embeds_as_words(embeds: Sequence[discord.Embed]) -> Document:
    """Return what the embeds say, each as a quote."""
    return tuple(
        Quote(inside)
        for embed in embeds
        if embed.type == RICH and (inside := tuple(_embed(embed)))  # what is empty shows nothing
    )


def components_as_words(components: Sequence[Any]) -> Document:
    """Return what a layout of components says, from top to bottom; buttons that lead somewhere are links."""
    return tuple(block for component in components for block in _component(component))


def poll_as_words(poll: discord.Poll) -> Document:
    """Return a poll's question and answers."""
    answers = tuple((Paragraph((Text(_answer(answer) or "…"),)),) for answer in poll.answers)
    blocks: tuple[Block, ...] = (_bold_line("📊 ", poll.question or "…"),)
    return (*blocks, Listing(answers)) if answers else blocks


def poll_result_as_words(embeds: Sequence[discord.Embed]) -> Document:
    """Return how a poll ended, of the message that Discord posts about it."""
    for embed in embeds:
        if embed.type != POLL_RESULT:
            continue
        told = {str(field.name): str(field.value) for field in embed.fields}
        question = told.get("poll_question_text", "")
        total = told.get("total_votes", "0")
        winner = told.get("victor_answer_text")
        emoji = told.get("victor_answer_emoji_name", "")
        if winner is None and not emoji:
            return (_bold_line("📊 ", question or "…"), Paragraph((Text(f"= / {total}"),)))
        votes = told.get("victor_answer_votes", "0")
        answer = " ".join(filter(None, (emoji, winner)))
        return (_bold_line("📊 ", question or "…"), Paragraph((Text(f"✓ {answer} ({votes}/{total})"),)))
    return ()


def forwarded_as_words(snapshot: discord.MessageSnapshot, origin: str) -> Document:
    """Return a forwarded message as a quote; ``origin`` is where it stood, as far as it may be told."""
    inside = (
        *read_discord(snapshot.content),
        *embeds_as_words(snapshot.embeds),
        *components_as_words(getattr(snapshot, "components", ())),
    )
    return (Quote((Subtext((Text(f"↪ {origin}".strip()),)), *inside)),)


def _bold_line(sign: str, words: str) -> Paragraph:
    return Paragraph((Text(sign), Marked(Mark.BOLD, (Text(words),))))


def _answer(answer: discord.PollAnswer) -> str:
    emoji = "" if answer.emoji is None else (f":{answer.emoji.name}:" if answer.emoji.id else answer.emoji.name)
    return " ".join(filter(None, (emoji, answer.text)))


def _embed(embed: discord.Embed) -> Iterator[Block]:
    if embed.author.name:
        yield Paragraph(_linked(embed.author.name, embed.author.url))
    if embed.title:
        yield Paragraph((Marked(Mark.BOLD, _linked(embed.title, embed.url)),))
    if embed.description:
        yield from read_discord(embed.description)
    for field in embed.fields:
        if field.name:
            yield titled(field.name)
        yield from read_discord(field.value or "")
    for picture in (embed.image, embed.thumbnail):
        if picture.url and picture.url.startswith("http"):
            yield Paragraph((Link(picture.url),))
    if embed.footer.text:
        yield Subtext((Text(" ".join(embed.footer.text.split())),))


def _linked(words: str, address: str | None) -> tuple[Inline, ...]:
    text = Text(" ".join(words.split()) or "…")
    return (Link(address, (text,)),) if address else (text,)


def _component(component: Any) -> Iterator[Block]:
    match component:
        case discord.TextDisplay():
            yield from read_discord(component.content)
        case discord.MediaGalleryComponent():
            for item in component.items:
                words = Text(item.description) if item.description else None
                yield Paragraph((Link(item.media.url, (words,) if words else ()),))
        case discord.Button() if component.url:
            yield Paragraph((Link(component.url, (Text(component.label or component.url),)),))
        case discord.SectionComponent():
            yield from _all(component.children)
            yield from _component(component.accessory)
        case discord.ActionRow() | discord.Container():
            yield from _all(component.children)
        case _:
            return  # a menu, a button that only its bot understands, a line across: nothing to be read


def _all(components: Iterable[Any]) -> Iterator[Block]:
    for component in components:
        yield from _component(component)
