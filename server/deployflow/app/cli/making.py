"""What `deployflow init` does."""

from typing import Any

from deployflow.app import migrate, registry
from deployflow.app.failures import Refused, WrongUsage
from deployflow.identity.service import operator, setup
from deployflow.platform.errors import Conflict, Problem
from deployflow.platform.settings import Settings


async def initialise(
    settings: Settings, *, email: str | None, name: str, organisation: str, password: str | None
) -> dict[str, Any]:
    """Bring the database to this version and, where asked, make the first administrator.

    Raises:
        Refused: there is a user already.
    """
    runtime = registry.assemble(settings)
    try:
        await migrate.upgrade(runtime.db)
        link = None
        if email is not None:
            if not await runtime.part(setup.SetupGate).is_open():
                raise Refused("this installation has users already: add more with `deployflow user create`")
            made = await operator.create_user(
                runtime, email=email, name=name, password=password, organisation=organisation
            )
            if made.invite_token:
                address = settings.public_url or f"http://{settings.host}:{settings.port}"
                link = f"{address}/welcome/#{made.invite_token}"
        return {
            "data_dir": str(settings.data_dir),
            "schema": migrate.newest_revision(),
            "link": link,
            "first_run_token": await setup.ensure_token(runtime),
        }
    except Conflict as problem:
        raise Refused(problem.detail) from problem
    except Problem as problem:
        raise WrongUsage(f"{problem.detail} ({problem.code})") from problem
    finally:
        await runtime.close()
