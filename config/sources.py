"""Where the settings come from, as sources of pydantic-settings, in their order of precedence.

Environment, then secret files, then the settings file. pydantic-settings merges them; what is ours is that the
environment is handed in, that the files were read beforehand (so that their problems are collected instead of
raised one by one), and that the merged values stay visible for the rules that look at several of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
)

ENVIRONMENT_PREFIX = "COMMUNITY_BOT_"
SETTINGS_VARIABLE = "COMMUNITY_BOT_SETTINGS"
SECRETS_VARIABLE = "COMMUNITY_BOT_SECRETS_DIR"
OTHER_VARIABLES = frozenset({SETTINGS_VARIABLE, SECRETS_VARIABLE})
"""Variables with our prefix that say where to read settings and are none themselves."""


@dataclass
class Reading:
    """Hold what was read for one ``load_settings``, and what the sources made of it.

    ``from_environment`` and ``merged`` are filled while pydantic-settings asks the sources.
    """

    file_values: Mapping[str, Any]
    secret_values: Mapping[str, str]
    environment: Mapping[str, str]
    from_environment: dict[str, Any] = field(default_factory=dict)
    merged: dict[str, Any] = field(default_factory=dict)

    def sources(self, settings_cls: type[BaseSettings]) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the strongest first."""
        return (
            EnvironmentSource(settings_cls, self),
            SecretFilesSource(settings_cls, {"secrets": dict(self.secret_values)}),
            SettingsFileSource(settings_cls, dict(self.file_values)),
            LastSource(settings_cls, self),
        )


_current: ContextVar[Reading | None] = ContextVar("current_reading", default=None)


def current_reading() -> Reading | None:
    """Return what ``load_settings`` has read, or ``None`` when settings are being built in code."""
    return _current.get()


@contextmanager
def reading(read: Reading) -> Iterator[None]:
    """Let the sources of pydantic-settings see ``read`` for as long as the block runs."""
    token = _current.set(read)
    try:
        yield
    finally:
        _current.reset(token)


class EnvironmentSource(EnvSettingsSource):
    """Read variables named ``COMMUNITY_BOT_<SECTION>__<KEY>``; lists and whole sections are JSON."""

    def __init__(self, settings_cls: type[BaseSettings], read: Reading) -> None:
        super().__init__(settings_cls)
        # the environment is a value like every other; empty variables count as not set, as in Compose files
        self.env_vars = {name.lower(): value for name, value in read.environment.items() if value}
        self._read = read

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:
        """Decode JSON; leave anything else as it is, to be refused by its field together with the rest."""
        try:
            return super().decode_complex_value(field_name, field, value)  # type: ignore[arg-type]
        except ValueError:
            return value

    def __call__(self) -> dict[str, Any]:
        """Return the values of the environment and keep a copy, to tell later where a value came from."""
        values = super().__call__()
        self._read.from_environment = values
        return values


class SecretFilesSource(InitSettingsSource):
    """Hand on what the secret files held."""


class SettingsFileSource(InitSettingsSource):
    """Hand on what the settings file held, without any key that is named like a secret."""


class LastSource(PydanticBaseSettingsSource):
    """Come last: keep the merged values, and open the required sections.

    An empty section makes pydantic name the missing key in it (``network.name``) instead of the section.
    """

    def __init__(self, settings_cls: type[BaseSettings], read: Reading) -> None:
        super().__init__(settings_cls)
        self._read = read

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Give an empty section for a required one, nothing for the others."""
        return ({} if field.is_required() else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the empty sections and keep what the stronger sources gave."""
        self._read.merged = dict(self.current_state)
        fields = self.settings_cls.model_fields
        return {name: {} for name, known in fields.items() if self.get_field_value(known, name)[0] is not None}
