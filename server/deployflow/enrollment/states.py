"""What an enrollment token is good for. Nothing advances it but uses, time and its revocation."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_

from deployflow.enrollment.models import EnrollmentToken


class TokenState(StrEnum):
    USABLE = "usable"
    EXPIRED = "expired"
    USED_UP = "used_up"
    REVOKED = "revoked"


def state_of(token: EnrollmentToken, now: datetime) -> TokenState:
    """The token's state; the gravest reason first."""
    if token.revoked_at is not None:
        return TokenState.REVOKED
    if token.uses >= token.max_uses:
        return TokenState.USED_UP
    return TokenState.EXPIRED if token.expires_at <= now else TokenState.USABLE


def is_in(state: TokenState, now: datetime) -> ColumnElement[bool]:
    """The same for a list's filter."""
    revoked: Any = EnrollmentToken.revoked_at.is_not(None)
    used_up: Any = EnrollmentToken.uses >= EnrollmentToken.max_uses
    expired: Any = EnrollmentToken.expires_at <= now
    conditions: dict[TokenState, ColumnElement[bool]] = {
        TokenState.REVOKED: revoked,
        TokenState.USED_UP: and_(~revoked, used_up),
        TokenState.EXPIRED: and_(~revoked, ~used_up, expired),
        TokenState.USABLE: and_(~revoked, ~used_up, ~expired),
    }
    return conditions[state]
