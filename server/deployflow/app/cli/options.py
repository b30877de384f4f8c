"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="DEPLOYFLOW_DATA_DIR", help="Folder of the installation.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
