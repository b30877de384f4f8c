"""`deployflow boot …`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from deployflow.app.cli.options import DataDir, Json, Target, targeted

app = typer.Typer(help="What netbooting machines run.", no_args_is_help=True)


@app.command()
def build(
    data_dir: DataDir = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to, for a server elsewhere; else it is listed in the console and served by this one.",
            show_default="this installation",
            file_okay=False,
        ),
    ] = None,
    compress: Annotated[
        Literal["zstd3", "zstd19"], typer.Option(help="zstd3 takes a second, zstd19 makes it a third smaller.")
    ] = "zstd19",
    server_key: Annotated[
        Path | None,
        typer.Option(
            help="The server's public boot key (PEM), where the installation is elsewhere.", exists=True, dir_okay=False
        ),
    ] = None,
    ca: Annotated[
        list[Path] | None,
        typer.Option(help="A certificate authority to trust too (PEM); may be repeated.", exists=True, dir_okay=False),
    ] = None,
    loaders: Annotated[
        Path | None,
        typer.Option(help="Folder with loaders of your own, such as ipxe.efi.", exists=True, file_okay=False),
    ] = None,
    suite: Annotated[str, typer.Option(help="Release of Debian that it is made of.")] = "trixie",
    mirror: Annotated[str | None, typer.Option(help="Mirror of Debian.", show_default="deb.debian.org")] = None,
    security_mirror: Annotated[
        str | None, typer.Option(help="Mirror of its security updates.", show_default="deb.debian.org")
    ] = None,
    refresh: Annotated[bool, typer.Option(help="Ask the mirror now, not only twice a day.")] = False,
    as_json: Json = False,
) -> None:
    """Build the Linux boot environment and the loaders from Debian's packages; nothing is installed."""
    import asyncio
    import sys
    from dataclasses import replace

    from deployflow.app.cli.output import show_json
    from deployflow.app.cli.settings import read_settings
    from deployflow.app.failures import Unusable
    from deployflow.boot.environment_build import Wanted
    from deployflow.boot.environment_build import build as build_environment
    from deployflow.boot.packages import Source
    from deployflow.boot.recipe import Recipe
    from deployflow.boot.tools import BootToolFailed
    from deployflow.enrollment.errors import AgentNotBuilt
    from deployflow.enrollment.install import build as agent_build

    settings = read_settings(data_dir=data_dir)
    ours = out is None and server_key is None
    source = replace(
        Source(suite=suite),
        **{name: url for name, url in {"mirror": mirror, "security_mirror": security_mirror}.items() if url},
    )
    key = server_key.read_bytes() if server_key else _installed_key(data_dir)
    try:
        wanted = Wanted(
            # apt wants absolute paths.
            cache=settings.data_dir.resolve() / "cache" / "boot",
            recipe=Recipe.read(),
            agent=agent_build(settings, "linux-x64").path,
            server_key=key,
            authorities=ca or [],
            compression=compress,
            source=source,
            refresh=refresh,
            own_loaders=loaders,
        )
        built = build_environment(wanted, out or settings.data_dir / "boot", lambda text: print(text, file=sys.stderr))
        folder = asyncio.run(_listed(data_dir, built.folder)) if ours else built.folder
    except (BootToolFailed, AgentNotBuilt, OSError) as error:
        raise Unusable(str(error)) from error
    if as_json:
        show_json({"folder": str(folder), "loaders": str(built.loaders), **built.manifest})
        return
    print(f"The boot environment is in {folder}, the loaders are in {built.loaders}.")


@app.command()
@targeted
def simulate(
    target: Target,
    url: Annotated[str, typer.Option(help="Where the machine finds the server.")] = "http://127.0.0.1:8480",
    site: Annotated[str | None, typer.Option(help="Code of its boot site; the first one when left out.")] = None,
    number: Annotated[int, typer.Option(help="Which machine of the rack: each number is another one.", min=1)] = 1,
    profile: Annotated[str | None, typer.Option(help="What is chosen in its boot menu.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each step takes.", min=0)] = 3,
    fail_at: Annotated[int, typer.Option(help="The step that fails, counted from 1; 0 for none.", min=0)] = 0,
    server_key: Annotated[
        Path | None,
        typer.Option(
            help="The server's public boot key (PEM), where the installation is elsewhere.", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Start a model machine from the network: it shows its code, is deployed, and enrolls. No disk is touched."""
    import asyncio
    from functools import partial

    from deployflow.app.cli import lookups
    from deployflow.app.cli.api import connect, every
    from deployflow.app.failures import Missing
    from deployflow.app.simulation.boot_trial import BootTrial, run
    from deployflow.app.simulation.client import ServerAddress
    from deployflow.app.simulation.machine import NetbootMachine, facts_of, read_server_key

    with connect(target) as api:
        sites = [one for one in every(api, "/boot-sites") if site is None or one["code"] == site.upper()]
        if not sites:
            raise Missing(f"there is no boot site {site}: the console's Boot page lists them")
        profile_id = None if profile is None else lookups.profile(api, profile)["id"]
    key = server_key.read_bytes() if server_key else _installed_key(target.data_dir)
    machine = NetbootMachine(
        ServerAddress.of(target.server or url), read_server_key(key), facts_of(number), site_key=sites[0]["key"]
    )
    trial = BootTrial(pace_s=seconds, fails_at=fail_at, profile_id=profile_id)
    asyncio.run(run(machine, trial, partial(print, flush=True)))


def _installed_key(data_dir: Path | None) -> bytes:
    from deployflow.app.cli.installed import settings_of
    from deployflow.app.cli.options import Target
    from deployflow.app.failures import Unusable
    from deployflow.boot.keys import BootKeyBroken, load_or_make, public_pem

    try:
        return public_pem(load_or_make(settings_of(Target(data_dir=data_dir)).keys_dir))
    except BootKeyBroken as error:
        raise Unusable(str(error)) from error


async def _listed(data_dir: Path | None, built: Path) -> Path:
    """Have the installation list and serve it; gives the folder it is served from."""
    from deployflow.app import registry
    from deployflow.app.cli.api import operator_name
    from deployflow.app.cli.installed import require_schema, settings_of
    from deployflow.app.cli.options import Target
    from deployflow.app.installation import explained
    from deployflow.images import environments

    settings = settings_of(Target(data_dir=data_dir))
    with explained(settings):
        runtime = registry.assemble(settings)
        try:
            await require_schema(runtime.db)
            row = await environments.take_built(runtime, built, made_by=operator_name())
            return environments.served_folder(runtime, row.id)
        finally:
            await runtime.close()
