"""HPKE (RFC 9180) base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, for the vectors.

Written from the RFC and used by neither side. Unlike a library it takes the ephemeral key from outside, so that making
the vectors again changes nothing; the RFC authors' own vector proves it each time.
"""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEM_ID, KDF_ID, AEAD_ID = 0x0010, 0x0001, 0x0002
KEM_SUITE = b"KEM" + KEM_ID.to_bytes(2, "big")
SUITE = b"HPKE" + b"".join(value.to_bytes(2, "big") for value in (KEM_ID, KDF_ID, AEAD_ID))
# https://github.com/cfrg/draft-irtf-cfrg-hpke, test-vectors.json: mode 0, kem 16, kdf 1, aead 2, first encryption.
OF_THE_RFC = {
    "private_key": "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2",
    "ephemeral_private_key": "90345e3a1d116c1dd39ae76d95ab858c142223a63e44f8f85318cfa91a84858e",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "aad": "436f756e742d30",
    "text": "4265617574792069732074727574682c20747275746820626561757479",
    "enc": "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e0b21bd31a86c6048af3cb2d98e0d3b"
    "f01da5cc4c39ff5370d331a4f1f7d5a4e0",
    "ciphertext": "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f",
}


def seal(
    text: bytes,
    *,
    to: ec.EllipticCurvePublicKey,
    ephemeral: ec.EllipticCurvePrivateKey,
    info: bytes,
    aad: bytes = b"",
) -> bytes:
    """`enc || ciphertext`."""
    enc = _point(ephemeral.public_key())
    exchanged = ephemeral.exchange(ec.ECDH(), to)
    secret = _labeled_expand(
        _labeled_extract(b"", b"eae_prk", exchanged, KEM_SUITE), b"shared_secret", enc + _point(to), 32, KEM_SUITE
    )
    context = (
        b"\x00"
        + _labeled_extract(b"", b"psk_id_hash", b"", SUITE)
        + _labeled_extract(b"", b"info_hash", info, SUITE)
    )
    schedule = _labeled_extract(secret, b"secret", b"", SUITE)
    key = _labeled_expand(schedule, b"key", context, 32, SUITE)
    nonce = _labeled_expand(schedule, b"base_nonce", context, 12, SUITE)
    return enc + AESGCM(key).encrypt(nonce, text, aad)


def private_key(number: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(number, 16), ec.SECP256R1())


def rfc_vector() -> dict[str, object]:
    """The RFC's vector in our form; made here once more to prove `seal`."""
    given = OF_THE_RFC
    key = private_key(given["private_key"])
    sealed = seal(
        bytes.fromhex(given["text"]),
        to=key.public_key(),
        ephemeral=private_key(given["ephemeral_private_key"]),
        info=bytes.fromhex(given["info"]),
        aad=bytes.fromhex(given["aad"]),
    )
    assert sealed.hex() == given["enc"] + given["ciphertext"], "this is not HPKE"
    return as_vector("rfc_9180", key, bytes.fromhex(given["info"]), sealed, bytes.fromhex(given["text"]),
                     aad=bytes.fromhex(given["aad"]))


def as_vector(
    name: str, key: ec.EllipticCurvePrivateKey, info: bytes, sealed: bytes, text: bytes | None, *, aad: bytes = b""
) -> dict[str, object]:
    """One vector: `text` null is what must not open."""
    in_base64 = lambda value: base64.b64encode(value).decode()  # noqa: E731
    return {
        "name": name,
        "private_key_b64": in_base64(key.private_numbers().private_value.to_bytes(32, "big")),
        "public_key_b64": in_base64(_point(key.public_key())),
        "info_b64": in_base64(info),
        "aad_b64": in_base64(aad),
        "sealed": in_base64(sealed),
        "text_b64": None if text is None else in_base64(text),
    }


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hmac(key: bytes, message: bytes) -> bytes:
    code = HMAC(key or bytes(32), hashes.SHA256())
    code.update(message)
    return code.finalize()


def _labeled_extract(salt: bytes, label: bytes, material: bytes, suite: bytes) -> bytes:
    return _hmac(salt, b"HPKE-v1" + suite + label + material)


def _labeled_expand(key: bytes, label: bytes, info: bytes, length: int, suite: bytes) -> bytes:
    # One block of SHA-256 is enough for all that is asked for here.
    return _hmac(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01")[:length]
