"""Opens the installation of this machine for a command."""

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy import select

from deployflow.app import migrate
from deployflow.app.cli.api import operator_name
from deployflow.app.cli.options import Target
from deployflow.app.cli.settings import read_settings
from deployflow.app.failures import Missing, Refused, WrongUsage
from deployflow.app.installation import explained
from deployflow.app.main import create_app
from deployflow.identity.access import Principal, system_principal
from deployflow.identity.models import Tenant
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.logs import configure_logs
from deployflow.platform.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


def settings_of(target: Target) -> Settings:
    """The settings of an installation that exists.

    Raises:
        Missing: there is none in this folder.
    """
    settings = read_settings(data_dir=target.data_dir)
    configure_logs(log_format="text", level="error")
    if not settings.keys_dir.exists() or (settings.uses_sqlite and not settings.sqlite_file.exists()):
        raise Missing(
            f"there is no installation in {settings.data_dir}:"
            " run `deployflow init`, or name its folder with --data-dir"
        )
    return settings


async def open_installation(target: Target) -> tuple[FastAPI, Principal]:
    """The application, not serving, and the operator in the organisation that is meant.

    Raises:
        Refused: its schema is of another version.
    """
    settings = settings_of(target)
    with explained(settings):
        app = create_app(settings)
        try:
            await require_schema(app.state.db)
            tenant = await _tenant(app.state.db, target.tenant)
        except BaseException:
            await app.state.runtime.close()
            raise
    app.state.prepared = True
    operator = replace(system_principal(tenant.id), name=operator_name())
    return app, operator


async def require_schema(db: Database) -> None:
    """See that the database is of this version: only `serve` and `init` change it.

    Raises:
        Refused: it is not.
    """
    present = await migrate.present_revision(db)
    if present != migrate.newest_revision():
        raise Refused(
            f"the database has schema {present}, this version needs {migrate.newest_revision()}: run `deployflow init`"
        )


async def _tenant(db: Database, named: str | None) -> Tenant:
    async with db.read(system_context()) as session:
        tenants: Sequence[Tenant] = (await session.scalars(select(Tenant).order_by(Tenant.name))).all()
    if named is not None:
        tenants = [tenant for tenant in tenants if named in {tenant.slug, tenant.name, str(tenant.id)}]
        if not tenants:
            raise Missing(f"there is no organisation {named!r}")
    if not tenants:
        raise Missing(
            "nobody has set this installation up yet: open the first-run link, or `deployflow init --email …`"
        )
    if len(tenants) > 1:
        raise WrongUsage(f"say which organisation with --tenant: {', '.join(tenant.slug for tenant in tenants)}")
    return tenants[0]
