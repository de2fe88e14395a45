"""A form as Discord's modal, and the answers read back from what was sent.

A modal carries the form's name and argument in its id, so that one sent after a restart is understood. Limits and
shapes: components/reference.mdx.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from community_bot.commands.forms import Answers, Choice, Field, Form
from community_bot.locales import Markup, light_html

MOST_PARTS: Final = 5
LONGEST_LABEL: Final = 45
LONGEST_DESCRIPTION: Final = 100
"""Of a label, a placeholder, a choice's name and what is said of it."""
LONGEST_TEXT: Final = 4000
MOST_RADIOS: Final = 5
"""With more choices than this a menu that opens is easier on a small screen than a list."""
MOST_TICKS: Final = 10
MOST_CHOICES: Final = 25

Item = ui.Item[Any]


def modal_of(form: Form) -> ui.Modal:
    """Return the modal for a form.

    discord.py is not to remember it, so it is finished already. Raises ValueError for a form no modal can hold.
    """
    if not 1 <= len(form.fields) <= MOST_PARTS:
        raise ValueError("a modal holds one to five fields")
    modal = ui.Modal(title=form.title[:LONGEST_LABEL], timeout=None, custom_id=f"form:{form.name}:{form.argument}")
    folded = _folded(form.fields)
    for field in form.fields:
        if field.intro is not None and field.name not in folded:
            modal.add_item(ui.TextDisplay(str(field.intro)))
        described = [_plain(field.intro)] if field.intro is not None and field.name in folded else []
        if field.hint and field.kind in ("choice", "ticks"):
            described.append(field.hint)
        description = " ".join(described)[:LONGEST_DESCRIPTION] or None
        modal.add_item(
            ui.Label(text=field.label[:LONGEST_LABEL], description=description, component=_control(field))
        )
    modal.stop()
    return modal


def _folded(fields: Sequence[Field]) -> frozenset[str]:
    """Return the fields whose intro goes into their label, the shortest first, as there is no room for all."""
    introduced = sorted((field for field in fields if field.intro is not None), key=lambda f: len(f.intro or ""))
    surplus = max(0, len(fields) + len(introduced) - MOST_PARTS)
    return frozenset(field.name for field in introduced[:surplus])


def _plain(text: Markup) -> str:
    return " ".join(light_html(text)[0].split())


def _control(field: Field) -> Item:
    match field.kind:
        case "choice":
            return _choice(field)
        case "ticks":
            return _ticks(field)
        case "line":
            return _text(field, discord.TextStyle.short)
        case "paragraph":
            return _text(field, discord.TextStyle.paragraph)


def _text(field: Field, style: discord.TextStyle) -> Item:
    longest = min(field.longest, LONGEST_TEXT)
    return ui.TextInput[Any](
        custom_id=field.name,
        style=style,
        placeholder=field.hint[:LONGEST_DESCRIPTION] or None,
        default=field.value[:longest] or None,
        required=field.required,
        min_length=field.shortest,
        max_length=longest,
    )


def _choice(field: Field) -> Item:
    if 2 <= len(field.choices) <= MOST_RADIOS:
        options = [
            discord.RadioGroupOption(
                label=each.label, value=each.value, description=each.detail or None, default=each.chosen
            )
            for each in field.choices
        ]
        return ui.RadioGroup[Any](custom_id=field.name, options=options, required=field.required)
    return _menu(field, fewest=1, most=1)


def _ticks(field: Field) -> Item:
    required = field.required and field.fewest > 0
    if len(field.choices) > MOST_TICKS:
        return _menu(field, fewest=max(field.fewest, 1) if required else 0, most=len(field.choices))
    options = [
        discord.CheckboxGroupOption(
            label=each.label, value=each.value, description=each.detail or None, default=each.chosen
        )
        for each in field.choices
    ]
    return ui.CheckboxGroup[Any](
        custom_id=field.name,
        options=options,
        required=required,
        min_values=field.fewest if required else 0,
        max_values=len(options),
    )


def _menu(field: Field, *, fewest: int, most: int) -> Item:
    if not 1 <= len(field.choices) <= MOST_CHOICES:
        raise ValueError("a menu holds one to 25 choices")
    return ui.Select[Any](
        custom_id=field.name,
        options=[_line(each) for each in field.choices],
        required=field.required and fewest > 0,
        min_values=fewest if field.required else 0,
        max_values=most,
    )


def _line(each: Choice) -> discord.SelectOption:
    return discord.SelectOption(
        label=each.label, value=each.value, description=each.detail or None, default=each.chosen
    )


def form_named(custom_id: str) -> tuple[str, str] | None:
    """Return the form's name and argument from a modal's id, None for a modal that is not of this kind."""
    kind, _, rest = custom_id.partition(":")
    name, colon, argument = rest.partition(":")
    return (name, argument) if kind == "form" and colon else None


def answers_in(components: Sequence[Mapping[str, Any]]) -> Answers:
    """Return what was filled in, field by field; what was left empty is an empty tuple."""
    return {str(item["custom_id"]): _given(item) for item in _controls(components)}


def _controls(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for holder in components:
        inside = [holder["component"]] if "component" in holder else holder.get("components") or ()
        yield from (item for item in inside if "custom_id" in item)


def _given(item: Mapping[str, Any]) -> tuple[str, ...]:
    if item.get("values") is not None:
        return tuple(str(value) for value in item["values"])
    value = item.get("value")
    return (str(value),) if value else ()
