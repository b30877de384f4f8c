"""`deployflow run …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="One act on many devices, and how it goes.", no_args_is_help=True)
Run = Annotated[str, typer.Argument(help="Id of the run.")]
COLUMNS = {
    "started": "created_at",
    "what": "title",
    "state": "state",
    "devices": "total",
    "succeeded": "progress.succeeded",
    "failed": "progress.failed",
    "waiting": "progress.pending",
    "id": "id",
}
DETAILS = {
    **COLUMNS,
    "why": "state_reason",
    "by": "created_by.name",
    "its turn to come": "progress.held",
    "offline": "progress.offline",
    "running": "progress.running",
    "timed out": "progress.timed_out",
    "interrupted": "progress.interrupted",
    "cancelled": "progress.cancelled",
    "expired": "progress.expired",
    "ended": "ended_at",
}


@app.command("list")
@targeted
def list_runs(
    target: Target,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=200)] = 20,
    as_json: Json = False,
) -> None:
    """List runs, the newest first."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        page = get(api, "/runs", limit=limit)
        show_list(
            page["items"], COLUMNS, as_json=as_json, empty="There are none: `deployflow run script …` starts one."
        )


@app.command()
@targeted
def show(target: Target, run: Run, as_json: Json = False) -> None:
    """Show how far a run is, and what failed."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_one

    with connect(target) as api:
        found = get(api, f"/runs/{run}")
    show_one(found, DETAILS, as_json=as_json)
    for group in [] if as_json else found["failures"]:
        why = group["message"] or group["code"] or f"exit code {group['exit_code']}"
        print(f"{group['count']} {group['status'].replace('_', ' ')}: {why} ({', '.join(group['examples'])} …)")


@app.command()
@targeted
def script(
    target: Target,
    script: Annotated[str | None, typer.Argument(help="Name or id in the library.", show_default=False)] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="Host name or id; may be repeated.", show_default=False)
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option("--group", "-g", help="Name or id; may be repeated.", show_default=False)
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", "-w", help="FIELD OPERATOR VALUE; may be repeated, and all have to hold.", show_default=False
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file instead of the library.", exists=True, dir_okay=False, readable=True)
    ] = None,
    language: Annotated[str | None, typer.Option(help="powershell, cmd, sh or python; by the file's name.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="NAME=VALUE; may be repeated.")] = None,
    at_most: Annotated[int | None, typer.Option(help="So many devices at a time.", min=1)] = None,
    stop_at: Annotated[int | None, typer.Option(help="Stop when so many percent failed.", min=1, max=100)] = None,
    expires: Annotated[int | None, typer.Option(help="Seconds until who is off does it no more.", min=60)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would do it.")] = False,
    as_json: Json = False,
) -> None:
    """Run a script on devices, groups, or all that --where finds; `run show` says how it goes."""
    from deployflow.app.cli import lookups, scripts
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.groups import filter_of
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import WrongUsage

    if (script is None) == (file is None):
        raise WrongUsage("name a script of the library, or give one with --file")
    if not device and not group and not where:
        raise WrongUsage("say where to run it: --device HOSTNAME, --group NAME or --where 'FIELD OPERATOR VALUE'")
    with connect(target) as api:
        payload: dict[str, Any] = {"parameters": scripts.parameters_of(param or [])}
        if file is not None:
            payload |= {"language": scripts.language_of(file, language), "body": file.read_text("utf-8")}
        else:
            payload["script_id"] = lookups.script(api, script or "")["id"]
        targets: dict[str, Any] = {
            "device_ids": [lookups.device(api, named)["id"] for named in device or []],
            "group_ids": [lookups.group(api, named)["id"] for named in group or []],
            **({"filter": filter_of(where)} if where else {}),
        }
        order = {
            "targets": targets,
            "kind": "run_script",
            "payload": payload,
            "at_most": at_most,
            "stop_at_percent": stop_at,
            "expires_in_s": expires,
        }
        said = post(api, "/runs:preview" if dry_run else "/runs", order)
    if as_json:
        show_json(said)
        return
    if dry_run:
        print(f"{said['title']}: {said['total']} devices, {said['online']} of them online.")
    else:
        print(f"{said['title']} is queued on {said['total']} devices: {said['id']}")
    for left_out in said["skipped"]:
        print(f"{left_out['count']} left out: {left_out['reason']} ({', '.join(left_out['examples'])} …)")


@app.command()
@targeted
def cancel(target: Target, run: Run, as_json: Json = False) -> None:
    """Call a run off."""
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_one

    with connect(target) as api:
        show_one(post(api, f"/runs/{run}/cancel"), DETAILS, as_json=as_json)


@app.command()
@targeted
def retry(target: Target, run: Run, as_json: Json = False) -> None:
    """Do it again on the devices where it failed: a new run."""
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_one

    with connect(target) as api:
        show_one(post(api, f"/runs/{run}/retry"), DETAILS, as_json=as_json)
