"""A machine that boots from the network: QEMU without KVM, with its keys, its screen and its power switch."""

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from netboot.namespaces import TAP, ends_with_this_process

FIRMWARE = Path("/usr/share/OVMF")
# A machine that takes longer has failed; it is three times what the slowest path takes on two cores.
LIMIT_S = 180.0
# .NET's native code wants x86-64-v2, which every machine of the last fifteen years has, and `qemu64` has not.
PROCESSOR = "Nehalem"
MAC = "52:54:00:12:34:56"
UUID = "4c4c4544-0042-4210-8052-b4c04f575931"


@dataclass(frozen=True)
class Hardware:
    """What kind of machine it is.

    Attributes:
        firmware: `bios`, `uefi`, or `secure`: UEFI with Secure Boot on, with Microsoft's keys.
        own_pxe: The firmware's own network boot rather than the iPXE that QEMU's cards carry in their ROM.
        http_boot: UEFI may only boot by HTTP.
        network_first: What it starts from first; None leaves it to the boot list that its firmware keeps.
    """

    firmware: str = "uefi"
    own_pxe: bool = True
    http_boot: bool = False
    card: str = "virtio-net-pci"
    disk: str = "virtio-blk-pci"
    memory_mb: int = 1024
    serial: str = "PF3X7K2M"
    network_first: bool | None = True
    more: Sequence[str] = field(default_factory=tuple)


class Machine:
    """One machine; its disk and its firmware's variables outlive its power."""

    def __init__(self, folder: Path, hardware: Hardware, *, disk: Path | None = None, name: str = "machine") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.hardware = hardware
        self.disk = disk
        self.name = name
        self.serial = folder / f"{name}.serial.log"
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: Monitor | None = None
        self._limit: threading.Timer | None = None
        self.ran_out_of_time = False

    def start(self, within_s: float = LIMIT_S) -> Self:
        """Power on."""
        monitor = self.folder / f"{self.name}.qmp"
        monitor.unlink(missing_ok=True)
        self.started_at = time.monotonic()
        with (self.folder / f"{self.name}.qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command(), "-qmp", f"unix:{monitor},server=on,wait=off"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_this_process,  # noqa: PLW1509  the child only makes a system call
            )
        try:
            self._qmp = Monitor(monitor, self._process)
        except BaseException:
            self.power_off()
            raise
        self._limit = threading.Timer(within_s, self._give_up)
        self._limit.daemon = True
        self._limit.start()
        return self

    def age_s(self) -> float:
        """Since the power was switched on."""
        return time.monotonic() - self.started_at

    def is_on(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def power_off(self) -> None:
        """Pull the plug."""
        if self._limit is not None:
            self._limit.cancel()
        if self._qmp is not None:
            self._qmp.close()
            self._qmp = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wait_until_off(self, within_s: float) -> bool:
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within_s)
        return not self.is_on()

    def press(self, *keys: str) -> None:
        """Keys one after the other, by QEMU's names; `ctrl-b` is two at once."""
        for key in keys:
            pressed = [{"type": "qcode", "data": one} for one in key.split("-")]
            self.qmp("send-key", keys=pressed)
            time.sleep(0.15)

    def screenshot(self, name: str) -> Path:
        """What its screen shows, as PNG."""
        file = self.folder / f"{self.name}.{name}.png"
        self.qmp("screendump", filename=str(file), format="png")
        return file

    def qmp(self, command: str, **arguments: Any) -> Any:
        assert self._qmp is not None
        return self._qmp.call(command, **arguments)

    def said(self) -> str:
        """What came over its serial line."""
        return self.serial.read_text(errors="replace") if self.serial.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self.is_on():
            with contextlib.suppress(Exception):
                print(f"screen of {self.name}: {self.screenshot('failed')}")
        if kind is not None:
            print(f"last words of {self.name} on its serial line:\n{self.said()[-3000:]}")
        self.power_off()

    def _give_up(self) -> None:
        self.ran_out_of_time = True
        with contextlib.suppress(Exception):
            self.screenshot("ran-out-of-time")
        if self._process is not None:
            self._process.kill()

    def _command(self) -> list[str]:
        own = self.hardware
        secure = own.firmware == "secure"
        card = f"{own.card},netdev=net0,mac={MAC}" + (",bootindex=1" if own.network_first else "")
        argv = [
            "qemu-system-x86_64",
            *("-machine", f"q35{',smm=on' if secure else ''}", "-accel", "tcg", "-cpu", PROCESSOR),
            *("-m", str(own.memory_mb), "-smp", "1", "-display", "none", "-vga", "std", "-no-user-config"),
            "-no-reboot",
            *("-serial", f"file:{self.serial}"),
            *("-smbios", f"type=1,manufacturer=DeployFlow Lab,product=TestBox 9,serial={own.serial},uuid={UUID}"),
            *("-netdev", f"tap,id=net0,ifname={TAP},script=no,downscript=no"),
            *("-device", card + (",romfile=" if own.own_pxe and own.firmware != "bios" else "")),
            *self._firmware(),
            *(own.more or ("-rtc", "base=utc")),
        ]
        if self.disk is not None:
            drive = f"if=none,id=disk0,file={self.disk},format=raw,cache=unsafe,discard=unmap"
            place = "" if own.network_first is None else ",bootindex=2"
            argv += ["-drive", drive, "-device", f"{own.disk},drive=disk0,serial=DF0001{place}"]
        return argv

    def _firmware(self) -> list[str]:
        own = self.hardware
        if own.firmware == "bios":
            return []
        code, variables = (
            ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd")
            if own.firmware == "secure"
            else ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")
        )
        kept = self.folder / "firmware-variables.fd"
        if not kept.exists():
            shutil.copyfile(FIRMWARE / variables, kept)
        argv = [
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE / code}"),
            *("-drive", f"if=pflash,format=raw,unit=1,file={kept}"),
        ]
        if own.firmware == "secure":
            argv += ["-global", "driver=cfi.pflash01,property=secure,value=on"]
        if own.http_boot:
            for version in ("IPv4PXESupport", "IPv6PXESupport"):
                argv += ["-fw_cfg", f"name=opt/org.tianocore/{version},string=n"]
        return argv


class Monitor:
    """QEMU's control socket."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX)
        ends = time.monotonic() + 30
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > ends:
                    self._socket.close()
                    raise RuntimeError(f"QEMU did not start: see {path.with_suffix('.qemu.log')}") from None
                time.sleep(0.05)
        self._socket.settimeout(30)
        self._file = self._socket.makefile("rw")
        self._file.readline()
        self.call("qmp_capabilities")

    def call(self, command: str, **arguments: Any) -> Any:
        """One command; events that come between are nobody's concern."""
        with self._lock:
            self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            self._file.flush()
            while line := self._file.readline():
                answer = json.loads(line)
                if "error" in answer:
                    raise RuntimeError(f"{command}: {answer['error']['desc']}")
                if "return" in answer:
                    return answer["return"]
        raise RuntimeError(f"{command}: QEMU is gone")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
            self._socket.close()
