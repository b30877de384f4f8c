"""Who is asking, and may they: the dependency every admin route declares.

    admin: Annotated[Principal, Requires("devices:write")]

Declare it before the session, because it fills the request's context with the tenant and the actor. A session is
looked up with one indexed query; so is an API key, whose rights are those it was given and its creator still has.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import and_, select

from deployflow.identity import cookies, last_used, tokens
from deployflow.identity.errors import ApiKeyInvalid, SessionRequired, StepUpRequired
from deployflow.identity.models import ApiKey, Membership, Role, User, UserSession
from deployflow.identity.permissions import ALL, PERMISSIONS, granted
from deployflow.platform import clock
from deployflow.platform.context import Actor, Context
from deployflow.platform.errors import Forbidden, Unauthenticated
from deployflow.platform.runtime import Runtime
from deployflow.platform.web import OPERATOR

# An API key that could make API keys or roles would outlive every clean-up of its creator's account.
NEVER_FOR_API_KEYS = frozenset({"api_keys:write", "users:write", "roles:write", "tenants:write"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, in which tenant, and what they may do there.

    Attributes:
        id: The user's, or the API key's.
        user_id: The user behind it: themselves, or the key's creator.
        session_id: None for an API key.
        step_up_until: Until when the password counts as freshly given.
    """

    type: Literal["user", "api_key", "system"]
    id: UUID | None
    user_id: UUID | None
    name: str
    tenant_id: UUID
    permissions: frozenset[str]
    session_id: UUID | None = None
    step_up_until: datetime | None = None

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Refuse unless this is allowed, for rights that depend on what is asked.

        Raises:
            Forbidden: 403 `permission_missing`.
        """
        if permission not in self.permissions:
            raise Forbidden(f"Your role does not allow {permission}")

    def require_step_up(self) -> None:
        """Refuse unless a person gave their password minutes ago, for acts whose size decides whether that is needed.

        Raises:
            SessionRequired, StepUpRequired: 403.
        """
        if self.type == "system":
            return
        if self.session_id is None:
            raise SessionRequired
        if self.step_up_until is None or self.step_up_until <= clock.now():
            raise StepUpRequired


def system_principal(tenant_id: UUID) -> Principal:
    """The operator at the command line: whoever can read the database may do everything anyway."""
    return Principal(type="system", id=None, user_id=None, name="system", tenant_id=tenant_id, permissions=ALL)


@dataclass(frozen=True, slots=True)
class Requirement:
    """The dependency behind `Requires` and `SignedIn`; tests read the fields to know what a route asks for.

    Attributes:
        alternatives: Permissions that do as well.
    """

    permission: str | None
    step_up: bool = False
    session_only: bool = False
    alternatives: tuple[str, ...] = ()

    @property
    def permissions(self) -> tuple[str, ...]:
        """Any one of them is enough; none where being signed in is."""
        return () if self.permission is None else (self.permission, *self.alternatives)

    async def __call__(self, request: Request) -> Principal:
        """Answer the principal, or refuse."""
        principal = await authenticate(request)
        if self.permissions and not any(principal.may(permission) for permission in self.permissions):
            raise Forbidden(f"Your role does not allow {' or '.join(self.permissions)}")
        if principal.type == "system":
            return principal
        if (self.session_only or self.step_up) and principal.session_id is None:
            raise SessionRequired
        if self.step_up:
            principal.require_step_up()
        return principal


@dataclass(frozen=True, slots=True)
class Openness:
    """The dependency behind `Public`: says that a route is open to everybody, and why."""

    reason: str

    async def __call__(self) -> None:
        """Let everybody pass."""


def Requires(permission: str, *or_else: str, step_up: bool = False, person: bool = False) -> Any:  # noqa: N802  reads as a type
    """The access dependency of a route.

    Args:
        permission: What the caller's role has to allow.
        or_else: What does as well.
        step_up: Their password has to be minutes old too.
        person: No API key, whatever its rights.
    """
    for named in (permission, *or_else):
        if named not in PERMISSIONS:
            raise ValueError(f"{named} is not in identity.permissions")
    return Depends(Requirement(permission, step_up=step_up, session_only=person, alternatives=or_else))


def SignedIn(*, step_up: bool = False) -> Any:  # noqa: N802  reads as a type in a signature
    """The access dependency of what everybody may do with their own account; not for API keys."""
    return Depends(Requirement(None, step_up=step_up, session_only=True))


def Public(reason: str) -> Any:  # noqa: N802  reads as a type in a signature
    """The access dependency of a route that needs none."""
    return Depends(Openness(reason))


async def authenticate(request: Request) -> Principal:
    """Find out who asks, once per request, and fill the context.

    Raises:
        Unauthenticated: 401.
    """
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:
        return known
    runtime: Runtime = request.app.state.runtime
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    operator: Principal | None = request.scope.get(OPERATOR)
    if operator is not None:
        principal = operator
    elif scheme.lower() == "bearer":
        principal = await _by_api_key(runtime, key.strip())
    else:
        principal = await _by_session(runtime, request)
    context: Context = request.state.context
    context.tenant_id = principal.tenant_id
    context.actor = Actor(type=principal.type, id=principal.id, name=principal.name)
    request.state.principal = principal
    return principal


async def _by_session(runtime: Runtime, request: Request) -> Principal:
    token = cookies.read(request)
    if token is None:
        raise Unauthenticated
    statement = (
        select(
            UserSession.id,
            UserSession.tenant_id,
            UserSession.last_used_at,
            UserSession.expires_at,
            UserSession.step_up_until,
            User.id.label("user_id"),
            User.name,
            Membership.is_active,
            Role.built_in,
            Role.permissions,
        )
        .join(User, User.id == UserSession.user_id)
        .join(
            Membership,
            and_(Membership.tenant_id == UserSession.tenant_id, Membership.user_id == UserSession.user_id),
        )
        .join(Role, Role.id == Membership.role_id)
        .where(UserSession.token_hash == tokens.digest(token))
    )
    async with runtime.db.read(Context(all_tenants=True)) as session:
        row = (await session.execute(statement)).one_or_none()
    if row is None or not row.is_active:
        raise Unauthenticated
    now = clock.now()
    touches = runtime.part(last_used.LastUsed)
    last = touches.sessions.get(row.id, row.last_used_at)
    if now >= row.expires_at or now - max(last, row.last_used_at) >= runtime.settings.session_idle:
        raise Unauthenticated("Your session has ended: sign in again")
    touches.sessions[row.id] = now
    return Principal(
        type="user",
        id=row.user_id,
        user_id=row.user_id,
        name=row.name,
        tenant_id=row.tenant_id,
        permissions=granted(row.built_in, row.permissions),
        session_id=row.id,
        step_up_until=row.step_up_until,
    )


async def _by_api_key(runtime: Runtime, key: str) -> Principal:
    public_id = tokens.public_id_of(key)
    if public_id is None:
        raise ApiKeyInvalid
    statement = (
        select(
            ApiKey.id,
            ApiKey.tenant_id,
            ApiKey.name,
            ApiKey.secret_hash,
            ApiKey.permissions.label("key_permissions"),
            ApiKey.created_by_id,
            ApiKey.expires_at,
            ApiKey.revoked_at,
            Membership.is_active,
            Role.built_in,
            Role.permissions,
        )
        .join(
            Membership,
            and_(Membership.tenant_id == ApiKey.tenant_id, Membership.user_id == ApiKey.created_by_id),
        )
        .join(Role, Role.id == Membership.role_id)
        .where(ApiKey.public_id == public_id)
    )
    async with runtime.db.read(Context(all_tenants=True)) as session:
        row = (await session.execute(statement)).one_or_none()
    # The stored value is a hash of 256 random bits: comparing it tells an attacker nothing to work with.
    if row is None or row.secret_hash != tokens.digest(key) or row.revoked_at is not None or not row.is_active:
        raise ApiKeyInvalid
    now = clock.now()
    if row.expires_at is not None and now >= row.expires_at:
        raise ApiKeyInvalid
    runtime.part(last_used.LastUsed).api_keys[row.id] = now
    creator_may = granted(row.built_in, row.permissions)
    return Principal(
        type="api_key",
        id=row.id,
        user_id=row.created_by_id,
        name=row.name,
        tenant_id=row.tenant_id,
        permissions=(creator_may & frozenset(row.key_permissions)) - NEVER_FOR_API_KEYS,
    )
