"""Distribution packages for the boot environment, from an apt of its own.

The machine that builds may run another release, or Ubuntu, and is not changed: packages are downloaded and unpacked
into a cache, none is installed and none of their scripts runs. apt checks the signatures as always.
"""

import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from deployflow.boot.tools import BootToolFailed, program, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = "http://deb.debian.org/debian"
SECURITY_MIRROR = "http://deb.debian.org/debian-security"
SUITE = "trixie"
# Within it a build does not ask the mirror again.
FRESH_S = 12 * 3600


@dataclass(frozen=True)
class Package:
    """A downloaded package."""

    name: str
    version: str
    sha256: str
    file: Path


@dataclass(frozen=True)
class Source:
    """Where packages come from."""

    suite: str = SUITE
    mirror: str = MIRROR
    security_mirror: str = SECURITY_MIRROR

    def lines(self) -> str:
        """As sources.list has them."""
        signed = f"deb [signed-by={KEYRING} arch=amd64]"
        return (
            f"{signed} {self.mirror} {self.suite} main\n"
            f"{signed} {self.mirror} {self.suite}-updates main\n"
            f"{signed} {self.security_mirror} {self.suite}-security main\n"
        )


class PackageCache:
    """An apt with its own lists, cache and idea of what is installed: nothing."""

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder = folder
        self._source = source
        self._apt_folder = folder / "apt" / hashlib.sha256(source.lines().encode()).hexdigest()[:12]
        self._debs = folder / "debs"
        self._apt_get = program("apt-get", "apt")
        self._apt_cache = program("apt-cache", "apt")
        self._dpkg_deb = program("dpkg-deb", "dpkg")
        if not KEYRING.exists():
            raise BootToolFailed(f"{KEYRING} is missing: install the package debian-archive-keyring and try again")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else builds from this cache meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BootToolFailed(f"another build is running on {self._folder}: wait until it has ended") from None
            yield

    def refresh(self, *, always: bool = False) -> str | None:
        """Read the mirror's lists, where those here are old. Gives a warning when old ones had to do."""
        for name in ("state/lists/partial", "cache/archives/partial"):
            (self._apt_folder / name).mkdir(parents=True, exist_ok=True)
        (self._apt_folder / "status").touch()
        (self._apt_folder / "sources.list").write_text(self._source.lines())
        self._debs.mkdir(exist_ok=True)
        read = self._apt_folder / "read"
        if not always and read.exists() and time.time() - read.stat().st_mtime < FRESH_S:
            return None
        try:
            run([self._apt_get, *self._options(), "-o", "APT::Update::Error-Mode=any", "update"], what="apt-get update")
        except BootToolFailed as failure:
            if read.exists():
                return f"{failure}; going on with the package lists of the last build"
            raise BootToolFailed(
                f"{failure}. {self._source.mirror} must be reachable, or name another with --mirror"
            ) from failure
        read.touch()
        return None

    def with_dependencies(self, names: Sequence[str]) -> list[Package]:
        """Download packages and all that they need."""
        return self._fetch(["install", "--no-install-recommends", *names])

    def alone(self, names: Sequence[str]) -> list[Package]:
        """Download packages without what they need."""
        return self._fetch(["download", *names])

    def dependency(self, name: str, starting: str) -> str:
        """The package behind a name that only points to it, such as the kernel's."""
        said = run([self._apt_cache, *self._options(), "depends", name], what=f"looking up {name}").decode()
        for line in said.splitlines():
            words = line.split()
            if words[:1] == ["Depends:"] and words[1].startswith(starting):
                return words[1]
        raise BootToolFailed(f"{self._source.suite} has no package {name} that stands for a {starting}…")

    def unpacked(self, packages: Sequence[Package]) -> Path:
        """A folder with the content of these packages; kept for the next build."""
        folder = self._folder / "unpacked" / _key(packages)
        if folder.exists():
            return folder
        making = folder.with_suffix(".new")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        for package in packages:
            run([self._dpkg_deb, "-x", package.file, making], what=f"unpacking {package.file.name}")
        making.rename(folder)
        return folder

    def forget_others(self, kept: Mapping[str, Sequence[Package]]) -> None:
        """Remove what an earlier build needed and this one does not: a kernel is 100 MB."""
        files = {package.file for packages in kept.values() for package in packages}
        folders = {_key(packages) for packages in kept.values()}
        for file in self._debs.glob("*.deb"):
            if file not in files:
                file.unlink()
        for folder in (self._folder / "unpacked").iterdir():
            if folder.name not in folders:
                shutil.rmtree(folder)

    def _fetch(self, command: Sequence[str]) -> list[Package]:
        """Have the packages here that an apt-get command would fetch."""
        # What apt has in its own place it would not name: a build may have been cut there.
        self._take_fetched()
        said = run(
            [self._apt_get, *self._options(), "-qq", "--print-uris", *command], what=f"apt-get {' '.join(command)}"
        )
        files = [line.split()[1] for line in said.decode().splitlines() if line.startswith("'")]
        if any(not (self._debs / name).exists() for name in files):
            going = ["--download-only", "-y"] if command[0] == "install" else []
            run(
                [self._apt_get, *self._options(), "-qq", *going, *command],
                what=f"apt-get {' '.join(command)}",
                cwd=self._debs,
            )
            self._take_fetched()
        return [self._package(self._debs / name) for name in sorted(files)]

    def _take_fetched(self) -> None:
        for fetched in (self._apt_folder / "cache" / "archives").glob("*.deb"):
            fetched.rename(self._debs / fetched.name)

    def _package(self, file: Path) -> Package:
        name, version, _ = file.stem.split("_")
        with file.open("rb") as content:
            return Package(name, unquote(version), hashlib.file_digest(content, "sha256").hexdigest(), file)

    def _options(self) -> list[str]:
        own = self._apt_folder
        settings = {
            "Dir::State": own / "state",
            "Dir::State::status": own / "status",
            "Dir::Cache": own / "cache",
            "Dir::Etc::sourcelist": own / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "Acquire::Languages": "none",
            # The cache is nobody else's business, and the sandbox's user cannot read it.
            "APT::Sandbox::User": "root",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _key(packages: Sequence[Package]) -> str:
    return hashlib.sha256("\n".join(sorted(package.sha256 for package in packages)).encode()).hexdigest()[:16]
