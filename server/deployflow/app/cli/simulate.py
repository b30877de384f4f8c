"""`deployflow simulate`."""

from typing import Annotated

import typer

from deployflow.app.cli.options import Json, Target, targeted


@targeted
def simulate(
    target: Target,
    agents: Annotated[int, typer.Argument(help="How many agents.", min=1, max=10_000)] = 100,
    url: Annotated[str, typer.Option(help="Where the agents find the server.")] = "http://127.0.0.1:8480",
    token: Annotated[
        str | None, typer.Option(help="Enrollment token; one is made where the installation is at hand.")
    ] = None,
    seconds: Annotated[int, typer.Option(help="How long they stay.", min=1)] = 30,
    actions: Annotated[bool, typer.Option(help="Order one action on each and measure its way.")] = True,
    as_json: Json = False,
) -> None:
    """Run model agents against a server and say how it bears them."""
    import asyncio

    from deployflow.app.cli.api import connect, post
    from deployflow.app.cli.output import show_json
    from deployflow.app.simulation.trial import Trial, run

    with connect(target) as api:
        if token is None:
            wanted = {"name": f"simulation of {agents}", "max_uses": agents, "auto_approve": True}
            token = post(api, "/enrollment-tokens", wanted)["token"]
        trial = Trial(url=target.server or url, token=token, agents=agents, seconds=seconds)

        def order(devices: list[str]) -> None:
            post(api, "/actions", {"device_ids": devices, "kind": "refresh_inventory"})

        found = asyncio.run(run(trial, order if actions else None))
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<34} {value}")
