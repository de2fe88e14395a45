"""Messages that cannot cross and whose authors have still to be told, inside one transaction.

That a message failed and that its author is to be told are written together. Whoever tells takes it over with
:meth:`UntoldStore.told`, in the transaction in which the notice becomes theirs to deliver: so a crash in between
leaves it here, for the next start.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from db.bridge_rows import Intent, Operation
from db.ids import EndId, IntentId, SourceId
from db.tables import relay_intent, relay_source

_TOLD = update(relay_intent).where(relay_intent.c.id == bindparam("told")).values(tell_until=None)


@dataclass(frozen=True, slots=True)
class Untold:
    """A failure of which its author knows nothing yet: why, and until when telling it is of use."""

    intent: Intent
    reason: str
    until: datetime


class UntoldStore:
    """Reads and clears them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def left(self) -> list[Untold]:
        """Return all of them, in the order in which their messages were heard."""
        rows = self._connection.execute(
            select(
                relay_intent,
                relay_source.c.end_id.label("source_end"),
                relay_source.c.ref,
                relay_source.c.thread,
            )
            .join(relay_source, relay_source.c.id == relay_intent.c.source_id)
            .where(relay_intent.c.tell_until.is_not(None), relay_intent.c.failure.is_not(None))
            .order_by(relay_intent.c.id)
        )
        return [
            Untold(
                Intent(
                    IntentId(row.id),
                    EndId(row.end_id),
                    SourceId(row.source_id),
                    EndId(row.source_end),
                    row.ref,
                    row.received_at,
                    Operation(row.operation),
                    row.thread,
                    failure=row.failure,
                ),
                row.failure,
                row.tell_until,
            )
            for row in rows
        ]

    def told(self, intents: Collection[IntentId]) -> None:
        """Note that of these nobody has to be told any more; what is not known (any more) is passed over."""
        if intents:
            # one by one: after a flood they may be more than fit into one question
            self._connection.execute(_TOLD, [{"told": intent} for intent in intents])
