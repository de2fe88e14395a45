"""How an interaction may be answered: which answers fit which question, and what a form may ask.

SimCord takes any kind of answer to any interaction. The rules are those of receiving-and-responding.mdx and
components/reference.mdx.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from simcord.backend.models import Interaction
from simcord.http.router import RequestContext

from sandbox.discord.reading import walk
from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, repair

_COMMAND, _COMPONENT, _TYPING, _FORM = 2, 3, 4, 5  # interaction types
_SAY, _THINK, _KEEP, _CHANGE, _SUGGEST, _OPEN_FORM = 4, 5, 6, 7, 8, 9  # types of answers

_FITS: dict[int, frozenset[int]] = {
    _COMMAND: frozenset({_SAY, _THINK, _OPEN_FORM}),
    _COMPONENT: frozenset({_SAY, _THINK, _KEEP, _CHANGE, _OPEN_FORM}),
    _TYPING: frozenset({_SUGGEST}),
    # A form cannot be answered with a form; a message is changed only where the form came from its button.
    _FORM: frozenset({_SAY, _THINK, _KEEP, _CHANGE}),
}
_SUGGESTIONS = 25


@repair("POST", "/interactions/{interaction_id}/{token}/callback")
def answer_interaction(backend: WireBackend, ctx: RequestContext) -> Any:
    """Refuse an answer that does not fit the question; SimCord goes on with those that do."""
    record = backend.interactions.get(ctx.int_arg("interaction_id"))
    if record is None or record.responded:
        return NotImplemented  # SimCord answers 10062 and 40060
    body = ctx.body()
    kind = int(body["type"])
    if kind not in _fitting(record):
        raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {sorted(_fitting(record))}.")
    data = body.get("data") or {}
    if kind == _SUGGEST:
        _check_suggestions(data)
    elif kind == _OPEN_FORM:
        _check_form(data)
    return NotImplemented


def _fitting(record: Interaction) -> frozenset[int]:
    fitting = _FITS[int(record.type)]
    return fitting if record.source_message_id is not None else fitting - {_KEEP, _CHANGE}


def _check_suggestions(data: Mapping[str, Any]) -> None:
    choices = data.get("choices") or []
    if len(choices) > _SUGGESTIONS:
        what = f"Must be {_SUGGESTIONS} or fewer in length."
        raise invalid("data.choices", "BASE_TYPE_MAX_LENGTH", what)
    for number, choice in enumerate(choices):
        for field in ("name", "value"):
            text = choice.get(field)
            if (field == "name" or isinstance(text, str)) and not 1 <= len(str(text or "")) <= 100:
                where = f"data.choices.{number}.{field}"
                raise invalid(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _check_form(data: Mapping[str, Any]) -> None:
    for where, item in _controls(data):
        if item.get("disabled"):
            raise invalid(f"{where}.disabled", "BASE_TYPE_INVALID", "Modals cannot have disabled components.")
        if item.get("required") is not False and item.get("min_values") == 0:
            what = "min_values must be omitted or at least 1 where the component is required."
            raise invalid(f"{where}.min_values", "NUMBER_TYPE_MIN", what)


def _controls(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, holder in enumerate(data.get("components") or ()):
        for item in walk([holder]):
            if "custom_id" in item:
                yield f"data.components.{number}.component", item
