"""Which library may appear in which room; what import-linter cannot say in a line is said here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("community_bot", "bridges", "config", "db")
ALLOWED = {
    "discord": r"community_bot/(cogs/.*|platforms/discord\w*)\.py|bridges/ends/discord\w*\.py",
    "nio": r"community_bot/(matrix/.*|platforms/matrix\w*)\.py|bridges/ends/matrix\w*\.py",
    "aiohttp.web": r"community_bot/web/.*\.py|bridges/(listening|ends/matrix_transactions)\.py",
    "sqlalchemy": r"db/.*\.py|bridges/journal\.py|community_bot/services/network\.py",
    "alembic": r"db/.*\.py",
}
"""The journal and the services' unit of work name SQLAlchemy's connection type; they run no SQL."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_appears_only_in_its_rooms(library: str) -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if any(name == library or name.startswith(f"{library}.") for name in imports(path))
    }
    assert users, f"nobody uses {library}: the rule is out of date"
    assert {user for user in users if not re.fullmatch(ALLOWED[library], user)} == set()
