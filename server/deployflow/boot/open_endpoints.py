"""`/boot/v1` for machines that nobody knows: scripts, loaders, boot environments. Nothing in it is secret.

Limits are in requests a minute from one address: enough for a room of machines behind one relay, and not for a flood.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot import environments, script
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
    _open: Open, request: Request, runtime: CurrentRuntime, asking: Asked, site: Text = None
) -> PlainTextResponse:
    """What a machine starts, as an iPXE script made for this moment."""
    context: Context = request.state.context
    runtime.part(Limits).count(context.ip)
    if asking.mac is None:
        return _answer(script.render("start", site=script.query(_=site)[2:], local_disk=script.local_disk()))
    async with runtime.db.read(Context(all_tenants=True)) as session:
        plan = await plan_for(session, runtime.settings, site, asking, ip=context.ip)
        server = await _server_url(session, runtime, request, plan)
    if plan.site is not None:
        await runtime.part(Discovery).note(plan.site, asking, ip=context.ip, answer=plan.way)
    return _answer(_script_of(plan, asking, server))


@router.get("/winpe-settings")
async def read_winpe_settings(
    _open: Open, request: Request, runtime: CurrentRuntime, asking: Asked, site: Text = None
) -> dict[str, str | None]:
    """What the boot environment has to know, for WinPE, which gets no kernel command line."""
    runtime.part(Limits).count(request.state.context.ip)
    async with runtime.db.read(Context(all_tenants=True)) as session:
        plan = await plan_for(session, runtime.settings, site, asking, ip=request.state.context.ip)
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


def _script_of(plan: BootPlan, asking: Asking, server: str) -> str:
    local_disk = script.local_disk()
    if plan.way == "message" or plan.site is None:
        return script.render("message", message=script.text(plan.why), local_disk=local_disk)
    if plan.way == "local_disk":
        return script.render("local", why=f"({script.text(plan.why)})", local_disk=local_disk)
    query = _query_of(plan, asking)
    if plan.way == "menu":
        timeout_ms = plan.site.menu_timeout_s * 1000
        return script.render(
            "menu",
            site_name=script.text(plan.site.name, otherwise="this site"),
            machine=script.text(asking.title),
            entries="".join(
                script.render("menu-entry", id=str(choice.id), name=script.text(choice.name, otherwise="A profile"))
                for choice in plan.choices
            ).rstrip("\n"),
            default=str(plan.default or "local"),
            timeout=f"--timeout {timeout_ms}" if timeout_ms else "",
            query=query,
            local_disk=local_disk,
        )
    return _environment_script(plan, asking, server, query)


def _environment_script(plan: BootPlan, asking: Asking, server: str, query: str) -> str:
    assert plan.environment is not None
    assert plan.site is not None
    values: Mapping[str, str] = {
        "what": script.text(plan.why),
        "environment": plan.environment.id,
        "query": query,
    }
    if plan.environment.kind == "winpe":
        profile = f"&profile={plan.profile_id}" if plan.profile_id else ""
        return script.render("winpe", **values, profile=profile)
    profile = f" df.profile={plan.profile_id}" if plan.profile_id else ""
    return script.render("linux", **values, server=server, site=plan.site.key, mac=asking.mac or "", profile=profile)


def _query_of(plan: BootPlan, asking: Asking) -> str:
    """The machine's own words, to be said again by the next script."""
    assert plan.site is not None
    return script.query(
        site=plan.site.key,
        mac=asking.mac,
        uuid=asking.smbios_uuid,
        serial=asking.serial,
        manufacturer=asking.manufacturer,
        product=asking.product,
        asset=asking.asset,
        platform=asking.platform,
    )
