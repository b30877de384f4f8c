"""Text sealed to a public key (RFC 9180): secrets to a boot session, PINs to the server.

Base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. `info` says what it is about; sealed for
one thing, it does not open as another.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class NotSealedToUs(ValueError):
    """It was sealed to another key or for another purpose, or it was changed."""


def seal(text: bytes, *, to: ec.EllipticCurvePublicKey, info: str) -> bytes:
    """`enc || ciphertext`."""
    return _SUITE.encrypt(text, to, info=info.encode())


def open_sealed(sealed: bytes, *, key: ec.EllipticCurvePrivateKey, info: str) -> bytes:
    """The text again.

    Raises:
        NotSealedToUs: when it does not open.
    """
    try:
        return _SUITE.decrypt(sealed, key, info=info.encode())
    except (InvalidTag, ValueError) as error:
        raise NotSealedToUs("it does not open with this key and purpose") from error
