"""The answer to a machine as a configuration of GRUB, where Secure Boot is on and iPXE therefore cannot run."""

from deployflow.boot import script
from deployflow.boot.asking import Asking
from deployflow.boot.service import BootPlan, query_of

FOR_EVER = "-1"
NEEDS_IPXE = "WinPE is started by iPXE, which Secure Boot forbids: switch it off, or choose the Linux environment."


def of(plan: BootPlan, asking: Asking, *, server_url: str | None) -> str:
    """What the plan says, in GRUB's language.

    `$host` is set by its first configuration: the header that GRUB sends has no port. GRUB has no HTTPS.
    `server_url` is the address that was set for the server; None is the one that the machine came by.
    """
    if asking.mac is None:
        return _message("the loader did not say which machine it is. Look at the TFTP server's grub.cfg.")
    if plan.way == "message" or plan.site is None:
        return _message(plan.why)
    if plan.way == "local_disk":
        return script.render("grub/local.cfg", why=f"({script.text(plan.why)})")
    query = f"loader=grub&{query_of(plan, asking)}"
    if plan.way == "environment":
        return _environment(plan, asking, query, server_url=server_url or "http://$host")
    return script.render(
        "grub/menu.cfg",
        machine=script.text(f"{plan.site.name}: {asking.title}"),
        timeout=str(plan.site.menu_timeout_s or FOR_EVER),
        default=str(plan.default or "local"),
        entries="".join(
            script.render(
                "grub/menu-entry.cfg",
                id=str(choice.id),
                name=script.text(choice.name, otherwise="A profile"),
                query=query,
            )
            for choice in plan.choices
        ).rstrip("\n"),
        query=query,
    )


def _environment(plan: BootPlan, asking: Asking, query: str, *, server_url: str) -> str:
    assert plan.environment is not None
    assert plan.site is not None
    if plan.environment.kind == "winpe":
        return _message(NEEDS_IPXE)
    return script.render(
        "grub/linux.cfg",
        what=script.text(plan.why),
        environment=plan.environment.id,
        server=server_url,
        site=plan.site.key,
        mac=asking.mac or "",
        profile=f" df.profile={plan.profile_id}" if plan.profile_id else "",
        query=query,
    )


def _message(text: str) -> str:
    return script.render("grub/message.cfg", message=script.text(text))
