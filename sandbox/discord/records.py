"""What tests look at afterwards: requests as they came and were answered, messages as a reader sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class RequestRecord:
    """One REST request and what became of it.

    ``path`` has no ``/api/v10``; ``template`` has ``{id}`` and ``{token}`` in the place of values.
    ``status`` is None while it is in the works, and for an answer or request that a fault lost.
    ``took_effect`` tells whether the world has seen it. Times are monotonic seconds.
    """

    method: str
    path: str
    template: str
    params: dict[str, str]
    started: float
    json: Any = None
    files: tuple[str, ...] = ()
    authorized: bool = False
    status: int | None = None
    response: Any = None
    took_effect: bool = False
    fault: str | None = None
    finished: float | None = None


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message as a reader of the channel sees it."""

    id: int
    author_name: str
    author_id: int
    webhook_id: int | None
    content: str
    created_at: datetime
    edited_at: datetime | None
    reply_to: int | None
    attachments: tuple[str, ...]
    reactions: dict[str, int]
