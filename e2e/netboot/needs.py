"""What a machine must have to boot others."""

import os
import shutil
from pathlib import Path

from netboot.machine import FIRMWARE

PROGRAMS = {"qemu-system-x86_64": "QEMU", "dnsmasq": "dnsmasq", "ip": "iproute2"}


def lacking() -> str | None:
    """What this machine has not got, with what brings it."""
    if os.geteuid() != 0:
        return "needs root for network namespaces; run: sudo make test"
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for program, name in PROGRAMS.items() if not shutil.which(program, path=path)]
    missing += [] if (FIRMWARE / "OVMF_CODE_4M.fd").exists() else ["OVMF"]
    missing += [] if Path("/dev/net/tun").exists() else ["/dev/net/tun"]
    return f"needs {', '.join(missing)}; run: sudo scripts/install-system-packages" if missing else None
