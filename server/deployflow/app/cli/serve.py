"""`deployflow serve`."""

import ctypes
import gc
import sys
from contextlib import suppress
from typing import Annotated

import typer

from deployflow.app.cli.options import DataDir


def serve(
    data_dir: DataDir = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535, show_default="8480")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="How browsers and devices reach this server.", show_default=False)
    ] = None,
) -> None:
    """Run the server: API, console, devices and background work on one port."""
    # Loading makes a million objects that stay: looking through them for garbage is a tenth of the start.
    gc.disable()
    from deployflow.app.cli.settings import read_settings
    from deployflow.app.installation import explained, only_server, prepare_folder
    from deployflow.app.serving import run
    from deployflow.platform.logs import configure_logs
    from deployflow.platform.settings import unknown_settings

    settings = read_settings(data_dir=data_dir, host=host, port=port, public_url=public_url)
    configure_logs(log_format=settings.log_format, level=settings.log_level)
    for name in unknown_settings(settings):
        print(f"deployflow: {name} is no setting of this server and changes nothing", file=sys.stderr)
    prepare_folder(settings)
    with explained(settings), only_server(settings):
        run(settings, on_ready=_on_ready)


def _on_ready(address: str, first_run: str | None) -> None:
    print(f"DeployFlow Fleet is ready: {address}", flush=True)
    if first_run is not None:
        print(f"Make the first administrator: {first_run}", flush=True)
    # What is there now stays to the end, and need not be looked through again.
    gc.collect()
    gc.freeze()
    gc.enable()
    # What the start needed and no longer does, some 10 MB: glibc keeps it for later unless it is told.
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
