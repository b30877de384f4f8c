"""The golden plan: one task of every type, every field used."""

import hashlib
import json

from make_signature_vectors import key_named

SESSION_KEY = key_named("boot session")
DEPLOYMENT_ID = "019ab0d0-0000-7000-8000-000000000002"
PROFILE_ID = "019ab0d0-0000-7000-8000-000000000003"
DEVICE_ID = "019ab0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b"
AT = "2026-11-24T13:00:00.5Z"
EXPIRES_AT = "2026-11-24T17:00:00Z"


def content(name: str, size: int) -> dict[str, object]:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return {"sha256": sha256, "size_bytes": size, "path": f"/boot/v1/content/{sha256}"}


def task(position: int, kind: str, name: str, configuration: dict[str, object], **changes: object) -> dict[str, object]:
    return {"position": position, "id": f"019ab0d1-0000-7000-8000-{position:012d}", "type": kind, "name": name,
            "phase": "boot", "condition": None, "timeout_s": 600, "retries": 0, "continue_on_error": False,
            "configuration": configuration} | changes


def script(body: str, where: str, language: str, **changes: object) -> dict[str, object]:
    return {"where": where, "language": language, "body": body, "sha256": hashlib.sha256(body.encode()).hexdigest(),
            "parameters": {}, "secrets": [], "success_codes": [0], "reboot_codes": [3010]} | changes


UNATTEND = {
    "locale": "de-DE", "ui_language": "de-DE", "keyboard": "0407:00000407", "time_zone": "W. Europe Standard Time",
    "computer_name": "BER-0042", "organization": "Contoso GmbH", "owner": None, "product_key": None, "workgroup": None,
    "administrator": {"secret": "admin_password"},
    "accounts": [{"name": "technik", "group": "Administrators", "password": {"secret": "account:technik"}}],
    "domain_join": None, "skip_oobe": True,
}

BOOT_TASKS = [
    task(0, "disk_prep", "Partition the disk", {
        "preset": "uefi_recovery",
        "disk": {"select": "first", "name": None, "min_gb": 20, "allow_removable": False},
        "partitions": [{"role": "esp", "size_mb": 100, "label": None}, {"role": "msr", "size_mb": 16, "label": None},
                       {"role": "windows", "size_mb": None, "label": "Windows"},
                       {"role": "recovery", "size_mb": 500, "label": None}]}),
    task(1, "apply_image", "Apply Windows 11 Pro", {
        "content": content("image", 4831838208), "index": 6, "pipable": True, "name": "Windows 11 Pro"},
        timeout_s=7200, retries=1),
    task(2, "inject_drivers", "Drivers", {
        "packs": [{"id": "019ab0d2-0000-7000-8000-000000000001", "name": "ThinkPad X1 Gen 9",
                   "content": content("drivers", 734003200), "infs": ["net/e1d.inf", "gfx/iigd_dch.inf"]}],
        "required": False}, continue_on_error=True),
    task(3, "inject_configuration", "Configuration", {
        "unattend": UNATTEND,
        "files": [{"path": "Windows\\Web\\Wallpaper\\firma.jpg", "content": content("wallpaper", 482133), "text": None},
                  {"path": "ProgramData\\Größe.txt", "content": None, "text": "Grüße, Zoë\r\n"}],
        "registry": [{"hive": "software", "key": "Contoso\\Setup", "name": "Site", "kind": "sz", "value": "BER"},
                     {"hive": "system", "key": "Setup", "name": "Flags", "kind": "dword", "value": "1"},
                     {"hive": "default_user", "key": "Control Panel\\Desktop", "name": "Marks", "kind": "multi_sz",
                      "value": "one\ntwo"}],
        "first_boot": ["cmd /c echo ready > C:\\ready.txt"],
        "secrets": ["admin_password", "account:technik"]}),
    task(4, "install_agent", "Agent", {"content": content("agent", 16777216), "secrets": ["enrollment_token"]}),
    task(5, "script", "Write the asset tag", script("echo \"tag $DF_TAG\"\n", "boot", "sh", parameters={"Tag": "A-17"},
                                                    secrets=["parameter:Password"]),
         condition={"all": [{"variable": "firmware", "op": "eq", "value": "uefi"},
                            {"not": {"any": [{"variable": "model", "op": "matches", "value": "Virtual*"},
                                             {"variable": "memory_gb", "op": "lt", "value": "4"}]}}]}),
    task(6, "set_variable", "Remember the disk", {"name": "disk_of", "value": "{serial} in {site}"}),
    task(7, "wait", "Wait for the asset server", {"url": "http://assets.example.com/ready", "timeout_s": 300}),
    task(8, "wait", "Let the light settle", {"seconds": 30}),
    task(9, "reboot", "Restart into Windows", {"to": "os"}),
]
OS_TASKS = [
    task(10, "script", "Join the asset list",
         script("param($Password)\nWrite-Output \"Grüße\"\n", "os", "powershell", secrets=["parameter:Password"]),
         phase="os", retries=2),
    task(11, "software_bundle", "Office PCs", {"items": []}, phase="os", continue_on_error=True),
]

PLAN = {
    "format": 1, "deployment_id": DEPLOYMENT_ID, "session": SESSION_KEY.keyid, "issued_at": AT,
    "expires_at": EXPIRES_AT, "device_id": DEVICE_ID, "computer_name": "BER-0042",
    "profile": {"id": PROFILE_ID, "name": "Büro-PC", "version": 3},
    "server": {"url": "https://fleet.example.com", "ca_pem": None},
    "resume_at": 0,
    "disk_ids": {name: f"{index:08x}-0000-4000-8000-0123456789ab" for index, name in enumerate(
        ("disk", "esp", "msr", "windows", "recovery", "data"), start=1)},
    "variables": {"site": "BER"},
    "tasks": [*BOOT_TASKS, *OS_TASKS],
}


def exact(plan: dict[str, object]) -> bytes:
    return json.dumps(plan, separators=(",", ":"), ensure_ascii=False).encode()
