"""What the domains bring: their tables, routes, action kinds and periodic work. One line each."""

from datetime import timedelta
from importlib import import_module
from typing import Any

from fastapi import APIRouter
from sqlalchemy import MetaData
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from deployflow.actions import agent_endpoints as actions_agent_endpoints
from deployflow.actions import endpoints as actions_endpoints
from deployflow.actions import kinds as action_kinds
from deployflow.actions import queries as action_queries
from deployflow.actions import tasks as actions_tasks
from deployflow.audit import endpoints as audit_endpoints
from deployflow.audit import tasks as audit_tasks
from deployflow.audit.service import record
from deployflow.boot import boot_endpoints, keys
from deployflow.boot import endpoints as boot_admin_endpoints
from deployflow.boot import open_endpoints as boot_open_endpoints
from deployflow.boot import sites as boot_sites
from deployflow.boot import tasks as boot_tasks
from deployflow.checkin import agent_endpoints as checkin_endpoints
from deployflow.checkin import description as checkin_description
from deployflow.checkin import desk as checkin_desk
from deployflow.deployments import agent_endpoints as deployments_agent_endpoints
from deployflow.deployments import contents as deployment_contents
from deployflow.deployments import endpoints as deployments_endpoints
from deployflow.deployments import facts as deployment_facts
from deployflow.deployments import first_boot
from deployflow.deployments import queries as deployment_queries
from deployflow.deployments import tasks as deployments_tasks
from deployflow.deployments.kinds import FinishDeployment
from deployflow.devices import agent_endpoints as devices_agent_endpoints
from deployflow.devices import endpoints as devices_endpoints
from deployflow.devices import extras, group_endpoints, inventory
from deployflow.devices import tasks as devices_tasks
from deployflow.drivers import endpoints as drivers_endpoints
from deployflow.drivers import queries as driver_queries
from deployflow.enrollment import agent_endpoints as enrollment_agent_endpoints
from deployflow.enrollment import bound, download_endpoints
from deployflow.enrollment import endpoints as enrollment_endpoints
from deployflow.identity import endpoints as identity_endpoints
from deployflow.identity import tasks as identity_tasks
from deployflow.identity.service import tenants
from deployflow.images import endpoints as images_endpoints
from deployflow.images import tasks as images_tasks
from deployflow.images import winpe
from deployflow.platform import idempotency, jobs, storage
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime, build_runtime
from deployflow.platform.settings import Settings
from deployflow.platform.tables import Table
from deployflow.profiles import description as profiles_description
from deployflow.profiles import endpoints as profiles_endpoints
from deployflow.profiles import names as profile_names
from deployflow.profiles import registry as profiles
from deployflow.profiles import service as profile_service
from deployflow.runs import endpoints as runs_endpoints
from deployflow.runs import tasks as runs_tasks
from deployflow.scripts import endpoints as scripts_endpoints
from deployflow.scripts import task_types as scripts_task_types
from deployflow.scripts.kinds import RunScript
from deployflow.secrets import endpoints as secrets_endpoints
from deployflow.software import endpoints as software_endpoints
from deployflow.software import results as software_results
from deployflow.software import task_types as software_task_types
from deployflow.software import tasks as software_tasks
from deployflow.software.kinds import DetectSoftware, InstallSoftware, UninstallSoftware
from deployflow.uploads import endpoints as uploads_endpoints
from deployflow.uploads import tasks as uploads_tasks

# Domains with tables, lowest first; each adds itself.
TABLES = (
    "identity",
    "audit",
    "secrets",
    "uploads",
    "devices",
    "enrollment",
    "actions",
    "runs",
    "images",
    "drivers",
    "profiles",
    "scripts",
    "software",
    "deployments",
    "boot",
)

# A fleet may grow a hundredfold in an hour.
LEARN_SIZES_EVERY = timedelta(minutes=10)


def load_tables() -> MetaData:
    """The metadata of every table of the product."""
    for domain in TABLES:
        import_module(f"deployflow.{domain}.models")
    return Table.metadata


