"""Settings as typed models, read from one TOML file, secret files and the environment.

``load_settings`` is the way in. Precedence: environment, then secret files, then the TOML file. Secrets are never
read from the TOML file and never appear in a message, a ``repr`` or a dump.
"""

from config.load import load_settings
from config.models import (
    ConversationSettings,
    DatabaseSettings,
    DiscordSettings,
    LogSettings,
    MatrixSettings,
    NetworkSettings,
    Secrets,
    Settings,
    WebSettings,
)
from config.problems import Problem, SettingsError
from config.settings_file import DEFAULT_SETTINGS_FILE, EXAMPLE_FILE
from config.values import generate_network_key

__all__ = [
    "DEFAULT_SETTINGS_FILE",
    "EXAMPLE_FILE",
    "ConversationSettings",
    "DatabaseSettings",
    "DiscordSettings",
    "LogSettings",
    "MatrixSettings",
    "NetworkSettings",
    "Problem",
    "Secrets",
    "Settings",
    "SettingsError",
    "WebSettings",
    "generate_network_key",
    "load_settings",
]
