"""The keys that the code asks for are found where it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_bot.locales import key
from community_bot.locales.used_keys import keys_in, used_keys


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('t("a.b")', ["a.b"]),
        ('request.t("a.b", name=name)', ["a.b"]),
        ('self._t.count("a.b", 3)', ["a.b"]),
        ('member_t.plain("a.b")', ["a.b"]),
        ('TITLE = key("a.b")', ["a.b"]),
        ('t("a.b" if public else "a.c")', ["a.b", "a.c"]),
        ('t("outer", inner=t("inner"))', ["outer", "inner"]),
        ('raise Refusal("alias.taken", field="alias")', ["refusal.alias.taken"]),
        ('t(f"refusal.{code}")', []),
        ('print("a.b")', []),
        ('text.count("a.b")', []),
        ('list("a.b")', []),
        ("t(name)", []),
        ("t()", []),
        ('# t("a.b")', []),
    ],
)
def test_a_call_that_says_a_text_is_a_use(line: str, found: list[str]) -> None:
    assert [name for _, name in keys_in(line)] == found


def test_the_first_place_of_each_key_is_named(tmp_path: Path) -> None:
    room = tmp_path / "room"
    (room / "deep").mkdir(parents=True)
    (room / "a.py").write_text('x = 1\nt("one")\n', encoding="utf-8")
    (room / "deep" / "b.py").write_text('t("one")\nt("two")\n', encoding="utf-8")
    assert used_keys(room) == {"one": "room/a.py:2", "two": "room/deep/b.py:2"}


def test_a_marked_key_is_itself() -> None:
    assert key("a.b") == "a.b"
