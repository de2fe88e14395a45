"""Read secrets from files, one secret each, the way containers and systemd hand them over."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.problems import Problem
from config.settings_file import shown_path
from config.sources import SECRETS_VARIABLE

RUN_SECRETS = Path("/run/secrets")
LONGEST_SECRET = 16 * 1024  # bytes; a larger file is not a token but something put there by mistake


@dataclass(frozen=True)
class SecretFiles:
    """Hold what the secret files said; ``notices`` do not stop the bot, ``problems`` do."""

    folder: Path
    values: dict[str, str]
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]

    def where(self, name: str) -> str:
        """Name the file of a secret, whether it exists or not."""
        return f"secret file {shown_path(self.folder / name)}"

    def __repr__(self) -> str:
        return f"SecretFiles({shown_path(self.folder)!r}, {sorted(self.values)})"


def secrets_folder(settings_file: Path, environment: Mapping[str, str], *, run_secrets: Path = RUN_SECRETS) -> Path:
    """Choose the folder: the environment's, else ``/run/secrets``, else ``secrets`` beside the file's folder."""
    named = environment.get(SECRETS_VARIABLE)
    if named:
        return Path(named)
    if run_secrets.is_dir():
        return run_secrets
    return Path(os.path.abspath(settings_file)).parent.parent / "secrets"


def read_secret_files(folder: Path, names: Collection[str], *, required: bool) -> SecretFiles:
    """Read the secrets of the given names; a missing file is a missing secret, which is judged later.

    A folder the operator has named (``required``) must exist.
    """
    if not folder.is_dir():
        missing = Problem(
            "secrets folder",
            "the folder with the secret files",
            f"missing; there is no folder {shown_path(folder)}",
        )
        return SecretFiles(folder, {}, (missing,) if required else (), ())
    values: dict[str, str] = {}
    found_problems: list[Problem] = []
    notices: list[Problem] = []
    kept_by_platform = folder.resolve() == RUN_SECRETS
    for name in names:
        path = folder / name
        if not path.exists():
            continue
        text = _read(path)
        if isinstance(text, Problem):
            found_problems.append(text)
            continue
        values[name] = text
        if not kept_by_platform:
            notices.extend(_open_to_others(path))
    if not kept_by_platform:
        notices.extend(_misnamed(folder, names))
    return SecretFiles(folder, values, tuple(found_problems), tuple(notices))


def _read(path: Path) -> str | Problem:
    key, where = f"secrets.{path.name}", f"secret file {shown_path(path)}"
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_SECRET + 1)
        text = raw.decode()
    except UnicodeDecodeError:
        return Problem(key, "text in UTF-8", where)
    except OSError as error:
        return Problem(key, f"a file this user can read ({type(error).__name__})", where)
    if len(raw) > LONGEST_SECRET:
        return Problem(key, f"a secret and nothing else, at most {LONGEST_SECRET} bytes", where)
    # editors and `echo` end a file with a line break that is no part of the secret
    text = text.rstrip("\r\n")
    if not text:
        return Problem(key, "the secret; the file is empty", where)
    return text


def _open_to_others(path: Path) -> list[Problem]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "posix" or not mode & 0o077:
        return []
    shown = shown_path(path)
    expected = f"closed to other users of this machine; run: chmod 600 {shown}"
    return [Problem(f"secrets.{path.name}", expected, f"secret file {shown} (mode {mode:o})")]


def _misnamed(folder: Path, names: Collection[str]) -> list[Problem]:
    """Notice a file that is nearly named like a secret, such as ``discord_token.txt``."""
    notices = []
    for path in sorted(folder.iterdir()):
        if path.name in names or path.name.startswith("."):
            continue
        plain = path.name.lower().replace("-", "_").split(".")[0]
        close = difflib.get_close_matches(plain, sorted(names), n=1, cutoff=0.8)
        if close:
            expected = f"named {close[0]}, or removed; under this name it is not read"
            notices.append(Problem(f"secrets.{path.name}", expected, f"secret file {shown_path(path)}"))
    return notices
