"""Routes of the first run. Once a user exists they are matched no more, in whatever spelling."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from deployflow.identity import cookies, queries, schemas
from deployflow.identity.access import Public
from deployflow.identity.errors import UnknownPath
from deployflow.identity.service import setup
from deployflow.platform.context import Context
from deployflow.platform.runtime import CurrentRuntime, Runtime


class SetupRoute(APIRoute):
    """A route that is there only while there is nobody.

    Known to be shut, it does not match. Not yet known, the database is asked before the body is looked at, so that
    a malformed body learns nothing either.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        runtime: Runtime = scope["app"].state.runtime
        if runtime.part(setup.SetupGate).shut:
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def gated(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            if not await runtime.part(setup.SetupGate).is_open():
                raise UnknownPath(request.url.path.removeprefix("/api/"))
            return await handle(request)

        return gated


router = APIRouter(tags=["identity"], route_class=SetupRoute)
Open = Annotated[None, Public("the first administrator has no account yet; the token of the log opens it")]


@router.get("/setup", response_model=schemas.SetupState)
async def get_setup(_open: Open) -> Any:
    """Whether the first administrator is still to be made."""
    return {"open": True}


@router.post("/setup", status_code=201, response_model=schemas.SetupResult)
async def complete_setup(
    _open: Open, request: Request, response: Response, runtime: CurrentRuntime, body: schemas.SetupRequest
) -> Any:
    """Make the organisation and its first administrator, and sign them in."""
    context: Context = request.state.context
    started = await setup.complete(
        runtime,
        context,
        token=body.token,
        email=body.email,
        name=body.name,
        password=body.password,
        organisation=body.organisation,
        public_url=body.public_url,
        user_agent=request.headers.get("user-agent"),
    )
    cookies.write(
        response,
        request,
        started.token,
        lifetime=runtime.settings.session_absolute,
        public_url=started.public_url or runtime.settings.public_url,
    )
    return await queries.read_me(runtime, started.session_id)
