"""`deployflow deployment …`."""

import sys
import time
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="Runs of a profile on a machine.", no_args_is_help=True)
Deployment = Annotated[str, typer.Argument(help="Id, or the computer name of the newest one.")]
COLUMNS = {
    "created": "created_at",
    "computer": "computer_name",
    "profile": "profile.name",
    "state": "state",
    "step": "step.name",
    "%": "progress.percent",
    "id": "id",
}
DETAILS = {
    "computer": "computer_name",
    "profile": "profile.name",
    "version": "profile.version",
    "state": "state",
    "why": "reason",
    "silent": "silent",
    "error": "error.message",
    "site": "site.name",
    "serial": "machine.serial",
    "mac": "machine.mac",
    "step": "step.name",
    "done": "step.done",
    "of": "step.total",
    "device": "device.hostname",
    "prepared until": "armed_until",
    "approved by": "approved_by",
    "started": "started_at",
    "finished": "finished_at",
    "id": "id",
}
WAITING = {
    "code": "code",
    "maker": "facts.manufacturer",
    "model": "facts.model",
    "serial": "facts.serial",
    "profile": "profile.name",
    "site": "site.code",
    "address": "ip",
    "since": "created_at",
    "id": "id",
}
ENDED = frozenset({"succeeded", "failed", "aborted", "expired", "denied"})
LOOK_EVERY_S = 1.0


@app.command("list")
@targeted
def list_deployments(
    target: Target,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """List deployments, the newest first."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        page = get(api, "/deployments", limit=limit, **({"filter[state]": state} if state else {}))
        show_list(page["items"], COLUMNS, as_json=as_json, empty="There are none: arm a machine, or start one.")


@app.command()
@targeted
def show(target: Target, deployment: Deployment, as_json: Json = False) -> None:
    """Show one deployment with its steps."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect
    from deployflow.app.cli.output import show_list, show_one

    steps = {"": "position", "step": "name", "state": "state", "finished": "finished_at", "error": "error.message"}
    with connect(target) as api:
        found = lookups.deployment(api, deployment)
        show_one(found, DETAILS, as_json=as_json)
        if not as_json:
            print()
            show_list(found["steps"], steps, as_json=False, empty="It has no steps before its machine is let in.")


@app.command()
@targeted
def arm(
    target: Target,
    profile: Annotated[str, typer.Argument(help="Name or id of the profile.")],
    device: Annotated[str | None, typer.Option(help="Host name or id of a known device.")] = None,
    mac: Annotated[str | None, typer.Option(help="Its network card, as 52:54:00:12:34:56.")] = None,
    uuid: Annotated[str | None, typer.Option(help="Its SMBIOS UUID.")] = None,
    serial: Annotated[str | None, typer.Option(help="Its serial number.")] = None,
    maker: Annotated[str | None, typer.Option(help="The maker that belongs to the serial number.")] = None,
    name: Annotated[str | None, typer.Option(help="A computer name, instead of the profile's pattern.")] = None,
    hours: Annotated[int, typer.Option(help="How long it waits for its machine.", min=1, max=8)] = 8,
    network: Annotated[list[str] | None, typer.Option(help="Only from this network; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Prepare a machine: when it next starts from the network, it deploys without being asked."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import WrongUsage

    machine = {"mac": mac, "smbios_uuid": uuid, "serial": serial, "manufacturer": maker}
    given = {key: value for key, value in machine.items() if value is not None}
    if bool(given) == bool(device):
        raise WrongUsage("say which machine: --device, or some of --mac, --uuid and --serial")
    with connect(target) as api:
        wanted: dict[str, Any] = {
            "profile_id": lookups.profile(api, profile)["id"],
            "hours": hours,
            "networks": network or [],
            "computer_name": name,
            **({"device_id": lookups.device(api, device)["id"]} if device else {"machine": given}),
        }
        armed = post(api, "/deployments", wanted)
    if as_json:
        show_json(armed)
    else:
        print(f"Prepared until {armed['armed_until']}: start the machine from the network. {armed['id']}")


@app.command()
@targeted
def waiting(target: Target, as_json: Json = False) -> None:
    """List machines that wait to be approved, with the code that each shows."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        found = every(api, "/boot-sessions", **{"filter[state]": "waiting"})
        show_list(found, WAITING, as_json=as_json, empty="No machine waits.")


@app.command()
@targeted
def approve(
    target: Target,
    code: Annotated[str, typer.Argument(help="The code on the machine's screen.")],
    profile: Annotated[str | None, typer.Option(help="Name or id, where the machine chose none.")] = None,
    as_json: Json = False,
) -> None:
    """Let the machine deploy that shows this code."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json

    with connect(target) as api:
        session = lookups.boot_session(api, code)
        chosen = lookups.profile(api, profile)["id"] if profile else None
        approved = post(api, f"/boot-sessions/{session['id']}/approve", {"code": session["code"], "profile_id": chosen})
    show_json(approved) if as_json else print(f"Approved: {approved['device']['hostname']}.")


@app.command()
@targeted
def retry(
    target: Target,
    deployment: Deployment,
    position: Annotated[int | None, typer.Option("--from", help="The step to begin with.", min=0)] = None,
    as_json: Json = False,
) -> None:
    """Go on with a failed deployment, from the step that failed or an earlier one."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json

    with connect(target) as api:
        found = lookups.deployment(api, deployment)
        changed = post(api, f"/deployments/{found['id']}/retry", {"position": position})
    show_json(changed) if as_json else print(f"{changed['state']}: {changed['reason'] or 'goes on'}")


@app.command()
@targeted
def abort(target: Target, deployment: Deployment, as_json: Json = False) -> None:
    """Stop a deployment, whatever it is at."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json

    with connect(target) as api:
        found = lookups.deployment(api, deployment)
        changed = post(api, f"/deployments/{found['id']}/abort")
    show_json(changed) if as_json else print(changed["reason"] or changed["state"])


@app.command()
@targeted
def watch(target: Target, deployment: Deployment) -> None:
    """Follow a deployment's output to its end; ends with 0 when it succeeded."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, get
    from deployflow.app.failures import Failure

    with connect(target) as api:
        deployment_id, after, told = lookups.deployment(api, deployment)["id"], 0, None
        while True:
            # The state first: what was printed before the end is then certainly in the log read after it.
            found = get(api, f"/deployments/{deployment_id}")
            while pieces := get(api, f"/deployments/{deployment_id}/log", after=after, limit=500)["pieces"]:
                for piece in pieces:
                    sys.stdout.write(piece["text"])
                after = pieces[-1]["number"]
            sys.stdout.flush()
            said = found["reason"] or f"{found['state']}: {found['step']['name'] or '-'}"
            if said != told:
                told = said
                print(f"[{said}]", file=sys.stderr)
            if found["state"] in ENDED:
                break
            time.sleep(LOOK_EVERY_S)
    if found["state"] != "succeeded":
        why = (found["error"] or {}).get("message") or found["reason"] or ""
        raise Failure(f"the deployment is {found['state']}: {why}")
