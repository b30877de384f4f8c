"""The verifier against the shared vectors (S-09) and what anyone may send (S-01, S-03)."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from deployflow.devices import signatures
from deployflow.devices.errors import ClockSkew, SignatureInvalid, SignatureMissing
from tests.support.machines import Machine

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "contracts" / "examples" / "signatures.json").read_text()
)


def verify(vector: dict[str, Any], *, now: float | None = None) -> signatures.Signed:
    headers = [(b"host", vector["host"].encode()), (b"accept", b"*/*")]
    headers += [
        (name.replace("_", "-").encode(), vector[name].encode())
        for name in ("content_digest", "signature_input", "signature")
        if vector[name] is not None
    ]
    signed = signatures.parse(
        vector["method"],
        vector["path"].encode(),
        vector["query"].removeprefix("?").encode(),
        headers,
        (vector["body"] or "").encode(),
    )
    signatures.check_times(signed, vector["created"] if now is None else now)
    key = signatures.load_public_key(base64.b64decode(vector["public_key_spki_b64"]))
    signatures.verify(signed, key, signatures.authorities_of(signed.host))
    return signed


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["valid"]], ids=lambda v: v["name"])
def test_a_valid_vector_is_accepted(vector: dict[str, Any]) -> None:
    signed = verify(vector)
    assert signed.keyid == vector["keyid"]
    assert signed.nonce == vector["nonce"]
    authority = signatures.authorities_of(signed.host)[0]
    assert authority.decode() == vector["authority"]
    assert signed.base(authority).decode() == vector["signature_base"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if not v["valid"]], ids=lambda v: v["name"])
def test_an_invalid_vector_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid):
        verify(vector)


def _good() -> dict[str, Any]:
    return next(vector for vector in VECTORS if vector["name"] == "post_with_body")


@pytest.mark.parametrize("header", ["signature_input", "signature"])
def test_without_a_signature_there_is_nothing_to_verify(header: str) -> None:
    with pytest.raises(SignatureMissing):
        verify({**_good(), header: None})


@pytest.mark.parametrize("seconds", [-301, 301, 3600, -315360000, 315360000])
def test_a_clock_more_than_5_minutes_off_is_told(seconds: int) -> None:
    with pytest.raises(ClockSkew) as caught:
        verify(_good(), now=_good()["created"] + seconds)
    assert caught.value.extra["server_time"].endswith("Z")


def test_a_signature_past_its_expiry_is_refused_within_the_allowed_skew() -> None:
    with pytest.raises(ClockSkew):
        verify(_good(), now=_good()["expires"] + 1)


@pytest.mark.parametrize("seconds", [-300, 0, 120])
def test_a_clock_less_than_5_minutes_off_is_good(seconds: int) -> None:
    verify(_good(), now=_good()["created"] + seconds)


def test_the_configured_address_may_be_meant_where_a_proxy_changed_the_host() -> None:
    vector = {**_good(), "host": "10.0.0.5:8480"}
    with pytest.raises(SignatureInvalid):
        verify(vector)
    headers = [
        (name.replace("_", "-").encode(), vector[name].encode())
        for name in ("host", "content_digest", "signature_input", "signature")
    ]
    signed = signatures.parse("POST", vector["path"].encode(), b"", headers, vector["body"].encode())
    key = signatures.load_public_key(base64.b64decode(vector["public_key_spki_b64"]))
    signatures.verify(signed, key, signatures.authorities_of(signed.host, [b"fleet.example.com"]))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + ", sig2=()",
        lambda text: text + " ",
        lambda text: text.replace(";alg", ";Alg"),
        lambda text: text.replace("ecdsa-p256-sha256", "none"),
        lambda text: text.replace("ecdsa-p256-sha256", "hmac-sha256"),
        lambda text: text.replace(";created=1764000000", ""),
        lambda text: text.replace(";created=1764000000", ";created=-1"),
        lambda text: text.replace(";created=1764000000", ";created=99999999999999999999"),
        lambda text: text.replace('"@method" "@authority"', '"@authority" "@method"'),
        lambda text: text.replace('"@path"', '"@path";req'),
    ],
)
def test_another_form_is_refused(change: Any) -> None:
    with pytest.raises(SignatureInvalid):
        verify({**_good(), "signature_input": change(_good()["signature_input"])})


def test_a_header_sent_twice_is_refused() -> None:
    vector = _good()
    headers = [
        (name.replace("_", "-").encode(), vector[name].encode())
        for name in ("host", "content_digest", "signature_input", "signature", "signature")
    ]
    with pytest.raises(SignatureInvalid):
        signatures.parse("POST", vector["path"].encode(), b"", headers, vector["body"].encode())


MACHINE = Machine()
BODY = b'{"status":"idle","boot_id":"0193"}'


@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_no_flipped_byte_of_a_signed_request_passes(data: st.DataObject) -> None:
    """S-03: method, path, query, host, body and every signed header, any byte of each."""
    headers = CAPTURED
    parts: dict[str, bytes] = {
        "method": b"POST",
        "path": b"/agent/v1/check-in",
        "query": b"a=1",
        "host": b"fleet.test",
        "body": BODY,
        "content-digest": headers["content-digest"].encode(),
        "signature-input": headers["signature-input"].encode(),
        "signature": headers["signature"].encode(),
    }
    name = data.draw(st.sampled_from(sorted(parts)))
    whole = parts[name]
    kind = data.draw(st.sampled_from(["flip", "drop", "insert"]))
    at = data.draw(st.integers(0, len(whole) - 1))
    if kind == "flip":
        changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    elif kind == "drop":
        changed = whole[:at] + whole[at + 1 :]
    else:
        changed = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at:]
    parts[name] = changed
    assume(name != "host" or changed.lower() != whole)
    assume(changed != whole)
    with pytest.raises((SignatureInvalid, SignatureMissing, ClockSkew)):
        _let_in(parts)


def _let_in(parts: dict[str, bytes]) -> None:
    signed = signatures.parse(
        parts["method"].decode("latin-1"),
        parts["path"],
        parts["query"],
        [(field.encode(), parts[field]) for field in ("host", "content-digest", "signature-input", "signature")],
        parts["body"],
    )
    signatures.check_times(signed, NOW)
    signatures.verify(signed, MACHINE.key.public_key(), signatures.authorities_of(signed.host))


NOW = 1764000000
CAPTURED = MACHINE.sign("POST", "/agent/v1/check-in", BODY, query="a=1", created=NOW)


@dataclass
class _Message:
    """What http-message-signatures wants to see."""

    method: str
    url: str
    headers: dict[str, str]


class _OneKey(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> Any:  # noqa: ARG002
        return MACHINE.key.public_key()


@pytest.mark.parametrize("query", ["", "a=1&b=%C3%A9"])
def test_what_we_accept_an_independent_library_accepts(query: str) -> None:
    headers = MACHINE.sign("POST", "/agent/v1/check-in", BODY, query=query)
    url = f"http://fleet.test/agent/v1/check-in{'?' + query if query else ''}"
    message = _Message(
        "POST",
        url,
        {
            "Content-Digest": headers["content-digest"],
            "Signature-Input": headers["signature-input"],
            "Signature": headers["signature"],
        },
    )
    library = HTTPMessageVerifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=_OneKey())
    results = library.verify(message, expect_tag="deployflow-agent")
    assert results[0].parameters["keyid"] == MACHINE.keyid
    listed = [(name.encode(), value.encode()) for name, value in {**headers, "host": "fleet.test"}.items()]
    signed = signatures.parse("POST", b"/agent/v1/check-in", query.encode(), listed, BODY)
    signatures.verify(signed, MACHINE.key.public_key(), [b"fleet.test"])
