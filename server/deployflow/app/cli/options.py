"""Options that many commands share."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="DEPLOYFLOW_DATA_DIR", help="Folder of the installation.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Server = Annotated[
    str | None,
    typer.Option("--server", envvar="DEPLOYFLOW_SERVER", help="A server elsewhere; needs DEPLOYFLOW_API_KEY."),
]
ApiKey = Annotated[
    # Not on the command line: arguments are seen by every user of the machine.
    str | None,
    typer.Option("--api-key", envvar="DEPLOYFLOW_API_KEY", hidden=True),
]
Tenant = Annotated[str | None, typer.Option("--tenant", help="Organisation, where there are several.")]


@dataclass(frozen=True)
class Target:
    """Which installation a command is about."""

    data_dir: Path | None = None
    server: str | None = None
    api_key: str | None = None
    tenant: str | None = None


def targeted(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `Target`, and the command one argument `target`."""
    options = {"data_dir": DataDir, "server": Server, "api_key": ApiKey, "tenant": Tenant}
    assert set(options) == {field.name for field in fields(Target)}
    signature = inspect.signature(command, eval_str=True)
    own = [one for name, one in signature.parameters.items() if name != "target"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in options.items()
    ]

    @wraps(command)
    def run(**given: Any) -> Any:
        target = Target(**{name: given.pop(name) for name in options})
        return command(target=target, **given)

    keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    run.__signature__ = signature.replace(parameters=[*keyword, *shared])  # type: ignore[attr-defined]
    return run
