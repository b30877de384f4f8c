"""Builds the web application out of the domains."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from deployflow import __version__
from deployflow.app import apidocs, events, health, migrate, openapi, overview, registry
from deployflow.app.console import Console, find_console
from deployflow.identity.access import authenticate
from deployflow.identity.csrf import CsrfGuard
from deployflow.identity.errors import UnknownPath
from deployflow.identity.service.setup import ensure_token
from deployflow.platform.admin_input import AdminInput
from deployflow.platform.idempotency import Idempotency
from deployflow.platform.periodic import PeriodicRunner
from deployflow.platform.settings import Settings
from deployflow.platform.web import RequestFrame, RequestLog, Streamed, install_problem_handlers
from deployflow.uploads.schemas import CHUNK_TYPE

# The default is 64 KiB. More is read only once it is known who sends: a signature covers the body's digest, so that it
# can be proven first.
BODY_LIMITS = (
    ("/agent/v1/reports", 1024 * 1024),
    ("/agent/v1/inventory", 4 * 1024 * 1024),
    ("/agent/v1/deployments/", 1024 * 1024),
    ("/boot/v1/deployments/", 1024 * 1024),
    ("/api/v1/scripts", 2 * 1024 * 1024),
    ("/api/v1/actions", 2 * 1024 * 1024),
)
QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics", "/agent/v1/check-in", "/api/v1/events", "console"})


def create_app(settings: Settings) -> FastAPI:
    """The application of one process. Its lifespan migrates the database and starts the background work."""
    runtime = registry.assemble(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await prepare(app)
        await runtime.wakeups.start()
        runner = PeriodicRunner(runtime.db)
        runner.start(registry.periodic_work(app.state.runtime))
        yield
        await runner.stop()
        await runtime.close()

    app = FastAPI(
        title="DeployFlow Fleet",
        version=__version__,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=openapi.operation_id,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Nothing here exports it, and asking each request whether something does costs more than a header.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.runtime = runtime
    app.state.db = runtime.db
    app.state.prepared = False
    install_problem_handlers(app)
    app.router.routes.extend(registry.plain_routes())
    # Routes are tried in order, and devices call most.
    for router in registry.agent_routers():
        app.include_router(router, prefix="/agent/v1")
    for router in registry.admin_routers():
        app.include_router(router, prefix="/api/v1")
    for router in registry.boot_routers():
        app.include_router(router, prefix="/boot/v1")
    for router in registry.open_routers():
        app.include_router(router)
    app.include_router(events.router, prefix="/api/v1")
    app.include_router(overview.router, prefix="/api/v1")
    app.include_router(health.router)
    app.include_router(apidocs.router)
    app.include_router(_unknown_api_paths())
    app.mount("/", Console(find_console(settings)))
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    streamed = (Streamed("PATCH", "/api/v1/uploads/", CHUNK_TYPE, int(settings.upload_limit)),)
    app.add_middleware(Idempotency, sealer=runtime.sealer)
    app.add_middleware(AdminInput, authenticate=authenticate, streamed=streamed)
    app.add_middleware(CsrfGuard, public_url=settings.public_url)
    app.add_middleware(RequestLog, quiet=QUIET_ROUTES)
    app.add_middleware(
        RequestFrame,
        trusted_proxies=[ipaddress.ip_network(network, strict=False) for network in settings.trusted_proxies],
        body_limits=BODY_LIMITS,
        streamed=streamed,
        express=registry.express_routes(),
    )
    return app


async def prepare(app: FastAPI) -> str | None:
    """Bring the database to this version; done once, by whoever starts the application first.

    Returns:
        The first-run token, while no user exists.
    """
    if not app.state.prepared:
        await migrate.upgrade(app.state.runtime.db)
        await app.state.runtime.db.learn_sizes()
        app.state.first_run_token = await ensure_token(app.state.runtime)
        app.state.prepared = True
    token: str | None = app.state.first_run_token
    return token


def _unknown_api_paths() -> APIRouter:
    """Keeps the console's 404 page away from programs."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @router.api_route("/agent/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @router.api_route("/boot/v1/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def unknown(path: str) -> None:
        """Answer 404 as a problem document."""
        raise UnknownPath(path)

    return router
