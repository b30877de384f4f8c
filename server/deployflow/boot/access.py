"""Who is calling on `/boot/v1`: the machine whose session's key signed the request.

The key was made in the machine's memory and is all that tells it from others: what it says of itself is believed
nowhere. `session: CurrentBootSession` is all an endpoint says; `OpenBootSession` refuses one that is over.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Scope

from deployflow.boot.errors import BootKeyUnknown, SessionOver, TooManySessions
from deployflow.boot.models import BootSession
from deployflow.boot.states import OPEN, SessionState
from deployflow.deployments.facts import MachineFacts
from deployflow.deployments.models import Deployment
from deployflow.devices import replays, signatures
from deployflow.devices.access import Gate, read_signature, read_signed, validate
from deployflow.devices.errors import SignatureInvalid
from deployflow.devices.signatures import PublicKey
from deployflow.platform import clock
from deployflow.platform.context import Actor, Context
from deployflow.platform.runtime import Runtime

NEW_PER_ADDRESS = "60 per 1 minute"


@dataclass(frozen=True, slots=True)
class SignedSession:
    """The session that signed this request, as it is now.

    Attributes:
        deployment_state: Of the deployment that it works on.
        is_current: No later session of the machine has taken its place.
    """

    id: UUID
    tenant_id: UUID
    thumbprint: str
    public_key: PublicKey
    state: SessionState
    reason: str | None
    seq: int
    deployment_id: UUID | None
    deployment_state: str | None
    is_current: bool
    nonce: str
    expires: int

    async def spend_nonce(self, session: AsyncSession) -> None:
        """Make this request good once over all processes.

        Raises:
            Replayed: 401.
        """
        await replays.spend(session, keyid=self.thumbprint, nonce=self.nonce, expires=self.expires)


class SessionLimits:
    """How many sessions one address began in this process lately."""

    def __init__(self, _runtime: Runtime) -> None:
        # Loaded at the first session: the package costs a start 0.2 s.
        from limits import parse  # noqa: PLC0415
        from limits.storage import MemoryStorage  # noqa: PLC0415
        from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

        self._allowed = parse(NEW_PER_ADDRESS)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, ip: str | None) -> None:
        """Count a new session.

        Raises:
            TooManySessions: 429.
        """
        if not self._limiter.hit(self._allowed, ip or "unknown"):
            raise TooManySessions(retry_after_s=60)


async def prove_possession(request: Request, spki: bytes, key: PublicKey, body: bytes) -> signatures.Signed:
    """That who begins a session holds the key that it brings.

    Raises:
        Unauthenticated: 401 signature_missing, signature_invalid, clock_skew, replayed.
    """
    runtime: Runtime = request.app.state.runtime
    signed = read_signature(request.scope, body, tag=signatures.BOOT_TAG)
    signatures.check_times(signed, time.time())
    if signatures.thumbprint(spki) != signed.keyid:
        raise SignatureInvalid("'keyid' is not the thumbprint of public_key")
    await runtime.part(Gate).prove(signed, key, time.time())
    return signed


async def _current(request: Request) -> SignedSession:
    async def authenticate(_scope: Scope, body: bytes | None) -> SignedSession:
        return await _authenticate(request, body)

    session, request.state.body = await read_signed(request.scope, request.stream(), authenticate)
    return session


async def _authenticate(request: Request, body: bytes | None) -> SignedSession:
    runtime: Runtime = request.app.state.runtime
    now = time.time()
    signed = read_signature(request.scope, body, tag=signatures.BOOT_TAG)
    signatures.check_times(signed, now)
    statement = (
        select(BootSession, Deployment.state, Deployment.session_id)
        .join(Deployment, Deployment.id == BootSession.deployment_id, isouter=True)
        .where(BootSession.thumbprint == signed.keyid)
    )
    async with runtime.db.read(Context(all_tenants=True)) as session:
        found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise BootKeyUnknown
    row, deployment_state, current = found
    key = signatures.load_public_key(row.public_key)
    await runtime.part(Gate).prove(signed, key, now)
    become(request.state.context, row)
    state = SessionState.EXPIRED if is_past(row) else row.state
    return SignedSession(
        id=row.id,
        tenant_id=row.tenant_id,
        thumbprint=row.thumbprint,
        public_key=key,
        state=state,
        reason=row.reason,
        seq=row.seq,
        deployment_id=row.deployment_id,
        deployment_state=deployment_state,
        is_current=current == row.id,
        nonce=signed.nonce,
        expires=signed.expires,
    )


def is_past(row: BootSession, *, grace: timedelta = timedelta()) -> bool:
    """Whether its time is up, though nobody has written that down yet."""
    return row.state in OPEN and row.expires_at + grace <= clock.now()


def become(context: Context, row: BootSession) -> None:
    """Let the request act as the machine, in its site's organisation."""
    context.tenant_id = row.tenant_id
    context.actor = Actor(type="device", id=None, name=MachineFacts.model_validate(row.facts).title[:200])


CurrentBootSession = Annotated[SignedSession, Depends(_current)]


async def _open(session: CurrentBootSession) -> SignedSession:
    if session.state not in OPEN:
        raise SessionOver(session.reason)
    return session


OpenBootSession = Annotated[SignedSession, Depends(_open)]


def BootBody(model: type[BaseModel]) -> Any:  # noqa: N802  reads as a type in a signature
    """The body as a `model`, read only once its signature was verified: strangers get no JSON parsed."""

    async def read(request: Request, _session: CurrentBootSession) -> BaseModel:
        return validate(model, request.state.body)

    return Depends(read)
