"""Makes `examples/`: the golden messages and signature vectors which server, console and agent tests parse.

    uv run --with http-message-signatures==3.0.0 --with cryptography python contracts/make_examples.py

Everything is fixed (ids, times, keys), so making them again changes nothing.
"""

import base64
import hashlib
import json
from pathlib import Path

from make_boot_examples import boot_messages
from make_profile_examples import profile_examples
from make_signature_vectors import DEVICE, vectors

FOLDER = Path(__file__).parent / "examples"
DEVICE_ID = "019ab0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b"
BOOT_ID = "5f0c2f6e-7d0b-4c39-9c0c-2b1a0f9e8d7c"
RUN_ID = "0b8e1f2a-3c4d-4e5f-8a6b-7c8d9e0f1a2b"
ACTION_ID = "019ab0c2-0000-7000-8000-000000000001"
OTHER_ACTION_ID = "019ab0c2-0000-7000-8000-000000000002"
THIRD_ACTION_ID = "019ab0c2-0000-7000-8000-000000000003"
AT = "2026-11-23T21:17:34.123456Z"
LATER = "2026-11-23T21:17:35.5Z"
EXPIRES_AT = "2026-11-30T21:17:34Z"
RECEIPT = "cmVjZWlwdC0wMDAwMDAwMDAwMQ"

INVENTORY = {
    "hostname": "PC-1",
    "os": {"family": "windows", "name": "Windows 11 Pro", "version": "10.0.26100", "build": "26100.4061",
           "architecture": "x64"},
    "hardware": {"manufacturer": "LENOVO", "model": "20XW", "sku": "LENOVO_MT_20XW", "serial": "PF2ABCDE",
                 "smbios_uuid": "4c4c4544-0042-3010-8051-b4c04f313233",
                 "cpu": {"name": "11th Gen Intel(R) Core(TM) i7-1165G7", "cores": 4, "logical_processors": 8},
                 "memory_bytes": 17179869184, "firmware": "uefi", "secure_boot": True,
                 "tpm": {"present": True, "version": "2.0"}},
    "disks": [{"name": "PhysicalDrive0", "model": "SAMSUNG MZVLB512", "size_bytes": 512110190592, "media": "ssd"}],
    "volumes": [{"mount": "C:", "file_system": "NTFS", "size_bytes": 510770802688, "free_bytes": 213674622976}],
    "networks": [{"name": "Ethernet", "mac": "52:54:00:12:34:56", "addresses": ["192.0.2.7", "2001:db8::7"]}],
    "logged_on_user": "CONTOSO\\zoë", "boot_time": "2026-11-23T06:00:00Z", "agent_version": "0.1.0",
    "software": [{"name": "7-Zip 24.09 (x64)", "version": "24.09", "publisher": "Igor Pavlov"},
                 {"name": "Größenrechner", "version": None, "publisher": None}],
}
EMPTY_INVENTORY = {
    "hostname": "box", "os": {"family": "linux", "name": "Debian GNU/Linux 13 (trixie)", "version": "13",
                              "build": None, "architecture": "x64"},
    "hardware": {"manufacturer": None, "model": None, "sku": None, "serial": None, "smbios_uuid": None,
                 "cpu": {"name": None, "cores": 2, "logical_processors": 2}, "memory_bytes": 4294967296,
                 "firmware": None, "secure_boot": None, "tpm": {"present": False, "version": None}},
    "disks": [], "volumes": [], "networks": [], "logged_on_user": None, "boot_time": "2026-11-23T06:00:00Z",
    "agent_version": "0.1.0", "software": [],
}


