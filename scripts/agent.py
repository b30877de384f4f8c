"""`make agent`: the agent's builds as the server offers them for download, in agent/dist/."""

import hashlib
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from tools import AGENT, Stamp, Stop, run

DIST = AGENT / "dist"
PROJECT = AGENT / "src" / "DeployFlow.Agent"
# Native code for Linux; .NET cannot link native code for Windows on Linux, so Windows gets one trimmed file.
TARGETS = {
    "linux-x64": ["-p:PublishAot=true", "-p:CppCompilerAndLinker=gcc"],
    "win-x64": [
        "--self-contained",
        "-p:PublishSingleFile=true",
        "-p:PublishTrimmed=true",
        "-p:EnableCompressionInSingleFile=true",
    ],
}
# Debug symbols are of no use on a device.
LEFT_OUT = {".pdb", ".dbg"}


def build() -> None:
    """Publish and pack every target whose sources changed."""
    if not PROJECT.exists():
        raise Stop("agent/src/DeployFlow.Agent is not there")
    if shutil.which("dotnet") is None:
        raise Stop("the .NET 10 SDK is not on PATH: install it (https://dotnet.microsoft.com/)")
    sources = sorted(
        file
        for file in [*AGENT.glob("*"), *(AGENT / "src").rglob("*")]
        if file.is_file() and not {"bin", "obj"} & set(file.relative_to(AGENT).parts)
    )
    for target, options in TARGETS.items():
        archive = DIST / f"deployflow-agent-{target}.{'zip' if target.startswith('win') else 'tar.gz'}"
        stamp = Stamp(f"agent-{target}", archive, sources, *options)
        if stamp.is_current():
            continue
        folder = DIST / target
        shutil.rmtree(folder, ignore_errors=True)
        run(f"build the agent for {target}", ["dotnet", "publish", PROJECT, "-c", "Release", "-r", target, "-o", folder, *options])
        pack(folder, archive)
        stamp.keep()


def pack(folder: Path, archive: Path) -> None:
    """Write the archive and its SHA-256, each complete before it gets its name."""
    unfinished = archive.with_name(archive.name + ".part")
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix not in LEFT_OUT)
    if archive.suffix == ".zip":
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for file in files:
                packed.write(file, file.relative_to(folder))
    else:
        with tarfile.open(unfinished, "w:gz", compresslevel=9) as packed:
            for file in files:
                packed.add(file, str(file.relative_to(folder)), filter=_owned_by_root)
    digest = hashlib.sha256(unfinished.read_bytes()).hexdigest()
    archive.with_name(archive.name + ".sha256").write_text(f"{digest}  {archive.name}\n")
    os.replace(unfinished, archive)
    print(f"  {archive.name}: {archive.stat().st_size / 1e6:.1f} MB", flush=True)


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


if __name__ == "__main__":
    try:
        build()
    except Stop as stop:
        sys.exit(f"make agent: {stop}")
