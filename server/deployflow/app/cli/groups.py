"""`deployflow group …`."""

from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="Groups of devices.", no_args_is_help=True)
Group = Annotated[str, typer.Argument(help="Name or id.")]
Devices = Annotated[
    list[str] | None, typer.Option("--device", "-d", help="Host name or id; may be repeated.", show_default=False)
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        "-w",
        help="FIELD OPERATOR VALUE, such as 'os_version lt 10.0.22631'; may be repeated, and all have to hold.",
        show_default=False,
    ),
]
COLUMNS = {"name": "name", "devices": "device_count", "dynamic": "is_dynamic", "description": "description", "id": "id"}
# Their value is a list.
SEVERAL = frozenset({"in", "not_in"})


@app.command("list")
@targeted
def list_groups(target: Target, as_json: Json = False) -> None:
    """List groups, with how many devices each has now."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        show_list(
            every(api, "/device-groups"),
            COLUMNS,
            as_json=as_json,
            empty="There are none: `deployflow group create NAME --where 'os_family eq linux'` makes one.",
        )


@app.command()
@targeted
def fields(target: Target, as_json: Json = False) -> None:
    """List what --where can be about."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list

    columns = {"field": "name", "what": "label", "operators": "operators", "values": "choices"}
    with connect(target) as api:
        show_list(get(api, "/device-groups/fields")["items"], columns, as_json=as_json, empty="")


@app.command()
@targeted
def create(
    target: Target,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    where: Rules = None,
    device: Devices = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a group: of chosen devices, or of all that --where finds at any time."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json, show_one

    with connect(target) as api:
        new: dict[str, Any] = {"name": name, "description": description}
        if where:
            new["filter"] = filter_of(where)
        if device:
            new["device_ids"] = [lookups.device(api, named)["id"] for named in device]
        made = post(api, "/device-groups", new)
        show_json(made) if as_json else show_one(made, COLUMNS, as_json=False)


@app.command()
@targeted
def devices(target: Target, group: Group, as_json: Json = False) -> None:
    """List the devices of a group."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.devices import COLUMNS as DEVICE_COLUMNS
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        found = lookups.group(api, group)
        show_list(
            every(api, "/devices", **{"filter[group]": found["id"]}),
            DEVICE_COLUMNS,
            as_json=as_json,
            empty="It has none now.",
        )


@app.command()
@targeted
def add(target: Target, group: Group, device: Devices = None, as_json: Json = False) -> None:
    """Put devices into a group of chosen ones."""
    _change_members(target, group, "add", device, as_json=as_json)


@app.command()
@targeted
def remove(target: Target, group: Group, device: Devices = None, as_json: Json = False) -> None:
    """Take devices out of a group of chosen ones."""
    _change_members(target, group, "remove", device, as_json=as_json)


@app.command()
@targeted
def delete(target: Target, group: Group) -> None:
    """Delete a group; its devices stay."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        found = lookups.group(api, group)
        api.call("DELETE", f"/device-groups/{found['id']}")
    print(f"{found['name']} is deleted.")


def filter_of(where: list[str]) -> dict[str, Any]:
    """The filter that --where options say.

    Raises:
        WrongUsage: one of them has no operator.
    """
    from deployflow.app.failures import WrongUsage

    rules = []
    for one in where:
        field, _, rest = one.strip().partition(" ")
        op, _, value = rest.strip().partition(" ")
        if not op:
            raise WrongUsage(f"--where {one}: write FIELD OPERATOR VALUE; `deployflow group fields` lists them")
        said: Any = [part.strip() for part in value.split(",")] if op in SEVERAL else value.strip() or None
        rules.append({"field": field, "op": op, "value": said})
    return {"match": "all", "rules": rules}


def _change_members(target: Target, named: str, what: str, device: list[str] | None, *, as_json: bool) -> None:
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import WrongUsage

    if not device:
        raise WrongUsage("say which devices: --device HOSTNAME")
    with connect(target) as api:
        ids = [lookups.device(api, one)["id"] for one in device]
        changed = post(api, f"/device-groups/{lookups.group(api, named)['id']}/members", {what: ids})
    show_json(changed) if as_json else print(f"{changed['name']} has {changed['device_count']} devices.")
