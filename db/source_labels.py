"""Counting by a label that nobody may read in the file: the same label always seals to the same value.

Deterministic (AES-SIV, RFC 5297), so that equal labels meet in one count; what is the same is all that can be seen.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from db.keys import NetworkKeys, SealedOtherwiseError


def seal_source(keys: NetworkKeys, label: str) -> str:
    """Return a label as it is counted: at most 240 characters for 40 code points."""
    return base64.urlsafe_b64encode(_cipher(keys).encrypt(label.encode(), [b"source"])).decode()


def unseal_source(keys: NetworkKeys, sealed: str) -> str:
    """Return the label again. Raises :class:`SealedOtherwiseError`."""
    try:
        return _cipher(keys).decrypt(base64.urlsafe_b64decode(sealed), [b"source"]).decode()
    except (InvalidTag, ValueError) as error:
        raise SealedOtherwiseError("the label does not open with this key") from error


def _cipher(keys: NetworkKeys) -> AESSIV:
    # a keyed hash is 32 bytes from the same root as every other use, and found nowhere in the database
    return AESSIV(base64.urlsafe_b64decode(keys.lookup("key of source labels") + "="))
