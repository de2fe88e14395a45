"""Keys: what is sealed opens at its own place only, and what is looked up tells nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.keys import NetworkKeys, SealedOtherwiseError, SealingKey, new_member_key

KEYS = NetworkKeys(b"k" * 32)
OTHERS = NetworkKeys(b"o" * 32)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_is_sealed_opens_again(plain: bytes, context: str) -> None:
    key = SealingKey(new_member_key())
    assert key.unseal(key.seal(plain, context), context) == plain


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert len({KEYS.sealing.seal(b"heron", "here") for _ in range(50)}) == 50


def test_a_value_opens_neither_at_another_place_nor_with_another_key_nor_when_it_was_changed() -> None:
    sealed = KEYS.sealing.seal(b"heron", "profile of nok")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, value, context in (
        (KEYS.sealing, sealed, "profile of somebody else"),
        (OTHERS.sealing, sealed, "profile of nok"),
        (KEYS.sealing, changed, "profile of nok"),
        (KEYS.sealing, sealed[:5], "profile of nok"),
        (KEYS.sealing, b"", "profile of nok"),
    ):
        with pytest.raises(SealedOtherwiseError):
            key.unseal(value, context)


def test_a_members_key_is_unwrapped_for_that_member_and_by_that_network_only() -> None:
    raw = new_member_key()
    wrapped = KEYS.wrap(raw, "member 1")
    assert KEYS.unwrap(wrapped, "member 1") == raw
    assert raw not in wrapped
    for keys, member_id in ((KEYS, "member 2"), (OTHERS, "member 1")):
        with pytest.raises(SealedOtherwiseError):
            keys.unwrap(wrapped, member_id)


@given(st.lists(st.text(max_size=8), max_size=3), st.lists(st.text(max_size=8), max_size=3))
def test_look_ups_are_the_same_for_the_same_parts_only(one: list[str], other: list[str]) -> None:
    assert (KEYS.lookup("account", *one) == KEYS.lookup("account", *other)) is (one == other)


def test_look_ups_differ_by_kind_by_network_and_by_where_a_part_ends() -> None:
    found = {
        KEYS.lookup("account", "discord", "1001"),
        KEYS.lookup("alias", "discord", "1001"),
        KEYS.lookup("account", "discord1", "001"),
        KEYS.lookup("account", "discord1001"),
        OTHERS.lookup("account", "discord", "1001"),
    }
    assert len(found) == 5
    assert {len(each) for each in found} == {43}


def test_the_uses_of_one_key_do_not_open_each_other() -> None:
    wrapped = KEYS.wrap(b"r" * 32, "member 1")
    with pytest.raises(SealedOtherwiseError):
        KEYS.sealing.unseal(wrapped, "key of member 1")


def test_a_fingerprint_tells_one_key_from_another() -> None:
    assert KEYS.fingerprint == NetworkKeys(b"k" * 32).fingerprint != OTHERS.fingerprint
