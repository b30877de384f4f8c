"""One line that installs the agent, the scripts behind it, and the agent's builds. All without a secret."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.enrollment.errors import AgentNotBuilt
from deployflow.enrollment.schemas import InstallLines
from deployflow.identity import queries as identity
from deployflow.platform.errors import BadRequest
from deployflow.platform.settings import Settings, is_host

Download = Literal["linux-x64", "win-x64", "linux-x64.deb", "win-x64.msi"]
FILES: dict[Download, str] = {
    "linux-x64": "deployflow-agent-linux-x64.tar.gz",
    "win-x64": "deployflow-agent-win-x64.zip",
    "linux-x64.deb": "deployflow-agent-linux-x64.deb",
    "win-x64.msi": "deployflow-agent-win-x64.msi",
}
MEDIA_TYPES: dict[Download, str] = {
    "linux-x64": "application/gzip",
    "win-x64": "application/zip",
    "linux-x64.deb": "application/vnd.debian.binary-package",
    "win-x64.msi": "application/x-msi",
}
_PACKAGE = Path(__file__).resolve().parents[1]
_SCRIPTS = Path(__file__).parent / "scripts"


class HostWrong(BadRequest):
    code = "host_wrong"
    title = "The Host header is no address"


def lines(url: str, token: str) -> InstallLines:
    """What to paste on a machine, as root or administrator."""
    return InstallLines(
        linux=f"curl -fsSL {url}/install.sh | sudo DEPLOYFLOW_SERVER={url} DEPLOYFLOW_TOKEN={token} sh",
        windows=(f"$env:DEPLOYFLOW_SERVER='{url}'; $env:DEPLOYFLOW_TOKEN='{token}'; irm {url}/install.ps1 | iex"),
        msi=f"msiexec /i {url}/download/agent/win-x64.msi /qn SERVER={url} TOKEN={token}",
    )


async def public_url(
    session: AsyncSession, settings: Settings, request: Request, *, tenant_id: UUID | None = None
) -> str:
    """How machines of an organisation, the session's unless named, reach this server: as set, else as asked."""
    return await identity.public_url(session, settings, tenant_id=tenant_id) or server_url(settings, request)


def server_url(settings: Settings, request: Request) -> str:
    """The same without an organisation.

    Raises:
        HostWrong: 400.
    """
    if settings.public_url is not None:
        return settings.public_url
    return f"{request.url.scheme}://{host_of(request)}"


def host_of(request: Request) -> str:
    """The host that the machine called, and nothing but a host.

    Raises:
        HostWrong: 400.
    """
    host = request.headers.get("host", "")
    if not is_host(host):
        raise HostWrong
    return host


def script(name: Literal["install.sh", "install.ps1"], url: str) -> str:
    """An install script that knows its server."""
    return (_SCRIPTS / name).read_text(encoding="utf-8").replace("@SERVER@", url)


@dataclass(frozen=True, slots=True)
class Build:
    """An agent's archive on disk."""

    path: Path
    sha256: str


def build(settings: Settings, name: Download) -> Build:
    """The agent's archive for a kind of machine.

    Raises:
        AgentNotBuilt: 404.
    """
    for folder in _folders(settings):
        path = folder / FILES[name]
        if path.is_file():
            stat = path.stat()
            return Build(path, _sha256(path, stat.st_mtime_ns, stat.st_size))
    raise AgentNotBuilt


def _folders(settings: Settings) -> list[Path]:
    if settings.agents_dir is not None:
        return [settings.agents_dir]
    # In a wheel inside the package, in a checkout beside the server.
    return [_PACKAGE / "_agents", _PACKAGE.parents[1] / "agent" / "dist"]


@lru_cache(maxsize=8)
def _sha256(path: Path, _modified: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
