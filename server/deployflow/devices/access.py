"""Who is calling on `/agent/v1`: the device whose key signed the request.

`device: CurrentDevice` is all an endpoint says. Declare it before the session, which then sees the device's
tenant. The hot path of check-ins calls `authenticate` itself.
"""

import time
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import Headers
from starlette.types import Scope

from deployflow.devices import replays, signatures
from deployflow.devices.audience import Audience
from deployflow.devices.errors import DevicePending, DeviceQuarantined, DeviceRevoked, KeyUnknown
from deployflow.devices.keyring import Keyring, KnownKey
from deployflow.devices.replays import Replays
from deployflow.devices.states import KeyState
from deployflow.platform.context import Actor, Context
from deployflow.platform.json_depth import refuse_deep_json
from deployflow.platform.runtime import Runtime
from deployflow.platform.web import DEFAULT_BODY_LIMIT

Signer = TypeVar("Signer")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SignedDevice:
    """The device that signed this request. `pending` until a person approved its key."""

    key: KnownKey
    nonce: str
    expires: int

    @property
    def id(self) -> UUID:
        return self.key.device_id

    @property
    def tenant_id(self) -> UUID:
        return self.key.tenant_id

    @property
    def is_pending(self) -> bool:
        return self.key.state == KeyState.PENDING

    @property
    def is_claim(self) -> bool:
        """Whether the machine is known by another key and this one is not approved: it speaks for nobody yet."""
        return self.key.is_claim

    async def spend_nonce(self, session: AsyncSession) -> None:
        """Make this request good once over all processes; for requests that change or hand out something.

        Raises:
            Replayed: 401.
        """
        await replays.spend(session, keyid=self.key.thumbprint, nonce=self.nonce, expires=self.expires)


class Gate:
    """What a process needs to let devices in: their keys, the nonces it saw, its own name."""

    def __init__(self, runtime: Runtime) -> None:
        self.keyring = runtime.part(Keyring)
        self.replays = Replays()
        self._audience = Audience(runtime)

    async def authenticate(self, scope: Scope, body: bytes | None) -> SignedDevice:
        """The device that signed the request; pending ones too. Without a body: see `read_signed`.

        Raises:
            Unauthenticated: 401 signature_missing, signature_invalid, key_unknown, clock_skew, replayed.
            Forbidden: 403 device_revoked, device_quarantined.
        """
        now = time.time()
        signed = read_signature(scope, body)
        signatures.check_times(signed, now)
        known = self.keyring.get(signed.keyid) or await self.keyring.read(signed.keyid)
        if known is None:
            raise KeyUnknown
        await self.prove(signed, known.public_key, now)
        refuse_state(known)
        return SignedDevice(known, signed.nonce, signed.expires)

    async def prove(self, signed: signatures.Signed, key: signatures.PublicKey, now: float) -> None:
        """Verify that it was signed for this server, and was not seen before.

        Raises:
            Unauthenticated: 401 signature_invalid, replayed.
        """
        signatures.verify(signed, key, await self._audience.authorities(signed.host))
        self.replays.remember(signed.keyid, signed.nonce, signed.expires, now)

    async def look_again(self, device: SignedDevice) -> SignedDevice:
        """The device as it is now, after its held call was woken by `keyring.DEVICE_CHANGED`.

        Raises:
            Unauthenticated: 401 key_unknown, when it was retired.
            Forbidden: 403 device_revoked, device_quarantined.
        """
        thumbprint = device.key.thumbprint
        known = self.keyring.get(thumbprint) or await self.keyring.read(thumbprint)
        if known is None:
            raise KeyUnknown
        refuse_state(known)
        return SignedDevice(known, device.nonce, device.expires)


async def read_signed(
    scope: Scope, pieces: AsyncIterable[bytes], authenticate: Callable[[Scope, bytes | None], Awaitable[Signer]]
) -> tuple[Signer, bytes]:
    """Who signed the request, and its body.

    Of a stranger no more is read than the default limit: a longer body waits until the signature, which covers its
    digest, is proven.

    Raises:
        Problem: what `authenticate` raises; 401 signature_invalid, when the body is another than the signed one.
    """
    body, signer = bytearray(), None
    async for piece in pieces:
        body += piece
        if signer is None and len(body) > DEFAULT_BODY_LIMIT:
            signer = await authenticate(scope, None)
    if signer is None:
        return await authenticate(scope, bytes(body)), bytes(body)
    signatures.check_digest(Headers(scope=scope)["content-digest"].encode("latin-1"), bytes(body))
    return signer, bytes(body)


def read_signature(scope: Scope, body: bytes | None, *, tag: str = signatures.DEVICE_TAG) -> signatures.Signed:
    """The signature of a request, still to be proven.

    Raises:
        Unauthenticated: 401 signature_missing, signature_invalid.
    """
    path = scope["raw_path"] or b""
    return signatures.parse(scope["method"], path, scope["query_string"], scope["headers"], body, tag=tag)


def refuse_state(known: KnownKey) -> None:
    """Only active and pending keys may speak.

    Raises:
        Forbidden: 403 device_revoked, device_quarantined.
    """
    if known.state == KeyState.REVOKED:
        raise DeviceRevoked
    if known.state == KeyState.QUARANTINED:
        raise DeviceQuarantined


def become(context: Context, device: SignedDevice) -> None:
    """Let the request act as the device, in its tenant."""
    context.tenant_id = device.tenant_id
    context.actor = Actor(type="device", id=device.id, name=device.key.hostname)


async def _current_device(request: Request) -> SignedDevice:
    runtime: Runtime = request.app.state.runtime
    device, request.state.body = await read_signed(request.scope, request.stream(), runtime.part(Gate).authenticate)
    become(request.state.context, device)
    return device


CurrentDevice = Annotated[SignedDevice, Depends(_current_device)]


def refuse_pending(device: SignedDevice) -> None:
    """A device that waits for approval may only say that it is there.

    Raises:
        Forbidden: 403 device_pending.
    """
    if device.is_pending:
        raise DevicePending


async def _approved_device(device: CurrentDevice) -> SignedDevice:
    refuse_pending(device)
    return device


ApprovedDevice = Annotated[SignedDevice, Depends(_approved_device)]


def SignedBody(model: type[BaseModel]) -> Any:  # noqa: N802  reads as a type in a signature
    """The body as a `model`, read only once its signature was verified: strangers get no JSON parsed."""

    async def read(request: Request, _device: CurrentDevice) -> BaseModel:
        return validate(model, request.state.body)

    return Depends(read)


def validate(model: type[Model], body: bytes) -> Model:
    """The body as a `model`.

    Raises:
        BadRequest: 400, when it is no JSON.
        RequestValidationError: answered as 422, naming what is wrong.
    """
    refuse_deep_json(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from error
