"""`deployflow driver …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="Driver packs and the machines they are for.", no_args_is_help=True)
Pack = Annotated[str, typer.Argument(help="Name or id.")]
COLUMNS = {
    "name": "name",
    "version": "pack_version",
    "state": "state",
    "infs": "inf_count",
    "broken": "broken_inf_count",
    "for": "machines",
    "id": "id",
}
DETAILS = {
    **COLUMNS,
    "description": "description",
    "files": "file_count",
    "bytes": "content_bytes",
    "checksum": "checksum",
    "from": "file_name",
    "error": "error_message",
}
INF_COLUMNS = {
    "path": "path",
    "class": "device_class",
    "provider": "provider",
    "version": "driver_version",
    "why not": "error",
}


@app.command("list")
@targeted
def list_packs(target: Target, as_json: Json = False) -> None:
    """List driver packs."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        packs = [_named(one) for one in every(api, "/driver-packs")] if not as_json else every(api, "/driver-packs")
        show_list(packs, COLUMNS, as_json=as_json, empty="There are none: `deployflow driver import` makes one.")


@app.command()
@targeted
def show(
    target: Target, pack: Pack, infs: Annotated[bool, typer.Option("--infs")] = False, as_json: Json = False
) -> None:
    """Show a driver pack; with --infs its INF files, and what is wrong with those that cannot be read."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        found = lookups.driver_pack(api, pack)
        if infs:
            items = get(api, f"/driver-packs/{found['id']}/infs")["items"]
            show_list(items, INF_COLUMNS, as_json=as_json, empty="It holds none.")
            return
        _show(found, as_json=as_json)


@app.command("import")
@targeted
def import_pack(
    target: Target,
    source: Annotated[str, typer.Argument(help="A zip or cab; with --on-server a folder too.")],
    name: Annotated[str | None, typer.Option(help="By the file's name when left out.")] = None,
    version: Annotated[str, typer.Option("--pack-version", help="What its maker calls its version.")] = "",
    sku: Annotated[
        list[str] | None, typer.Option(help="System SKU it is for; `*` is any text; may be repeated.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="MAKER/MODEL it is for, such as 'Dell*/Latitude 54*'.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="What the file is expected to be.")] = None,
    on_server: Annotated[bool, typer.Option("--on-server", help="A path in the server's import folder.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is ready.")] = True,
    as_json: Json = False,
) -> None:
    """Import a driver pack."""
    from deployflow.app.cli import sending
    from deployflow.app.cli.api import connect, post
    from deployflow.app.failures import WrongUsage

    if not on_server and not Path(source).is_file():
        raise WrongUsage(f"{source}: there is no such file; --on-server means one in the server's import folder")
    rules: list[dict[str, str]] = [{"sku": one} for one in sku or []]
    rules += [_model_rule(one) for one in model or []]
    with connect(target) as api:
        body: dict[str, Any] = {
            "name": name or Path(source).stem,
            "pack_version": version,
            "rules": rules,
            **({"sha256": sha256} if sha256 else {}),
        }
        if on_server:
            body["path"] = source
        else:
            body["upload_id"] = sending.upload(api, Path(source), purpose="driver_pack")
        pack = post(api, "/driver-packs", body)
        if wait:
            pack = sending.wait(api, f"/driver-packs/{pack['id']}", state_of=lambda found: found)
        _show(pack, as_json=as_json)


@app.command()
@targeted
def match(
    target: Target,
    manufacturer: Annotated[str | None, typer.Option()] = None,
    model: Annotated[str | None, typer.Option()] = None,
    sku: Annotated[str | None, typer.Option()] = None,
    as_json: Json = False,
) -> None:
    """Show which packs such a machine gets."""
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        found = get(api, "/driver-packs:match", manufacturer=manufacturer, model=model, sku=sku)["items"]
        items = found if as_json else [_named(one) for one in found]
        show_list(items, COLUMNS, as_json=as_json, empty="No driver pack is for such a machine.")


@app.command()
@targeted
def delete(target: Target, pack: Pack) -> None:
    """Delete a driver pack."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        api.call("DELETE", f"/driver-packs/{lookups.driver_pack(api, pack)['id']}")


def _model_rule(given: str) -> dict[str, str]:
    from deployflow.app.failures import WrongUsage

    maker, slash, model = given.partition("/")
    if not slash or not maker.strip() or not model.strip():
        raise WrongUsage(f"--model {given}: write MAKER/MODEL, such as 'Dell*/Latitude 54*'")
    return {"manufacturer": maker, "model": model}


def _named(pack: dict[str, Any]) -> dict[str, Any]:
    rules = [
        " ".join(part for part in (one["manufacturer"], one["model"], one["sku"]) if part) for one in pack["rules"]
    ]
    return {**pack, "machines": rules}


def _show(pack: dict[str, Any], *, as_json: bool) -> None:
    from deployflow.app.cli.output import show_json, show_one

    show_json(pack) if as_json else show_one(_named(pack), DETAILS, as_json=False)
