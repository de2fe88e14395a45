"""Asking the running bot for its own pages, from the same machine."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError

from config.models import WebSettings

SECONDS = 5.0


def address_of(web: WebSettings) -> str:
    """Return where a bot with these settings is asked from this machine, without a final slash."""
    # a bot that listens on every address is asked on this machine's own
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 - compared with, not bound to
    return f"http://[{host}]:{web.port}" if ":" in host else f"http://{host}:{web.port}"


def ask(web: WebSettings, page: str) -> tuple[bool, str]:
    """Return whether a page says that all is well, and what it says; an empty text where nobody answers."""
    # a proxy that the environment names is for the way out
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with directly.open(f"{address_of(web)}{page}", timeout=SECONDS) as response:
            return True, response.read().decode(errors="replace")
    except HTTPError as refusal:
        return False, refusal.read().decode(errors="replace")
    except (OSError, HTTPException):
        # not running, or something else listens there: whoever asks says so
        return False, ""
