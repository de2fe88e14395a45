"""Which encrypted rooms may be bridged: each by name, and with one account only."""

from __future__ import annotations

import pytest

from tests.config.conftest import Workplace

MATRIX = """
    [network]
    name = "River and Hill"
    [matrix]
    homeserver = "https://matrix.example.org"
    user_id = "@community:example.org"
"""


@pytest.fixture
def matrix(workplace: Workplace) -> Workplace:
    workplace.secret("matrix_access_token", "syt_token")
    return workplace


def test_unasked_no_encrypted_room_is_bridged(matrix: Workplace) -> None:
    matrix.toml(MATRIX)
    settings = matrix.load().matrix
    assert settings is not None
    assert settings.encrypted_rooms == ()


def test_each_is_named_by_its_id(matrix: Workplace) -> None:
    matrix.toml(MATRIX + 'encrypted_rooms = ["!garden:example.org"]\n')
    settings = matrix.load().matrix
    assert settings is not None
    assert settings.encrypted_rooms == ("!garden:example.org",)
    for wrong in ("true", '["#garden:example.org"]'):
        matrix.toml(MATRIX + f"encrypted_rooms = {wrong}\n")
        assert any(key.startswith("matrix.encrypted_rooms") for key in matrix.problems())


def test_ghosts_have_no_keys(matrix: Workplace) -> None:
    for name in ("matrix_as_token", "matrix_hs_token"):
        matrix.secret(name, "t")
    ghosts = 'mode = "appservice"\nappservice_url = "http://bot:9009/"\n'
    matrix.toml(MATRIX + ghosts + 'encrypted_rooms = ["!garden:example.org"]\n')
    assert set(matrix.problems()) == {"matrix.encrypted_rooms"}
