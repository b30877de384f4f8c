"""The first run: one token, one administrator, and then the way is closed for good."""

import contextlib

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import passwords, tokens
from deployflow.identity.errors import SetupDone, SetupTokenInvalid
from deployflow.identity.models import Installation, Membership, Role, SetupToken, Tenant, User
from deployflow.identity.permissions import OWNER
from deployflow.identity.service import sessions
from deployflow.identity.service.tenants import create_tenant
from deployflow.platform import clock, trail
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.private_files import make_once
from deployflow.platform.runtime import Runtime


class SetupGate:
    """Whether somebody may still make the first administrator. Once shut, it is never asked again."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.shut = False

    async def is_open(self) -> bool:
        if self.shut:
            return False
        async with self._runtime.db.read(system_context()) as session:
            self.shut = await _somebody_exists(session)
        return not self.shut


async def ensure_token(runtime: Runtime) -> str | None:
    """The token for the first-run link; None when there is a user. Each process that starts may make one."""
    file = runtime.settings.setup_token_file
    if not await runtime.part(SetupGate).is_open():
        file.unlink(missing_ok=True)
        return None
    token = make_once(file, tokens.new_token().encode() + b"\n").decode().strip()
    # Of several processes with one file, each adds the same row.
    with contextlib.suppress(IntegrityError):
        async with runtime.db.write(system_context()) as session:
            await session.merge(SetupToken(token_hash=tokens.digest(token)))
    return token


async def complete(
    runtime: Runtime,
    context: Context,
    *,
    token: str,
    email: str,
    name: str,
    password: str,
    organisation: str,
    public_url: str | None,
    user_agent: str | None,
) -> sessions.NewSession:
    """Make the organisation and its Owner, and sign them in.

    Raises:
        SetupTokenInvalid: 403.
        PasswordUnfit: 422.
        SetupDone: 409, when somebody else was faster.
    """
    async with runtime.db.read(system_context()) as session:
        if await session.get(SetupToken, tokens.digest(token)) is None:
            raise SetupTokenInvalid
    passwords.check(password, with_totp=False, words=(name, email, organisation))
    hashed = await passwords.hash_password(password)
    scoped = context.everywhere()
    try:
        async with runtime.db.write(scoped) as session:
            user, tenant = await make_first_owner(
                session, email=email, name=name, password_hash=hashed, organisation=organisation, public_url=public_url
            )
            scoped.actor = context.actor = Actor(type="user", id=user.id, name=user.name)
            scoped.tenant_id = context.tenant_id = tenant.id
            started = await sessions.start(
                session, runtime.settings, user=user, tenant=tenant, ip=context.ip, user_agent=user_agent
            )
    except IntegrityError as error:
        raise SetupDone from error
    runtime.part(SetupGate).shut = True
    runtime.settings.setup_token_file.unlink(missing_ok=True)
    return started


async def make_first_owner(
    session: AsyncSession,
    *,
    email: str,
    name: str,
    password_hash: str | None,
    organisation: str,
    public_url: str | None = None,
) -> tuple[User, Tenant]:
    """The first user of the installation, Owner of its first organisation.

    Of two that try at once, one gets an IntegrityError from the row that there can be only one of.

    Raises:
        SetupDone: 409, when there is a user already.
    """
    if await _somebody_exists(session):
        raise SetupDone
    session.add(Installation(id=1))
    await session.flush()
    tenant = await create_tenant(session, name=organisation, public_url=public_url)
    user = User(email=email.strip().lower(), name=name, password_hash=password_hash)
    if password_hash is not None:
        user.password_set_at = clock.now()
    session.add(user)
    await session.flush()
    owner = await session.scalar(select(Role).where(Role.tenant_id == tenant.id, Role.built_in == OWNER.key))
    assert owner is not None
    session.add(Membership(tenant_id=tenant.id, user_id=user.id, role_id=owner.id))
    await session.execute(delete(SetupToken))
    trail.note(
        session,
        "tenant.set_up",
        target_type="tenant",
        target_id=tenant.id,
        target_name=tenant.name,
        changes={"owner": (None, user.email)},
        tenant_id=tenant.id,
    )
    await session.flush()
    return user, tenant


async def _somebody_exists(session: AsyncSession) -> bool:
    return await session.scalar(select(User.id).limit(1)) is not None
