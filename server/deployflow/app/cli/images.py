"""`deployflow image …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="OS images and their imports.", no_args_is_help=True)
Image = Annotated[str, typer.Argument(help="Name or id.")]
COLUMNS = {
    "name": "name",
    "version": "image_version",
    "state": "state",
    "import": "importing.state",
    "architecture": "architecture",
    "bytes": "content_bytes",
    "id": "id",
}
DETAILS = {
    **COLUMNS,
    "description": "description",
    "checksum": "checksum",
    "content": "content_sha256",
    "from": "importing.file_name",
    "error": "importing.error_message",
    "editions": "edition_names",
}


@app.command("list")
@targeted
def list_images(target: Target, as_json: Json = False) -> None:
    """List OS images."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        empty = "There are none: `deployflow image import windows.iso` makes one."
        show_list(every(api, "/images"), COLUMNS, as_json=as_json, empty=empty)


@app.command()
@targeted
def show(target: Target, image: Image, as_json: Json = False) -> None:
    """Show an image with its editions."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        _show(lookups.image(api, image), as_json=as_json)


@app.command("import")
@targeted
def import_image(
    target: Target,
    source: Annotated[str, typer.Argument(help="An ISO, WIM or ESD: a file, or an address that begins with https://.")],
    name: Annotated[str | None, typer.Option(help="By the file's name when left out.")] = None,
    version: Annotated[str, typer.Option("--image-version", help="What you call its version, such as 24H2.")] = "",
    sha256: Annotated[str | None, typer.Option(help="What the file is expected to be.")] = None,
    on_server: Annotated[bool, typer.Option("--on-server", help="A path in the server's import folder.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is ready.")] = True,
    as_json: Json = False,
) -> None:
    """Import an image. The server works on it; with --no-wait the command only orders it."""
    from deployflow.app.cli import sending
    from deployflow.app.cli.api import connect, post
    from deployflow.app.failures import WrongUsage

    is_address = source.startswith(("http://", "https://"))
    if not is_address and not on_server and not Path(source).is_file():
        raise WrongUsage(f"{source}: there is no such file; --on-server means one in the server's import folder")
    with connect(target) as api:
        body: dict[str, Any] = {"name": name or Path(source).stem or source, "image_version": version, "sha256": sha256}
        if is_address:
            body["url"] = source
        elif on_server:
            body["path"] = source
        else:
            body["upload_id"] = sending.upload(api, Path(source), purpose="image")
        image = post(api, "/image-imports", body)
        if wait:
            image = sending.wait(api, f"/images/{image['id']}", state_of=lambda found: dict(found["importing"]))
        _show(image, as_json=as_json)


@app.command()
@targeted
def delete(target: Target, image: Image) -> None:
    """Delete an image that no profile uses."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect

    with connect(target) as api:
        api.call("DELETE", f"/images/{lookups.image(api, image)['id']}")


def _show(image: dict[str, Any], *, as_json: bool) -> None:
    from deployflow.app.cli.output import show_json, show_one

    if as_json:
        show_json(image)
        return
    names = [f"{one['index']} {one['name']}" for one in image["editions"]]
    show_one({**image, "edition_names": names}, DETAILS, as_json=False)
