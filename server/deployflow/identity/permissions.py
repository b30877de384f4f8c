"""What there is to be allowed: `area:verb`, and the roles every tenant starts with."""

from collections.abc import Iterable
from dataclasses import dataclass

_AREAS = {
    "tenants": "organisations on this server",
    "users": "people and their roles",
    "roles": "roles and what they allow",
    "api_keys": "keys for programs",
    "audit": "the audit trail",
    "secrets": "stored credentials (values are never shown)",
    "devices": "devices, their inventory and tags",
    "enrollment": "enrollment tokens",
    "actions": "actions, their state and output",
    "scripts": "the script library",
    "software": "the software library and where it is installed",
    "images": "OS images and their imports",
    "drivers": "driver packs",
    "profiles": "deployment profiles and templates",
    "deployments": "deployments, their state and output",
    "boot": "boot sites, machines seen there and technicians' PINs",
    "settings": "the settings of the organisation",
}
_MORE = {
    "devices:approve": "Approve and release devices",
    "actions:run": "Queue actions on devices",
    "actions:cancel": "Cancel actions",
    "boot:publish": "Make and delete boot environments, which machines of all organisations start",
    "deployments:approve": "Let machines that start from the network deploy, and make PINs for that",
    "deployments:reveal": "See local administrators' passwords that deployments made",
}
# Nobody writes the trail but the server itself.
_LEFT_OUT = {"audit:write"}


@dataclass(frozen=True, slots=True)
class Permission:
    """One right, as the roles page shows it."""

    name: str
    area: str
    verb: str
    description: str


def _all() -> dict[str, Permission]:
    described = {}
    for area, what in _AREAS.items():
        described[f"{area}:read"] = f"See {what}"
        described[f"{area}:write"] = f"Change {what}"
    described.update(_MORE)
    found = {}
    for name, text in sorted(described.items()):
        area, _, verb = name.partition(":")
        if name not in _LEFT_OUT:
            found[name] = Permission(name, area, verb, text)
    return found


PERMISSIONS = _all()
ALL = frozenset(PERMISSIONS)


@dataclass(frozen=True, slots=True)
class BuiltInRole:
    """A role that every tenant has and nobody can change."""

    key: str
    name: str
    description: str
    permissions: frozenset[str]


_READ = frozenset(name for name in ALL if name.endswith(":read"))
OWNER = BuiltInRole("owner", "Owner", "Everything, and other organisations too", ALL)
ADMINISTRATOR = BuiltInRole(
    "administrator", "Administrator", "Everything in this organisation", ALL - {"tenants:write", "boot:publish"}
)
TECHNICIAN = BuiltInRole(
    "technician",
    "Technician",
    "Enrolls devices, runs scripts and installs software on them",
    frozenset(
        {
            "devices:read",
            "devices:write",
            "devices:approve",
            "actions:read",
            "actions:run",
            "actions:cancel",
            "scripts:read",
            "scripts:write",
            "software:read",
            "software:write",
            "deployments:read",
            "deployments:write",
            "deployments:approve",
            "boot:read",
            "images:read",
            "drivers:read",
            "profiles:read",
            "enrollment:read",
            "enrollment:write",
        }
    ),
)
VIEWER = BuiltInRole("viewer", "Viewer", "Sees everything, changes nothing", _READ)
BUILT_IN = {role.key: role for role in (OWNER, ADMINISTRATOR, TECHNICIAN, VIEWER)}


def granted(built_in: str | None, stored: Iterable[str]) -> frozenset[str]:
    """What a role allows: a built-in one by its code, another by what is stored and still known."""
    if built_in is not None and built_in in BUILT_IN:
        return BUILT_IN[built_in].permissions
    return ALL.intersection(stored)
