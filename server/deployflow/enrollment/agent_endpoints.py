"""`POST /agent/v1/enroll`: signed by the key that is being enrolled, which proves possession of it."""

import base64
import binascii
import time
from typing import Annotated

from fastapi import APIRouter, Request, Response

from deployflow.devices import signatures
from deployflow.devices.access import Gate, read_signature, validate
from deployflow.devices.errors import ClockSkew, SignatureInvalid
from deployflow.enrollment import service
from deployflow.enrollment.failures import Failures
from deployflow.enrollment.schemas import EnrollIn, EnrollOut
from deployflow.identity.access import Public
from deployflow.platform import clock
from deployflow.platform.errors import Invalid, Unauthenticated
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["agent"])


@router.post("/enroll", status_code=201)
async def enroll(
    _open: Annotated[None, Public("the token in the body is the credential")],
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
) -> EnrollOut:
    """Turn an enrollment token into a device. 200 when this key was enrolled by this token before."""
    context = request.state.context
    failures = runtime.part(Failures)
    failures.refuse_when_many(context.ip)
    body = await request.body()
    try:
        signed = read_signature(request.scope, body)
        signatures.check_times(signed, time.time())
        asked = validate(EnrollIn, body)
        spki, key = _public_key(asked.public_key)
        if signatures.thumbprint(spki) != signed.keyid:
            raise SignatureInvalid("'keyid' is not the thumbprint of public_key")
        await runtime.part(Gate).prove(signed, key, time.time())
        enrolled = await service.enroll(runtime.db, context, asked, spki, signed)
    except ClockSkew:
        # Blank machines with dead batteries come in numbers, and each corrects itself after this.
        raise
    except Unauthenticated:
        failures.count(context.ip)
        raise
    if not enrolled.is_new:
        response.status_code = 200
    state = "active" if enrolled.is_active else "pending"
    return EnrollOut(device_id=enrolled.device_id, state=state, server_time=clock.now())


def _public_key(text: str) -> tuple[bytes, signatures.PublicKey]:
    try:
        spki = base64.b64decode(text, validate=True)
        return spki, signatures.load_public_key(spki)
    except (binascii.Error, signatures.PublicKeyWrong) as error:
        raise Invalid(f"public_key: {error}; send an ECDSA P-256 key as base64 of its SPKI DER") from error
