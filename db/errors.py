"""What can be wrong with a database, in words an operator can act on."""


class OvertakenError(Exception):
    """Another unit of work has meanwhile written what this one had found otherwise: it is to be run again."""


class DatabaseError(Exception):
    """A database that cannot be used; ``code`` is stable, ``cure`` says what to do now."""

    code = "database.error"

    def __init__(self, text: str, cure: str) -> None:
        super().__init__(text)
        self.text = text
        self.cure = cure


class DatabaseUnreachableError(DatabaseError):
    """Nothing answers at the address, the file cannot be opened, or the login is refused."""

    code = "database.unreachable"


class DatabaseLockedError(DatabaseError):
    """Another process holds the database longer than the busy timeout."""

    code = "database.locked"


class DatabaseInUseError(DatabaseError):
    """Another bot is at work on the same database."""

    code = "database.in_use"


class DatabaseDamagedError(DatabaseError):
    """The file is no database, or its pages are damaged."""

    code = "database.damaged"


class DatabaseNewerError(DatabaseError):
    """The database was written by a newer version of this software."""

    code = "database.newer"


class DatabaseOutdatedError(DatabaseError):
    """The database waits for a migration."""

    code = "database.outdated"


class BackupError(DatabaseError):
    """A backup that cannot be written, opened or restored; nothing was changed."""

    code = "database.backup"
