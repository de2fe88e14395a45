"""Read a message as a person does: its words, whatever carries them, its buttons, menus and files.

The shapes are Discord's own: components/reference.mdx, resources/message.mdx.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BUTTON, _TEXT, _THUMBNAIL, _GALLERY, _FILE = 2, 10, 11, 12, 13
_MENUS = frozenset({3, 5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu, a radio group or a group of checkboxes: what is read, and what the bot is sent."""

    label: str
    value: str
    description: str | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A button as it is seen; one with an address opens that and tells the bot nothing."""

    label: str
    custom_id: str | None
    url: str | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu in a message; ``choices`` is empty where Discord fills it, with people, roles or channels."""

    custom_id: str
    placeholder: str | None
    choices: tuple[Choice, ...]
    minimum: int
    maximum: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file that came with a message; the size is in bytes.

    ``url`` is the CDN's own name of it, which no client is given: they get it signed. ``seconds`` and ``waveform``
    belong to voice messages, ``width`` and ``height`` (pixels) to pictures.
    """

    name: str
    url: str
    size: int
    description: str | None
    id: int = 0
    spoiler: bool = False
    content_type: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    waveform: str | None = None


def choices_of(component: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Return the lines of a menu or group, in their order."""
    return tuple(
        Choice(str(item["label"]), str(item["value"]), item.get("description"), bool(item.get("default")))
        for item in component.get("options") or ()
    )


def buttons_in(components: Sequence[Mapping[str, Any]]) -> tuple[Button, ...]:
    """Return every button, also those in sections and containers, from top to bottom."""
    return tuple(
        Button(_label(item), item.get("custom_id"), item.get("url"), bool(item.get("disabled")))
        for item in walk(components)
        if item.get("type") == _BUTTON
    )


def menus_in(components: Sequence[Mapping[str, Any]]) -> tuple[Menu, ...]:
    """Return every menu, from top to bottom."""
    return tuple(
        Menu(
            str(item["custom_id"]),
            item.get("placeholder"),
            choices_of(item),
            int(item.get("min_values", 1)),
            int(item.get("max_values", 1)),
            bool(item.get("disabled")),
        )
        for item in walk(components)
        if item.get("type") in _MENUS
    )


def readable(
    content: str,
    embeds: Sequence[Mapping[str, Any]],
    components: Sequence[Mapping[str, Any]],
    files: Sequence[SeenFile],
) -> str:
    """Return all the words of a message in the order they are shown, a line or more for each piece."""
    lines = [content]
    for embed in embeds:
        lines += _words_of_embed(embed)
    for component in walk(components):
        lines += _words_of_component(component)
    lines += [f"[{file.name}]" for file in files]
    return "\n".join(line for line in lines if line)


def walk(components: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield every component and what it holds, as shown from top to bottom."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        yield from walk(component[key] for key in ("accessory", "component") if component.get(key))


def _label(button: Mapping[str, Any]) -> str:
    emoji = (button.get("emoji") or {}).get("name")
    return " ".join(part for part in (emoji, button.get("label")) if part)


def _words_of_embed(embed: Mapping[str, Any]) -> list[str]:
    lines = [(embed.get("author") or {}).get("name"), embed.get("title"), embed.get("description")]
    for part in embed.get("fields") or ():
        lines += [part.get("name"), part.get("value")]
    lines.append((embed.get("footer") or {}).get("text"))
    return [str(line) for line in lines if line]


def _words_of_component(component: Mapping[str, Any]) -> list[str]:
    kind = component.get("type")
    if kind == _TEXT:
        return [str(component["content"])]
    if kind == _THUMBNAIL:
        return [str(component.get("description") or "")]
    if kind == _GALLERY:
        return [str(item.get("description") or "") for item in component.get("items") or ()]
    if kind == _FILE:
        return [f"[{component.get('name', '')}]"]
    return []
