"""Golden task configurations of profiles; `make_examples.py` writes them.

`written` is what an administrator writes, `configuration` what the plan has of it for the machine below, `in_winpe` what
it has where the machine is in WinPE and that differs, and `secrets` what stands behind the names in it: a stored secret,
a random one, or a token.
"""

from make_boot_plan import content, script

IMAGE_ID = "019ab0d2-0000-7000-8000-000000000010"
PACK_ID = "019ab0d2-0000-7000-8000-000000000001"
OTHER_PACK_ID = "019ab0d2-0000-7000-8000-000000000002"
SECRET_ID = "019ab0d2-0000-7000-8000-000000000020"  # noqa: S105  an id
OTHER_SECRET_ID = "019ab0d2-0000-7000-8000-000000000021"  # noqa: S105
IMAGE = content("image", 4831838208)
PLAIN_IMAGE = content("image as it came", 4294967296)
PACK = {"id": PACK_ID, "name": "ThinkPad X1 Gen 9", "content": content("drivers", 734003200),
        "infs": ["net/e1d.inf", "gfx/iigd_dch.inf"]}
OTHER_PACK = {"id": OTHER_PACK_ID, "name": "Storage", "content": content("storage drivers", 1048576),
              "infs": ["rst/iaStorVD.inf"]}
STORED, OTHER_STORED = {"kind": "stored", "secret_id": SECRET_ID}, {"kind": "stored", "secret_id": OTHER_SECRET_ID}
DISK = {"select": "first", "name": None, "min_gb": 20, "allow_removable": False}
ESP = {"role": "esp", "size_mb": 260, "label": None}
MSR = {"role": "msr", "size_mb": 16, "label": None}


def part(role: str, size_mb: int | None, label: str | None) -> dict[str, object]:
    return {"role": role, "size_mb": size_mb, "label": label}


def disk(preset: str, *partitions: dict[str, object], **changes: object) -> dict[str, object]:
    return {"preset": preset, "disk": DISK | changes, "partitions": list(partitions)}


def example(kind: str, written: dict[str, object], configuration: dict[str, object], phase: str = "boot",
            **secrets: object) -> dict[str, object]:
    return {"type": kind, "phase": phase, "written": written, "configuration": configuration, "secrets": secrets}


UNATTEND = {
    "locale": "de-DE", "ui_language": "de-DE", "keyboard": "0407:00000407", "time_zone": "W. Europe Standard Time",
    "organization": "Contoso GmbH", "owner": "Zoë", "product_key": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
}
NOTHING_UNATTENDED = {"organization": None, "owner": None, "product_key": None, "workgroup": None}
PLAIN_UNATTEND = {"locale": "en-US", "ui_language": "en-US", "keyboard": "0409:00000409", "time_zone": "UTC"}
FILES = [{"path": "ProgramData\\Contoso\\Größe.txt", "text": "Grüße, Zoë\r\n"}]
REGISTRY = [
    {"hive": "software", "key": "Contoso\\Setup", "name": "Site", "kind": "sz", "value": "BER"},
    {"hive": "software", "key": "Contoso\\Setup", "name": "", "kind": "expand_sz", "value": "%SystemRoot%\\x"},
    {"hive": "system", "key": "Setup", "name": "Flags", "kind": "dword", "value": "4294967295"},
    {"hive": "system", "key": "Setup", "name": "Large", "kind": "qword", "value": "18446744073709551615"},
    {"hive": "default_user", "key": "Control Panel\\Desktop", "name": "Marks", "kind": "multi_sz",
     "value": "one\ntwo"},
    {"hive": "software", "key": "Contoso\\Setup", "name": "Raw", "kind": "binary", "value": "00ff10"},
]
SHELL = "echo \"tag $DF_TAG\"\n"
POWERSHELL = "param($Password)\nWrite-Output \"Grüße\"\n"