def canonical(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


INVENTORY_HASH = hashlib.sha256(canonical(INVENTORY)).hexdigest()


def action(kind: str, payload: dict[str, object], **changes: object) -> dict[str, object]:
    return {"action_id": ACTION_ID, "fence": 1, "kind": kind, "timeout_s": 3600, "expires_at": EXPIRES_AT,
            "log_limit_bytes": 1048576, "payload": payload} | changes


def script(language: str, body: str, parameters: dict[str, str], secret: list[str]) -> dict[str, object]:
    return {"language": language, "body": body, "sha256": hashlib.sha256(body.encode()).hexdigest(),
            "parameters": parameters, "secret_parameters": secret}


def answer(**changes: object) -> dict[str, object]:
    return {"server_time": AT, "device_state": "active", "next_check_in_s": 0, "receipt": None,
            "wants_inventory": False, "actions": [], "cancel": []} | changes


def check_in(**changes: object) -> dict[str, object]:
    return {"boot_id": BOOT_ID, "run_id": RUN_ID, "receipt": RECEIPT, "agent_version": "0.1.0", "status": "idle",
            "inventory_hash": INVENTORY_HASH, "running": [], "free_slots": 4, "max_wait_s": 50} | changes


def problem(status: int, code: str, title: str, detail: str, **more: object) -> dict[str, object]:
    return {"type": f"https://deployflow.dev/problems/{code}", "title": title, "status": status, "detail": detail,
            "code": code, "request_id": "req_0123456789", "errors": []} | more


def report(kind: str, **more: object) -> dict[str, object]:
    return {"type": kind, "action_id": ACTION_ID, "fence": 1, "at": AT} | more


def finished(outcome: str, **changes: object) -> dict[str, object]:
    return report("finished", outcome=outcome, exit_code=None, error=None, log_chunks=0, log_truncated=False,
                  result={}) | changes


def messages() -> dict[str, object]:
    facts = {"hostname": "PC-1", "os_family": "windows", "os_name": "Windows 11 Pro", "os_version": "10.0.26100",
             "architecture": "x64", "manufacturer": "LENOVO", "model": "20XW", "sku": None, "serial": "PF2ABCDE",
             "smbios_uuid": "4c4c4544-0042-3010-8051-b4c04f313233", "mac_addresses": ["52:54:00:12:34:56"]}
    powershell = script("powershell", "param($Name, $Password)\nWrite-Output \"Grüße, $Name\"\n",
                        {"Name": "Zoë", "Password": "S3cret!"}, ["Password"])
    shell = script("sh", "echo \"hello $DF_NAME\"\n", {"Name": "value"}, [])
    return {
        "enroll-request": {"token": "dfe_0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
                           "public_key": base64.b64encode(DEVICE.spki).decode(), "key_protection": "tpm",
                           "agent_version": "0.1.0", "facts": facts},
        "enroll-response": {"device_id": DEVICE_ID, "state": "active", "server_time": AT},
        "enroll-response-pending": {"device_id": DEVICE_ID, "state": "pending", "server_time": AT},
        "check-in-request": check_in(),
        "check-in-request-first": check_in(receipt=None, inventory_hash=None),
        "check-in-request-busy": check_in(status="busy", running=[{"action_id": ACTION_ID, "fence": 2}],
                                          free_slots=3),
        "check-in-request-stopping": check_in(status="stopping", free_slots=0, max_wait_s=0),
        "check-in-response-empty": answer(),
        "check-in-response-first": answer(receipt=RECEIPT, wants_inventory=True),
        "check-in-response-pending": answer(device_state="pending", next_check_in_s=15),
        "check-in-response-run-script": answer(actions=[
            action("run_script", powershell),
            action("run_script", shell, action_id=OTHER_ACTION_ID, fence=2, timeout_s=5),
        ]),
        "check-in-response-refresh-inventory": answer(actions=[action("refresh_inventory", {})]),
        "check-in-response-restart-agent": answer(actions=[action("restart_agent", {})]),
        "check-in-response-unknown-kind": answer(actions=[action("paint_it_black", {"colour": "black"})]),
        "check-in-response-unknown-fields": answer(from_the_future=1, actions=[
            action("run_script", shell, from_the_future={"a": [1]}),
            action("run_script", shell | {"run_as": "nobody"}, action_id=OTHER_ACTION_ID),
        ]),
        "check-in-response-cancel": answer(cancel=[ACTION_ID]),
        "reports-request": {"reports": [
            report("started"),
            report("log", at=LATER, seq=0, stream="out", text="Grüße, Zoë\n"),
            report("log", at=LATER, seq=1, stream="err", text="a warning\r\n"),
            report("log", at=LATER, seq=2, stream="agent", text="Output limit of 1048576 bytes reached.\n"),
            finished("succeeded", exit_code=0, log_chunks=3, log_truncated=True),
            finished("failed", action_id=OTHER_ACTION_ID, exit_code=3,
                     error={"code": "non_zero_exit", "message": "The script ended with exit code 3."}),
            finished("interrupted", action_id=THIRD_ACTION_ID, fence=4,
                     error={"code": "agent_died", "message": "The agent was stopped while the action ran."}),
        ]},
        "reports-response": {"results": [{"outcome": "accepted"}, {"outcome": "accepted"}, {"outcome": "duplicate"},
                                         {"outcome": "accepted"}, {"outcome": "accepted"}, {"outcome": "stale"},
                                         {"outcome": "unknown"}], "cancel": [OTHER_ACTION_ID]},
        "inventory-request": {"hash": INVENTORY_HASH, "inventory": INVENTORY},
        "inventory-request-empty": {"hash": hashlib.sha256(canonical(EMPTY_INVENTORY)).hexdigest(),
                                    "inventory": EMPTY_INVENTORY},
        "problem-signature-invalid": problem(401, "signature_invalid", "Signature invalid",
                                             "The signature does not fit the request."),
        "problem-clock-skew": problem(401, "clock_skew", "Clock skew", "The request was signed too long ago.",
                                      server_time=AT),
        "problem-token-used-up": problem(401, "token_used_up", "Token used up",
                                         "This enrollment token has been used as often as it may be."),
        "problem-device-revoked": problem(403, "device_revoked", "Device revoked", "This device's key was revoked."),
        "problem-device-quarantined": problem(403, "device_quarantined", "Device quarantined",
                                              "Two machines use this device's key."),
        "problem-unavailable": problem(503, "unavailable", "Unavailable", "The server asks for room."),
        "problem-malformed": problem(422, "malformed", "Malformed request", "The request has unknown fields.",
                                     errors=[{"path": "reports.0.colour", "message": "Extra inputs are not permitted"}]),
    }


def write(name: str, value: object) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, message in {**messages(), **boot_messages(), **profile_examples()}.items():
        write(name, message)
    write("signatures", vectors())
