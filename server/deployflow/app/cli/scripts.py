"""`deployflow script …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="The library of scripts, and running them.", no_args_is_help=True)
COLUMNS = {"name": "name", "language": "language", "version": "current.number", "tags": "tags", "id": "id"}
LANGUAGES = {".ps1": "powershell", ".cmd": "cmd", ".bat": "cmd", ".sh": "sh", ".py": "python"}


@app.command("list")
@targeted
def list_scripts(target: Target, as_json: Json = False) -> None:
    """List the library."""
    from deployflow.app.cli.api import connect, every
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        show_list(
            every(api, "/scripts"),
            COLUMNS,
            as_json=as_json,
            empty="There are none yet; `deployflow script run --file …` runs one without keeping it.",
        )


@app.command()
@targeted
def run(
    target: Target,
    script: Annotated[str | None, typer.Argument(help="Name or id in the library.", show_default=False)] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="Host name or id; may be repeated.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file instead of the library.", exists=True, dir_okay=False, readable=True)
    ] = None,
    language: Annotated[str | None, typer.Option(help="powershell, cmd, sh or python; by the file's name.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="NAME=VALUE; may be repeated.")] = None,
    timeout: Annotated[int | None, typer.Option(help="Seconds it may run.", min=1)] = None,
    wait: Annotated[bool, typer.Option(help="Follow it to its end.")] = True,
    as_json: Json = False,
) -> None:
    """Run a script on devices and follow its output; ends with 0 when all of them succeeded."""
    from deployflow.app.cli import lookups, watching
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import WrongUsage

    if not device:
        raise WrongUsage("say where to run it: --device HOSTNAME")
    if (script is None) == (file is None):
        raise WrongUsage("name a script of the library, or give one with --file")
    with connect(target) as api:
        payload: dict[str, Any] = {"parameters": parameters_of(param or [])}
        if file is not None:
            payload |= {"language": language_of(file, language), "body": file.read_text("utf-8")}
        else:
            payload["script_id"] = lookups.script(api, script or "")["id"]
        devices = [lookups.device(api, named)["id"] for named in device]
        order = {"device_ids": devices, "kind": "run_script", "payload": payload, "timeout_s": timeout}
        queued = post(api, "/actions", order)["items"]
        if not wait:
            show_json({"items": queued}) if as_json else print(*(one["id"] for one in queued), sep="\n")
            return
        watching.follow(api, [one["id"] for one in queued], as_json=as_json)


def parameters_of(given: list[str]) -> dict[str, str]:
    """The parameters that --param options say."""
    from deployflow.app.failures import WrongUsage

    for one in given:
        if "=" not in one:
            raise WrongUsage(f"--param {one}: write NAME=VALUE")
    return dict(one.split("=", 1) for one in given)


def language_of(file: Path, named: str | None) -> str:
    """The language a file is written in."""
    from deployflow.app.failures import WrongUsage

    language = named or LANGUAGES.get(file.suffix.lower())
    if language is None:
        raise WrongUsage(f"{file.name}: say its language with --language powershell, cmd, sh or python")
    return language
