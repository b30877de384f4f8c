"""`deployflow token …`."""

from datetime import timedelta
from typing import Annotated

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="Enrollment tokens: how machines come in.", no_args_is_help=True)
COLUMNS = {
    "name": "name",
    "begins with": "prefix",
    "state": "state",
    "uses": "uses",
    "of": "max_uses",
    "expires": "expires_at",
    "id": "id",
}


@app.command("list")
@targeted
def list_tokens(target: Target, as_json: Json = False) -> None:
    """List enrollment tokens."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        show_list(
            every(api, "/enrollment-tokens"),
            COLUMNS,
            as_json=as_json,
            empty="There are none: make one with `deployflow token create NAME`.",
        )


@app.command()
@targeted
def create(
    target: Target,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    hours: Annotated[int, typer.Option(help="How long it is good.", min=1, max=720)] = 24,
    max_uses: Annotated[int, typer.Option(help="How many machines may use it.", min=1)] = 1,
    auto_approve: Annotated[
        bool | None,
        typer.Option(help="Whether its machines work at once.", show_default="yes for one use, no for several"),
    ] = None,
    network: Annotated[list[str] | None, typer.Option(help="Only from this network; may be repeated.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Put on each machine; may be repeated.")] = None,
    description: str = "",
    as_json: Json = False,
) -> None:
    """Make a token; says it once, with the lines to run on a machine."""
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.platform import clock

    wanted = {
        "name": name,
        "description": description,
        "expires_at": (clock.now() + timedelta(hours=hours)).isoformat(),
        "max_uses": max_uses,
        "allowed_networks": network or [],
        "tags": tag or [],
        **({} if auto_approve is None else {"auto_approve": auto_approve}),
    }
    with connect(target) as api:
        made = post(api, "/enrollment-tokens", wanted)
    if as_json:
        show_json(made)
        return
    print(f"Token (shown only now): {made['token']}")
    print(f"Linux, as root:         {made['install']['linux']}")
    print(f"Windows, as admin:      {made['install']['windows']}")


@app.command()
@targeted
def revoke(target: Target, token: Annotated[str, typer.Argument(help="Id, name or beginning.")]) -> None:
    """End a token; the machines it brought in stay."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        found = lookups.token(api, token)
        api.call("DELETE", f"/enrollment-tokens/{found['id']}")
    print(f"Revoked {found['name']}.")
