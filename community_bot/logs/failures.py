"""Describe an exception by what the code did, without what people said.

The message of an exception may quote a chat line, a token or a row; its locals hold them for sure. Types, files,
lines and functions come from the code alone, and are enough to find the fault.
"""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from community_bot.logs.fields import WITHHELD, Plain, code, name, number

_ROOT = Path(__file__).resolve().parents[2]
_OURS = frozenset({"bridges", "community_bot", "config", "db", "sandbox"})
_LIBRARY = re.compile(r".*/(?:site-packages|dist-packages|lib/python3\.\d+)/")
_PATH = re.compile(r"[\w.<>/-]{1,120}", re.ASCII)
_FUNCTION = re.compile(r"[\w.<>]{1,160}", re.ASCII)

_MOST_LINKS = 8
_OUTER_FRAMES, _INNER_FRAMES = 2, 12
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing to confuse when read aloud
_REFERENCE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Link:
    """One exception of a chain: how it belongs to the one before, its type, its numbers, its places."""

    relation: str
    type: str
    facts: dict[str, Plain]
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A chain of exceptions, and a short reference by which the operator finds it in the log."""

    reference: str
    chain: tuple[Link, ...]


def describe(error: BaseException) -> Failure:
    """Describe an exception with its causes; the same fault in the same code has the same reference."""
    chain = tuple(_links(error))
    told = "|".join(f"{link.type}@{'>'.join(link.frames)}" for link in chain)
    number_of = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
    reference = "".join(_ALPHABET[number_of >> 5 * place & 31] for place in range(_REFERENCE_LENGTH))
    return Failure(reference, chain)


def reference_of(error: BaseException) -> str:
    """Return the six characters a person can quote, which stand in the log beside the same failure."""
    return describe(error).reference


def source_file(path: str) -> str:
    """Shorten a file's path to what names it in the code; the machine's folders are nobody's business."""
    plain = path.replace("\\", "/")
    below_root = plain.removeprefix(f"{_ROOT.as_posix()}/")
    in_library = _LIBRARY.sub("", plain)
    shortened = min(below_root, in_library, key=len)
    if shortened == plain and "/" in plain:
        shortened = plain.rsplit("/", 1)[1]
    return shortened if _PATH.fullmatch(shortened) else WITHHELD


def _links(error: BaseException) -> Iterator[Link]:
    waiting: list[tuple[str, BaseException]] = [("raised", error)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_LINKS:
        relation, current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield Link(relation, _type_name(type(current)), _facts(current), tuple(_frames(current.__traceback__)))
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(("member", member) for member in current.exceptions)
        if current.__cause__ is not None:
            waiting.append(("caused by", current.__cause__))
        elif current.__context__ is not None and not current.__suppress_context__:
            waiting.append(("while handling", current.__context__))


def _type_name(kind: type[BaseException]) -> str:
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return str(name(f"{module}{kind.__qualname__}".replace("<locals>.", "")))


def _facts(error: BaseException) -> dict[str, Plain]:
    """Keep the small numbers of HTTP, Discord and the system; of our own errors also their stable codes."""
    facts: dict[str, Plain] = {}
    stored = vars(error) if hasattr(error, "__dict__") else {}
    for field in ("status", "code"):
        value = stored.get(field)
        if isinstance(value, int) and number(value) != WITHHELD:
            facts[field] = number(value)
    if isinstance(error, OSError) and isinstance(error.errno, int):
        facts["errno"] = error.errno
    if type(error).__module__.split(".")[0] in _OURS:
        for field in ("code", "reason"):
            value = stored.get(field)
            if isinstance(value, str) and code(value) != WITHHELD:
                facts[field] = code(value)
    return facts


def _frames(trace: TracebackType | None) -> list[str]:
    places = []
    for frame, line in traceback.walk_tb(trace):
        function = frame.f_code.co_qualname.replace("<locals>.", "")
        shown = function if _FUNCTION.fullmatch(function) else WITHHELD
        places.append(f"{source_file(frame.f_code.co_filename)}:{line} in {shown}")
    left_out = len(places) - _OUTER_FRAMES - _INNER_FRAMES
    if left_out > 0:
        return [*places[:_OUTER_FRAMES], f"({left_out} more)", *places[-_INNER_FRAMES:]]
    return places
