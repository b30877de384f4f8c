"""`deployflow audit …`."""

import typer

from deployflow.app.cli.options import DataDir, Json, Target

app = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command()
def verify(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Walk the hash chains and say whether anything was changed, removed or put in; ends with 1 if so."""
    import asyncio

    from deployflow.app.cli.installed import require_schema, settings_of
    from deployflow.app.cli.output import show_json
    from deployflow.app.failures import Failure
    from deployflow.app.installation import explained
    from deployflow.app.registry import assemble
    from deployflow.audit import chain

    settings = settings_of(Target(data_dir=data_dir))

    async def walk() -> list[chain.Verdict]:
        runtime = assemble(settings)
        try:
            await require_schema(runtime.db)
            return await chain.verify(runtime)
        finally:
            await runtime.close()

    with explained(settings):
        verdicts = asyncio.run(walk())
    if as_json:
        show_json(
            [
                {
                    "tenant_id": str(one.tenant_id),
                    "events": one.events,
                    "head": one.head,
                    "fault": None if one.fault is None else {"seq": one.fault.seq, "reason": one.fault.reason},
                }
                for one in verdicts
            ]
        )
    for one in [] if as_json else verdicts:
        said = "sound" if one.fault is None else f"BROKEN at event {one.fault.seq}: {one.fault.reason}"
        print(f"{one.tenant_id}: {one.events} events, head {one.head}: {said}")
    if broken := sum(one.fault is not None for one in verdicts):
        raise Failure(f"{broken} of {len(verdicts)} audit trails are not as they were written")
