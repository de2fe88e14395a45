"""A folder laid out like an operator's: ``config/network.toml`` beside ``secrets/``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from config import Problem, Settings, SettingsError, generate_network_key, load_settings


@dataclass
class Workplace:
    """Write settings as an operator would, and load them."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.root / "config" / "network.toml"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    def toml(self, text: str) -> None:
        self.file.write_text(dedent(text), encoding="utf-8")

    def secret(self, name: str, value: str, *, mode: int = 0o600) -> Path:
        path = self.secrets / name
        path.write_text(value, encoding="utf-8")
        path.chmod(mode)
        return path

    def load(self, **environment: str) -> Settings:
        return load_settings(self.file, environment={**self.environment, **environment})

    def problems(self, **environment: str) -> dict[str, Problem]:
        """Load settings that are wrong; return what is wrong, by key."""
        with pytest.raises(SettingsError) as raised:
            self.load(**environment)
        found = {problem.key: problem for problem in raised.value.problems}
        assert len(found) == len(raised.value.problems)
        return found


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A valid network without a platform; each test changes what it is about."""
    place = Workplace(tmp_path, {"COMMUNITY_BOT_SECRETS_DIR": str(tmp_path / "secrets")})
    place.file.parent.mkdir()
    place.secrets.mkdir()
    place.toml(
        """
        [network]
        name = "River and Hill"
        """
    )
    place.secret("network_key", generate_network_key() + "\n")
    return place
