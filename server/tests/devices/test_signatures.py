"""The verifier against the shared vectors (S-09) and what anyone may send (S-01, S-03)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from deployflow.devices import signatures
from deployflow.devices.errors import ClockSkew, SignatureInvalid, SignatureMissing

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "contracts" / "examples" / "signatures.json").read_text()
)


def verify(vector: dict[str, Any], *, now: float | None = None) -> signatures.Signed:
    headers = [(b"host", vector["host"].encode()), (b"accept", b"*/*")]
    for name in ("content_digest", "signature_input", "signature"):
        if vector[name] is not None:
            headers.append((name.replace("_", "-").encode(), vector[name].encode()))
    signed = signatures.parse(
        vector["method"],
        vector["path"].encode(),
        vector["query"].removeprefix("?").encode(),
        headers,
        (vector["body"] or "").encode(),
    )
    signatures.check_times(signed, vector["created"] if now is None else now)
    key = signatures.load_public_key(base64.b64decode(vector["public_key_spki_b64"]))
    signatures.verify(signed, key, signatures.authorities_of(signed.host, None))
    return signed


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["valid"]], ids=lambda v: v["name"])
def test_a_valid_vector_is_accepted(vector: dict[str, Any]) -> None:
    signed = verify(vector)
    assert signed.keyid == vector["keyid"]
    assert signed.nonce == vector["nonce"]
    authority = signatures.authorities_of(signed.host, None)[0]
    assert authority.decode() == vector["authority"]
    assert signed.base(authority).decode() == vector["signature_base"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if not v["valid"]], ids=lambda v: v["name"])
def test_an_invalid_vector_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid):
        verify(vector)
