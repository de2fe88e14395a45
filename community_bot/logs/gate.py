"""The one way out: our own events, other libraries' records and unseen failures all pass here."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from community_bot.logs.failures import describe, source_file
from community_bot.logs.fields import WITHHELD, Plain, kept
from community_bot.logs.literals import is_literal_of_a_caller
from community_bot.logs.render import Entry, as_console
from community_bot.logs.scrub import scrubbed

WITHHELD_EVENT = "[event withheld: not a literal]"
_LOGGER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}")
_RESERVED = ("event", "level", "logger", "at", "chain", "exc_info", "stack_info", "stack", "exception")


class Outlet:
    """Write finished entries; until ``configure_logs`` has run, warnings for people on standard error."""

    def __init__(self) -> None:
        self.threshold = logging.WARNING
        self.render: Callable[[Entry], str] = as_console
        self.stream: TextIO | None = None
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        """Write one entry as one piece. A stream that is gone cannot be told about, so that is passed over."""
        stream = self.stream or sys.stderr
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = scrubbed(self.render(entry)) + "\n"
        with self._lock, contextlib.suppress(OSError, ValueError):
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()


OUTLET = Outlet()


def let_out(
    level: int,
    logger: str,
    event: str,
    fields: Mapping[str, Plain] | None = None,
    error: BaseException | None = None,
) -> None:
    """Write an entry whose event and fields have been judged, or are this package's own."""
    if level < OUTLET.threshold:
        return
    OUTLET.write(
        Entry(
            at=datetime.now(UTC),
            level=logging.getLevelName(level).lower(),
            logger=logger if _LOGGER_NAME.fullmatch(logger) else WITHHELD,
            event=event,
            fields=dict(fields or {}),
            failure=None if error is None else describe(error),
        )
    )


class _Named:
    """Stand where structlog expects a logger that prints: remember the name, print nothing more."""

    def __init__(self, name: str) -> None:
        self.name = name


def _drop_quiet(_logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    if _level(method) < OUTLET.threshold:
        raise structlog.DropEvent
    return fields


def _pass_gate(logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    """Judge one of our own events and write it."""
    try:
        event = fields.get("event")
        error = _error_of(fields.get("exc_info"))
        rest = {key: value for key, value in fields.items() if key not in _RESERVED}
        literal = str(event) if is_literal_of_a_caller(event) else WITHHELD_EVENT
        name = logger.name if isinstance(logger, _Named) else ""
        let_out(_level(method), name, literal, kept(rest), error)
    except Exception as error:  # noqa: BLE001 - logging must not stop what was being done
        _unwritable(error)
    # it is written; structlog has nothing left to hand to a logger
    raise structlog.DropEvent


def _unwritable(error: Exception) -> None:
    let_out(logging.ERROR, "logs", "an entry could not be written", {"error_type": type(error).__name__})


def _level(method: str) -> int:
    return {"debug": 10, "info": 20, "msg": 20, "warning": 30, "warn": 30, "critical": 50, "fatal": 50}.get(
        method, 40
    )


def _error_of(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return next((part for part in exc_info if isinstance(part, BaseException)), None)
    return sys.exc_info()[1] if exc_info else None


PROCESSORS = (_drop_quiet, structlog.contextvars.merge_contextvars, _pass_gate)
WRAPPER = structlog.make_filtering_bound_logger(logging.NOTSET)


def get_logger(name: str) -> FilteringBoundLogger:
    """Return a logger that is safe at any time, also before ``configure_logs`` has run."""
    logger = structlog.wrap_logger(_Named(name), processors=PROCESSORS, wrapper_class=WRAPPER)
    return cast("FilteringBoundLogger", logger)


def name_only(*arguments: object) -> _Named:
    """Make the logger behind ``structlog.get_logger(name)``."""
    return _Named(str(arguments[0]) if arguments else "structlog")


class JudgedRecord(logging.LogRecord):
    """A library's record that keeps its name, level, place and literal text, and forgets everything else.

    It forgets while it is being made, so that a handler somebody installs later (SQLAlchemy's ``echo`` and
    discord.py's ``run`` do) finds no more in it than ours.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fields: dict[str, Plain] = {}
        self.error: BaseException | None = None
        try:
            self._judge()
        except Exception as error:  # noqa: BLE001 - logging must not stop what was being done
            self.msg = "a record could not be read"
            self.fields = {"error_type": type(error).__name__}
        self.args = self.exc_info = self.exc_text = self.stack_info = None

    def _judge(self) -> None:
        # typeshed says str, yet libraries log exceptions and other objects too
        said: object = self.msg
        self.error = said if isinstance(said, BaseException) else _error_of(self.exc_info)
        if is_literal_of_a_caller(said):
            self.msg = scrubbed(str(said))
            return
        self.msg = WITHHELD_EVENT
        # the place in the code says which message it was
        self.fields = {"source": f"{source_file(self.pathname)}:{self.lineno}"}


class LibraryHandler(logging.Handler):
    """Write what libraries log; of a record made before ``configure_logs``, which nobody judged, the name only."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; when that is impossible, the fact that there was one."""
        try:
            if isinstance(record, JudgedRecord):
                let_out(record.levelno, record.name, record.msg, record.fields, record.error)
            else:
                let_out(record.levelno, record.name, WITHHELD_EVENT)
        except Exception as error:  # noqa: BLE001 - logging must not stop what was being done
            _unwritable(error)
        finally:
            if isinstance(record, JudgedRecord):
                # an exception holds its frames, and these what was being worked on
                record.error = None
