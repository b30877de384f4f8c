"""Signed requests (RFC 9421) as docs/agent-protocol.md says: one form, verified exactly.

A general parser of structured fields costs more than the signature's mathematics, and whatever it accepts beyond
our one form is attack surface. So the form is a regular expression, and anything else is refused. The tests hold
this against the `http-message-signatures` library and the vectors in contracts/examples.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from deployflow.devices.errors import ClockSkew, SignatureInvalid, SignatureMissing

MAX_LIFETIME_S = 300
MAX_SKEW_S = 300
# r and s of P-256, 32 bytes each.
SIGNATURE_BYTES = 64
# Uncompressed P-256 in SubjectPublicKeyInfo has 91 bytes; some room, and no more work than that for a stranger.
MAX_SPKI_BYTES = 200

DEVICE_TAG = "deployflow-agent"
"""What a device's key signs. A key of another kind has a tag of its own: nothing signed as one passes as the other."""
BOOT_TAG = "deployflow-boot"
"""What the ephemeral key of a netbooting machine signs."""


def _form(tag: str) -> re.Pattern[bytes]:
    return re.compile(
        rb'df=(\("@method" "@authority" "@path" "@query"( "content-digest")?\)'
        rb";created=([0-9]{1,12});expires=([0-9]{1,12})"
        rb';nonce="([A-Za-z0-9_-]{22})";keyid="([A-Za-z0-9_-]{43})"'
        rb';alg="ecdsa-p256-sha256";tag="%b")' % tag.encode()
    )


_FORMS = {tag: _form(tag) for tag in (DEVICE_TAG, BOOT_TAG)}
# The last character carries two bits: with the other four at random, one signature would have sixteen spellings.
_SIGNATURE = re.compile(rb"df=:([A-Za-z0-9+/]{85}[AQgw]==):")
PublicKey = ec.EllipticCurvePublicKey
_ECDSA = ec.ECDSA(hashes.SHA256())


class PublicKeyWrong(ValueError):
    """Not an ECDSA P-256 key in SubjectPublicKeyInfo."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature has the right form. Nothing of it is proven until `verify`."""

    keyid: str
    nonce: str
    created: int
    expires: int
    signature: bytes
    parameters: bytes
    method: bytes
    host: bytes
    path: bytes
    query: bytes
    digest: bytes | None

    def base(self, authority: bytes) -> bytes:
        """The bytes that were signed, if the device called the server `authority`."""
        digest = b"" if self.digest is None else b'\n"content-digest": ' + self.digest
        return b'"@method": %b\n"@authority": %b\n"@path": %b\n"@query": ?%b%b\n"@signature-params": %b' % (
            self.method,
            authority,
            self.path,
            self.query,
            digest,
            self.parameters,
        )


def parse(
    method: str,
    path: bytes,
    query: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    body: bytes | None,
    *,
    tag: str = DEVICE_TAG,
) -> Signed:
    """Read the signature's headers strictly. `path` and `query` as they came over the wire.

    A `body` of None is a long one that is not read yet: `check_digest` has to follow.

    Raises:
        SignatureMissing: when there is none.
        SignatureInvalid: when it has another form, or the body is not the digested one.
    """
    given: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            # Twice the same header is one with a comma, which our form has nowhere.
            given[name] = b"," if name in given else value
    signature_input, signature = given.get(b"signature-input"), given.get(b"signature")
    if signature_input is None or signature is None:
        raise SignatureMissing
    form = _FORMS[tag].fullmatch(signature_input)
    raw = _SIGNATURE.fullmatch(signature)
    if form is None or raw is None:
        raise SignatureInvalid("Signature-Input or Signature has another form than the protocol asks for")
    parameters, covers_digest, created, expires, nonce, keyid = form.groups()
    digest = given.get(b"content-digest")
    if covers_digest is None:
        if body is None or body:
            raise SignatureInvalid("The signature does not cover the body: it must cover content-digest")
        digest = None
    elif digest is None:
        raise SignatureInvalid("The signature covers content-digest, which was not sent")
    elif body is not None:
        check_digest(digest, body)
    return Signed(
        keyid=keyid.decode(),
        nonce=nonce.decode(),
        created=int(created),
        expires=int(expires),
        signature=binascii.a2b_base64(raw[1]),
        parameters=parameters,
        method=method.encode(),
        host=given.get(b"host", b""),
        path=path,
        query=query,
        digest=digest,
    )


def check_digest(digest: bytes, body: bytes) -> None:
    """Refuse a body that its signed digest was not made of.

    Raises:
        SignatureInvalid: 401.
    """
    if digest != b"sha-256=:%b:" % binascii.b2a_base64(hashlib.sha256(body).digest(), newline=False):
        raise SignatureInvalid("The body is not the one Content-Digest was made of")


_READ = frozenset({b"signature-input", b"signature", b"content-digest", b"host"})


def check_times(signed: Signed, now: float) -> None:
    """Refuse what is too old, too new, or good for too long.

    Raises:
        ClockSkew: carrying the server's time.
        SignatureInvalid: for a lifetime the protocol does not allow.
    """
    if not 0 <= signed.expires - signed.created <= MAX_LIFETIME_S:
        raise SignatureInvalid(f"'expires' may be at most {MAX_LIFETIME_S} s after 'created'")
    if abs(now - signed.created) > MAX_SKEW_S or now > signed.expires:
        raise ClockSkew


def verify(signed: Signed, key: PublicKey, authorities: Sequence[bytes]) -> None:
    """Prove that the bearer of `key` made this request for one of `authorities`.

    Raises:
        SignatureInvalid: when not.
    """
    half = SIGNATURE_BYTES // 2
    der = encode_dss_signature(
        int.from_bytes(signed.signature[:half], "big"), int.from_bytes(signed.signature[half:], "big")
    )
    for authority in authorities:
        try:
            key.verify(der, signed.base(authority), _ECDSA)
        except InvalidSignature:
            continue
        return
    raise SignatureInvalid


def authorities_of(host: bytes, configured: Sequence[bytes] = ()) -> list[bytes]:
    """What the device may have called this server, the likeliest first.

    Where it is configured what the server is called, nothing else counts: the Host header is the sender's word, who may
    be passing on what a device signed for another server. The first one may be meant where a proxy changed the header.
    The scheme is not known for sure behind a proxy, so a default port of either is left out.
    """
    asked = host.lower()
    for port in (b":443", b":80"):
        asked = asked.removesuffix(port)
    found = [asked]
    if asked != host.lower():
        # Port 80 over https, or 443 over http, is no default port.
        found.append(host.lower())
    if configured:
        found = [name for name in found if name in configured]
        if configured[0] not in found:
            found.append(configured[0])
    return found


def load_public_key(spki: bytes) -> PublicKey:
    """The key in SubjectPublicKeyInfo (DER).

    Raises:
        PublicKeyWrong: when it is anything but ECDSA P-256.
    """
    if len(spki) > MAX_SPKI_BYTES:
        raise PublicKeyWrong("longer than a P-256 key")
    try:
        key = serialization.load_der_public_key(spki)
    except Exception as error:
        # The library names several kinds of error for input that is no key.
        raise PublicKeyWrong("no public key in DER") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PublicKeyWrong("not an ECDSA P-256 key")
    return key


def thumbprint(spki: bytes) -> str:
    """The `keyid` of a key: base64url without padding of SHA-256 over it in DER."""
    return base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).rstrip(b"=").decode()
