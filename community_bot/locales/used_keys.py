"""Finding the keys the code asks for, so that a text nobody wrote is noticed before it is missed.

What counts as a use: ``t("key")``, ``t.count("key", …)``, ``t.plain("key")``, where ``t`` is a name or an
attribute called ``t`` or ending in ``_t``; and ``key("…")``, which marks a key that is kept and said later.
``Refusal("code")`` uses ``refusal.code``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def key(name: str) -> str:
    """Mark a constant as the key of a text, and return it as it is."""
    return name


def used_keys(root: Path) -> dict[str, str]:
    """Return each key used in the modules under ``root``, with the first place that uses it (``file.py:12``).

    Places are written from the folder that holds ``root``. Raises SyntaxError for a module that Python cannot read.
    """
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root.parent).as_posix()
        for line, name in keys_in(path.read_text(encoding="utf-8")):
            found.setdefault(name, f"{place}:{line}")
    return found


def keys_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, key) for each use in one module's source, in the order of the lines."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if (before := _before_key(call.func)) is not None:
            yield from ((line, before + constant) for line, constant in _constants(call.args[0]))


def _before_key(function: ast.expr) -> str | None:
    """Return what stands before the constant in the key, or None for a call that says nothing."""
    if isinstance(function, ast.Attribute) and function.attr in ("count", "plain"):
        return "" if _is_translator(function.value) else None
    if _name(function) == "Refusal":
        return "refusal."
    return "" if _name(function) == "key" or _is_translator(function) else None


def _is_translator(expression: ast.expr) -> bool:
    name = _name(expression)
    return name == "t" or name.endswith("_t")


def _name(expression: ast.expr) -> str:
    if isinstance(expression, ast.Name):
        return expression.id
    return expression.attr if isinstance(expression, ast.Attribute) else ""


def _constants(argument: ast.expr) -> Iterator[tuple[int, str]]:
    """Yield (line, string), or both strings of a choice such as ``"a" if x else "b"``."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.lineno, argument.value
    elif isinstance(argument, ast.IfExp):
        yield from _constants(argument.body)
        yield from _constants(argument.orelse)
