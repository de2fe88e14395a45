"""Put the gate in front of everything that can write to the log of this process."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import sys
import threading
import warnings
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

from community_bot.logs.failures import source_file
from community_bot.logs.fields import code, name
from community_bot.logs.gate import OUTLET, PROCESSORS, WRAPPER, JudgedRecord, LibraryHandler, let_out, name_only
from community_bot.logs.render import as_console, as_json

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(level: str, format: Literal["console", "json", "auto"], *, stream: TextIO | None = None) -> None:
    """Send every log of this process through the gate, ours and the libraries'. Calling it again replaces it.

    ``level`` is debug, info, warning or error. ``auto`` is for people in a terminal, JSON elsewhere. ``stream``
    is standard error unless given. Also takes over warnings and failures nobody caught, whose usual output
    quotes values.

    Raises ``ValueError`` for a level or a format that does not exist.
    """
    if level not in _LEVELS or format not in {"console", "json", "auto"}:
        raise ValueError("the level is debug, info, warning or error; the format console, json or auto")
    terminal = (stream or sys.stderr).isatty()
    OUTLET.threshold = _LEVELS[level]
    OUTLET.stream = stream
    if format == "console" or (format == "auto" and terminal):
        OUTLET.render = functools.partial(as_console, colours=terminal and not os.environ.get("NO_COLOR"))
    else:
        OUTLET.render = as_json
    structlog.configure(
        processors=PROCESSORS,
        wrapper_class=WRAPPER,
        logger_factory=name_only,
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    _take_over_libraries()
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread_failed
    warnings.showwarning = _warned


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Log what fails in a loop without anybody waiting for it; asyncio's own report quotes values."""
    loop.set_exception_handler(_loop_failed)


def _take_over_libraries() -> None:
    # without its arguments a library's everyday line tells nothing: only who looks for something gets them, and
    # nobody the debug lines, of which there are thousands
    threshold = logging.INFO if OUTLET.threshold == logging.DEBUG else max(OUTLET.threshold, logging.WARNING)
    handler = LibraryHandler(threshold)
    root = logging.getLogger()
    logging.setLogRecordFactory(JudgedRecord)
    for known in list(logging.root.manager.loggerDict.values()):
        if isinstance(known, logging.Logger):
            known.handlers.clear()
            known.propagate = True
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    # a record that cannot be formatted is otherwise printed with its arguments
    logging.raiseExceptions = False


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        let_out(logging.WARNING, "python", "stopped from the keyboard")
        return
    let_out(logging.CRITICAL, "python", "the process ends because of a failure nobody caught", error=error)


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    let_out(logging.ERROR, "python", "a failure could not be raised", error=unraisable.exc_value)


def _thread_failed(thrown: threading.ExceptHookArgs) -> None:
    if not isinstance(thrown.exc_value, SystemExit):
        let_out(logging.ERROR, "python", "a thread ended because of a failure", error=thrown.exc_value)


def _warned(  # noqa: PLR0917 - the signature is Python's
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    fields = {"error_type": name(category.__name__), "source": f"{source_file(filename)}:{lineno}"}
    let_out(logging.WARNING, "python", "a library warns", fields)


def _loop_failed(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    task = context.get("task") or context.get("future")
    fields = {"task": code(task.get_name())} if isinstance(task, asyncio.Task) else {}
    let_out(
        logging.ERROR,
        "asyncio",
        "something failed with nobody waiting for it",
        fields,
        error if isinstance(error, BaseException) else None,
    )
