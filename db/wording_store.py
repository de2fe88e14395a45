"""The words facilitators welcome people with, by scope ("network" or a space's key) and language."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, delete, insert, select

from db.tables import welcome_wording


class WordingStore:
    """Reads and writes wordings inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, scope: str, language: str) -> str | None:
        """Return the wording, None where nobody wrote one."""
        where = (welcome_wording.c.scope == scope, welcome_wording.c.language == language)
        return self._connection.execute(select(welcome_wording.c.wording).where(*where)).scalar()

    def set(self, scope: str, language: str, wording: str | None, today: date) -> None:
        """Replace the wording, or with None go back to what the software brings."""
        where = (welcome_wording.c.scope == scope, welcome_wording.c.language == language)
        self._connection.execute(delete(welcome_wording).where(*where))
        if wording is not None:
            self._connection.execute(
                insert(welcome_wording).values(scope=scope, language=language, wording=wording, edited_on=today)
            )
