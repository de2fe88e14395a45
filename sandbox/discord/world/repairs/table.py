"""The table of routes that are answered here instead of by SimCord."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from simcord.backend import errors
from simcord.backend.errors import BackendError
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend

Handler = Callable[[WireBackend, RequestContext], Any]
_MOST_FILES = 10
_TABLE: list[tuple[str, re.Pattern[str], Handler]] = []


def find_repair(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """Return the handler that stands in for SimCord's, with the values in the path."""
    for verb, pattern, handler in _TABLE:
        if verb == method and (match := pattern.fullmatch(path)):
            return handler, match.groupdict()
    return None


def repair(method: str, template: str) -> Callable[[Handler], Handler]:
    """Answer a route with the decorated function; it returns NotImplemented to let SimCord answer after all."""
    pattern = re.compile(re.sub(r"\{(\w+?)(_id)?\}", _group, template))

    def register(handler: Handler) -> Handler:
        _TABLE.append((method, pattern, handler))
        return handler

    return register


def _group(name: re.Match[str]) -> str:
    # An id must not swallow "@original"; a token may be anything in one path segment.
    return rf"(?P<{name[1]}_id>\d+)" if name[2] else rf"(?P<{name[1]}>[^/@]+)"


def invalid(field: str, code: str, message: str) -> BackendError:
    """Return Discord's 50035 for one field of a form."""
    error: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(field.split(".")):
        error = {part: error}
    return errors.invalid_form_body(errors=error)


def refuse_empty(ctx: RequestContext, body: Mapping[str, Any]) -> None:
    """Refuse a message that says and carries nothing, or says too much."""
    says = (body.get("content") or "").strip() if isinstance(body.get("content"), str | None) else True
    carries = any(body.get(key) for key in ("embeds", "embed", "components", "sticker_ids", "poll"))
    if not (says or carries or ctx.files or body.get("message_reference", {}).get("type") == 1):
        raise BackendError(400, 50006, "Cannot send an empty message")
    if len(ctx.files) > _MOST_FILES:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {_MOST_FILES} or fewer in length.")
    if isinstance(says, str) and len(body.get("content") or "") > 2000:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")


def whole(field: str, value: Any) -> int:
    """Return a whole number, or refuse the field it stands in."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(field, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.') from None
