"""`deployflow software …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="The software library.", no_args_is_help=True)
Named = Annotated[str, typer.Argument(help="Name or id.")]
Devices = Annotated[list[str], typer.Option("--device", "-d", help="Host name or id; may be repeated.")]
Bundle = Annotated[bool, typer.Option("--bundle", help="The name is that of a bundle.")]
Wait = Annotated[bool, typer.Option(help="Follow it to its end.")]
COLUMNS = {
    "name": "name",
    "version": "current.software_version",
    "system": "current.os_family",
    "installed": "devices.installed",
    "missing": "devices.missing",
    "failed": "devices.failed",
    "pending": "devices.pending",
    "tags": "tags",
    "id": "id",
}
DETAILS = {
    **COLUMNS,
    "publisher": "publisher",
    "description": "description",
    "install": "current.install_command",
    "uninstall": "current.uninstall_command",
    "detect": "current.detection.type",
    "installer": "current.installer.file_name",
    "sha256": "current.installer.sha256",
}
# What a file says of itself that goes into an item as it is.
_TAKEN = (
    "software_version",
    "os_family",
    "architecture",
    "install_command",
    "uninstall_command",
    "detection",
    "inventory_name",
)


@app.command("list")
@targeted
def list_software(target: Target, as_json: Json = False) -> None:
    """List the library."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        empty = "There is none yet: `deployflow software import FILE` makes an item of an installer."
        show_list(every(api, "/software"), COLUMNS, as_json=as_json, empty=empty)


@app.command()
@targeted
def show(target: Target, software: Named, as_json: Json = False) -> None:
    """Show an item."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect
    from deployflow.app.cli.output import show_one

    with connect(target) as api:
        show_one(lookups.software(api, software), DETAILS, as_json=as_json)


@app.command("import")
@targeted
def import_software(
    target: Target,
    source: Annotated[str, typer.Argument(help="An installer (msi, exe, deb, rpm …), or its https address.")],
    name: Annotated[str | None, typer.Option(help="By what the file says when left out.")] = None,
    install: Annotated[str | None, typer.Option(help="Install command; `{installer}` is the file.")] = None,
    uninstall: Annotated[str | None, typer.Option(help="Uninstall command.")] = None,
    os_family: Annotated[str | None, typer.Option("--os", help="windows or linux.")] = None,
    sha256: Annotated[str | None, typer.Option(help="What the file is expected to be; an address needs it.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Make an item of an installer; an MSI or a Debian package is ready to be installed afterwards."""
    from deployflow.app.cli import sending
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_one
    from deployflow.app.failures import WrongUsage

    is_url = source.startswith(("https://", "http://"))
    if not is_url and not Path(source).is_file():
        raise WrongUsage(f"{source}: there is no such file")
    with connect(target) as api:
        body: dict[str, Any] = {"sha256": sha256} if sha256 else {}
        if is_url:
            body["url"] = source
        else:
            body["upload_id"] = sending.upload(api, Path(source), purpose="software")
        made = post(api, "/software-installers", body)
        read = sending.wait(api, f"/software-installers/{made['id']}", state_of=lambda found: found)
        facts = read["facts"]
        given = {"install_command": install, "uninstall_command": uninstall, "os_family": os_family}
        definition = {key: given.get(key) or facts.get(key) for key in _TAKEN}
        definition = {key: value for key, value in definition.items() if value is not None}
        for key, option in (("install_command", "--install"), ("os_family", "--os")):
            if key not in definition:
                raise WrongUsage(f"{source} does not say it: give {option}")
        item = {
            "name": name or facts.get("name") or Path(read["file_name"]).stem,
            "publisher": facts.get("publisher") or "",
            "tags": tag or [],
            "definition": {**definition, "installer_id": read["id"]},
        }
        show_one(post(api, "/software", item), DETAILS, as_json=as_json)


@app.command()
@targeted
def install(
    target: Target,
    software: Named,
    device: Devices,
    bundle: Bundle = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Install an item, or with --bundle a bundle, on devices; ends with 0 when all of them have it."""
    _order(target, "install_software", software, device, bundle=bundle, wait=wait, as_json=as_json)


@app.command()
@targeted
def uninstall(target: Target, software: Named, device: Devices, wait: Wait = True, as_json: Json = False) -> None:
    """Remove an item from devices."""
    _order(target, "uninstall_software", software, device, bundle=False, wait=wait, as_json=as_json)


@app.command()
@targeted
def detect(target: Target, software: Named, device: Devices, wait: Wait = True, as_json: Json = False) -> None:
    """Look on devices whether an item is there."""
    _order(target, "detect_software", software, device, bundle=False, wait=wait, as_json=as_json)


def _order(
    target: Any, kind: str, named: str, hostnames: list[str], *, bundle: bool, wait: bool, as_json: bool
) -> None:
    from deployflow.app.cli import lookups, watching
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json

    with connect(target) as api:
        what = (
            {"bundle_id": lookups.bundle(api, named)["id"]}
            if bundle
            else {"software_id": lookups.software(api, named)["id"]}
        )
        devices = [lookups.device(api, one)["id"] for one in hostnames]
        queued = post(api, "/actions", {"device_ids": devices, "kind": kind, "payload": what})["items"]
        if not wait:
            show_json({"items": queued}) if as_json else print(*(one["id"] for one in queued), sep="\n")
            return
        watching.follow(api, [one["id"] for one in queued], as_json=as_json)


@app.command()
@targeted
def delete(target: Target, software: Named) -> None:
    """Take an item out of the library; devices keep what is installed."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        api.call("DELETE", f"/software/{lookups.software(api, software)['id']}")
