"""What a deployment needs: an image, a profile that applies it, an approval; and waiting for what comes of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netboot import windows_image
from netboot.lab import Environment, Lab, lab
from netboot.machine import MAC, UUID, Machine
from netboot.namespaces import Network
from support.waiting import until

IMAGE_MB = 30
ENDED = frozenset({"succeeded", "failed", "aborted", "expired", "denied"})
# Small disks for small images; what a profile asks of a disk by default is for real ones.
LAYOUT = {
    "preset": "custom",
    "disk": {"select": "first", "min_gb": 1},
    "partitions": [
        {"role": "esp", "size_mb": 100},
        {"role": "msr", "size_mb": 16},
        {"role": "windows", "size_mb": None, "label": "Windows"},
        {"role": "recovery", "size_mb": 300, "label": "Recovery"},
    ],
}


@dataclass(frozen=True)
class Prepared:
    """An installation with an image, and a profile that applies it."""

    lab: Lab
    wim: Path
    profile: dict[str, Any]


@contextmanager
def prepare(
    environment: Environment,
    network: Network,
    folder: Path,
    *,
    megabytes: int = IMAGE_MB,
    more: Sequence[dict[str, Any]] = (),
    **layout: Any,
) -> Iterator[Prepared]:
    """An installation that machines boot from. `layout` changes what is asked of the disk, `more` are more tasks."""
    wim = windows_image.make(folder, environment.folder / "loaders" / "ipxe.efi", megabytes=megabytes)
    with lab(network, environment, folder / "lab", import_dir=str(folder)) as made:
        made.make_site(unknown_machines="wait")
        image = image_of(made, wim)
        tasks = [
            {"type": "disk_prep", "name": "Partition the disk", "configuration": {**LAYOUT, **layout}},
            {"type": "apply_image", "name": "Apply Windows"},
            {"type": "inject_configuration", "name": "Answer", "configuration": {"unattend": {"workgroup": "LAB"}}},
            {"type": "install_agent", "name": "Plant the agent"},
            *more,
        ]
        profile = made.profile(
            "Office PC", tasks, os_image_id=image["id"], edition_index=1, computer_naming_pattern="{site}-{serial:8}"
        )
        made.serve_network()
        yield Prepared(made, wim, profile)


def arm(prepared: Prepared) -> str:
    """Prepare the deployment of this one machine, so that it begins by itself; gives its id."""
    machine = {"mac": MAC, "smbios_uuid": UUID}
    armed = prepared.lab.console.call(
        "POST", "/deployments", {"machine": machine, "profile_id": prepared.profile["id"], "hours": 1}
    )
    deployment_id: str = armed["id"]
    return deployment_id


def image_of(lab: Lab, wim: Path) -> dict[str, Any]:
    begun = lab.console.call("POST", "/image-imports", {"name": "Windows 11", "path": wim.name})

    def ready() -> dict[str, Any] | None:
        found: dict[str, Any] = lab.console.call("GET", f"/images/{begun['id']}")
        assert found["importing"]["state"] not in {"failed", "cancelled"}, found
        return found if found["state"] == "ready" else None

    return until("the image is ready", ready, every_s=0.2)


def waiting(prepared: Prepared, machine: Machine) -> dict[str, Any]:
    """The session of a machine that shows its code."""

    def there() -> dict[str, Any] | None:
        assert not machine.ran_out_of_time, "the machine was given up"
        found = prepared.lab.session()
        return found if found and found["state"] == "waiting" and found["code"] in machine.said() else None

    found = until("the machine waits, with its code on its screen", there, every_s=0.2)
    machine.screenshot("code")
    return found


def approve(prepared: Prepared, machine: Machine) -> str:
    """By the code that the machine shows; gives the deployment's id."""
    session = waiting(prepared, machine)
    approved = prepared.lab.console.call(
        "POST",
        f"/boot-sessions/{session['id']}/approve",
        {"code": session["code"], "profile_id": prepared.profile["id"]},
    )
    deployment_id: str = approved["deployment_id"]
    return deployment_id


def state_of(prepared: Prepared, deployment_id: str, *, machine: Machine, wanted: str) -> dict[str, Any]:
    """Wait for a state; another end fails with what the run said."""

    def there() -> dict[str, Any] | None:
        found = prepared.lab.deployment(deployment_id)
        if found["state"] == wanted:
            return found
        assert found["state"] not in ENDED, json.dumps(found, indent=1)
        assert not machine.ran_out_of_time, json.dumps(found, indent=1)
        return None

    return until(wanted, there, every_s=0.2)
