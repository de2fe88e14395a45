"""A platform's tag leads to one of our languages, or to none."""

from __future__ import annotations

import pytest

from community_bot.domain.languages import LANGUAGES, language_of


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *(("th", "th"), ("th-TH-u-ca-buddhist", "th"), ("en-GB", "en"), ("en_US", "en"), ("EN-us", "en")),
        *(("es-419", "es"), ("es-ES", "es"), ("es-MX", "es"), ("es_MX.UTF-8", "es")),
        *(("fr", None), ("est", None), ("", None), (None, None)),
    ],
)
def test_a_tag_leads_to_our_language(tag: str | None, language: str | None) -> None:
    assert language_of(tag) == language


def test_there_are_three() -> None:
    assert LANGUAGES == ("th", "en", "es")
