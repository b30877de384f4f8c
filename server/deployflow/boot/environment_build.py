"""`deployflow boot build`: our Linux boot environment, made of distribution packages and the agent.

The same packages, agent and key give the same bytes. Nothing secret goes in: what it makes is served to everybody.
"""

import hashlib
import json
import os
import shutil
import tarfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from deployflow.boot import loaders
from deployflow.boot.elf import Libraries
from deployflow.boot.initramfs import Archive
from deployflow.boot.kernel_modules import Chosen, Depmod, Kernel, add_modules, foreign
from deployflow.boot.packages import Package, PackageCache, Source
from deployflow.boot.recipe import Recipe
from deployflow.boot.tools import BootToolFailed, run

KERNEL = "linux-image-amd64"
COMPRESSION = {"zstd3": "-3", "zstd19": "-19"}
BUSYBOX = "usr/bin/busybox"
# What a program of the tools is called after is not always a file of its own there.
_FOLDERS = ("usr/sbin", "usr/bin", "sbin", "bin")


@dataclass(frozen=True)
class Wanted:
    """What to build, and of what."""

    cache: Path
    recipe: Recipe
    agent: Path
    server_key: bytes
    authorities: Sequence[Path] = ()
    compression: str = "zstd19"
    source: Source = field(default_factory=Source)
    refresh: bool = False
    own_loaders: Path | None = None


@dataclass(frozen=True)
class Built:
    """A finished environment and loaders, each in a folder with a manifest."""

    id: str
    folder: Path
    loaders: Path
    manifest: dict[str, object]


Say = Callable[[str], None]


def build(wanted: Wanted, to: Path, say: Say) -> Built:
    """Build into `to`/<id> and `to`/loaders. `say` hears what is done and how long it took.

    Raises:
        BootToolFailed: what is missing or did not work.
    """
    server_key = _public_key(wanted.server_key)
    cache = PackageCache(wanted.cache, wanted.source)
    with cache.held():
        steps = Steps(say)
        if warning := cache.refresh(always=wanted.refresh):
            say(warning)
        kernel_package = cache.dependency(KERNEL, "linux-image-")
        packages = {
            "tools": cache.with_dependencies(wanted.recipe.packages),
            "kernel": cache.alone([kernel_package]),
            "loaders": cache.alone(loaders.PACKAGES),
        }
        tools, kernel_root, loaders_root = (cache.unpacked(one) for one in packages.values())
        steps.done(f"packages of {wanted.source.suite}")
        kernel = Kernel.found_in(kernel_root)
        archive = Archive()
        _add_system(archive, wanted, tools)
        archive.file("etc/deployflow/server.pem", server_key)
        chosen = add_modules(archive, kernel, wanted.recipe.modules, Depmod(tools))
        modified = _newest(kernel_root, tools)
        raw = archive.packed(modified=modified)
        steps.done(f"{len(chosen.files)} modules and the system, {len(raw):,} bytes")
        packed = run(
            [*foreign(tools, "usr/bin/zstd", called="zstd"), "-q", "-c", "-T0", COMPRESSION[wanted.compression]],
            what="compressing the initial RAM file system",
            stdin=raw,
        )
        steps.done(f"compressed by {wanted.compression} to {len(packed):,} bytes")
        loader_folder = loaders.collect(loaders_root, to / "loaders", own=wanted.own_loaders)
        cache.forget_others(packages)
    manifest = _manifest(wanted, kernel, chosen, packages, modified)
    built = _keep(to, {"vmlinuz": kernel.image.read_bytes(), "initrd.img": packed}, manifest)
    return Built(built.name, built, loader_folder, json.loads((built / "manifest.json").read_text()))


