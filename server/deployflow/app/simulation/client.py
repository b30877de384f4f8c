"""An agent's side of docs/agent-protocol.md over raw asyncio: a real key, real signatures, one connection.

Small on purpose: ten thousand of them share a process with little else. A client has one key, one connection, and one
request at a time on it; whoever wants to report while a check-in is held makes a second `Connection`.
"""

import asyncio
import base64
import hashlib
import json
import os
import ssl
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

LIFETIME_S = 120
# A held check-in takes up to 50 s; what takes longer is a server that is gone without a word.
ANSWER_WITHIN_S = 75.0
CONNECT_WITHIN_S = 10.0
_ECDSA = ec.ECDSA(hashes.SHA256())
_COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest")'
AGENT_TAG = "deployflow-agent"
_CLOCK_SKEW = b'"clock_skew"'


class Refused(Exception):
    """The server answered with a problem."""

    def __init__(self, status: int, code: str, detail: str, retry_after_s: float | None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server is, as the agent was told."""

    host: str
    port: int
    authority: str
    tls: ssl.SSLContext | None

    @classmethod
    def of(cls, url: str, tls: ssl.SSLContext | None = None) -> "ServerAddress":
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        default = 443 if secure else 80
        port = parts.port or default
        authority = host if port == default else f"{host}:{port}"
        return cls(host, port, authority.lower(), (tls or ssl.create_default_context()) if secure else None)


class DeviceKey:
    """A device's own key, and what it signs."""

    __slots__ = ("keyid", "private", "spki")

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.private = key or ec.generate_private_key(ec.SECP256R1())
        self.spki = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.keyid = base64.urlsafe_b64encode(hashlib.sha256(self.spki).digest()).rstrip(b"=").decode()

    def headers(self, method: str, authority: str, path: str, body: bytes, *, now: float, tag: str = AGENT_TAG) -> str:
        """The signature's header lines."""
        created = int(now)
        nonce = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = (
            f'{_COMPONENTS};created={created};expires={created + LIFETIME_S};nonce="{nonce}";keyid="{self.keyid}"'
            f';alg="ecdsa-p256-sha256";tag="{tag}"'
        )
        base = (
            f'"@method": {method}\n"@authority": {authority}\n"@path": {path}\n"@query": ?\n'
            f'"content-digest": {digest}\n"@signature-params": {parameters}'
        )
        r, s = decode_dss_signature(self.private.sign(base.encode(), _ECDSA))
        signature = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
        return f"Content-Digest: {digest}\r\nSignature-Input: df={parameters}\r\nSignature: df=:{signature}:\r\n"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back over the wire."""

    status: int
    retry_after_s: float | None
    body: bytes


class _Wire(asyncio.Protocol):
    """One HTTP/1.1 connection with one request at a time and bodies of known length."""

    __slots__ = ("_answer", "_buffer", "transport")

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[HttpAnswer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def ask(self, request: bytes) -> asyncio.Future[HttpAnswer]:
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lines = head.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        length = int(headers.get(b"content-length", b"0"))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        retry = headers.get(b"retry-after")
        answer = HttpAnswer(int(lines[0].split(b" ", 2)[1]), float(retry) if retry else None, rest[:length])
        if headers.get(b"connection", b"").lower() == b"close" and self.transport is not None:
            self.transport.close()
            self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


class Connection:
    """Signed requests to one server, over a connection that is made again when it broke."""

    __slots__ = ("_address", "_clock_offset", "_key", "_tag", "_wire")

    def __init__(self, address: ServerAddress, key: DeviceKey, *, tag: str = AGENT_TAG) -> None:
        self._address = address
        self._key = key
        self._tag = tag
        self._wire: _Wire | None = None
        self._clock_offset = 0.0

    async def call(self, method: str, path: str, content: Any) -> Any:
        """Send `content` as JSON and give the parsed answer, None where it is empty.

        Raises:
            Refused: for a problem.
            OSError, TimeoutError: when the server is not there.
        """
        body = json.dumps(content, separators=(",", ":")).encode()
        answer = await self.send(method, path, body)
        if answer.status == 401 and _CLOCK_SKEW in answer.body:  # noqa: PLR2004  Unauthorized
            server_time = json.loads(answer.body)["server_time"]
            self._clock_offset = _seconds(server_time) - time.time()
            answer = await self.send(method, path, body)
        if answer.status >= 400:  # noqa: PLR2004  a problem
            raise _refused(answer)
        return json.loads(answer.body) if answer.body else None

    async def send(self, method: str, path: str, body: bytes) -> HttpAnswer:
        """One signed exchange. When it is cancelled, the connection is given up: an answer might still come."""
        wire = await self._connected()
        now = time.time() + self._clock_offset
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._address.authority}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"{self._key.headers(method, self._address.authority, path, body, now=now, tag=self._tag)}\r\n"
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await wire.ask(head.encode() + body)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Cut the connection at once, as a pulled cable would."""
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.abort()
        self._wire = None

    async def _connected(self) -> _Wire:
        if self._wire is None or self._wire.transport is None or self._wire.transport.is_closing():
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(CONNECT_WITHIN_S):
                _transport, self._wire = await loop.create_connection(
                    _Wire, self._address.host, self._address.port, ssl=self._address.tls
                )
        return self._wire


@dataclass(slots=True)
class AgentClient:
    """The calls of one agent.

    Attributes:
        boot_id: Of this boot of its machine.
        run_id: Of this start of the agent; `restart` makes another.
        receipt: The last one kept.
    """

    address: ServerAddress
    key: DeviceKey = field(default_factory=DeviceKey)
    device_id: UUID | None = None
    agent_version: str = "0.1.0"
    inventory_hash: str | None = None
    boot_id: UUID = field(default_factory=uuid4)
    run_id: UUID = field(default_factory=uuid4)
    receipt: str | None = None
    _main: Connection | None = None
    _reports: Connection | None = None

    async def enroll(self, token: str, facts: dict[str, Any]) -> str:
        """Become a device; gives its state, `active` or `pending`."""
        answer = await self._main_line().call(
            "POST",
            "/agent/v1/enroll",
            {
                "token": token,
                "public_key": base64.b64encode(self.key.spki).decode(),
                "key_protection": "file",
                "agent_version": self.agent_version,
                "facts": facts,
            },
        )
        self.device_id = UUID(answer["device_id"])
        state: str = answer["state"]
        return state

    async def check_in(
        self,
        *,
        running: dict[str, int] | None = None,
        free_slots: int = 4,
        max_wait_s: int = 50,
        status: Literal["idle", "busy", "stopping"] | None = None,
    ) -> dict[str, Any]:
        """One check-in; keeps the receipt it brings. `running` is action id to fence."""
        running = running or {}
        answer: dict[str, Any] = await self._main_line().call(
            "POST",
            "/agent/v1/check-in",
            {
                "boot_id": str(self.boot_id),
                "run_id": str(self.run_id),
                "receipt": self.receipt,
                "agent_version": self.agent_version,
                "status": status or ("busy" if running else "idle"),
                "inventory_hash": self.inventory_hash,
                "running": [{"action_id": action_id, "fence": fence} for action_id, fence in running.items()],
                "free_slots": free_slots,
                "max_wait_s": max_wait_s,
            },
        )
        self.receipt = answer["receipt"] or self.receipt
        return answer

    async def report(self, reports: list[dict[str, Any]]) -> dict[str, Any]:
        """Say what happened, over a connection of its own: a check-in may be held on the other."""
        answer: dict[str, Any] = await self._report_line().call("POST", "/agent/v1/reports", {"reports": reports})
        return answer

    async def report_deployment(self, deployment_id: str, reports: list[dict[str, Any]]) -> dict[str, Any]:
        """Say what the steps of the installed system do."""
        answer: dict[str, Any] = await self._report_line().call(
            "POST", f"/agent/v1/deployments/{deployment_id}/reports", {"reports": reports}
        )
        return answer

    async def put_inventory(self, inventory: dict[str, Any]) -> None:
        canonical = json.dumps(inventory, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(canonical).hexdigest()
        await self._report_line().call("PUT", "/agent/v1/inventory", {"hash": digest, "inventory": inventory})
        self.inventory_hash = digest

    def restart(self) -> None:
        """A new start of the agent: the connections are gone, the key and the receipt are on disk."""
        self.close()
        self.run_id = uuid4()

    def close(self) -> None:
        for connection in (self._main, self._reports):
            if connection is not None:
                connection.abort()
        self._main = self._reports = None

    def _main_line(self) -> Connection:
        if self._main is None:
            self._main = Connection(self.address, self.key)
        return self._main

    def _report_line(self) -> Connection:
        if self._reports is None:
            self._reports = Connection(self.address, self.key)
        return self._reports


def _refused(answer: HttpAnswer) -> Refused:
    try:
        problem = json.loads(answer.body)
        return Refused(answer.status, problem["code"], problem["detail"], answer.retry_after_s)
    except (ValueError, KeyError, TypeError):
        return Refused(answer.status, "no_problem_document", answer.body[:200].decode("latin-1"), answer.retry_after_s)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
