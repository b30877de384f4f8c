"""What the domains bring: their tables, routes, action kinds and periodic work. One line each."""

from importlib import import_module

from fastapi import APIRouter
from sqlalchemy import MetaData

from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.platform.tables import Table

# Domains with tables, lowest first; each adds itself.
TABLES = ("identity", "audit", "secrets")


def load_tables() -> MetaData:
    """The metadata of every table of the product."""
    for domain in TABLES:
        import_module(f"deployflow.{domain}.models")
    return Table.metadata


def admin_routers() -> list[APIRouter]:
    """Routes of `/api/v1`."""
    return []


def agent_routers() -> list[APIRouter]:
    """Routes of `/agent/v1`, all signed by a device."""
    return []


def periodic_work(runtime: Runtime) -> list[Periodic]:
    """Sweeps and flushes of one process."""
    del runtime
    return []
