"""The answer to a machine as an iPXE script."""

from deployflow.boot import script
from deployflow.boot.asking import Asking
from deployflow.boot.service import BootPlan, query_of


def start(site_key: str | None) -> str:
    """For the address that DHCP gives out, which knows nothing of the machine: it asks again, and says what it is."""
    return script.render("ipxe/start.ipxe", site=script.query(_=site_key)[2:], local_disk=_local_disk())


def of(plan: BootPlan, asking: Asking, *, server_url: str) -> str:
    """What the plan says, in iPXE's language."""
    if plan.way == "message" or plan.site is None:
        return script.render("ipxe/message.ipxe", message=script.text(plan.why), local_disk=_local_disk())
    if plan.way == "local_disk":
        return script.render("ipxe/local.ipxe", why=f"({script.text(plan.why)})", local_disk=_local_disk())
    if plan.way == "environment":
        return _environment(plan, asking, server_url)
    timeout_ms = plan.site.menu_timeout_s * 1000
    return script.render(
        "ipxe/menu.ipxe",
        site_name=script.text(plan.site.name, otherwise="this site"),
        machine=script.text(asking.title),
        entries="".join(
            script.render(
                "ipxe/menu-entry.ipxe", id=str(choice.id), name=script.text(choice.name, otherwise="A profile")
            )
            for choice in plan.choices
        ).rstrip("\n"),
        default=str(plan.default or "local"),
        timeout=f"--timeout {timeout_ms}" if timeout_ms else "",
        query=query_of(plan, asking),
        local_disk=_local_disk(),
    )


def _environment(plan: BootPlan, asking: Asking, server_url: str) -> str:
    assert plan.environment is not None
    assert plan.site is not None
    same = {
        "what": script.text(plan.why),
        "environment": plan.environment.id,
        "query": query_of(plan, asking),
    }
    if plan.environment.kind == "winpe":
        chosen = f"&profile={plan.profile_id}" if plan.profile_id else ""
        return script.render("ipxe/winpe.ipxe", **same, profile=chosen)
    chosen = f" df.profile={plan.profile_id}" if plan.profile_id else ""
    return script.render(
        "ipxe/linux.ipxe", **same, server=server_url, site=plan.site.key, mac=asking.mac or "", profile=chosen
    )


def _local_disk() -> str:
    """The lines that start the local disk, for the end of a script."""
    return script.file("ipxe/local-disk.ipxe").rstrip("\n")