class Steps:
    """Says how long each step took."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._began = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        self._say(f"{now - self._began:5.1f} s  {what}")
        self._began = now


def _add_system(archive: Archive, wanted: Wanted, tools: Path) -> None:
    for link in ("bin", "sbin", "lib", "lib64"):
        archive.link(link, f"usr/{link}")
    for folder in ("dev", "proc", "sys", "run", "tmp", "mnt", "root", "var"):
        archive.folder(folder)
    # The kernel opens it before anything is mounted.
    archive.device("dev/console", 5, 1)
    archive.link("etc/mtab", "/proc/self/mounts")
    archive.link("etc/resolv.conf", "/run/resolv.conf")
    archive.tree(wanted.recipe.root)

    busybox = _located(tools, "busybox")
    archive.program(BUSYBOX, busybox.read_bytes())
    programs = {name: _located(tools, name) for name in wanted.recipe.programs}
    for name, file in programs.items():
        archive.program(f"usr/bin/{name}", file.read_bytes())
    applets = run([busybox, "--list"], what="asking busybox for its programs").decode().split()
    for applet in applets:
        if applet not in programs and f"usr/bin/{applet}" not in archive:
            archive.link(f"usr/bin/{applet}", "busybox")

    agent = _agent_files(wanted.agent)
    for name, content in agent.items():
        archive.program(f"usr/lib/deployflow/{name}", content)
    for name in wanted.recipe.files:
        _add_files(archive, tools, name)
    _add_libraries(archive, wanted, tools, list(programs.values()))
    archive.file("etc/ssl/certs/ca-certificates.crt", _authorities(tools, wanted.authorities))


def _add_libraries(archive: Archive, wanted: Wanted, tools: Path, programs: list[Path]) -> None:
    try:
        found = Libraries(tools).of(programs, also=wanted.recipe.libraries)
    except KeyError as missing:
        raise BootToolFailed(
            f"the packages lack the library {missing.args[0]}: name its package in boot/linux/packages"
        ) from None
    for name, file in found.items():
        archive.program(f"usr/lib/{name}", file.read_bytes())
    archive.link("usr/lib64", "lib")


def _add_files(archive: Archive, tools: Path, name: str) -> None:
    if (tools / name).is_dir():
        archive.tree(tools / name, name)
    elif (tools / name).is_file():
        archive.file(name, (tools / name).read_bytes())
    else:
        raise BootToolFailed(f"no package has {name}: name its package in boot/linux/packages")


def _located(tools: Path, name: str) -> Path:
    for folder in _FOLDERS:
        file = tools / folder / name
        if file.is_symlink() and file.readlink().is_absolute():
            file = tools / str(file.readlink()).lstrip("/")
        if file.exists():
            return file.resolve()
    raise BootToolFailed(f"no package has the program {name}: name its package in boot/linux/packages")


def _agent_files(archive: Path) -> dict[str, bytes]:
    if not archive.is_file():
        raise BootToolFailed(f"the agent for Linux is not built ({archive} is missing): run `make agent`")
    with tarfile.open(archive) as files:
        return {Path(one.name).name: _content(files, one) for one in files if one.isfile()}


def _content(files: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = files.extractfile(member)
    assert opened is not None
    return opened.read()


def _authorities(tools: Path, own: Sequence[Path]) -> bytes:
    """Certificates that the environment trusts: the distribution's and the operator's own."""
    files = [*sorted((tools / "usr" / "share" / "ca-certificates").rglob("*.crt")), *own]
    for file in own:
        if b"BEGIN CERTIFICATE" not in file.read_bytes():
            raise BootToolFailed(f"{file} is no certificate in PEM form")
    return b"".join(file.read_bytes().rstrip() + b"\n" for file in files)


def _public_key(pem: bytes) -> bytes:
    try:
        load_pem_public_key(pem)
    except ValueError:
        raise BootToolFailed("the server's key is no public key in PEM form") from None
    return pem


def _newest(*roots: Path) -> int:
    """One time for all files: what the packager set, else that of the newest file of the packages."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    return max(int(file.stat().st_mtime) for root in roots for file in (root / "usr" / "share" / "doc").glob("*/*"))


def _manifest(
    wanted: Wanted, kernel: Kernel, chosen: Chosen, packages: dict[str, list[Package]], modified: int
) -> dict[str, object]:
    return {
        "format": 1,
        "kind": "linux",
        "kernel": kernel.version,
        "suite": wanted.source.suite,
        "compression": wanted.compression,
        "modified": modified,
        "agent_sha256": hashlib.sha256(wanted.agent.read_bytes()).hexdigest(),
        "server_key_sha256": hashlib.sha256(wanted.server_key).hexdigest(),
        "modules": len(chosen.files),
        "modules_unknown": chosen.unknown,
        "packages": [
            {name: value for name, value in asdict(package).items() if name != "file"}
            for group in ("tools", "kernel")
            for package in packages[group]
        ],
    }


def _keep(to: Path, files: dict[str, bytes], manifest: dict[str, object]) -> Path:
    """Write the files beside their place and put them there at once; the id says what is in them."""
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        for name, content in files.items()
    }
    identity = hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()[:16]
    folder = to / identity
    making = to / f"{identity}.new"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    for name, content in files.items():
        (making / name).write_bytes(content)
    (making / "manifest.json").write_text(json.dumps({"id": identity, **manifest, "files": listed}, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    making.rename(folder)
    return folder
