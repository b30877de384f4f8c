"""RFC 9421 vectors of the agent protocol, made by an implementation that is neither the agent's nor the server's.

    uv run --with http-message-signatures==3.0.0 --with cryptography python contracts/make_examples.py
"""

import base64
import datetime
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from http_message_signatures import HTTPMessageSigner
from http_message_signatures.algorithms import ECDSA_P256_SHA256

CREATED = 1764000000
PARAMETER_ORDER = ("created", "expires", "nonce", "keyid", "alg", "tag")
WITH_BODY = ("@method", "@authority", "@path", "@query", "content-digest")
WITHOUT_BODY = WITH_BODY[:-1]


class Signer(HTTPMessageSigner):
    """The library orders the parameters its own way; the protocol shows another order, and the agent uses that."""

    def _build_signature_base(self, message, *, covered_component_ids, signature_params, **rest):
        ordered = {name: signature_params[name] for name in PARAMETER_ORDER if name in signature_params}
        return super()._build_signature_base(
            message, covered_component_ids=covered_component_ids, signature_params=ordered, **rest
        )


@dataclass
class Message:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    private: ec.EllipticCurvePrivateKey

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def keyid(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.spki).digest()).rstrip(b"=").decode()

    def sign(self, base: bytes) -> bytes:
        # Deterministic (RFC 6979), so that making the vectors again changes nothing.
        der = self.private.sign(base, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def key_named(name: str) -> Key:
    """A private key for tests only: everybody knows it."""
    seed = hashlib.sha256(f"deployflow test key {name}".encode()).digest()
    return Key(ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1()))


DEVICE = key_named("device")
OTHER = key_named("other")


def vector(
    name: str,
    *,
    method: str = "POST",
    url: str = "https://fleet.example.com/agent/v1/check-in",
    body: str | None = '{"status":"idle"}',
    key: Key = DEVICE,
    components: tuple[str, ...] | None = None,
    created: int = CREATED,
    lifetime: int = 120,
    tag: str = "deployflow-agent",
    label: str = "df",
) -> dict[str, object]:
    """One valid vector; `spoil` makes an invalid one of it."""
    nonce = base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()[:16]).rstrip(b"=").decode()
    message = Message(method, url)
    if body is not None:
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        message.headers["Content-Digest"] = f"sha-256=:{digest}:"
    signer = Signer(signature_algorithm=ECDSA_P256_SHA256, key_resolver=None)
    at = lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.UTC)  # noqa: E731
    prepared = signer.prepare(
        message,
        key_id=key.keyid,
        created=at(created),
        expires=at(created + lifetime),
        nonce=nonce,
        label=label,
        tag=tag,
        covered_component_ids=components or (WITHOUT_BODY if body is None else WITH_BODY),
        use_existing_digest=body is not None,
    )
    signer.apply(message, prepared, key.sign(prepared.signature_base))
    base = prepared.signature_base.decode()
    lines = dict(line.split(": ", 1) for line in base.split("\n"))
    scheme, _, rest = url.partition("://")
    target = "/" + rest.partition("/")[2]
    path, mark, query = target.partition("?")
    return {
        "name": name,
        "private_key_pem": key.pem,
        "public_key_spki_b64": base64.b64encode(key.spki).decode(),
        "method": method,
        "scheme": scheme,
        "host": rest.partition("/")[0],
        "authority": lines['"@authority"'],
        "path": path,
        "query": f"?{query}" if mark else "",
        "body": body,
        "created": created,
        "expires": created + lifetime,
        "nonce": nonce,
        "keyid": key.keyid,
        "content_digest": message.headers.get("Content-Digest"),
        "signature_input": message.headers["Signature-Input"],
        "signature_base": base,
        "signature": message.headers["Signature"],
        "valid": True,
    }


def spoil(vector: dict[str, object], reason: str, **changes: object) -> dict[str, object]:
    return {**vector, **changes, "valid": False, "reason": reason}


def _signature(raw: bytes) -> str:
    return f"df=:{base64.b64encode(raw).decode()}:"


def _raw(vector: dict[str, object]) -> bytes:
    return base64.b64decode(str(vector["signature"]).removeprefix("df=:").removesuffix(":"))


def _der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def vectors() -> list[dict[str, object]]:
    get = {"method": "GET", "body": None}
    good = [
        vector("post_with_body"),
        vector("put_with_body", method="PUT", url="https://fleet.example.com/agent/v1/inventory", body='{"hash":"00"}'),
        vector("get_without_body", **get, url="https://fleet.example.com/agent/v1/anything"),
        vector("query_present", url="https://fleet.example.com/agent/v1/check-in?a=1&b=two%20words&a=%C3%A9"),
        vector("query_mark_without_query", **get, url="https://fleet.example.com/agent/v1/anything?"),
        vector("upper_case_host", url="https://FLEET.Example.COM/agent/v1/check-in"),
        vector("default_port_https", url="https://fleet.example.com:443/agent/v1/check-in"),
        vector("default_port_http", url="http://fleet.example.com:80/agent/v1/check-in"),
        vector("other_port", url="http://127.0.0.1:8000/agent/v1/check-in"),
        vector("ipv6_host", url="http://[::1]:8000/agent/v1/check-in"),
        vector("non_ascii_body", body='{"hostname":"Büro-Ω-机器-🖥"}'),
        vector("empty_body", body=""),
        vector("escaped_path", **get, url="https://fleet.example.com/agent/v1/a%20b%2Fc"),
    ]
    post, query = good[0], good[3]
    bad = [
        spoil(vector("body_flipped"), "content_digest_mismatch", body='{"status":"busy"}'),
        spoil(vector("body_and_digest_flipped"), "signature_mismatch", body='{"status":"busy"}',
              content_digest=vector("x", body='{"status":"busy"}')["content_digest"]),
        spoil(query, "signature_mismatch", name="query_flipped", query="?a=2&b=two%20words&a=%C3%A9"),
        spoil(query, "signature_mismatch", name="query_dropped", query=""),
        spoil(vector("method_flipped"), "signature_mismatch", method="PUT"),
        spoil(vector("path_flipped"), "signature_mismatch", path="/agent/v1/reports"),
        spoil(vector("authority_flipped"), "signature_mismatch", host="evil.example.com",
              authority="evil.example.com"),
        spoil(vector("wrong_key"), "signature_mismatch", public_key_spki_b64=base64.b64encode(OTHER.spki).decode()),
        spoil(vector("truncated_signature"), "signature_malformed", signature=_signature(_raw(post)[:63])),
        spoil(vector("empty_signature"), "signature_malformed", signature="df=::"),
        spoil(vector("flipped_signature"), "signature_mismatch",
              signature=_signature(_raw(post)[:-1] + bytes([_raw(post)[-1] ^ 1]))),
        spoil(vector("der_signature"), "signature_malformed", signature=_signature(_der(_raw(post)))),
        spoil(vector("zero_signature"), "signature_mismatch", signature=_signature(bytes(64))),
        spoil(vector("digest_not_covered", components=WITHOUT_BODY), "components_wrong"),
        spoil(vector("query_not_covered", components=("@method", "@authority", "@path", "content-digest")),
              "components_wrong"),
        spoil(vector("lifetime_too_long", lifetime=301), "lifetime_too_long"),
        spoil(vector("wrong_tag", tag="other"), "tag_wrong"),
        spoil(vector("wrong_label", label="sig1"), "label_wrong"),
        spoil(vector("digest_header_missing"), "content_digest_missing", content_digest=None),
    ]
    return good + bad
