"""The text of an enrollment token: `dfe_<id>_<secret>`. The server keeps the id and a hash of the secret."""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass

ID_LENGTH = 10
SECRET_BYTES = 32
_ALPHABET = string.ascii_lowercase + string.digits
_FORM = re.compile(r"(dfe_[a-z0-9]{10})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown once, and what is kept of it."""

    text: str
    prefix: str
    secret_hash: bytes


def make() -> NewToken:
    prefix = "dfe_" + "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return NewToken(f"{prefix}_{secret}", prefix, _digest(secret))


def read(text: str) -> tuple[str, str] | None:
    """Prefix and secret; None when the text is no token."""
    match = _FORM.fullmatch(text.strip())
    return None if match is None else (match[1], match[2])


def is_secret(secret: str, secret_hash: bytes) -> bool:
    # 256 random bits need no slow hash.
    return hmac.compare_digest(_digest(secret), secret_hash)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