def assemble(settings: Settings) -> Runtime:
    """The runtime with what domains plug into the platform; for the server and the command line alike."""
    runtime = build_runtime(settings)
    runtime.db.trail_sink = record
    extras.count_active_actions_by(action_queries.count_live)
    action_kinds.register(RunScript())
    action_kinds.register(InstallSoftware())
    action_kinds.register(UninstallSoftware())
    action_kinds.register(DetectSoftware())
    inventory.on_received(software_results.on_inventory)
    action_kinds.register(FinishDeployment())
    profiles.register()
    scripts_task_types.register()
    software_task_types.register()
    profile_names.also_taken_by(deployment_queries.names_taken)
    profile_service.used_by(deployment_queries.uses_of_profile)
    profile_service.used_by(boot_sites.uses_of_profile)
    bound.on_enrolled(first_boot.on_enrolled)
    storage.keep_what(deployment_contents.of_live_plans)
    deployment_facts.places_are_found_by(boot_sites.place)
    tenants.on_created(boot_sites.first_site)
    # Made at the first start, so that boot environments can be built before any machine asks.
    runtime.part(keys.BootKey)
    winpe.packs_are_found_by(driver_queries.archives)
    winpe.server_key_is(lambda runtime: runtime.part(keys.BootKey).public_pem)
    return runtime


def admin_routers() -> list[APIRouter]:
    """Routes of `/api/v1`."""
    return [
        *identity_endpoints.ROUTERS,
        audit_endpoints.router,
        secrets_endpoints.router,
        uploads_endpoints.router,
        images_endpoints.router,
        drivers_endpoints.router,
        devices_endpoints.router,
        group_endpoints.router,
        enrollment_endpoints.router,
        actions_endpoints.router,
        runs_endpoints.router,
        profiles_endpoints.router,
        scripts_endpoints.router,
        software_endpoints.router,
        deployments_endpoints.router,
        boot_admin_endpoints.router,
    ]


def agent_routers() -> list[APIRouter]:
    """Routes of `/agent/v1`, all signed by a device."""
    return [
        devices_agent_endpoints.router,
        enrollment_agent_endpoints.router,
        actions_agent_endpoints.router,
        deployments_agent_endpoints.router,
    ]


def boot_routers() -> list[APIRouter]:
    """Routes of `/boot/v1`: open ones, and those signed by the key of a boot session."""
    return [
        boot_open_endpoints.router,
        boot_endpoints.router,
    ]


def open_routers() -> list[APIRouter]:
    """Routes outside of those prefixes, for machines that know nothing yet."""
    return [
        download_endpoints.router,
    ]


def plain_routes() -> list[BaseRoute]:
    """Routes that go past FastAPI for speed; they stand before all others."""
    return [
        checkin_endpoints.route(),
    ]


def express_routes() -> dict[tuple[str, str], ASGIApp]:
    """What is answered before any other middleware, by method and path. Each needs no more than its signature."""
    return {
        ("POST", checkin_description.PATH): checkin_endpoints.CheckInEndpoint(),
        ("POST", actions_agent_endpoints.PATH): actions_agent_endpoints.ReportsEndpoint(),
    }


def describe_plain_routes(schema: dict[str, Any]) -> None:
    """Put them into the API's description by hand."""
    checkin_description.add_to(schema)
    profiles_description.add_to(schema)


def periodic_work(runtime: Runtime) -> list[Periodic]:
    """Sweeps and flushes of one process."""
    return [
        *identity_tasks.periodic_work(runtime),
        *audit_tasks.periodic_work(runtime),
        *uploads_tasks.periodic_work(runtime),
        *images_tasks.periodic(runtime),
        *devices_tasks.periodic_work(runtime),
        *actions_tasks.periodic(runtime),
        *runs_tasks.periodic(runtime),
        *checkin_desk.periodic(runtime),
        *software_tasks.periodic_work(runtime),
        *deployments_tasks.periodic(runtime),
        *boot_tasks.periodic(runtime),
        *idempotency.periodic(runtime),
        *jobs.periodic(runtime),
        Periodic("learn_sizes", LEARN_SIZES_EVERY, runtime.db.learn_sizes, exclusive=True),
    ]
