"""Logs that say how the bot is, and nothing about the people in it (SAF-2).

Denied by default: an event is a literal of the code, its fields are on a list and have a checked shape, an
exception is its types and places without its message. What other libraries log passes the same gate. A scrubber
looks over every finished line, in case something slipped through.

``configure_logs`` comes first in every process. Modules then do ``log = get_logger(__name__)``; a plain
``structlog.get_logger`` is as safe, once ``configure_logs`` has run.
"""

from community_bot.logs.failures import reference_of
from community_bot.logs.gate import get_logger
from community_bot.logs.setup import configure_logs, watch_loop

__all__ = ["configure_logs", "get_logger", "reference_of", "watch_loop"]
