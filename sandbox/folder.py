"""Give one part of the sandbox a folder of its own, and take away what a killed run left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "community-bot-sandbox-"
OWNER = "owner.lock"


class TemporaryFolder:
    """Own a fresh folder under the system's temporary folder until `remove`.

    A process that is SIGKILLed cannot tidy up. Each folder therefore holds a file locked by its owner; the
    kernel lets go of the lock when the owner ends, however it ends, and the next run removes what is unlocked.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Locked first and named second: nobody ever sees an owner file that is not locked yet.
        unnamed = self.path / f"{OWNER}.new"
        self._lock = os.open(unnamed, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(self.path / OWNER)

    def remove(self) -> None:
        """Remove the folder with all it holds."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_abandoned() -> list[Path]:
    """Remove the folders of runs that ended without tidying, and return them."""
    removed: list[Path] = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = os.open(folder / OWNER, os.O_RDWR)
        except OSError:  # not ours, being made, or being removed
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
        except BlockingIOError:  # its owner is alive
            continue
        finally:
            os.close(lock)
    return removed
