"""Write what Synapse needs to start: its configuration, signing key and application services.

Synapse can generate these itself, in a process of its own that takes as long as a start. Writing them takes no
time and says in one place what the sandbox's homeserver does and does not do. Keys and meanings:
https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG = "homeserver.log"

_PLENTY = {"per_second": 10_000, "burst_count": 100_000}
_RAISED_LIMITS: dict[str, Any] = {
    "rc_message": _PLENTY,
    "rc_registration": _PLENTY,
    "rc_login": {"address": _PLENTY, "account": _PLENTY, "failed_attempts": _PLENTY},
    "rc_admin_redaction": _PLENTY,
    "rc_joins": {"local": _PLENTY, "remote": _PLENTY},
    "rc_joins_per_room": _PLENTY,
    "rc_invites": {"per_room": _PLENTY, "per_user": _PLENTY, "per_issuer": _PLENTY},
    "rc_room_creation": _PLENTY,
    "rc_media_create": _PLENTY,
    "rc_key_requests": _PLENTY,
    "rc_reports": _PLENTY,
    "rc_user_directory": _PLENTY,
    "rc_profile": _PLENTY,
    "rc_delayed_event_mgmt": _PLENTY,
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """Say what one homeserver is; `write` turns it into files."""

    folder: Path
    server_name: str
    port: int
    registration_shared_secret: str
    default_limits: bool
    appservices: Sequence[dict[str, Any]] = ()

    def write(self) -> Path:
        """Write every file Synapse reads and return the main one.

        A signing key that is there already stays: the events in the database are signed with it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.folder / "signing.key"
        if not key.exists():
            _write_private(key, _new_signing_key())
        registrations = self._write_appservices()
        _write_json(self.folder / "log.yaml", self._logging())
        main = self.folder / "homeserver.yaml"
        _write_json(main, self._homeserver(key, registrations))
        return main

    def _write_appservices(self) -> list[str]:
        paths = []
        for number, registration in enumerate(self.appservices):
            path = self.folder / f"appservice-{number}.yaml"
            _write_json(path, registration)
            paths.append(str(path))
        return paths

    def _homeserver(self, key: Path, registrations: list[str]) -> dict[str, Any]:
        return {
            "server_name": self.server_name,
            "public_baseurl": f"http://127.0.0.1:{self.port}/",
            "listeners": [
                {
                    "port": self.port,
                    "bind_addresses": ["127.0.0.1"],
                    "type": "http",
                    "tls": False,
                    # No "federation" here: other homeservers find no door.
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(key),
            "log_config": str(self.folder / "log.yaml"),
            "registration_shared_secret": self.registration_shared_secret,
            "macaroon_secret_key": self.registration_shared_secret,
            "enable_registration": False,
            # The cheapest cost bcrypt has: these passwords protect nothing.
            "bcrypt_rounds": 4,
            # Nothing leaves this machine: no federation, no key servers, no reports, no previews, no pushes.
            "federation_domain_whitelist": [],
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "report_stats": False,
            "url_preview_enabled": False,
            "push": {"enabled": False},
            "presence": {"enabled": False},
            # Without it a first sync shortly after a restart may be answered from a stale cache.
            "caches": {"sync_response_cache_duration": "0s"},
            "app_service_config_files": registrations,
            **({} if self.default_limits else _RAISED_LIMITS),
        }

    def _logging(self) -> dict[str, Any]:
        return {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {
                "file": {
                    "class": "logging.FileHandler",
                    "formatter": "line",
                    "filename": str(self.folder / LOG),
                    "encoding": "utf-8",
                }
            },
            "loggers": {"synapse.app": {"level": "INFO"}},
            "root": {"level": "WARNING", "handlers": ["file"]},
        }


def _new_signing_key() -> str:
    """Make a key in Synapse's own format: algorithm, version, unpadded base64 of a 32-byte seed."""
    seed = base64.b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return f"ed25519 a_{secrets.token_hex(2)} {seed}\n"


def _write_json(path: Path, content: dict[str, Any]) -> None:
    # JSON is YAML: Synapse reads it, and no YAML library is needed for writing.
    _write_private(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
