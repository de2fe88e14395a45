"""Load the settings: read every source, judge everything, and answer with all problems at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.explain import Explainer
from config.models import Secrets, Settings
from config.problems import Problem, SettingsError
from config.rules import broken_rules
from config.secret_files import SecretFiles, read_secret_files, secrets_folder
from config.settings_file import DEFAULT_SETTINGS_FILE, read_settings_file
from config.sources import SECRETS_VARIABLE, SETTINGS_VARIABLE, Reading, reading


def load_settings(path: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """Load the settings of the network.

    ``path`` is the TOML file; without it, the one named by ``COMMUNITY_BOT_SETTINGS``, else
    ``config/network.toml``, which may be missing when the environment says everything. ``environment`` stands in
    for the process's own. The environment wins over secret files, and these over the TOML file.

    Raises ``SettingsError`` with every problem found. Notices that do not stop the bot are in
    ``Settings.settings_warnings``.
    """
    environment = os.environ if environment is None else environment
    named = path or (Path(environment[SETTINGS_VARIABLE]) if environment.get(SETTINGS_VARIABLE) else None)
    settings_path = named or DEFAULT_SETTINGS_FILE
    secret_names = tuple(Secrets.model_fields)

    file = read_settings_file(settings_path, required=named is not None, secret_names=secret_names)
    secrets = read_secret_files(
        secrets_folder(settings_path, environment),
        secret_names,
        required=bool(environment.get(SECRETS_VARIABLE)),
    )
    read = Reading(file.values, secrets.values, environment)
    explainer = Explainer(Settings, read, file, secrets)

    problems = [*file.problems, *secrets.problems]
    settings: Settings | None = None
    if file.readable:
        settings, refused = _validated(read, explainer)
        problems += refused
    problems += explainer.unknown_variables()
    problems = list(_first_of_each_key(problems))
    # raised here, outside any `except`: pydantic's error holds the values and must not travel along
    if settings is None or problems:
        raise SettingsError(problems)
    settings._warnings = (*secrets.notices, *_notices(settings, secrets))
    return settings


def _validated(read: Reading, explainer: Explainer) -> tuple[Settings | None, list[Problem]]:
    nothing: dict[str, Any] = {}
    with reading(read):
        try:
            settings = Settings(**nothing)
        except ValidationError as error:
            problems = list(explainer.refused(error))
        else:
            return settings, []
    problems += [explainer.broken(rule) for rule in broken_rules(read.merged)]
    return None, problems


def _first_of_each_key(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Keep what was found first: a secret file that is empty need not be reported as missing too."""
    seen: set[str] = set()
    for problem in problems:
        if problem.key not in seen:
            seen.add(problem.key)
            yield problem


def _notices(settings: Settings, secrets: SecretFiles) -> Iterator[Problem]:
    """Point at what is allowed but is probably not meant."""
    if settings.discord is None and settings.matrix is None:
        yield Problem("discord, matrix", "set, at least one of them; the bot is on no platform", "settings")
    unused = {
        "discord_token": settings.discord is None,
        "matrix_access_token": settings.matrix is None,
        "matrix_password": settings.matrix is None,
        # with mode = "bot" they are there for the day it changes, and for what ghosts have said already
        "matrix_as_token": settings.matrix is None,
        "matrix_hs_token": settings.matrix is None,
        "database_password": settings.database.url.startswith("sqlite"),
    }
    for name, is_unused in unused.items():
        if is_unused and name in secrets.values:
            expected = "removed, or its section set; nothing uses this secret"
            yield Problem(f"secrets.{name}", expected, secrets.where(name))
