"""`/boot/v1` for machines that nobody knows: scripts, loaders, boot environments. Nothing in it is secret.

Limits are in requests a minute from one address: enough for a room of machines behind one relay, and not for a flood.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot import environments, grub_script, ipxe_script, ways
from deployflow.boot.asking import PLATFORMS, Asking, field_of, id_of, mac_of
from deployflow.boot.discovery import Discovery
from deployflow.boot.errors import TooManySessions
from deployflow.boot.files import FileAnswer
from deployflow.boot.service import BootPlan, plan_for
from deployflow.enrollment import install
from deployflow.identity.access import Public
from deployflow.platform.context import Context
from deployflow.platform.runtime import CurrentRuntime, Runtime

router = APIRouter(tags=["boot"])
Open = Annotated[None, Public("firmware and loaders hold no credential; nothing served is secret")]

SCRIPTS_PER_ADDRESS = "600 per 1 minute"
_TEXT = Query(max_length=1000)
Text = Annotated[str | None, _TEXT]


class Limits:
    """How often one address asked this process lately."""

    def __init__(self, _runtime: Runtime) -> None:
        # Loaded when the first machine asks: the package costs a start 0.2 s.
        from limits import parse  # noqa: PLC0415
        from limits.storage import MemoryStorage  # noqa: PLC0415
        from limits.strategies import FixedWindowRateLimiter  # noqa: PLC0415

        self._allowed = parse(SCRIPTS_PER_ADDRESS)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, ip: str | None) -> None:
        """Count a request.

        Raises:
            TooManySessions: 429.
        """
        if not self._limiter.hit(self._allowed, ip or "unknown"):
            raise TooManySessions(retry_after_s=60)


async def _asking(
    mac: Text = None,
    uuid: Text = None,
    serial: Text = None,
    manufacturer: Text = None,
    product: Text = None,
    asset: Text = None,
    platform: Text = None,
    buildarch: Text = None,  # noqa: ARG001  said by every loader; all environments are x86-64
    ip: Text = None,
    profile: Text = None,
    wait: Text = None,
) -> Asking:
    return Asking(
        mac=mac_of(mac),
        smbios_uuid=field_of(uuid),
        serial=field_of(serial),
        manufacturer=field_of(manufacturer),
        product=field_of(product),
        asset=field_of(asset),
        platform=platform if platform in PLATFORMS else None,
        ip=field_of(ip),
        profile_id=id_of(profile),
        wait=wait == "1",
    )


Asked = Annotated[Asking, Depends(_asking)]


@router.get("/script", response_class=PlainTextResponse)
async def read_boot_script(
    _open: Open, request: Request, runtime: CurrentRuntime, asking: Asked, site: Text = None, loader: Text = None
) -> PlainTextResponse:
    """What a machine starts, as a script made for this moment: for iPXE, or with `loader=grub` for GRUB."""
    context: Context = request.state.context
    runtime.part(Limits).count(context.ip)
    if asking.mac is None and loader != "grub":
        return _answer(ipxe_script.start(site))
    async with runtime.db.read(Context(all_tenants=True)) as session:
        plan = await plan_for(
            session, runtime.settings, site, asking, ip=context.ip, secure=ways.is_secure(request, runtime.settings)
        )
        server = await _server_url(session, runtime, request, plan)
    if plan.site is not None:
        await runtime.part(Discovery).note(plan.site, asking, ip=context.ip, answer=plan.way)
    if loader == "grub":
        as_asked = f"{request.url.scheme}://{install.host_of(request)}"
        return _answer(grub_script.of(plan, asking, server_url=None if server == as_asked else server))
    return _answer(ipxe_script.of(plan, asking, server_url=server))


@router.get("/winpe-settings")
async def read_winpe_settings(
    _open: Open, request: Request, runtime: CurrentRuntime, asking: Asked, site: Text = None
) -> dict[str, str | None]:
    """What the boot environment has to know, for WinPE, which gets no kernel command line."""
    runtime.part(Limits).count(request.state.context.ip)
    async with runtime.db.read(Context(all_tenants=True)) as session:
        plan = await plan_for(
            session,
            runtime.settings,
            site,
            asking,
            ip=request.state.context.ip,
            secure=ways.is_secure(request, runtime.settings),
        )
        server = await _server_url(session, runtime, request, plan)
    return {
        "server": server,
        "site": plan.site.key if plan.site else None,
        "mac": asking.mac,
        "profile_id": str(asking.profile_id) if asking.profile_id else None,
    }


@router.head("/loaders/{name}", include_in_schema=False)
@router.get("/loaders/{name}", response_class=Response)
async def read_loader(_open: Open, runtime: CurrentRuntime, name: str) -> Response:
    """A first loader, for firmware that starts over HTTP."""
    file = environments.loader(runtime.settings, name)
    return FileAnswer(file.path, sha256=file.sha256)


@router.head("/environments/{environment_id}/{name}", include_in_schema=False)
@router.get("/environments/{environment_id}/{name}", response_class=Response)
async def read_environment_file(_open: Open, runtime: CurrentRuntime, environment_id: str, name: str) -> Response:
    """A file of a boot environment: kernel, RAM disk, wimboot, boot.wim and what belongs to it."""
    file = environments.file_of(runtime.settings, environment_id, name)
    return FileAnswer(file.path, sha256=file.sha256)


async def _server_url(session: AsyncSession, runtime: Runtime, request: Request, plan: BootPlan) -> str:
    if plan.site is None:
        return install.server_url(runtime.settings, request)
    return await install.public_url(session, runtime.settings, request, tenant_id=plan.site.tenant_id)


def _answer(text: str) -> PlainTextResponse:
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"})
