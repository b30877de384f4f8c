"""The approval code: what machine and console both show, so that a person sees that they speak of one key."""

import base64
import hashlib
import hmac
import os

NONCE_BYTES = 16
CODE_BYTES = 5
# Crockford's base32: without I, L, O and U, which are misread or say something.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def nonce_text(nonce: bytes) -> str:
    """As the machine gets it: base64url without padding."""
    return base64.urlsafe_b64encode(nonce).rstrip(b"=").decode()


def approval_code(spki: bytes, nonce: bytes) -> str:
    """`XXXX-XXXX`. Another key or another nonce makes another code."""
    number = int.from_bytes(hashlib.sha256(spki + nonce).digest()[:CODE_BYTES], "big")
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(CODE_BYTES * 8 - 5, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def is_code(typed: str, spki: bytes, nonce: bytes) -> bool:
    """Whether a person typed this session's code, however they spelled it."""
    plain = "".join(typed.upper().split()).replace("-", "").translate(_READ_AS)
    return hmac.compare_digest(plain.encode(), approval_code(spki, nonce).replace("-", "").encode())
