"""A form (Discord: modal) as the person sees it, to be filled in and sent.

A person's client does not send what the form does not allow, so neither does this: see ``SimForm.problems``.
The shapes and limits are those of components/reference.mdx.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandbox.discord.reading import Choice, choices_of, walk
from sandbox.discord.world import SetupError

if TYPE_CHECKING:
    from sandbox.discord.answers import SimAnswer

FieldKind = Literal[
    "text", "menu", "people", "roles", "anybody", "channels", "files", "radio", "checkboxes", "tick"
]

_KINDS: dict[int, FieldKind] = {
    3: "menu",
    4: "text",
    5: "people",
    6: "roles",
    7: "anybody",
    8: "channels",
    19: "files",
    21: "radio",
    22: "checkboxes",
    23: "tick",
}
_TEXT_DISPLAY, _LABEL = 10, 18
_LONGEST_TEXT = 4000


class ImpossibleFormError(SetupError):
    """Report that a person's client would not have sent the form; the text says why."""


@dataclass(slots=True)
class FormField:
    """One thing the form asks for, and what is in it now.

    ``minimum`` and ``maximum`` count characters in a text, chosen lines everywhere else. ``value`` is a text, a
    list of chosen values (menus, checkboxes, files), one value or None (radio), True or False (tick).
    """

    custom_id: str
    kind: FieldKind
    label: str
    description: str | None
    placeholder: str | None
    choices: tuple[Choice, ...]
    required: bool
    minimum: int
    maximum: int
    paragraph: bool
    value: Any

    @property
    def problem(self) -> str | None:
        """Return why this cannot be sent as it is, None where it can."""
        if self.kind == "tick":
            return None
        if self.kind == "radio":
            return "choose one" if self.required and self.value is None else None
        count = len(self.value)
        if count == 0:
            return "must not be empty" if self.required else None
        if not self.minimum <= count <= self.maximum:
            what = "characters" if self.kind == "text" else "choices"
            return f"takes {self.minimum} to {self.maximum} {what}, not {count}"
        return None

    def put(self, value: Any) -> None:
        """Type, choose or tick; lines of a group or menu may be named by what is read or by their value.

        Raises ImpossibleFormError for what the field has no place for.
        """
        if self.kind == "text":
            self.value = self._must_be(str, value)
        elif self.kind == "tick":
            self.value = self._must_be(bool, value)
        elif self.kind == "radio":
            self.value = None if value is None else self._line(value)
        else:
            several = list(value) if isinstance(value, list | set | frozenset) else [value]
            chosen = [self._line(item) if self.choices else item for item in several]
            if len(set(map(str, chosen))) < len(chosen):
                raise ImpossibleFormError(f"{self.label}: a line cannot be chosen twice")
            self.value = chosen

    def _must_be(self, kind: type, value: Any) -> Any:
        if not isinstance(value, kind):
            raise ImpossibleFormError(f"{self.label}: {value!r} does not fit here")
        return value

    def _line(self, wanted: Any) -> str:
        for choice in self.choices:
            if wanted in (choice.value, choice.label):
                return choice.value
        raise ImpossibleFormError(f"{self.label}: {wanted!r} is not among {[item.label for item in self.choices]}")


@dataclass(slots=True)
class SimForm:
    """A form one person has open; ``texts`` are the lines above and between its fields."""

    title: str
    custom_id: str
    texts: tuple[str, ...]
    fields: tuple[FormField, ...]
    _send: Callable[[dict[str, Any]], Awaitable["SimAnswer"]]

    def field(self, name: str) -> FormField:
        """Return the field with this label or custom id."""
        for item in self.fields:
            if name in (item.custom_id, item.label):
                return item
        raise ImpossibleFormError(f"no field {name!r}, only {[item.label for item in self.fields]}")

    def fill(self, name: str, value: Any) -> "SimForm":
        """Fill one field in and return the form, so that more can follow."""
        self.field(name).put(value)
        return self

    @property
    def problems(self) -> list[str]:
        """Return what the person's client would ask them to correct, field by field."""
        return [f"{item.label}: {item.problem}" for item in self.fields if item.problem is not None]

    async def submit(self, values: Mapping[str, Any] | None = None) -> "SimAnswer":
        """Fill in what is given, send the form, and wait for the first answer.

        Raises ImpossibleFormError, and sends nothing, where ``problems`` names any.
        """
        for name, value in (values or {}).items():
            self.fill(name, value)
        if self.problems:
            raise ImpossibleFormError("; ".join(self.problems))
        filled = {item.custom_id: item.value for item in self.fields if item.value not in (None, [])}
        return await self._send(filled)


def read_form(modal: Mapping[str, Any], send: Callable[[dict[str, Any]], Awaitable["SimAnswer"]]) -> SimForm:
    """Turn the payload of a modal into the form a person sees."""
    components: Sequence[Mapping[str, Any]] = modal["components"]
    texts = tuple(str(item["content"]) for item in walk(components) if item.get("type") == _TEXT_DISPLAY)
    fields = []
    for holder in components:
        inside = [holder["component"]] if holder["type"] == _LABEL else holder.get("components") or ()
        fields += [_read_field(holder, item) for item in inside]
    return SimForm(str(modal["title"]), str(modal["custom_id"]), texts, tuple(fields), send)


def _read_field(holder: Mapping[str, Any], item: Mapping[str, Any]) -> FormField:
    kind = _KINDS[item["type"]]
    choices = choices_of(item)
    least, most = item.get("min_values"), item.get("max_values")
    if kind == "text":
        least, most = item.get("min_length"), item.get("max_length")
    required = item.get("required")
    return FormField(
        custom_id=str(item["custom_id"]),
        kind=kind,
        label=str(holder.get("label") or item.get("label") or ""),
        description=holder.get("description"),
        placeholder=item.get("placeholder"),
        choices=choices,
        required=kind != "tick" and required is not False,
        minimum=int(least) if least is not None else (0 if kind == "text" else 1),
        maximum=int(most) if most is not None else _most(kind, choices),
        paragraph=item.get("style") == 2,
        value=_filled_before(kind, item, choices),
    )


def _most(kind: FieldKind, choices: tuple[Choice, ...]) -> int:
    if kind == "text":
        return _LONGEST_TEXT
    return len(choices) if kind == "checkboxes" else 1


def _filled_before(kind: FieldKind, item: Mapping[str, Any], choices: tuple[Choice, ...]) -> Any:
    """Return what the bot has filled in already."""
    chosen = [choice.value for choice in choices if choice.chosen]
    if kind == "text":
        return str(item.get("value") or "")
    if kind == "tick":
        return bool(item.get("default"))
    if kind == "radio":
        return chosen[0] if chosen else None
    return chosen
