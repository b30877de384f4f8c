"""What the domains bring: their tables, routes, action kinds and periodic work. One line each."""

from importlib import import_module

from fastapi import APIRouter
from sqlalchemy import MetaData

from deployflow.audit import endpoints as audit_endpoints
from deployflow.audit import tasks as audit_tasks
from deployflow.audit.service import record
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime, build_runtime
from deployflow.platform.settings import Settings
from deployflow.platform.tables import Table

# Domains with tables, lowest first; each adds itself.
TABLES = ("identity", "audit", "secrets", "devices", "enrollment", "actions", "scripts")


def load_tables() -> MetaData:
    """The metadata of every table of the product."""
    for domain in TABLES:
        import_module(f"deployflow.{domain}.models")
    return Table.metadata


def assemble(settings: Settings) -> Runtime:
    """The runtime with what domains plug into the platform; for the server and the command line alike."""
    runtime = build_runtime(settings)
    runtime.db.trail_sink = record
    return runtime


def admin_routers() -> list[APIRouter]:
    """Routes of `/api/v1`."""
    return [
        audit_endpoints.router,
    ]


def agent_routers() -> list[APIRouter]:
    """Routes of `/agent/v1`, all signed by a device."""
    return []


def periodic_work(runtime: Runtime) -> list[Periodic]:
    """Sweeps and flushes of one process."""
    return [
        *audit_tasks.periodic_work(runtime),
    ]
