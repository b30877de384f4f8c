"""The first loaders that firmware fetches: iPXE, and shim with GRUB where Secure Boot is on."""

import hashlib
import json
import shutil
from pathlib import Path

from deployflow.boot.tools import BootToolFailed

PACKAGES = ["ipxe", "shim-signed", "grub-efi-amd64-signed"]
# The name that is served → where Debian's packages have it.
FILES = {
    "undionly.kpxe": ["usr/lib/ipxe/undionly.kpxe"],
    # Debian 12 has it in /boot.
    "ipxe.efi": ["usr/lib/ipxe/ipxe-amd64.efi", "usr/lib/ipxe/ipxe.efi", "boot/ipxe.efi"],
    "snponly.efi": ["usr/lib/ipxe/snponly.efi"],
    "shimx64.efi": ["usr/lib/shim/shimx64.efi.signed"],
    # shim looks for this name beside itself.
    "grubx64.efi": ["usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"],
}
MANIFEST = "manifest.json"


def collect(packages: Path, to: Path, *, own: Path | None = None) -> Path:
    """Copy the loaders out of unpacked packages, with their checksums. A file of the same name in `own` goes before.

    Raises:
        BootToolFailed: one is missing.
    """
    making = to.with_name(f"{to.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    listed = {}
    for name, places in FILES.items():
        candidates = [*([own / name] if own else []), *(packages / place for place in places)]
        file = next((one for one in candidates if one.is_file()), None)
        if file is None:
            raise BootToolFailed(f"the packages {', '.join(PACKAGES)} have no {name}: give your own with --loaders")
        content = file.read_bytes()
        (making / name).write_bytes(content)
        listed[name] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
            "from": "own" if own and file.parent == own else "packages",
        }
    (making / MANIFEST).write_text(json.dumps({"format": 1, "files": listed}, indent=1) + "\n")
    shutil.rmtree(to, ignore_errors=True)
    making.rename(to)
    return to


def missing(folder: Path) -> list[str]:
    """The loaders that are not there."""
    return [name for name in FILES if not (folder / name).is_file()]
