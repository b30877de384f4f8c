"""What `deployflow doctor` looks at."""

import hashlib
import sqlite3
import sys
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import DBAPIError

from deployflow.app import health
from deployflow.app.console import find_console
from deployflow.app.failures import Failure
from deployflow.app.installation import explained, prepare_folder
from deployflow.app.registry import assemble
from deployflow.boot import environments
from deployflow.boot.keys import BootKeyBroken, load_or_make, public_pem
from deployflow.enrollment.errors import AgentNotBuilt
from deployflow.enrollment.install import FILES, build
from deployflow.platform.errors import Problem
from deployflow.platform.settings import Settings

# Below this a rare race in the write-ahead log can damage a database (sqlite.org, "The WAL-reset bug").
SQLITE_MENDED = (3, 51, 3)
OLDEST_POSTGRESQL = 15


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `warning`: works, and should be better."""

    name: str
    verdict: Literal["ok", "warning", "failed"]
    detail: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; one failure does not hide another."""
    findings = [Finding("python", "ok", sys.version.split()[0]), _folder(settings)]
    if findings[-1].verdict == "ok":
        findings += await _installation(settings)
    if settings.uses_sqlite:
        findings.append(_sqlite())
    return [*findings, _console(settings), *_agents(settings), _boot_environment(settings), _address(settings)]


def _folder(settings: Settings) -> Finding:
    try:
        prepare_folder(settings)
    except Failure as failure:
        return Finding("data folder", "failed", str(failure))
    return Finding("data folder", "ok", str(settings.data_dir))


async def _installation(settings: Settings) -> list[Finding]:
    if not settings.keys_dir.exists():
        return [Finding("installation", "warning", "not made yet: run `deployflow init` or `deployflow serve`")]
    try:
        with explained(settings):
            runtime = assemble(settings)
            try:
                checks = await health.look(runtime)
                found = [Finding(one.name, "ok" if one.status == "ok" else "failed", one.detail) for one in checks]
                if not settings.uses_sqlite and checks[0].status == "ok":
                    async with runtime.db.reader.connect() as connection:
                        version = connection.dialect.server_version_info or (0,)
                    old = int(version[0]) < OLDEST_POSTGRESQL
                    said = f"{'.'.join(map(str, version))}{f', needs {OLDEST_POSTGRESQL} or newer' if old else ''}"
                    found.append(Finding("postgresql", "failed" if old else "ok", said))
                return found
            finally:
                await runtime.db.close()
    except Failure as failure:
        return [Finding("installation", "failed", str(failure))]
    except (DBAPIError, OSError) as error:
        return [Finding("installation", "failed", str(error))]


def _sqlite() -> Finding:
    version = tuple(int(part) for part in sqlite3.sqlite_version.split("."))
    if version >= SQLITE_MENDED:
        return Finding("sqlite", "ok", sqlite3.sqlite_version)
    return Finding(
        "sqlite", "warning", f"{sqlite3.sqlite_version} is older than 3.51.3: keep backups, or use PostgreSQL"
    )


def _console(settings: Settings) -> Finding:
    folder = find_console(settings)
    if folder is None:
        return Finding("console", "warning", "not built: `make up` in the checkout builds it")
    return Finding("console", "ok", str(folder))


def _agents(settings: Settings) -> list[Finding]:
    findings = []
    for rid in FILES:
        try:
            findings.append(Finding(f"agent {rid}", "ok", str(build(settings, rid).path)))
        except AgentNotBuilt:
            findings.append(Finding(f"agent {rid}", "warning", "not built: `make agent` in the checkout builds it"))
        except (Problem, OSError) as error:
            findings.append(Finding(f"agent {rid}", "failed", str(error)))
    return findings


def _boot_environment(settings: Settings) -> Finding:
    """Machines start the newest one; it opens only plans that this server's boot key has signed."""
    found = environments.newest(settings, "linux")
    if found is None:
        return Finding("boot environment", "warning", "none is built: `deployflow boot build` makes one")
    pinned = environments.pinned_key(found)
    try:
        own = hashlib.sha256(public_pem(load_or_make(settings.keys_dir))).hexdigest()
    except (BootKeyBroken, OSError) as error:
        return Finding("boot environment", "failed", str(error))
    if pinned is not None and pinned != own:
        return Finding(
            "boot environment",
            "warning",
            f"{found.id} was built for another boot key than this server's: machines will refuse its plans."
            " Build it anew with `deployflow boot build`",
        )
    return Finding("boot environment", "ok", found.id)


def _address(settings: Settings) -> Finding:
    if settings.public_url is None:
        return Finding("public address", "warning", "DEPLOYFLOW_PUBLIC_URL is not set: devices are told what you typed")
    if settings.public_url.startswith("http://"):
        return Finding("public address", "warning", f"{settings.public_url}: put a proxy with TLS before the server")
    return Finding("public address", "ok", settings.public_url)
