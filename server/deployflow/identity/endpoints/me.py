"""Routes of a person's own account."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from deployflow.identity import queries, schemas
from deployflow.identity.access import Principal, Public, SignedIn
from deployflow.identity.service import profile
from deployflow.platform.db import DbSession
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["identity"])
Self = Annotated[Principal, SignedIn()]
# Whoever finds an open browser must not be able to lock its owner out.
ConfirmedSelf = Annotated[Principal, SignedIn(step_up=True)]


@router.patch("/me", response_model=schemas.Me)
async def update_me(admin: Self, request: Request, runtime: CurrentRuntime, body: schemas.MePatch) -> Any:
    """Change the own name."""
    async with runtime.db.write(request.state.context) as session:
        await profile.rename(session, admin, body.name)
    return await queries.read_me(runtime, admin.session_id)


@router.put("/me/password", status_code=204)
async def change_password(admin: Self, request: Request, runtime: CurrentRuntime, body: schemas.PasswordChange) -> None:
    """Set another password; every other browser is signed out."""
    await profile.change_password(runtime, request.state.context, admin, current=body.current, new=body.new)


@router.post("/me/totp", response_model=schemas.TotpStart)
async def start_totp(admin: ConfirmedSelf, session: DbSession, runtime: CurrentRuntime) -> Any:
    """Begin with an authenticator app: its secret, shown once."""
    secret, uri = await profile.start_totp(session, runtime, admin)
    return {"secret": secret, "otpauth_uri": uri}


@router.put("/me/totp", response_model=schemas.RecoveryCodes)
async def confirm_totp(admin: Self, session: DbSession, runtime: CurrentRuntime, body: schemas.TotpCode) -> Any:
    """Prove that the app works and turn it on; the recovery codes are shown once."""
    return {"recovery_codes": await profile.confirm_totp(session, runtime, admin, body.code)}


@router.post("/me/totp:disable", status_code=204)
async def disable_totp(admin: Self, request: Request, runtime: CurrentRuntime, body: schemas.PasswordOnly) -> None:
    """Go back to the password alone."""
    await profile.disable_totp(runtime, request.state.context, admin, body.password)


@router.post("/me/recovery-codes", response_model=schemas.RecoveryCodes)
async def new_recovery_codes(admin: ConfirmedSelf, session: DbSession) -> Any:
    """Ten new recovery codes; those before are worth nothing."""
    return {"recovery_codes": await profile.new_recovery_codes(session, admin)}


@router.post("/invitations/accept", status_code=204)
async def accept_invitation(
    _open: Annotated[None, Public("the invited person has no password yet; the token of the link opens it")],
    request: Request,
    runtime: CurrentRuntime,
    body: schemas.InviteAccept,
) -> None:
    """Set the first password by a one-time link."""
    await profile.accept_invitation(runtime, request.state.context, token=body.token, password=body.password)
