"""A log that can be read back, and a process that is left as it was found."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from community_bot.logs import configure_logs, gate


class Log(io.StringIO):
    """What was written, as text and as entries."""

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def last(self) -> dict[str, Any]:
        return self.entries()[-1]


@pytest.fixture
def untouched_process() -> Iterator[None]:
    """Put back everything ``configure_logs`` takes over."""
    root, outlet = logging.getLogger(), gate.OUTLET
    handlers, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning
    kept = outlet.threshold, outlet.render, outlet.stream
    yield
    structlog.reset_defaults()
    logging.setLogRecordFactory(logging.LogRecord)
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raising
    sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning = hooks
    outlet.threshold, outlet.render, outlet.stream = kept


@pytest.fixture
def log(untouched_process: None) -> Log:
    """Everything this process logs, as JSON."""
    written = Log()
    configure_logs("debug", "json", stream=written)
    return written
