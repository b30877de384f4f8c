"""`deployflow user …`."""

from typing import Annotated

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="People who use the console.", no_args_is_help=True)
Person = Annotated[str, typer.Argument(help="E-mail address or id.")]
COLUMNS = {
    "email": "email",
    "name": "name",
    "role": "role.name",
    "active": "is_active",
    "last sign-in": "last_sign_in_at",
}


@app.command("list")
@targeted
def list_users(target: Target, as_json: Json = False) -> None:
    """List the organisation's people."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        show_list(every(api, "/users"), COLUMNS, as_json=as_json, empty="There is nobody yet.")


@app.command()
@targeted
def create(
    target: Target,
    email: Annotated[str, typer.Argument(help="E-mail address.")],
    name: Annotated[str, typer.Option(help="Full name.")],
    role: Annotated[str, typer.Option(help="Name of a role.")] = "Technician",
    as_json: Json = False,
) -> None:
    """Add a person; says the one-time link by which they choose their password."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post

    with connect(target) as api:
        role_id = lookups.role(api, role)["id"]
        _say(post(api, "/users", {"email": email, "name": name, "role_id": role_id}), as_json=as_json)


@app.command()
@targeted
def reset(target: Target, person: Person, as_json: Json = False) -> None:
    """Take password, authenticator and sessions from a person; says their new one-time link."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post

    with connect(target) as api:
        _say(post(api, f"/users/{lookups.user(api, person)['id']}/reset-invite"), as_json=as_json)


def _say(made: dict[str, str | None], *, as_json: bool) -> None:
    from deployflow.app.cli.output import show_json

    if as_json:
        show_json(made)
    elif made.get("invite_url"):
        print(f"One-time link for {made['email']}: {made['invite_url']}")
    else:
        print(f"{made['email']} signs in here already and now belongs to this organisation too.")
