"""Makes what an operator hands to the homeserver, so that it knows the bot as an application service."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from bridges.ends.matrix_registration import GhostNames, Registration, new_token
from community_bot.errors import OperatorError
from config import Settings

REGISTRATION_NAME = "registration.yaml"

Tell = Callable[[str], None]
"""Shows one line to whoever typed the command."""


def ghost_names(settings: Settings) -> GhostNames:
    """Return how the ghosts of these settings are called."""
    assert settings.matrix is not None
    return GhostNames(settings.matrix.ghost_prefix, settings.matrix.server_name)


def make_registration(settings: Settings, folder: Path, path: Path, tell: Tell) -> None:
    """Write the registration to the new file ``path``, and its tokens into ``folder`` where there are none yet.

    Nothing is ever written over: a homeserver may know the tokens already. Raises :class:`OperatorError`.
    """
    matrix, secrets = settings.matrix, settings.secrets
    if matrix is None or matrix.appservice_url is None:
        raise OperatorError(
            "registration.settings",
            "The settings do not say where the homeserver reaches the bot.",
            'Set matrix.appservice_url; leave matrix.mode at "bot" until the homeserver knows the registration.',
        )
    if path.exists():
        raise _taken(path)
    registration = Registration(
        matrix.appservice_url,
        _token(secrets.matrix_as_token, folder / "matrix_as_token", tell),
        _token(secrets.matrix_hs_token, folder / "matrix_hs_token", tell),
        matrix.user_id,
        ghost_names(settings),
    )
    _write(path, registration.yaml())
    tell(f"Wrote {path}. Whoever reads it can speak as the bot: give it to the homeserver, and to nobody else.")
    tell("On Synapse: name it in app_service_config_files and restart the homeserver.")
    tell('Then set mode = "appservice" under [matrix], and restart the bot.')


def _token(secret: SecretStr | None, path: Path, tell: Tell) -> str:
    """Return the token there is, or make one and keep it."""
    if secret is not None:
        return secret.get_secret_value()
    token = new_token()
    _write(path, token + "\n")
    tell(f"Wrote {path}.")
    return token


def _write(path: Path, text: str) -> None:
    """Write a new file that only its owner can read."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        # also what stands where a folder would have to be exists
        if path.exists():
            raise _taken(path) from error
        raise OperatorError(
            "registration.not_written",
            f"{path} cannot be written ({error.strerror or type(error).__name__}).",
            "Run the command where the folder can be written, or name another file.",
        ) from error
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)


def _taken(path: Path) -> OperatorError:
    return OperatorError(
        "registration.taken",
        f"There is something at {path} already.",
        "Name another file, or move it away; the tokens stay the same as long as their files do.",
    )
