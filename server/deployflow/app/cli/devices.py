"""`deployflow device …`."""

from typing import Annotated

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="Managed machines.", no_args_is_help=True)
Delay = Annotated[int, typer.Option(help="Seconds that people there get.", min=0, max=3600)]
Device = Annotated[str, typer.Argument(help="Host name or id.")]
COLUMNS = {
    "host name": "hostname",
    "status": "status",
    "state": "state",
    "system": "os.name",
    "agent": "agent_version",
    "last check-in": "last_check_in",
    "id": "id",
}
DETAILS = {
    **COLUMNS,
    "why": "status_reason",
    "version": "os.version",
    "maker": "hardware.manufacturer",
    "model": "hardware.model",
    "serial": "hardware.serial",
    "user": "logged_on_user",
    "started": "boot_time",
    "tags": "tags",
    "key kept by": "key_protection",
    "new key waits": "pending_key",
    "enrolled": "enrolled_at",
}


@app.command("list")
@targeted
def list_devices(
    target: Target,
    words: Annotated[str | None, typer.Argument(help="Only those with these words.")] = None,
    as_json: Json = False,
) -> None:
    """List devices."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        show_list(
            every(api, "/devices", q=words),
            COLUMNS,
            as_json=as_json,
            empty="There are none: `deployflow token create NAME` says how to bring one in.",
        )


@app.command()
@targeted
def show(target: Target, device: Device, as_json: Json = False) -> None:
    """Show one device."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect
    from deployflow.app.cli.output import show_one

    with connect(target) as api:
        show_one(lookups.device(api, device), DETAILS, as_json=as_json)


@app.command()
@targeted
def approve(target: Target, device: Device, as_json: Json = False) -> None:
    """Let a waiting device, or its new key, work."""
    _act(target, device, "approve", as_json=as_json)


@app.command()
@targeted
def revoke(target: Target, device: Device, as_json: Json = False) -> None:
    """Refuse a device from its next request on."""
    _act(target, device, "revoke", as_json=as_json)


@app.command()
@targeted
def restart(target: Target, device: Device, delay: Delay = 0, as_json: Json = False) -> None:
    """Restart a device; ends with 0 when it is back."""
    _go_down(target, device, "restart_device", delay, as_json=as_json)


@app.command("shut-down")
@targeted
def shut_down(target: Target, device: Device, delay: Delay = 0, as_json: Json = False) -> None:
    """Switch a device off; ends with 0 when its system has taken the order."""
    _go_down(target, device, "shut_down_device", delay, as_json=as_json)


def _go_down(target: Target, named: str, kind: str, delay: int, *, as_json: bool) -> None:
    from deployflow.app.cli import lookups, watching
    from deployflow.app.cli.api import connect, post

    with connect(target) as api:
        order = {"device_ids": [lookups.device(api, named)["id"]], "kind": kind, "payload": {"delay_s": delay}}
        watching.follow(api, [one["id"] for one in post(api, "/actions", order)["items"]], as_json=as_json)


def _act(target: Target, named: str, verb: str, *, as_json: bool) -> None:
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json

    with connect(target) as api:
        changed = post(api, f"/devices/{lookups.device(api, named)['id']}/{verb}")
    if as_json:
        show_json(changed)
    else:
        print(f"{changed['hostname']} is {changed['state']}.")
