"""Admin routes of identity, one file per subject."""

from fastapi import APIRouter

from deployflow.identity.endpoints import api_keys, me, members, roles, session, settings, setup, tenants

ROUTERS: tuple[APIRouter, ...] = (
    setup.router,
    session.router,
    me.router,
    members.router,
    roles.router,
    api_keys.router,
    tenants.router,
    settings.router,
)
