"""A machine that starts from the network, without a machine: every call of docs/boot-protocol.md with a real key.

It asks as firmware does, begins a session, checks its plan, reports, and at last enrolls as the installed agent. What
it does between is `engine`'s.
"""

import asyncio
import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from deployflow.app.simulation.client import AgentClient, Connection, DeviceKey, ServerAddress
from deployflow.boot import codes, hpke
from deployflow.devices.signatures import BOOT_TAG
from deployflow.platform import clock

FORMAT = 1
_KERNEL = re.compile(r"^kernel environments/(?P<environment>\S+)/vmlinuz (?P<arguments>.*?) \|\|", re.MULTILINE)


class PlanRefused(Exception):
    """The machine does not act on this plan."""


@dataclass(slots=True)
class Started:
    """What the firmware was told to start: the arguments of the kernel, without their `df.`."""

    script: str
    arguments: dict[str, str]

    @property
    def is_environment(self) -> bool:
        return bool(self.arguments)


@dataclass(slots=True)
class NetbootMachine:
    """One machine. Its key lives as long as it stays on; `power_cycle` makes another.

    Attributes:
        server_key: The server's boot key, as boot environments carry it.
        reported: What it has said in this session, and how many of it was acknowledged.
    """

    address: ServerAddress
    server_key: ec.EllipticCurvePublicKey
    facts: dict[str, Any]
    site_key: str | None = None
    environment: str = "linux"
    key: DeviceKey = field(default_factory=DeviceKey)
    session_id: UUID | None = None
    nonce: bytes = b""
    deployment_id: UUID | None = None
    plan: dict[str, Any] | None = None
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    told_to_abort: bool = False
    _seq: int = 0
    _line: Connection | None = None

    @property
    def mac(self) -> str:
        mac: str = self.facts["mac_addresses"][0]
        return mac

    @property
    def code(self) -> str:
        """What its screen shows."""
        return codes.approval_code(self.key.spki, self.nonce)

    async def ask_what_to_start(self, **more: str) -> Started:
        """The firmware's question."""
        said = {
            "site": self.site_key,
            "mac": self.mac,
            "uuid": self.facts["smbios_uuid"],
            "serial": self.facts["serial"],
            "manufacturer": self.facts["manufacturer"],
            "product": self.facts["model"],
            "platform": "efi",
            **more,
        }
        query = urlencode({name: value for name, value in said.items() if value is not None})
        script = await self._fetch(f"/boot/v1/script?{query}")
        found = _KERNEL.search(script)
        words = found["arguments"].split() if found else []
        return Started(
            script, {word[3:].partition("=")[0]: word.partition("=")[2] for word in words if word.startswith("df.")}
        )

    async def begin(self, *, profile_id: str | None = None) -> str:
        """Begin a session; gives its state, `waiting` or `approved`."""
        answer = await self._call(
            "/boot/v1/sessions",
            {
                "public_key": base64.b64encode(self.key.spki).decode(),
                "site": self.site_key,
                "profile_id": profile_id,
                "environment": self.environment,
                "agent_version": "0.1.0",
                "facts": self.facts,
            },
        )
        self.session_id = UUID(answer["session_id"])
        self.nonce = base64.urlsafe_b64decode(answer["nonce"] + "==")
        state: str = answer["state"]
        return state

    async def wait(self, *, max_wait_s: int = 50) -> str:
        """Wait once; keeps the plan when there is one. Gives the session's state."""
        return self._take(await self._call(f"/boot/v1/sessions/{self.session_id}/wait", {"max_wait_s": max_wait_s}))

    async def wait_until_approved(self) -> None:
        """Wait as long as it takes.

        Raises:
            PlanRefused: it was denied, or its time was up.
        """
        while self.plan is None:
            state = await self.wait()
            if state not in {"waiting", "approved"}:
                raise PlanRefused(f"the session is {state}")

    async def enter_pin(self, pin: str, *, profile_id: str | None = None) -> str:
        """A technician types a PIN. Gives the session's state."""
        sealed = hpke.seal(pin.encode(), to=self.server_key, info=f"deployflow pin {self.session_id}")
        answer = await self._call(
            f"/boot/v1/sessions/{self.session_id}/pin",
            {"sealed": base64.b64encode(sealed).decode(), "profile_id": profile_id},
        )
        return self._take(answer)

    async def take_secret(self, position: int, name: str) -> str:
        """A secret of the step that runs."""
        answer = await self._call(
            f"/boot/v1/deployments/{self.deployment_id}/secrets", {"position": position, "name": name}
        )
        info = f"deployflow secret {self.deployment_id} {position} {name}"
        opened = hpke.open_sealed(base64.b64decode(answer["sealed"]), key=self.key.private, info=info)
        self.secrets[name] = opened.decode()
        return self.secrets[name]

    async def finish_phase(self, outcome: str, error: dict[str, str] | None = None) -> None:
        """The end of the boot phase, and of this session."""
        await self.report({"type": "phase_finished", "phase": "boot", "outcome": outcome, "error": error})

    async def report(self, *reports: dict[str, Any]) -> list[str]:
        """Say what happened; gives the outcomes. Without any it is a sign of life."""
        numbered = []
        for report in reports:
            numbered.append({"seq": self._seq, "at": clock.now().isoformat(), **report})
            self._seq += 1
        return await self.send_reports(numbered)

    async def send_reports(self, reports: list[dict[str, Any]]) -> list[str]:
        """The same with numbers of the caller's: to send something once more."""
        answer = await self._call(f"/boot/v1/deployments/{self.deployment_id}/reports", {"reports": reports})
        self.told_to_abort = answer["command"] == "abort"
        return [result["outcome"] for result in answer["results"]]

    async def first_boot(self, *, hostname: str | None = None) -> AgentClient:
        """Start from the disk: the planted agent enrolls by its token, with a key of its own."""
        assert self.plan is not None
        agent = AgentClient(self.address)
        facts = {
            "hostname": hostname or self.plan["computer_name"],
            "os_family": "windows",
            "os_name": "Windows 11 Pro",
            "os_version": "10.0.26100",
            "architecture": "x64",
            **{name: self.facts[name] for name in ("manufacturer", "model", "sku", "serial", "smbios_uuid")},
            "mac_addresses": self.facts["mac_addresses"],
        }
        await agent.enroll(self.secrets["enrollment_token"], facts)
        return agent

    def power_cycle(self) -> None:
        """Off and on: the key, and all that was in memory, is gone."""
        self.close()
        self.key = DeviceKey()
        self.session_id = self.deployment_id = self.plan = None
        self.nonce = b""
        self.told_to_abort = False
        self._seq = 0

    def close(self) -> None:
        if self._line is not None:
            self._line.abort()
        self._line = None

    def _take(self, answer: dict[str, Any]) -> str:
        if answer["plan"] is not None and self.plan is None:
            self.plan = self._checked(base64.b64decode(answer["plan"]), base64.b64decode(answer["signature"]))
            self.deployment_id = UUID(answer["deployment_id"])
            self.variables = dict(self.plan["variables"])
        state: str = answer["state"]
        return state

    def _checked(self, signed: bytes, signature: bytes) -> dict[str, Any]:
        """The plan, once it is known to be the server's and this machine's."""
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self.server_key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise PlanRefused("the plan is not signed by the server that this environment was built for") from error
        plan: dict[str, Any] = json.loads(signed)
        if plan["format"] != FORMAT or plan["session"] != self.key.keyid:
            raise PlanRefused("the plan is for another machine, or of a later format")
        return plan

    async def _call(self, path: str, content: Any) -> Any:
        if self._line is None:
            self._line = Connection(self.address, self.key, tag=BOOT_TAG)
        return await self._line.call("POST", path, content)

    async def _fetch(self, path: str) -> str:
        """A plain question over a connection of its own, as firmware has it."""
        reader, writer = await asyncio.open_connection(self.address.host, self.address.port, ssl=self.address.tls)
        try:
            head = f"GET {path} HTTP/1.1\r\nHost: {self.address.authority}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.read()
        finally:
            writer.close()
        return answer.partition(b"\r\n\r\n")[2].decode()


def facts_of(number: int = 1, **changes: Any) -> dict[str, Any]:
    """What a machine of a simulated rack says; each number is another one."""
    return {
        "hostname": None,
        "manufacturer": "LENOVO",
        "model": "20XW",
        "sku": "LENOVO_MT_20XW",
        "serial": f"PF3SIM{number:04}",
        "smbios_uuid": f"4c4c4544-0042-3010-8052-b4c04f{number:06x}",
        "mac_addresses": [":".join(f"5254{number:08x}"[at : at + 2] for at in range(0, 12, 2))],
        "firmware": "uefi",
        "secure_boot": False,
        "memory_bytes": 16 * 2**30,
        "cpu": "11th Gen Intel(R) Core(TM) i7-1165G7",
        "disks": [
            {
                "name": "/dev/nvme0n1",
                "model": "SAMSUNG MZVLB512",
                "serial": f"S4EV{number:04}",
                "size_bytes": 512 * 10**9,
                "media": "ssd",
                "removable": False,
            }
        ],
        **changes,
    }


def read_server_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    """The server's boot key, as it lies in a boot environment."""
    key = serialization.load_pem_public_key(pem)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key