def profile_examples() -> dict[str, object]:
    windows = part("windows", None, "Windows")
    return {f"profile-task-{name}": value for name, value in {
        "disk-prep-standard": example("disk_prep", {"preset": "uefi_standard"},
                                      disk("uefi_standard", ESP, MSR, windows)),
        "disk-prep-recovery": example(
            "disk_prep", {"preset": "uefi_recovery", "disk": {"select": "smallest", "min_gb": 60}},
            disk("uefi_recovery", ESP, MSR, windows, part("recovery", 1024, "Recovery"), select="smallest", min_gb=60)),
        "disk-prep-keep-data": example(
            "disk_prep", {"preset": "keep_data", "windows_gb": 100},
            disk("keep_data", ESP, MSR, part("windows", 102400, "Windows"), part("data", None, "Data"))),
        "disk-prep-custom": example(
            "disk_prep", {"preset": "custom", "disk": {"select": "by_name", "name": "/dev/nvme0n1"},
                          "partitions": [{"role": "esp", "size_mb": 100}, {"role": "msr", "size_mb": 128},
                                         {"role": "windows", "size_mb": 81920, "label": "System"},
                                         {"role": "data", "label": "Work"}, {"role": "recovery", "size_mb": 900}]},
            disk("custom", part("esp", 100, None), part("msr", 128, None), part("windows", 81920, "System"),
                 part("data", None, "Work"), part("recovery", 900, None), select="by_name", name="/dev/nvme0n1")),
        "disk-prep-wipe": example("disk_prep", {"preset": "custom", "disk": {"min_gb": 1}, "partitions": []},
                                  disk("custom", min_gb=1)),
        "apply-image": example("apply_image", {"os_image_id": IMAGE_ID, "edition_index": 6},
                               {"content": IMAGE, "index": 6, "pipable": True, "name": "Windows 11 Pro"})
        | {"in_winpe": {"content": PLAIN_IMAGE, "index": 6, "pipable": False, "name": "Windows 11 Pro"}},
        "inject-drivers-match": example("inject_drivers", {"select": "match", "required": True},
                                        {"packs": [PACK], "required": True}),
        "inject-drivers-named": example(
            "inject_drivers", {"select": "named", "pack_ids": [OTHER_PACK_ID, PACK_ID]},
            {"packs": [OTHER_PACK, PACK], "required": False}),
        "inject-configuration": example(
            "inject_configuration",
            {"unattend": UNATTEND | {"domain_join_ref": OTHER_SECRET_ID,
                                     "accounts": [{"name": "technik", "group": "Administrators",
                                                   "password_ref": SECRET_ID}]},
             "files": FILES, "registry": REGISTRY, "first_boot": ["cmd /c echo ready > C:\\ready.txt"]},
            {"unattend": UNATTEND | {"workgroup": None, "computer_name": "BER-0042",
                                     "administrator": {"secret": "admin_password"},
                                     "accounts": [{"name": "technik", "group": "Administrators",
                                                   "password": {"secret": "account:technik"}}],
                                     "domain_join": {"secret": "domain_join"}, "skip_oobe": True},
             "files": [{"path": one["path"], "content": None, "text": one["text"]} for one in FILES],
             "registry": REGISTRY, "first_boot": ["cmd /c echo ready > C:\\ready.txt"],
             "secrets": ["admin_password", "account:technik", "domain_join"]},
            **{"admin_password": {"kind": "random", "secret_id": None}, "account:technik": STORED,
               "domain_join": OTHER_STORED}),
        "inject-configuration-plain": example(
            "inject_configuration", {"unattend": {"workgroup": "OFFICE"}},
            {"unattend": PLAIN_UNATTEND | NOTHING_UNATTENDED
             | {"workgroup": "OFFICE", "computer_name": "BER-0042", "administrator": {"secret": "admin_password"},
                "accounts": [], "domain_join": None, "skip_oobe": True},
             "files": [], "registry": [], "first_boot": [], "secrets": ["admin_password"]},
            admin_password={"kind": "random", "secret_id": None}),
        "inject-configuration-files": example(
            "inject_configuration", {"files": FILES},
            {"unattend": None, "files": [{"path": one["path"], "content": None, "text": one["text"]} for one in FILES],
             "registry": [], "first_boot": [], "secrets": []}),
        "install-agent": example(
            "install_agent", {}, {"content": content("agent", 16777216), "secrets": ["enrollment_token"]},
            enrollment_token={"kind": "enrollment_token", "secret_id": None}),
        "script-boot": example(
            "script", {"where": "boot", "language": "sh", "body": SHELL, "parameters": {"Tag": "A-17"}},
            script(SHELL, "boot", "sh", parameters={"Tag": "A-17"})),
        "script-first-boot": example(
            "script", {"where": "first_boot", "language": "cmd", "body": "echo first\r\n"},
            script("echo first\r\n", "first_boot", "cmd")),
        "script-os": example(
            "script", {"where": "os", "language": "powershell", "body": POWERSHELL,
                       "parameters": {"Password": {"secret_id": SECRET_ID}}, "success_codes": [0, 1641],
                       "reboot_codes": [3010, 1641]},
            script(POWERSHELL, "os", "powershell", secrets=["parameter:Password"], success_codes=[0, 1641],
                   reboot_codes=[3010, 1641]),
            "os", **{"parameter:Password": STORED}),
        "reboot-environment": example("reboot", {"to": "environment"}, {"to": "environment"}),
        "reboot-os": example("reboot", {"to": "os"}, {"to": "os"}),
        "wait-seconds": example("wait", {"seconds": 30}, {"seconds": 30}),
        "wait-url": example("wait", {"url": "http://assets.example.com/ready"},
                            {"url": "http://assets.example.com/ready", "timeout_s": 300}),
        "set-variable": example("set_variable", {"name": "disk_of", "value": "{serial} in {site}"},
                                {"name": "disk_of", "value": "{serial} in {site}"}),
    }.items()}
