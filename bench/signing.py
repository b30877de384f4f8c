"""Devices of the benchmarks: made from their number, so that nothing has to be kept, and able to sign quickly."""

import base64
import hashlib
import os
import time
from functools import cached_property
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_ECDSA = ec.ECDSA(hashes.SHA256())
# Everybody can compute these keys; they open nothing but throw-away databases.
_SCALAR = 0x5EED_0000_0000_0000_0000_0000_0000_0000
LIFETIME_S = 240
_COMPONENTS = b'("@method" "@authority" "@path" "@query" "content-digest")'


class BenchDevice:
    """Device number `number`, and its key."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = UUID(int=(0x01900000_0000_7000_8000_000000000000 | number))
        self.run_id = UUID(int=(0x01900000_0000_4000_8000_100000000000 | number))
        self.boot_id = UUID(int=(0x01900000_0000_4000_8000_200000000000 | number))
        self.receipt = f"receipt-{number:024d}"
        self.inventory_hash = hashlib.sha256(str(number).encode()).hexdigest()
        self._key = ec.derive_private_key(_SCALAR + number, ec.SECP256R1())

    @cached_property
    def spki(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def keyid(self) -> bytes:
        return base64.urlsafe_b64encode(hashlib.sha256(self.spki).digest()).rstrip(b"=")

    def check_in(self, authority: bytes, *, max_wait_s: int, running: bytes = b"", free_slots: int = 4) -> bytes:
        """A whole signed check-in, as it goes over the wire."""
        body = (
            b'{"boot_id":"%s","run_id":"%s","receipt":"%s","agent_version":"0.1.0","status":"%s",'
            b'"inventory_hash":"%s","running":[%s],"free_slots":%d,"max_wait_s":%d}'
            % (
                str(self.boot_id).encode(),
                str(self.run_id).encode(),
                self.receipt.encode(),
                b"busy" if running else b"idle",
                self.inventory_hash.encode(),
                running,
                free_slots,
                max_wait_s,
            )
        )
        return self.request(b"/agent/v1/check-in", authority, body)

    def request(self, path: bytes, authority: bytes, body: bytes) -> bytes:
        """A signed POST, as docs/agent-protocol.md says."""
        now = int(time.time())
        digest = b"sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()) + b":"
        nonce = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=")
        parameters = (
            b'%s;created=%d;expires=%d;nonce="%s";keyid="%s";alg="ecdsa-p256-sha256";tag="deployflow-agent"'
            % (
                _COMPONENTS,
                now,
                now + LIFETIME_S,
                nonce,
                self.keyid,
            )
        )
        base = (
            b'"@method": POST\n"@authority": %s\n"@path": %s\n"@query": ?\n'
            b'"content-digest": %s\n"@signature-params": %s' % (authority, path, digest, parameters)
        )
        r, s = decode_dss_signature(self._key.sign(base, _ECDSA))
        signature = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return (
            b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"Content-Digest: %s\r\nSignature-Input: df=%s\r\nSignature: df=:%s:\r\n\r\n%s"
            % (path, authority, len(body), digest, parameters, signature, body)
        )
