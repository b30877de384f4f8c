"""Golden messages and vectors of the boot protocol (docs/boot-protocol.md); `make_examples.py` writes them."""

import base64
import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from make_boot_plan import AT, DEPLOYMENT_ID, OS_TASKS, PLAN, PROFILE_ID, SESSION_KEY, exact
from make_hpke import as_vector, rfc_vector, seal
from make_signature_vectors import Key, key_named, spoil, vector

OTHER_SESSION_KEY = key_named("boot session of another machine")
SERVER_KEY = key_named("boot server")
EPHEMERAL_KEY = key_named("hpke ephemeral")
SESSION_ID = "019ab0d0-0000-7000-8000-000000000001"
SITE_KEY = "Zq3vXw8kT1mB5nRd"
NONCE = hashlib.sha256(b"deployflow nonce").digest()[:16]
SECRET = "Nq7#xKp2!vT9wLm4Rz8s"  # noqa: S105  opens nothing
PIN = "40718263"

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def b64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def approval_code(spki: bytes, nonce: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(spki + nonce).digest()[:5], "big")
    letters = "".join(CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


FACTS = {
    "hostname": None, "manufacturer": "LENOVO", "model": "20XW", "sku": "LENOVO_MT_20XW", "serial": "PF2ABCDE",
    "smbios_uuid": "4c4c4544-0042-3010-8051-b4c04f313233", "mac_addresses": ["52:54:00:12:34:56"],
    "firmware": "uefi", "secure_boot": False, "memory_bytes": 17179869184,
    "cpu": "11th Gen Intel(R) Core(TM) i7-1165G7",
    "disks": [{"name": "/dev/nvme0n1", "model": "SAMSUNG MZVLB512", "serial": "S4EVNF0M", "size_bytes": 512110190592,
               "media": "ssd", "removable": False},
              {"name": "/dev/sda", "model": "USB Stick", "serial": None, "size_bytes": 31029460992, "media": None,
               "removable": True}],
}
BARE_FACTS = {
    "hostname": None, "manufacturer": None, "model": None, "sku": None, "serial": None, "smbios_uuid": None,
    "mac_addresses": ["52:54:00:12:34:56"], "firmware": "bios", "secure_boot": None, "memory_bytes": 1073741824,
    "cpu": None, "disks": [],
}


def session(**changes: object) -> dict[str, object]:
    return {"public_key": b64(SESSION_KEY.spki), "site": SITE_KEY, "profile_id": PROFILE_ID, "environment": "linux",
            "agent_version": "0.1.0", "facts": FACTS} | changes


def session_made(**changes: object) -> dict[str, object]:
    return {"session_id": SESSION_ID, "nonce": b64url(NONCE), "state": "waiting", "site_name": "Berlin",
            "profile_name": "Büro-PC", "server_time": AT} | changes


def waited(state: str, **changes: object) -> dict[str, object]:
    return {"state": state, "reason": None, "deployment_id": None, "plan": None, "signature": None,
            "server_time": AT} | changes


def approved(plan: dict[str, object]) -> dict[str, object]:
    signed = exact(plan)
    return waited("approved", deployment_id=DEPLOYMENT_ID, plan=b64(signed), signature=b64(SERVER_KEY.sign(signed)))


def problem(status: int, code: str, title: str, detail: str, **more: object) -> dict[str, object]:
    return {"type": f"urn:deployflow:problem:{code}", "title": title, "status": status, "detail": detail,
            "code": code, "request_id": "req_0123456789"} | more


def report(kind: str, seq: int, **more: object) -> dict[str, object]:
    return {"seq": seq, "at": AT, "type": kind} | more


def finished(seq: int, position: int, outcome: str, **changes: object) -> dict[str, object]:
    return report("step_finished", seq, position=position, attempt=1, outcome=outcome, error=None,
                  variables={}) | changes


def sealed(text: str, *, to: Key, info: str) -> bytes:
    return seal(text.encode(), to=to.private.public_key(), ephemeral=EPHEMERAL_KEY.private, info=info.encode())


PIN_INFO = f"deployflow pin {SESSION_ID}"
SECRET_INFO = f"deployflow secret {DEPLOYMENT_ID} 3 admin_password"


def hpke_vectors() -> list[dict[str, object]]:
    secret = sealed(SECRET, to=SESSION_KEY, info=SECRET_INFO)
    pin = sealed(PIN, to=SERVER_KEY, info=PIN_INFO)
    umlauts = sealed("Pässwörd-Ω", to=SESSION_KEY, info=SECRET_INFO)
    private = SESSION_KEY.private
    flipped = secret[:-1] + bytes([secret[-1] ^ 1])
    return [
        rfc_vector(),
        as_vector("secret", private, SECRET_INFO.encode(), secret, SECRET.encode()),
        as_vector("secret_beyond_ascii", private, SECRET_INFO.encode(), umlauts, "Pässwörd-Ω".encode()),
        as_vector("pin", SERVER_KEY.private, PIN_INFO.encode(), pin, PIN.encode()),
        as_vector("of_another_step", private, SECRET_INFO.replace(" 3 ", " 4 ").encode(), secret, None),
        as_vector("of_another_session", OTHER_SESSION_KEY.private, SECRET_INFO.encode(), secret, None),
        as_vector("flipped", private, SECRET_INFO.encode(), flipped, None),
        as_vector("cut", private, SECRET_INFO.encode(), secret[:70], None),
    ]


def plan_vectors() -> dict[str, object]:
    signed = exact(PLAN)
    signature = SERVER_KEY.sign(signed)
    other = exact({**PLAN, "session": OTHER_SESSION_KEY.keyid})
    case = lambda name, plan, made, reason: {  # noqa: E731
        "name": name, "plan": b64(plan), "signature": b64(made), "valid": reason is None, "reason": reason}
    return {
        "server_public_key_pem": SERVER_KEY.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "session_thumbprint": SESSION_KEY.keyid,
        "cases": [
            case("good", signed, signature, None),
            case("flipped_byte", signed.replace(b"BER-0042", b"BER-0043", 1), signature, "signature_mismatch"),
            case("flipped_signature", signed, signature[:-1] + bytes([signature[-1] ^ 1]), "signature_mismatch"),
            case("signed_by_another_key", signed, OTHER_SESSION_KEY.sign(signed), "signature_mismatch"),
            case("of_another_session", other, SERVER_KEY.sign(other), "session_wrong"),
        ],
    }


def code_vectors() -> list[dict[str, str]]:
    keys = (SESSION_KEY, OTHER_SESSION_KEY, SERVER_KEY)
    nonces = (NONCE, bytes(16), b"\xff" * 16)
    return [
        {"public_key": b64(key.spki), "keyid": key.keyid, "nonce": b64url(nonce),
         "code": approval_code(key.spki, nonce)}
        for key in keys for nonce in nonces
    ]


def signature_vectors() -> list[dict[str, object]]:
    boot = {"key": SESSION_KEY, "tag": "deployflow-boot"}
    url = "https://fleet.example.com/boot/v1/"
    good = [
        vector("boot_session", url=f"{url}sessions", body='{"environment":"linux"}', **boot),
        vector("boot_wait", url=f"{url}sessions/{SESSION_ID}/wait", body='{"max_wait_s":50}', **boot),
        vector("boot_content", url=f"{url}content/{'0' * 64}", method="GET", body=None, **boot),
        vector("boot_http", url=f"http://192.0.2.1:8480/boot/v1/sessions/{SESSION_ID}/wait",
               body='{"max_wait_s":50}', **boot),
    ]
    device_tag = vector("boot_with_the_tag_of_devices", url=f"{url}sessions", body="{}", key=SESSION_KEY)
    return [*good, spoil(device_tag, "tag_wrong")]


def boot_messages() -> dict[str, object]:
    return {
        "boot-session-request": session(),
        "boot-session-request-bare": session(site=None, profile_id=None, environment="winpe", facts=BARE_FACTS),
        "boot-session-response": session_made(),
        "boot-session-response-approved": session_made(state="approved"),
        "boot-session-response-no-profile": session_made(profile_name=None),
        "boot-wait-request": {"max_wait_s": 50},
        "boot-wait-response-waiting": waited("waiting"),
        "boot-wait-response-approved": approved(PLAN),
        "boot-wait-response-resumed": approved({**PLAN, "resume_at": 2}),
        "boot-wait-response-denied": waited("denied", reason="Zoë said: not this machine"),
        "boot-wait-response-expired": waited("expired", reason="Nobody approved this machine within 4 hours"),
        "boot-wait-response-ended": waited("ended", reason="Five wrong PINs", deployment_id=DEPLOYMENT_ID),
        "boot-pin-request": {"sealed": b64(sealed(PIN, to=SERVER_KEY, info=PIN_INFO)), "profile_id": PROFILE_ID},
        "boot-plan": PLAN,
        "boot-secret-request": {"position": 3, "name": "admin_password"},
        "boot-secret-response": {"sealed": b64(sealed(SECRET, to=SESSION_KEY, info=SECRET_INFO))},
        "boot-reports-request": {"reports": [
            report("step_started", 0, position=0, attempt=1),
            report("log", 1, position=0, stream="engine", text="Disk /dev/nvme0n1, 512 GB\n"),
            finished(2, 0, "succeeded", variables={"disk": "/dev/nvme0n1"}),
            report("step_started", 3, position=1, attempt=1),
            report("progress", 4, position=1, percent=41.5, bytes_done=2005212856, bytes_total=4831838208,
                   text="Größe 4,8 GB"),
            report("progress", 5, position=1, percent=None, bytes_done=None, bytes_total=None, text=None),
            report("log", 6, position=1, stream="err", text="[WARNING] slow\n"),
            finished(7, 1, "failed", error={"code": "hash_mismatch",
                                            "message": "The image is not the one the plan names."}),
            report("step_started", 8, position=1, attempt=2),
            finished(9, 1, "succeeded", attempt=2),
            finished(10, 2, "skipped"),
            report("rescue_log", 11, name="dmesg", text="[    0.000000] Linux version 6.1.192\n"),
            report("phase_finished", 12, phase="boot", outcome="failed",
                   error={"code": "out_of_space", "message": "The disk is full."}),
        ]},
        "boot-reports-request-os": {"reports": [
            report("step_started", 0, position=10, attempt=1),
            report("log", 1, position=10, stream="out", text="Grüße\r\n"),
            finished(2, 10, "succeeded"),
            finished(3, 11, "succeeded"),
            report("phase_finished", 4, phase="os", outcome="succeeded", error=None),
        ]},
        "boot-reports-response": {"results": [{"outcome": "accepted"}, {"outcome": "duplicate"}, {"outcome": "stale"}],
                                  "command": None},
        "boot-reports-response-abort": {"results": [{"outcome": "accepted"}], "command": "abort"},
        "boot-problem-session-over": problem(410, "session_over", "This boot session is over",
                                             "Five wrong PINs: start the machine again"),
        "boot-problem-secret-taken": problem(410, "secret_taken", "This secret was handed out already",
                                             "'admin_password' was taken in this attempt of the step"),
        "boot-problem-pin-wrong": problem(403, "pin_wrong", "This PIN is not good here", "4 tries are left",
                                          tries_left=4),
        "boot-problem-malformed": problem(422, "malformed", "Malformed request", "colour: Extra inputs are not "
                                          "permitted", errors=[{"loc": ["colour"], "msg": "Extra inputs are not "
                                                                "permitted", "type": "extra_forbidden"}]),
        "check-in-response-finish-deployment": {
            "server_time": AT, "device_state": "active", "next_check_in_s": 0, "receipt": None,
            "wants_inventory": False, "cancel": [],
            "actions": [{"action_id": "019ab0d3-0000-7000-8000-000000000001", "fence": 1, "kind": "finish_deployment",
                         "timeout_s": 14400, "expires_at": "2026-12-01T13:00:00Z", "log_limit_bytes": 1048576,
                         "payload": {"deployment_id": DEPLOYMENT_ID, "tasks": OS_TASKS,
                                     "variables": {"site": "BER", "disk": "/dev/nvme0n1"},
                                     "secrets": [{"position": 10, "name": "parameter:Password", "value": SECRET}]}}]},
        "boot-approval-codes": code_vectors(),
        "boot-hpke": hpke_vectors(),
        "boot-plan-signatures": plan_vectors(),
        "boot-signatures": signature_vectors(),
    }
