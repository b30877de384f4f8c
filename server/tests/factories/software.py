"""Installers made by the tools that make real ones, and items straight in the database."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.software.models import Software, SoftwareBundle, SoftwareBundleItem, SoftwareInstaller, SoftwareVersion

PRODUCT = "{6F8D2A11-3C4B-4E0E-9A57-0123456789AB}"
_WXS = """<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="{code}" Name="{name}" Version="{version}" Manufacturer="Contoso Ltd" Language="1033"
           UpgradeCode="{{9D1D0D4E-2F39-4C2A-8C45-AAAAAAAAAAAA}}">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" />
    <Media Id="1" Cabinet="a.cab" EmbedCab="yes" />
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="Contoso">
          <Component Id="Main" Guid="{{5E2C0F0A-6D6A-4D5B-8A57-BBBBBBBBBBBB}}" Win64="yes">
            <File Id="Readme" Source="readme.txt" KeyPath="yes" />
          </Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Main" /></Feature>
  </Product>
</Wix>
"""


def msi(*, name: str = "Contoso Reader", version: str = "3.2.1", code: str = PRODUCT) -> bytes:
    """A real MSI, made by wixl."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "readme.txt").write_text("Contoso\n")
        (Path(folder) / "a.wxs").write_text(_WXS.format(code=code, name=name, version=version))
        subprocess.run(["wixl", "-a", "x64", "-o", "a.msi", "a.wxs"], cwd=folder, check=True, capture_output=True)
        return (Path(folder) / "a.msi").read_bytes()


def deb(*, package: str = "contoso-tool", version: str = "1.4-2", script: str = "") -> bytes:
    """A real Debian package, made by dpkg-deb."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        (root / "DEBIAN").mkdir(parents=True, mode=0o755)
        (root / "DEBIAN" / "control").write_text(
            f"Package: {package}\nVersion: {version}\nArchitecture: all\nMaintainer: Contoso <it@contoso.example>\n"
            "Description: a tool\n"
        )
        if script:
            (root / "DEBIAN" / "postinst").write_text(script)
            (root / "DEBIAN" / "postinst").chmod(0o755)
        place = root / "usr" / "share" / package
        place.mkdir(parents=True)
        (place / "readme").write_text("Contoso\n")
        made = Path(folder) / "a.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, made], check=True, capture_output=True)
        return made.read_bytes()


def exe(mark: bytes, *, machine: int = 0x8664, at: int = 9 * 1024 * 1024) -> bytes:
    """The outside of a Windows program, with what a maker of installers leaves in it."""
    head = bytearray(4096)
    head[:2] = b"MZ"
    head[0x3C:0x40] = (0x80).to_bytes(4, "little")
    head[0x80:0x84] = b"PE\0\0"
    head[0x84:0x86] = machine.to_bytes(2, "little")
    return bytes(head) + bytes(at) + mark + bytes(100)


async def make_software(
    db: Database, tenant_id: UUID, *, name: str = "7-Zip", **fields: Any
) -> tuple[Software, SoftwareVersion]:
    """An item with its first version, for Linux and without an installer."""
    item = Software(id=new_id(), tenant_id=tenant_id, name=name, publisher="Igor Pavlov", tag_rows=[])
    version = SoftwareVersion(
        **{
            "id": new_id(),
            "tenant_id": tenant_id,
            "software_id": item.id,
            "number": 1,
            "software_version": "24.08",
            "os_family": "linux",
            "install_command": "true",
            "uninstall_command": "true",
            "detection": {"type": "package", "name": "7zip", "comparison": "exists"},
            "inventory_name": "7zip",
            "exit_codes": [{"code": 0, "meaning": "success"}],
            "timeout_s": 600,
            "chunks": [],
            "created_by_name": "tests",
            **fields,
        }
    )
    async with db.write(system_context()) as session:
        session.add(item)
        await session.flush()
        session.add(version)
    return item, version


async def make_installer(db: Database, tenant_id: UUID, **fields: Any) -> SoftwareInstaller:
    """An installer that failed, unless `fields` say otherwise."""
    row = SoftwareInstaller(
        **{
            "id": new_id(),
            "tenant_id": tenant_id,
            "state": "failed",
            "source": "upload",
            "file_name": "setup.exe",
            "sha256": "0" * 64,
            "created_by_name": "tests",
            **fields,
        }
    )
    async with db.write(system_context()) as session:
        session.add(row)
    return row


async def make_bundle(db: Database, tenant_id: UUID, *items: UUID, name: str = "Basics") -> SoftwareBundle:
    bundle = SoftwareBundle(
        id=new_id(),
        tenant_id=tenant_id,
        name=name,
        item_rows=[
            SoftwareBundleItem(tenant_id=tenant_id, position=at, software_id=one) for at, one in enumerate(items)
        ],
    )
    async with db.write(system_context()) as session:
        session.add(bundle)
    return bundle
