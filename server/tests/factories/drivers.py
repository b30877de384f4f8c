"""INF files and the archives that makers put them into."""

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

NET = """\
; Intel(R) Ethernet Connection
[Version]
Signature   = "$Windows NT$"
Class       = Net
ClassGUID   = {4d36e972-e325-11ce-bfc1-08002be10318}
Provider    = %Intel%
CatalogFile = e1d.cat
DriverVer   = 07/14/2023,12.19.2.60

[Manufacturer]
%Intel% = Intel, NTamd64.10.0.1, NTamd64.10.0...16299

[Intel.NTamd64.10.0.1]
%E15B7.DeviceDesc% = E15B7, PCI\\VEN_8086&DEV_15B7
%E15B7.DeviceDesc% = E15B7, PCI\\VEN_8086&DEV_15B7&SUBSYS_00008086 ; with a comment

[Intel.NTamd64.10.0...16299]
%E15B8.DeviceDesc% = E15B8, PCI\\VEN_8086&DEV_15B8, PCI\\VEN_8086&DEV_15B9

[Strings]
Intel = "Intel"
E15B7.DeviceDesc = "Intel(R) Ethernet Connection (2) I219-LM"
"""
BROKEN = "this was an INF file once\n"


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def cabinet(files: Mapping[str, bytes | str]) -> bytes:
    """A cab, compressed, with the paths as they are given."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        made = Path(folder) / "made.cab"
        # --nopath would drop the folders; -n keeps what is typed.
        subprocess.run(["gcab", "-c", "-z", str(made), *files], cwd=folder, check=True, capture_output=True)
        return made.read_bytes()
