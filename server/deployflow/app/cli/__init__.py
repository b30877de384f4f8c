"""The `deployflow` command. What a command needs is imported when it runs, so that `--help` answers at once."""

import sys
from typing import Annotated

import typer

from deployflow import __version__
from deployflow.app.cli import (
    actions,
    audit,
    boot,
    deployments,
    devices,
    drivers,
    groups,
    images,
    people,
    profiles,
    pxe,
    runs,
    scripts,
    serve,
    simulate,
    software,
    tokens,
    upkeep,
)
from deployflow.app.failures import Failure

INTERRUPTED = 130

app = typer.Typer(
    name="deployflow",
    help="Self-hosted Windows deployment and device management.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve.serve)
app.command()(pxe.pxe)
for command in (upkeep.init, upkeep.doctor, upkeep.backup, upkeep.restore, upkeep.openapi, simulate.simulate):
    app.command()(command)
for name, group in (
    ("user", people.app),
    ("token", tokens.app),
    ("device", devices.app),
    ("group", groups.app),
    ("image", images.app),
    ("driver", drivers.app),
    ("profile", profiles.app),
    ("deployment", deployments.app),
    ("script", scripts.app),
    ("software", software.app),
    ("action", actions.app),
    ("run", runs.app),
    ("audit", audit.app),
    ("boot", boot.app),
):
    app.add_typer(group, name=name)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"deployflow {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Say the version and stop.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run a command. A failure is one line on standard error and its exit code."""
    try:
        app()
    except Failure as failure:
        print(f"deployflow: {failure}", file=sys.stderr)
        sys.exit(failure.code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
