"""Secrets at rest: each value under a data key of its own, the data key under the server's key (KEK).

Layout of a sealed value: 1 byte format, 8 bytes id of the KEK, 12 bytes nonce and 48 bytes of the wrapped data
key, 12 bytes nonce and the rest of the sealed text; AES-256-GCM both times. The place it is kept at (tenant,
table, row, column) is authenticated with it, so a value copied to another row does not open.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deployflow.platform.private_files import make_once

FORMAT = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 8
WRAPPED_BYTES = KEY_BYTES + 16


class SealBroken(Exception):
    """The value was changed, moved, or sealed under another key."""


class Sealer:
    """Seals and opens values under one KEK."""

    def __init__(self, key: bytes) -> None:
        self._key_id = _key_id(key)
        self._kek = AESGCM(key)

    def seal(self, value: bytes, *, place: str) -> bytes:
        """Seal `value` for `place`, such as `<tenant>/secrets/<row>/value`."""
        data_key = AESGCM.generate_key(bit_length=256)
        wrap_nonce, nonce = os.urandom(NONCE_BYTES), os.urandom(NONCE_BYTES)
        wrapped = self._kek.encrypt(wrap_nonce, data_key, self._key_id)
        text = AESGCM(data_key).encrypt(nonce, value, place.encode())
        return FORMAT + self._key_id + wrap_nonce + wrapped + nonce + text

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """The value again.

        Raises:
            SealBroken: when it was sealed for another place or under another key, or was changed.
        """
        header = 1 + KEY_ID_BYTES
        if sealed[:1] != FORMAT or sealed[1:header] != self._key_id:
            raise SealBroken("sealed under another key: is this the key file that belongs to this database?")
        wrap_nonce = sealed[header : header + NONCE_BYTES]
        wrapped_end = header + NONCE_BYTES + WRAPPED_BYTES
        wrapped = sealed[header + NONCE_BYTES : wrapped_end]
        nonce, text = sealed[wrapped_end : wrapped_end + NONCE_BYTES], sealed[wrapped_end + NONCE_BYTES :]
        try:
            data_key = self._kek.decrypt(wrap_nonce, wrapped, self._key_id)
            return AESGCM(data_key).decrypt(nonce, text, place.encode())
        except InvalidTag as error:
            raise SealBroken("changed, or moved from another place") from error


def name_of_key(key: bytes) -> str:
    """A name by which a key is recognised, and which tells nothing about it."""
    return _key_id(key).hex()


def load_key(keys_dir: Path) -> bytes | None:
    """The KEK of this installation; None before its first start."""
    try:
        return _checked(keys_dir / "kek", (keys_dir / "kek").read_bytes())
    except FileNotFoundError:
        return None


def load_or_make_key(keys_dir: Path) -> bytes:
    """The KEK of this installation, made at the first start with mode 0600.

    Raises:
        SealBroken: when the file holds something else.
    """
    file = keys_dir / "kek"
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _checked(file, make_once(file, os.urandom(KEY_BYTES)))


def _checked(file: Path, key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise SealBroken(f"{file} does not hold a key of {KEY_BYTES} bytes")
    return key


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"deployflow kek" + key).digest()[:KEY_ID_BYTES]
