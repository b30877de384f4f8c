"""TOTP codes (RFC 6238) and recovery codes."""

import base64
import secrets
from datetime import datetime
from uuid import UUID

from deployflow.identity import tokens
from deployflow.platform.sealing import Sealer

ISSUER = "DeployFlow Fleet"
STEP_S = 30
# One step back and ahead: phones are seldom further off.
WINDOW = 1
RECOVERY_CODES = 10
# 80 bits: guessing is hopeless even from a copy of the database, so a plain SHA-256 keeps it.
_RECOVERY_BYTES = 10
_GROUP = 4


def new_secret(sealer: Sealer, user_id: UUID) -> tuple[str, bytes]:
    """A TOTP secret as the app wants it, and sealed as the database does."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    return secret, sealer.seal(secret.encode(), place=_place(user_id))


def provisioning_uri(secret: str, *, email: str) -> str:
    """What the QR code holds."""
    import pyotp  # noqa: PLC0415  loaded when somebody uses it: see passwords

    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def accepted_step(
    sealer: Sealer, *, user_id: UUID, sealed: bytes, code: str, at: datetime, last_step: int
) -> int | None:
    """The time step the code is of; None when it is wrong. A step that was used, or one before it, is wrong too."""
    import pyotp  # noqa: PLC0415  loaded when somebody uses it: see passwords

    totp = pyotp.TOTP(sealer.open(sealed, place=_place(user_id)).decode())
    now = int(at.timestamp()) // STEP_S
    found = None
    for step in range(now - WINDOW, now + WINDOW + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > last_step:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    return [
        _grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()) for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> bytes:
    """What is kept of a recovery code; spaces, dashes and case do not matter."""
    return tokens.digest("".join(code.lower().split()).replace("-", ""))


def looks_like_totp(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()  # noqa: PLR2004  as every app shows it


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _place(user_id: UUID) -> str:
    return f"users/{user_id}/totp_secret"
