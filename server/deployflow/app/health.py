"""Is the process alive, can it do its work, and how is it doing: `/healthz`, `/readyz`, `/metrics`."""

import hmac
import ipaddress
from typing import Literal

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse

from deployflow.app import migrate
from deployflow.app.installation import LOW_DISK_BYTES, free_bytes
from deployflow.platform.errors import Forbidden
from deployflow.platform.runtime import CurrentRuntime, Runtime

router = APIRouter(tags=["health"])

Verdict = Literal["ok", "failed"]


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    product: Literal["deployflow"] = "deployflow"


class Check(BaseModel):
    """One thing the server needs."""

    name: Literal["database", "migrations", "disk", "keys", "draining"]
    status: Verdict
    detail: str


class Readiness(BaseModel):
    """Whether the server can do its work now."""

    status: Verdict
    checks: list[Check]


@router.get("/healthz", operation_id="get_health")
async def get_health() -> Health:
    """Say that the process is alive, and nothing else."""
    return Health()


@router.get("/readyz", operation_id="get_readiness", responses={503: {"model": Readiness}})
async def get_readiness(runtime: CurrentRuntime) -> Response:
    """Look at all the server needs: 200 when it is there, 503 with the reason when not."""
    checks = await look(runtime)
    ready = all(check.status == "ok" for check in checks)
    answer = Readiness(status="ok" if ready else "failed", checks=checks)
    return JSONResponse(answer.model_dump(), 200 if ready else 503, {"Cache-Control": "no-store"})


async def look(runtime: Runtime) -> list[Check]:
    """The checks of `/readyz`, and of `deployflow doctor`."""
    checks = [await _database(runtime)]
    if checks[0].status == "ok":
        checks.append(await _migrations(runtime))
    checks += [_disk(runtime), _keys(runtime)]
    if runtime.drain.draining:
        checks.append(_check("draining", "failed", "The server is stopping"))
    return checks


async def _database(runtime: Runtime) -> Check:
    try:
        await runtime.db.ping()
    except (DBAPIError, OSError, TimeoutError) as error:
        return _check("database", "failed", f"does not answer ({type(error).__name__})")
    return _check("database", "ok", "SQLite" if runtime.db.is_sqlite else "PostgreSQL")


async def _migrations(runtime: Runtime) -> Check:
    present, newest = await migrate.present_revision(runtime.db), migrate.newest_revision()
    if present != newest:
        return _check("migrations", "failed", f"the schema is {present}, this version needs {newest}")
    return _check("migrations", "ok", f"schema {present}")


def _disk(runtime: Runtime) -> Check:
    free = free_bytes(runtime.settings)
    said = f"{free // 2**20:,} MiB free in the data folder"
    return _check("disk", "ok" if free >= LOW_DISK_BYTES else "failed", said)


def _keys(runtime: Runtime) -> Check:
    file = runtime.settings.keys_dir / "kek"
    if not file.is_file():
        return _check("keys", "failed", "the server's key file is gone: put it back from its own backup")
    if file.stat().st_mode & 0o077:
        return _check("keys", "failed", "the server's key file may be read by others: chmod 600 it")
    return _check("keys", "ok", "the server's key is there")


def _check(name: Literal["database", "migrations", "disk", "keys", "draining"], status: Verdict, detail: str) -> Check:
    return Check(name=name, status=status, detail=detail)


async def _may_measure(request: Request, runtime: CurrentRuntime) -> None:
    """Figures tell much about an installation: for the token's holder, or for this machine alone."""
    token = runtime.settings.metrics_token
    if token is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
            return
        raise Forbidden("Give DEPLOYFLOW_METRICS_TOKEN as a bearer token")
    # The frame has put the client's own address here, also behind a trusted proxy.
    address = request.state.context.ip
    if address is None or not ipaddress.ip_address(address).is_loopback:
        raise Forbidden("Metrics are for this machine alone until DEPLOYFLOW_METRICS_TOKEN is set")


@router.get("/metrics", include_in_schema=False, dependencies=[Depends(_may_measure)])
async def get_metrics() -> Response:
    """Figures in Prometheus' text format."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
