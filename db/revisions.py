"""Which revisions of the schema this code knows, read from the first lines of their files.

Alembic would tell too, but it takes ten megabytes and a third of a second with it, and a bot whose database is at
the right version has no other use for it.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def revisions() -> dict[str, str | None]:
    """Return every revision with the one before it; None before the first."""
    found: dict[str, str | None] = {}
    for path in sorted((MIGRATIONS / "versions").glob("[0-9]*.py")):
        said = _constants(path)
        revision = said["revision"]
        assert revision is not None
        found[revision] = said["down_revision"]
    return found


def head() -> str:
    """Return the newest revision: the one that comes before no other."""
    known = revisions()
    (newest,) = known.keys() - set(known.values())
    return newest


def _constants(path: Path) -> dict[str, str | None]:
    """Return what a file assigns to ``revision`` and ``down_revision``."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assigned = [each for each in body if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)]
    return {
        target.id: each.value.value
        for each in assigned
        for target in each.targets
        if isinstance(target, ast.Name)
        and target.id in ("revision", "down_revision")
        and isinstance(each.value, ast.Constant)
        and (each.value.value is None or isinstance(each.value.value, str))
    }
