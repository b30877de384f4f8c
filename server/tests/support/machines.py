"""A machine with an agent that is not one: it holds a key and signs as docs/agent-protocol.md says."""

import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fastapi import FastAPI

HOST = "fleet.test"


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def facts(number: int = 1, **changes: Any) -> dict[str, Any]:
    """What a machine says when it enrolls; each number is another machine."""
    return {
        "hostname": f"PC-{number}",
        "os_family": "windows",
        "os_name": "Windows 11 Pro",
        "os_version": "10.0.26100",
        "architecture": "x64",
        "manufacturer": "LENOVO",
        "model": "20XW",
        "sku": None,
        "serial": f"PF2AB{number:04}",
        "smbios_uuid": f"4c4c4544-0042-3010-8051-b4c04f{number:06x}",
        "mac_addresses": ["52:54:00:12:34:56"],
        **changes,
    }


def inventory(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An inventory as the agent sends it."""
    return {
        "hostname": f"PC-{number}",
        "os": {
            "family": "windows",
            "name": "Windows 11 Pro",
            "version": "10.0.26100",
            "build": "26100.4061",
            "architecture": "x64",
        },
        "hardware": {
            "manufacturer": "LENOVO",
            "model": "20XW",
            "sku": None,
            "serial": f"PF2AB{number:04}",
            "smbios_uuid": f"4c4c4544-0042-3010-8051-b4c04f{number:06x}",
            "cpu": {"name": "i7", "cores": 4, "logical_processors": 8},
            "memory_bytes": 17179869184,
            "firmware": "uefi",
            "secure_boot": True,
            "tpm": {"present": True, "version": "2.0"},
        },
        "disks": [{"name": "PhysicalDrive0", "model": None, "size_bytes": 512110190592, "media": "ssd"}],
        "volumes": [{"mount": "C:", "file_system": "NTFS", "size_bytes": 510770802688, "free_bytes": 213674622976}],
        "networks": [{"name": "Ethernet", "mac": "52:54:00:12:34:56", "addresses": ["192.0.2.7"]}],
        "logged_on_user": "CONTOSO\\zoë",
        "boot_time": "2026-11-23T06:00:00Z",
        "agent_version": "0.1.0",
        "software": [{"name": "7-Zip", "version": "24.09", "publisher": None}],
        **changes,
    }


@dataclass(slots=True)
class Machine:
    """Sends signed requests to the application in this process, or to `base_url` where a server listens."""

    app: FastAPI | None = None
    number: int = 1
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    base_url: str = f"http://{HOST}"
    ip: str = "192.0.2.7"
    device_id: UUID | None = None
    _client: httpx2.AsyncClient | None = None

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def keyid(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.spki).digest()).rstrip(b"=").decode()

    def sign(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        query: str = "",
        authority: str | None = None,
        created: int | None = None,
        lifetime: int = 120,
        nonce: str | None = None,
        keyid: str | None = None,
    ) -> dict[str, str]:
        """The headers of a signed request."""
        created = int(time.time()) if created is None else created
        nonce = nonce or base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = (
            '("@method" "@authority" "@path" "@query" "content-digest")'
            f';created={created};expires={created + lifetime};nonce="{nonce}";keyid="{keyid or self.keyid}"'
            ';alg="ecdsa-p256-sha256";tag="deployflow-agent"'
        )
        base = (
            f'"@method": {method}\n"@authority": {authority or self.base_url.split("://")[1]}\n"@path": {path}\n'
            f'"@query": ?{query}\n"content-digest": {digest}\n"@signature-params": {parameters}'
        )
        r, s = decode_dss_signature(self.key.sign(base.encode(), ec.ECDSA(hashes.SHA256())))
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return {
            "content-type": "application/json",
            "content-digest": digest,
            "signature-input": f"df={parameters}",
            "signature": f"df=:{base64.b64encode(raw).decode()}:",
        }

    async def send(
        self, method: str, path: str, content: Any = None, *, headers: dict[str, str] | None = None, **signing: Any
    ) -> httpx2.Response:
        """A signed request; `headers` replaces the signature, to send again what was captured."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        signed = headers or self.sign(method, path, body, **signing)
        return await self.client.request(method, path, content=body, headers=signed)

    @property
    def client(self) -> httpx2.AsyncClient:
        if self._client is None:
            transport = httpx2.ASGITransport(app=self.app, client=(self.ip, 40000)) if self.app else None
            self._client = httpx2.AsyncClient(transport=transport, base_url=self.base_url, timeout=70)
        return self._client

    def enrollment(self, token: str, **changes: Any) -> dict[str, Any]:
        return {
            "token": token,
            "public_key": base64.b64encode(self.spki).decode(),
            "key_protection": "file",
            "agent_version": "0.1.0",
            "facts": facts(self.number),
            **changes,
        }

    async def enroll(self, token: str, **changes: Any) -> httpx2.Response:
        answer = await self.send("POST", "/agent/v1/enroll", self.enrollment(token, **changes))
        if answer.is_success:
            self.device_id = UUID(answer.json()["device_id"])
        return answer

    async def put_inventory(self, content: dict[str, Any] | None = None, hash: str = "0" * 64) -> httpx2.Response:  # noqa: A002  the protocol's word
        return await self.send(
            "PUT", "/agent/v1/inventory", {"hash": hash, "inventory": content or inventory(self.number)}
        )
