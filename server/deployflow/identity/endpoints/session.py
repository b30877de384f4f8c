"""Routes of signing in and out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from deployflow.identity import cookies, queries, schemas
from deployflow.identity.access import Principal, Public, SignedIn
from deployflow.identity.service import profile, sessions
from deployflow.identity.service import sign_in as entry
from deployflow.platform.context import Context
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Page
from deployflow.platform.runtime import CurrentRuntime, Runtime

router = APIRouter(prefix="/session", tags=["identity"])
Self = Annotated[Principal, SignedIn()]


@router.post("", response_model=schemas.SignInResult)
async def sign_in(
    _open: Annotated[None, Public("this is the sign-in")],
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
    body: schemas.SignIn,
) -> Any:
    """Sign in with e-mail address and password."""
    result = await entry.sign_in(
        runtime,
        request.state.context,
        email=body.email,
        password=body.password,
        user_agent=request.headers.get("user-agent"),
        replaces=cookies.read(request),
    )
    if isinstance(result, entry.TotpRequired):
        return {"state": "totp_required", "challenge": result.challenge}
    return {"state": "signed_in", "me": await _enter(request, response, runtime, result)}


@router.post("/totp", response_model=schemas.SignInResult)
async def answer_totp(
    _open: Annotated[None, Public("the second half of the sign-in; the challenge opens it")],
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
    body: schemas.TotpAnswer,
) -> Any:
    """Finish signing in with a code of the authenticator app, or a recovery code."""
    started = await entry.answer_totp(
        runtime,
        request.state.context,
        challenge=body.challenge,
        code=body.code,
        user_agent=request.headers.get("user-agent"),
        replaces=cookies.read(request),
    )
    return {"state": "signed_in", "me": await _enter(request, response, runtime, started)}


@router.get("", response_model=schemas.Me)
async def get_session(admin: Self, runtime: CurrentRuntime) -> Any:
    """Who is signed in, where, and what they may do."""
    return await queries.read_me(runtime, admin.session_id)


@router.delete("", status_code=204)
async def sign_out(admin: Self, response: Response, session: DbSession) -> None:
    """Sign out."""
    assert admin.session_id is not None
    await sessions.end(session, admin, admin.session_id)
    cookies.clear(response)


@router.put("/tenant", response_model=schemas.Me)
async def choose_tenant(
    admin: Self, request: Request, response: Response, runtime: CurrentRuntime, body: schemas.TenantChoice
) -> Any:
    """Go to another organisation."""
    context: Context = request.state.context
    async with runtime.db.write(context.everywhere()) as session:
        started = await sessions.choose_tenant(session, admin, body.tenant_id)
    return await _enter(request, response, runtime, started)


@router.post("/step-up", response_model=schemas.Me)
async def step_up(
    admin: Self, request: Request, response: Response, runtime: CurrentRuntime, body: schemas.StepUp
) -> Any:
    """Give the password again, for acts that ask for it."""
    started = await profile.step_up(runtime, request.state.context, admin, password=body.password, code=body.code)
    return await _enter(request, response, runtime, started)


@router.get("/sessions", response_model=Page[schemas.Session])
async def list_sessions(admin: Self, session: ReadSession) -> Any:
    """Where this person is signed in."""
    return await queries.list_sessions(session, admin)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(admin: Self, session: DbSession, session_id: UUID) -> None:
    """Sign out another browser of this person."""
    await sessions.end(session, admin, session_id)


async def _enter(request: Request, response: Response, runtime: Runtime, started: sessions.NewSession) -> Any:
    cookies.write(
        response,
        request,
        started.token,
        lifetime=runtime.settings.session_absolute,
        public_url=started.public_url or runtime.settings.public_url,
    )
    return await queries.read_me(runtime, started.session_id)
