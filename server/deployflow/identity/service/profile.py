"""What people do with their own account: name, password, authenticator."""

from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import passwords, second_factor, throttle, tokens
from deployflow.identity.access import Principal
from deployflow.identity.errors import CodeInvalid, CredentialsInvalid, InvitationInvalid, TotpState
from deployflow.identity.models import Invitation, RecoveryCode, Tenant, User
from deployflow.identity.service import codes, sessions
from deployflow.platform import clock, trail
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.runtime import Runtime


async def rename(session: AsyncSession, admin: Principal, name: str) -> None:
    user = await session.get_one(User, admin.user_id)
    _note(session, "user.renamed", user, changes={"name": (user.name, name)})
    user.name = name


async def confirm_password(runtime: Runtime, context: Context, admin: Principal, password: str) -> User:
    """The person again, if this is their password. Guessing here is counted as guessing at the sign-in is.

    Raises:
        CredentialsInvalid: 401.
        TooManySignIns: 429.
    """
    async with runtime.db.read(context) as session:
        user = await session.get_one(User, admin.user_id)
        await throttle.refuse_while_locked(session, user.email)
    runtime.part(throttle.PeerLimits).count_account(user.email, str(admin.session_id))
    if await passwords.verify(password, user.password_hash):
        runtime.part(throttle.PeerLimits).forget_account(user.email, str(admin.session_id))
        return user
    async with runtime.db.write(context) as session:
        await throttle.note_failure(session, user.email)
        _note(session, "user.password_refused", user)
    raise CredentialsInvalid("The password is wrong")


async def step_up(
    runtime: Runtime, context: Context, admin: Principal, *, password: str, code: str | None
) -> sessions.NewSession:
    """Prove again who sits here, for what must not be done by whoever finds an open browser.

    Raises:
        CredentialsInvalid: 401.
        CodeInvalid: 401.
    """
    await confirm_password(runtime, context, admin, password)
    assert admin.session_id is not None
    async with runtime.db.write(context) as session:
        user = await session.get_one(User, admin.user_id)
        right = user.totp_secret is None or await codes.accept(session, runtime.sealer, user, code or "")
        if right:
            _note(session, "session.stepped_up", user)
            return await sessions.rotate(session, admin.session_id, step_up=True)
        await throttle.note_failure(session, user.email)
        _note(session, "session.code_refused", user)
    raise CodeInvalid


async def change_password(runtime: Runtime, context: Context, admin: Principal, *, current: str, new: str) -> None:
    """Set another password and sign out everywhere else.

    Raises:
        CredentialsInvalid: 401.
        PasswordUnfit: 422.
    """
    user = await confirm_password(runtime, context, admin, current)
    await _check(runtime, user, new)
    hashed = await passwords.hash_password(new)
    async with runtime.db.write(context) as session:
        user = await session.get_one(User, admin.user_id)
        user.password_hash, user.password_set_at = hashed, clock.now()
        await sessions.end_all(session, user.id, keep=admin.session_id)
        _note(session, "user.password_changed", user)


async def accept_invitation(runtime: Runtime, context: Context, *, token: str, password: str) -> None:
    """Set the first password by a one-time link.

    Raises:
        InvitationInvalid: 404.
        PasswordUnfit: 422.
    """
    found = select(Invitation).where(Invitation.token_hash == tokens.digest(token), Invitation.expires_at > clock.now())
    async with runtime.db.read(system_context()) as session:
        invitation = await session.scalar(found)
        user = await session.get(User, invitation.user_id) if invitation is not None else None
    if invitation is None or user is None:
        raise InvitationInvalid
    await _check(runtime, user, password)
    hashed = await passwords.hash_password(password)
    scoped = replace(
        context,
        actor=Actor(type="user", id=user.id, name=user.name),
        tenant_id=invitation.tenant_id,
        all_tenants=True,
    )
    async with runtime.db.write(scoped) as session:
        if await session.scalar(found.with_for_update()) is None:
            raise InvitationInvalid
        user = await session.get_one(User, user.id)
        user.password_hash, user.password_set_at = hashed, clock.now()
        await session.execute(delete(Invitation).where(Invitation.user_id == user.id))
        await sessions.end_all(session, user.id)
        await throttle.forget_failures(session, user.email)
        _note(session, "user.invitation_accepted", user)


async def start_totp(session: AsyncSession, runtime: Runtime, admin: Principal) -> tuple[str, str]:
    """A secret for the authenticator app and the address its QR code holds; it counts once a code proves it.

    Raises:
        TotpState: 409, when there is one already.
    """
    user = await session.get_one(User, admin.user_id)
    if user.totp_secret is not None:
        raise TotpState("There is an authenticator already: remove it first")
    secret, sealed = second_factor.new_secret(runtime.sealer, user.id)
    user.totp_pending_secret = sealed
    _note(session, "user.totp_started", user)
    return secret, second_factor.provisioning_uri(secret, email=user.email)


async def confirm_totp(session: AsyncSession, runtime: Runtime, admin: Principal, code: str) -> list[str]:
    """Turn the second factor on and give the recovery codes.

    Raises:
        TotpState: 409, when none was started.
        CodeInvalid: 401.
    """
    user = await session.get_one(User, admin.user_id)
    if user.totp_pending_secret is None:
        raise TotpState("Start with a new secret")
    step = second_factor.accepted_step(
        runtime.sealer,
        user_id=user.id,
        sealed=user.totp_pending_secret,
        code="".join(code.split()),
        at=clock.now(),
        last_step=0,
    )
    if step is None:
        raise CodeInvalid("This is not the app's present code: check the clock of the phone and type the next one")
    user.totp_secret, user.totp_pending_secret, user.totp_last_step = user.totp_pending_secret, None, step
    _note(session, "user.totp_enabled", user)
    return await codes.replace_recovery_codes(session, user)


async def disable_totp(runtime: Runtime, context: Context, admin: Principal, password: str) -> None:
    """Go back to the password alone.

    Raises:
        CredentialsInvalid: 401.
        TotpState: 409.
    """
    await confirm_password(runtime, context, admin, password)
    async with runtime.db.write(context) as session:
        user = await session.get_one(User, admin.user_id)
        if user.totp_secret is None:
            raise TotpState("There is no authenticator to remove")
        user.totp_secret = user.totp_pending_secret = None
        await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        _note(session, "user.totp_disabled", user)


async def new_recovery_codes(session: AsyncSession, admin: Principal) -> list[str]:
    """Ten new codes in place of those before.

    Raises:
        TotpState: 409, without an authenticator.
    """
    user = await session.get_one(User, admin.user_id)
    if user.totp_secret is None:
        raise TotpState("Recovery codes stand in for an authenticator: set one up first")
    _note(session, "user.recovery_codes_renewed", user)
    return await codes.replace_recovery_codes(session, user)


async def _check(runtime: Runtime, user: User, password: str) -> None:
    async with runtime.db.read(system_context()) as session:
        organisations = (await session.scalars(select(Tenant.name).limit(50))).all()
    passwords.check(password, with_totp=user.totp_secret is not None, words=(user.name, user.email, *organisations))


def _note(
    session: AsyncSession, verb: str, user: User, changes: dict[str, tuple[object, object]] | None = None
) -> None:
    trail.note(session, verb, target_type="user", target_id=user.id, target_name=user.email, changes=changes)
