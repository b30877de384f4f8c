"""`/install.sh`, `/install.ps1` and `/download/agent/…`: for machines that know nothing yet."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from deployflow.enrollment import install
from deployflow.enrollment.install import FILES, MEDIA_TYPES, Download
from deployflow.identity.access import Public
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["downloads"])

Anyone = Annotated[None, Public("the agent's program and how to install it hold no secret")]
NO_STORE = {"Cache-Control": "no-store"}


@router.get("/install.sh", response_class=PlainTextResponse)
async def install_sh(_open: Anyone, request: Request, runtime: CurrentRuntime) -> Response:
    """Install the agent on Linux: `curl -fsSL …/install.sh | sudo DEPLOYFLOW_TOKEN=… sh`."""
    text = install.script("install.sh", install.server_url(runtime.settings, request))
    return PlainTextResponse(text, media_type="text/x-shellscript", headers=NO_STORE)


@router.get("/install.ps1", response_class=PlainTextResponse)
async def install_ps1(_open: Anyone, request: Request, runtime: CurrentRuntime) -> Response:
    """Install the agent on Windows: `$env:DEPLOYFLOW_TOKEN='…'; irm …/install.ps1 | iex`."""
    text = install.script("install.ps1", install.server_url(runtime.settings, request))
    return PlainTextResponse(text, headers=NO_STORE)


@router.get("/download/agent/{name}.sha256", response_class=PlainTextResponse)
async def agent_sha256(_open: Anyone, runtime: CurrentRuntime, name: Download) -> Response:
    """The SHA-256 of the agent's archive, as `sha256sum` writes it."""
    build = install.build(runtime.settings, name)
    return PlainTextResponse(f"{build.sha256}  {FILES[name]}\n", headers=NO_STORE)


@router.head("/download/agent/{name}", response_class=FileResponse, include_in_schema=False)
@router.get("/download/agent/{name}", response_class=FileResponse)
async def download_agent(_open: Anyone, runtime: CurrentRuntime, name: Download) -> Response:
    """The agent's archive. A download that broke off is resumed with Range and If-Range."""
    build = install.build(runtime.settings, name)
    return FileResponse(
        build.path,
        media_type=MEDIA_TYPES[name],
        filename=FILES[name],
        headers={"ETag": f'"{build.sha256}"', "Cache-Control": "no-cache"},
    )
