"""The server's boot key, HPKE and approval codes, held against the vectors of contracts/examples."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from deployflow.boot import codes, hpke, keys
from deployflow.devices import signatures
from deployflow.devices.errors import SignatureInvalid
from deployflow.platform.runtime import build_runtime
from deployflow.platform.settings import Settings

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def private_key(vector: dict[str, Any]) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(base64.b64decode(vector["private_key_b64"]), "big")
    return ec.derive_private_key(number, ec.SECP256R1())


def is_signed(content: bytes, signature: bytes, key: ec.EllipticCurvePublicKey) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


class TestBootKey:
    def test_it_is_made_once_and_for_its_owner_only(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path)
        first = keys.BootKey(build_runtime(settings))
        file = settings.keys_dir / "boot"
        assert file.stat().st_mode & 0o777 == 0o600
        again = keys.BootKey(build_runtime(settings))
        assert again.public_pem == first.public_pem

    def test_a_file_that_holds_no_such_key_is_named(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path)
        settings.keys_dir.mkdir()
        (settings.keys_dir / "boot").write_text("not a key")
        with pytest.raises(keys.BootKeyBroken, match="keys/boot"):
            keys.load_or_make(settings.keys_dir)

    def test_what_it_signs_is_verified_by_its_public_half(self, tmp_path: Path) -> None:
        key = keys.BootKey(build_runtime(Settings(data_dir=tmp_path)))
        public = serialization.load_pem_public_key(key.public_pem)
        assert isinstance(public, ec.EllipticCurvePublicKey)
        signature = key.sign(b"a plan")
        assert len(signature) == 64
        assert is_signed(b"a plan", signature, public)
        assert not is_signed(b"a plan.", signature, public)

    def test_it_opens_what_was_sealed_to_it_for_this_purpose_only(self, tmp_path: Path) -> None:
        key = keys.BootKey(build_runtime(Settings(data_dir=tmp_path)))
        public = serialization.load_pem_public_key(key.public_pem)
        assert isinstance(public, ec.EllipticCurvePublicKey)
        sealed = hpke.seal(b"40718263", to=public, info="deployflow pin 1")
        assert key.open(sealed, info="deployflow pin 1") == b"40718263"
        with pytest.raises(hpke.NotSealedToUs):
            key.open(sealed, info="deployflow pin 2")

    @pytest.mark.parametrize("case", example("boot-plan-signatures")["cases"], ids=lambda case: case["name"])
    def test_the_vectors_of_signed_plans_are_what_they_say(self, case: dict[str, Any]) -> None:
        vectors = example("boot-plan-signatures")
        public = serialization.load_pem_public_key(vectors["server_public_key_pem"].encode())
        assert isinstance(public, ec.EllipticCurvePublicKey)
        plan = base64.b64decode(case["plan"])
        good = is_signed(plan, base64.b64decode(case["signature"]), public)
        ours = json.loads(plan)["session"] == vectors["session_thumbprint"]
        assert (good and ours) is case["valid"]
        assert good is (case["reason"] != "signature_mismatch")


class TestHpke:
    @pytest.mark.parametrize("vector", example("boot-hpke"), ids=lambda vector: vector["name"])
    def test_what_must_open_opens_and_nothing_else(self, vector: dict[str, Any]) -> None:
        key, info = private_key(vector), base64.b64decode(vector["info_b64"]).decode()
        sealed, aad = base64.b64decode(vector["sealed"]), base64.b64decode(vector["aad_b64"])
        if aad:
            # The RFC's own vectors have additional data, which our messages never do.
            text = openssl.hpke._decrypt_with_aad(hpke._SUITE, sealed, key, info.encode(), aad)
            assert text == base64.b64decode(vector["text_b64"])
        elif vector["text_b64"] is None:
            with pytest.raises(hpke.NotSealedToUs):
                hpke.open_sealed(sealed, key=key, info=info)
        else:
            assert hpke.open_sealed(sealed, key=key, info=info) == base64.b64decode(vector["text_b64"])

    @pytest.mark.parametrize("sealed", [b"", b"\x04", bytes(65), bytes(81), b"\x04" + bytes(80)], ids=len)
    def test_nonsense_does_not_open(self, sealed: bytes) -> None:
        with pytest.raises(hpke.NotSealedToUs):
            hpke.open_sealed(sealed, key=ec.generate_private_key(ec.SECP256R1()), info="x")


class TestApprovalCode:
    @pytest.mark.parametrize("vector", example("boot-approval-codes"), ids=lambda vector: vector["code"])
    def test_it_is_that_of_the_vectors(self, vector: dict[str, Any]) -> None:
        spki = base64.b64decode(vector["public_key"])
        nonce = base64.urlsafe_b64decode(vector["nonce"] + "==")
        assert codes.approval_code(spki, nonce) == vector["code"]
        assert codes.nonce_text(nonce) == vector["nonce"]
        assert signatures.thumbprint(spki) == vector["keyid"]

    def test_another_key_on_the_way_makes_another_code(self) -> None:
        """S-12."""
        vectors = example("boot-approval-codes")
        assert len({vector["code"] for vector in vectors}) == len(vectors)

    @pytest.mark.parametrize("spelled", ["{}", " {} ", "{0:.4} {1:.4}", "lower"])
    def test_it_is_read_however_a_person_spells_it(self, spelled: str) -> None:
        spki, nonce = b"key", codes.new_nonce()
        code = codes.approval_code(spki, nonce)
        typed = code.lower() if spelled == "lower" else spelled.format(code, code[5:])
        assert codes.is_code(typed.replace("0", "o").replace("1", "l"), spki, nonce)
        assert not codes.is_code(code[:-1], spki, nonce)
        assert not codes.is_code("", spki, nonce)


class TestSignatures:
    @pytest.mark.parametrize("vector", example("boot-signatures"), ids=lambda vector: vector["name"])
    def test_a_boot_key_signs_with_a_tag_of_its_own(self, vector: dict[str, Any]) -> None:
        headers = [
            (name.replace("_", "-").encode(), vector[name].encode())
            for name in ("host", "content_digest", "signature_input", "signature")
            if vector[name] is not None
        ]
        request = vector["method"], vector["path"].encode(), b"", headers, (vector["body"] or "").encode()
        if not vector["valid"]:
            with pytest.raises(SignatureInvalid):
                signatures.parse(*request, tag=signatures.BOOT_TAG)
            return
        signed = signatures.parse(*request, tag=signatures.BOOT_TAG)
        key = signatures.load_public_key(base64.b64decode(vector["public_key_spki_b64"]))
        signatures.verify(signed, key, signatures.authorities_of(signed.host))
        with pytest.raises(SignatureInvalid):
            signatures.parse(*request)
