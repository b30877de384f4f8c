"""`deployflow profile …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployflow.app.cli.options import Json, Target, targeted

app = typer.Typer(help="Deployment profiles: what a machine becomes.", no_args_is_help=True)
COLUMNS = {
    "name": "name",
    "image": "os_image.name",
    "edition": "edition_name",
    "names": "computer_naming_pattern",
    "tasks": "task_count",
    "version": "current.number",
    "id": "id",
}
TEMPLATE_COLUMNS = {"name": "name", "kind": "kind", "description": "description", "id": "id"}
TASK_COLUMNS = {"#": "number", "type": "type", "name": "name", "runs in": "phase", "seconds": "timeout_s"}
MARKS = {"error": "stops", "warning": "warns", "ok": "ok"}

Named = Annotated[str, typer.Argument(help="Name or id.")]


@app.command("list")
@targeted
def list_profiles(
    target: Target,
    templates: Annotated[bool, typer.Option("--templates", help="Templates instead.")] = False,
    as_json: Json = False,
) -> None:
    """List profiles, or templates."""
    from deployflow.app.cli.api import connect, every, get
    from deployflow.app.cli.output import show_list

    with connect(target) as api:
        if not templates:
            empty = "There are none yet; `deployflow profile import FILE` brings one in."
            show_list(every(api, "/profiles"), COLUMNS, as_json=as_json, empty=empty)
            return
        built_in = get(api, "/profile-templates")["built_in"]
        found = [one | {"kind": "built in"} for one in built_in]
        found += [one | {"kind": "own"} for one in every(api, "/profile-templates")]
        show_list(found, TEMPLATE_COLUMNS, as_json=as_json, empty="There are none.")


@app.command()
@targeted
def show(target: Target, profile: Named, as_json: Json = False) -> None:
    """Show a profile with its tasks, and what is wrong with their order."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, get
    from deployflow.app.cli.output import show_list, show_one

    with connect(target) as api:
        found = get(api, f"/profiles/{lookups.profile(api, profile)['id']}")
    show_one(found, COLUMNS | {"tags": "tags", "agent": "agent_auto_install"}, as_json=as_json)
    if as_json:
        return
    print()
    tasks = [task | {"number": task["order"] + 1} for task in found["tasks"]]
    show_list(tasks, TASK_COLUMNS, as_json=False, empty="It has no tasks yet.")
    for finding in found["findings"]:
        print(_sentence(finding))


@app.command()
@targeted
def export(
    target: Target,
    profile: Named,
    to: Annotated[Path | None, typer.Option("--to", "-o", help="File; else it is printed.", dir_okay=False)] = None,
) -> None:
    """Write a profile as YAML: names of images, drivers and secrets, never their content."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, get
    from deployflow.app.failures import Unusable

    with connect(target) as api:
        file = get(api, f"/profiles/{lookups.profile(api, profile)['id']}/file")
    if to is None:
        print(file["text"], end="")
        return
    try:
        to.write_text(file["text"], encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{to}: {error.strerror}") from error
    print(f"Wrote {to}.")


@app.command("import")
@targeted
def import_profile(
    target: Target,
    file: Annotated[Path, typer.Argument(help="As `export` writes it.", exists=True, dir_okay=False, readable=True)],
    name: Annotated[str | None, typer.Option(help="Another name than the file's.")] = None,
    replace: Annotated[bool, typer.Option(help="Make it a new version of the profile of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Make a profile of a YAML file."""
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import WrongUsage

    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise WrongUsage(f"{file}: is no text in UTF-8") from None
    with connect(target) as api:
        made = post(api, "/profiles:import", {"text": text, "name": name, "replace": replace})
    if as_json:
        show_json(made)
        return
    print(f"{made['name']} is version {made['current']['number']} now.")
    for finding in made["findings"]:
        print(_sentence(finding))


@app.command()
@targeted
def preflight(
    target: Target,
    profile: Named,
    device: Annotated[str | None, typer.Option("--device", "-d", help="Host name or id.")] = None,
    site: Annotated[str | None, typer.Option(help="The code of a boot site, for names with {site}.")] = None,
    as_json: Json = False,
) -> None:
    """Say what would stop a profile, on a device or on any machine; ends with 0 when nothing would."""
    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import ExitCode

    with connect(target) as api:
        asked: dict[str, Any] = {"site": site}
        if device is not None:
            asked["device_id"] = lookups.device(api, device)["id"]
        found = post(api, f"/profiles/{lookups.profile(api, profile)['id']}:preflight", asked)
    if as_json:
        show_json(found)
    else:
        for finding in found["findings"]:
            print(_sentence(finding))
    if not found["ready"]:
        raise typer.Exit(ExitCode.REFUSED)


def _sentence(finding: dict[str, Any]) -> str:
    where = "" if finding["task"] is None else f"task {finding['task'] + 1}: "
    return f"{MARKS[finding['level']]:<6} {where}{finding['message']}"
