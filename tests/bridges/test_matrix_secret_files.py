"""Encrypted files as the specification writes them, judged by nio's own reading of it."""

from __future__ import annotations

import pytest
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bridges.ends.matrix_secret_files import bare, is_file, open_file, opened_bytes, seal_file, sealed_bytes
from bridges.media.file import MediaError

AT = "mxc://river.example/abc"
DATA = bytes(range(256)) * 50


def test_what_another_client_encrypted_opens() -> None:
    lying, keys = encrypt_attachment(DATA)
    content = open_file({"msgtype": "m.file", "file": {**keys, "url": AT}})
    assert "file" not in content
    assert is_file(content["url"])
    assert bare(content["url"]) == AT
    assert opened_bytes(lying, content["url"]) == DATA


def test_another_client_opens_what_we_encrypt() -> None:
    lying, behind = sealed_bytes(DATA)
    content = seal_file({"msgtype": "m.file", "url": AT + behind})
    assert "url" not in content
    file = content["file"]
    assert (file["v"], file["url"], file["key"]["alg"]) == ("v2", AT, "A256CTR")
    assert decrypt_attachment(lying, file["key"]["k"], file["hashes"]["sha256"], file["iv"]) == DATA


def test_a_file_that_was_changed_does_not_open() -> None:
    lying, behind = sealed_bytes(DATA)
    with pytest.raises(MediaError):
        opened_bytes(lying[:-1] + b"x", AT + behind)


def test_the_same_file_is_never_sealed_the_same() -> None:
    assert sealed_bytes(DATA)[0] != sealed_bytes(DATA)[0]


def test_an_open_file_stays_as_it_is() -> None:
    content = {"msgtype": "m.file", "url": AT}
    assert open_file(content) == content
    assert seal_file(content) == content
    assert opened_bytes(DATA, AT) == DATA


@pytest.mark.parametrize(
    "file",
    [
        pytest.param({}, id="empty"),
        pytest.param({"url": AT}, id="without a key"),
        pytest.param({"url": AT, "key": {"k": "é"}, "iv": "a", "hashes": {}}, id="no base64"),
        pytest.param({"url": AT, "key": {"k": "YQ"}, "iv": "YQ", "hashes": {"sha256": "YQ"}}, id="too short"),
        pytest.param("text", id="no object"),
    ],
)
def test_what_is_no_encrypted_file_has_no_address(file: object) -> None:
    assert "url" not in open_file({"msgtype": "m.file", "body": "plano.png", "file": file})
