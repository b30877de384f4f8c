"""Random secrets that people or programs carry. Only their SHA-256 is kept: they have 256 bits of their own."""

import base64
import hashlib
import secrets
import zlib

KEY_PREFIX = "dfk"
_SECRET_BYTES = 32
_PUBLIC_ID_BYTES = 5
_CHECKSUM_LENGTH = 8


def new_token() -> str:
    """256 random bits, good in a URL and a cookie."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def new_api_key() -> tuple[str, str]:
    """A key `dfk_<id>_<secret><crc>` and its public id.

    The checksum lets secret scanners and the server tell a key from a string that only looks like one.
    """
    public_id = base64.b32encode(secrets.token_bytes(_PUBLIC_ID_BYTES)).decode().lower()
    body = f"{KEY_PREFIX}_{public_id}_{new_token()}"
    return body + _checksum(body), public_id


def public_id_of(key: str) -> str | None:
    """The public id in a key; None for what cannot be one of ours."""
    parts = key.split("_", 2)
    body = key[:-_CHECKSUM_LENGTH]
    if len(parts) != 3 or parts[0] != KEY_PREFIX or not key.isascii():  # noqa: PLR2004  prefix, id, secret
        return None
    if _checksum(body) != key[-_CHECKSUM_LENGTH:]:
        return None
    return parts[1]


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
