"""The server's boot key: signs plans, opens PINs. Its public half is baked into boot environments.

It lies beside the KEK, is made once, and is in no backup. Servers that share a database share the file.
"""

from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from deployflow.boot import hpke
from deployflow.platform.private_files import make_once
from deployflow.platform.runtime import Runtime

NAME = "boot"
HALF_BYTES = 32


class BootKeyBroken(Exception):
    """The file holds something else than this server's boot key."""


class BootKey:
    """The private key of this installation."""

    def __init__(self, runtime: Runtime) -> None:
        self._key = load_or_make(runtime.settings.keys_dir)

    @property
    def public_pem(self) -> bytes:
        """What boot environments pin."""
        return public_pem(self._key)

    def sign(self, content: bytes) -> bytes:
        """`r || s` over exactly these bytes."""
        r, s = decode_dss_signature(self._key.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(HALF_BYTES, "big") + s.to_bytes(HALF_BYTES, "big")

    def open(self, sealed: bytes, *, info: str) -> bytes:
        """What a machine sealed to this server.

        Raises:
            NotSealedToUs: when it does not open.
        """
        return hpke.open_sealed(sealed, key=self._key, info=info)


def load_or_make(keys_dir: Path) -> ec.EllipticCurvePrivateKey:
    """The key, made at the first start with mode 0600.

    Raises:
        BootKeyBroken: when the file holds something else.
    """
    file = keys_dir / NAME
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        key = serialization.load_pem_private_key(make_once(file, made), password=None)
    except ValueError as error:
        raise BootKeyBroken(_what_to_do(file)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BootKeyBroken(_what_to_do(file))
    return key


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Its public half, as boot environments carry it."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _what_to_do(file: Path) -> str:
    return (
        f"{file} holds no P-256 key in PEM: put the file back from where keys are kept, or remove it and build the "
        "boot environments anew, which pin its public half"
    )
