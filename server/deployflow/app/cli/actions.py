"""`deployflow action …`."""

from typing import Annotated

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="What was ordered, and how it went.", no_args_is_help=True)
Action = Annotated[str, typer.Argument(help="Id of the action.")]
COLUMNS = {
    "created": "created_at",
    "device": "device.hostname",
    "what": "title",
    "status": "status",
    "exit code": "exit_code",
    "id": "id",
}
DETAILS = {**COLUMNS, "why": "reason", "by": "created_by.name", "started": "started_at", "finished": "finished_at"}


@app.command("list")
@targeted
def list_actions(
    target: Target,
    status: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """List actions, the newest first."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        page = get(api, "/actions", limit=limit, **({"filter[status]": status} if status else {}))
        show_list(page["items"], COLUMNS, as_json=as_json, empty="There are none.")


@app.command()
@targeted
def show(target: Target, action: Action, as_json: Json = False) -> None:
    """Show one action."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_one

    with connect(target) as api:
        show_one(get(api, f"/actions/{action}"), DETAILS, as_json=as_json)


@app.command()
@targeted
def watch(target: Target, action: Action, as_json: Json = False) -> None:
    """Follow an action's output to its end; ends with 0 when it succeeded."""
    from deployflow.app.cli import watching
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        watching.follow(api, [action], as_json=as_json)


@app.command()
@targeted
def cancel(target: Target, action: Action, as_json: Json = False) -> None:
    """Call an action off."""
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json

    with connect(target) as api:
        changed = post(api, f"/actions/{action}/cancel")
    show_json(changed) if as_json else print(f"{changed['status']}: {changed['reason'] or 'done'}")
