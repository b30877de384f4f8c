"""`deployflow init`, `doctor`, `backup`, `restore` and `openapi`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deployflow.app.cli.options import DataDir, Json, Target

WithoutContent = Annotated[
    bool, typer.Option("--without-content", help="Leave images, drivers and boot environments out.")
]


def init(
    data_dir: DataDir = None,
    email: Annotated[str | None, typer.Option(help="Make this person the first administrator too.")] = None,
    name: Annotated[str, typer.Option(help="Their name.")] = "Administrator",
    organisation: Annotated[str, typer.Option(help="Name of the organisation.")] = "My organisation",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read their password; else they get a one-time link.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make or upgrade an installation: folder, key and database; safe to repeat."""
    import asyncio

    from deployflow.app.cli.making import initialise
    from deployflow.app.cli.output import show_json
    from deployflow.app.cli.settings import read_settings
    from deployflow.app.installation import explained, prepare_folder
    from deployflow.platform.logs import configure_logs

    settings = read_settings(data_dir=data_dir)
    configure_logs(log_format=settings.log_format, level="warning")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    prepare_folder(settings)
    with explained(settings):
        made = asyncio.run(initialise(settings, email=email, name=name, organisation=organisation, password=password))
    if as_json:
        show_json(made)
        return
    print(f"The installation in {made['data_dir']} is ready (schema {made['schema']}).")
    if made["link"]:
        print(f"One-time link for {email}: {made['link']}")
    elif made["first_run_token"]:
        print("Start it with `deployflow serve`; it prints the link for the first administrator.")


def doctor(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Look at all an installation needs and say what is wrong; ends with 1 if anything is."""
    import asyncio

    from deployflow.app.cli.output import show_json
    from deployflow.app.cli.settings import read_settings
    from deployflow.app.doctor import examine
    from deployflow.app.failures import Failure
    from deployflow.platform.logs import configure_logs

    settings = read_settings(data_dir=data_dir)
    configure_logs(log_format="text", level="error")
    findings = asyncio.run(examine(settings))
    if as_json:
        show_json({"checks": [vars(finding) for finding in findings]})
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{finding.verdict:<7} {finding.name:<{width}}  {finding.detail}")
    if bad := [finding.name for finding in findings if finding.verdict == "failed"]:
        raise Failure(f"not well: {', '.join(bad)}")


def backup(
    to: Annotated[Path, typer.Argument(help="File to write.")],
    data_dir: DataDir = None,
    without_content: WithoutContent = False,
    as_json: Json = False,
) -> None:
    """Write database, images and drivers to one file, beside a running server if need be. Keys are not in it."""
    from dataclasses import asdict

    from deployflow.app.backup import back_up
    from deployflow.app.cli.installed import settings_of
    from deployflow.app.cli.output import show_json
    from deployflow.app.installation import explained

    settings = settings_of(Target(data_dir=data_dir))
    with explained(settings):
        manifest = back_up(settings, to, with_content=not without_content)
    if as_json:
        show_json({"file": str(to), **asdict(manifest)})
        return
    print(f"{to}: {manifest.bytes:,} bytes of {manifest.database}, schema {manifest.schema}.")
    if manifest.content is None:
        print("Images, drivers and boot environments are not in it: copy the content folder by other means.")
    else:
        files, size = manifest.content.files, manifest.content.bytes
        print(f"{files:,} files of images, drivers and boot environments, {size:,} bytes.")
    print(f"The keys are not in it: keep a copy of {settings.keys_dir} apart from it, or its secrets stay sealed.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    data_dir: DataDir = None,
    force: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
    without_content: WithoutContent = False,
    check: Annotated[bool, typer.Option("--check", help="Only read it and say whether it is whole.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in place of the database of a stopped installation; images and drivers go beside those there."""
    from dataclasses import asdict

    from deployflow.app import backup as backups
    from deployflow.app.cli.output import show_json
    from deployflow.app.cli.settings import read_settings
    from deployflow.app.installation import explained, prepare_folder

    settings = read_settings(data_dir=data_dir)
    with explained(settings):
        if check:
            manifest = backups.read_manifest(file)
        else:
            prepare_folder(settings)
            manifest = backups.restore(settings, file, force=force, with_content=not without_content)
    if as_json:
        show_json({"file": str(file), "restored": not check, **asdict(manifest)})
        return
    print(f"{file} is whole: made {manifest.made_at} by DeployFlow {manifest.made_by}, schema {manifest.schema}.")
    if not check:
        print(f"Restored to {settings.data_dir}. `deployflow audit verify` checks the record; then start the server.")


def openapi(
    to: Annotated[Path | None, typer.Argument(help="File to write; standard output when left out.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is current.")] = False,
) -> None:
    """Write the API's description."""
    import tempfile

    from deployflow.app.failures import Failure
    from deployflow.app.main import create_app
    from deployflow.app.openapi import as_text
    from deployflow.platform.settings import load_settings

    with tempfile.TemporaryDirectory() as folder:
        text = as_text(create_app(load_settings(data_dir=folder)))
    if to is None:
        print(text, end="")
    elif not check:
        to.write_text(text, "utf-8")
    elif not to.exists() or to.read_text("utf-8") != text:
        raise Failure(f"{to} is not what this server says: run `make openapi` and commit what it changes")
