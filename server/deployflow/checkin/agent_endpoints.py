"""`POST /agent/v1/check-in`, as a plain ASGI application.

FastAPI's dependencies, its exit stacks and its copies of the body cost more here than the work itself: an idle
check-in is one signature, one small model and one entry in memory.
"""

import random
import time
from typing import Any

import structlog
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deployflow.actions.leasing import Delivery
from deployflow.checkin.description import PATH
from deployflow.checkin.held import Answer, Held
from deployflow.checkin.schemas import CheckIn
from deployflow.devices.access import Gate, become, validate
from deployflow.platform import clock
from deployflow.platform.context import Context
from deployflow.platform.db import is_overrun, is_unavailable
from deployflow.platform.errors import Unavailable
from deployflow.platform.express import ClientGone, read_body, send_json
from deployflow.platform.runtime import Runtime

log = structlog.get_logger(__name__)

# Full jitter: whoever is sent away comes back spread over this time. After an outage of moments all are back in
# moments; a long one spreads them out, as a queue for connections does at once.
OUTAGE_RETRY_S = 4
LONGEST_RETRY_S = 30
# From when a device was to be back to when its call has failed again.
RETURN_TAKES_S = 2


class CheckInEndpoint:
    """The ASGI application behind the route. Problems that it raises are answered by the app's handlers."""

    def __init__(self) -> None:
        self._away_since = self._next_failure_by = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime: Runtime = scope["app"].state.runtime
        try:
            body = await read_body(receive)
            device = await runtime.part(Gate).authenticate(scope, body)
            become(scope["state"]["context"], device)
            message = validate(CheckIn, body)
            answer = await runtime.part(Held).check_in(device, message, receive)
        except ClientGone:
            return
        except (DBAPIError, PoolTimeout) as error:
            if not is_unavailable(error):
                raise
            context: Context = scope["state"]["context"]
            log.warning("check_in_without_database", request_id=context.request_id, error=type(error).__name__)
            longest = LONGEST_RETRY_S if is_overrun(error) else self._outage_retry_s(runtime.db.connected_at)
            raise Unavailable(
                "The database does not answer; come back later",
                retry_after_s=random.randint(1, longest),  # noqa: S311  spreads load, guards nothing
            ) from error
        await send_json(send, _encode(answer))

    def _outage_retry_s(self, connected_at: float) -> int:
        """As long as the database has been away, within limits.

        Was it back in between, this is the beginning of another outage. A connection made since the last one began
        proves that; so does, where it refuses without ending connections, that those sent away before have not failed
        again by now.
        """
        now = time.monotonic()
        if connected_at > self._away_since or now > self._next_failure_by:
            self._away_since = now
        longest = int(min(LONGEST_RETRY_S, max(OUTAGE_RETRY_S, now - self._away_since)))
        self._next_failure_by = now + longest + RETURN_TAKES_S
        return longest


def _encode(answer: Answer) -> bytes:
    # pydantic's encoder writes ids and times itself, several times as fast as `json` with our help.
    return to_json(
        {
            "server_time": clock.now(),
            "device_state": answer.device_state,
            "next_check_in_s": answer.next_check_in_s,
            "receipt": answer.receipt,
            "wants_inventory": answer.wants_inventory,
            "actions": [_action(delivery) for delivery in answer.actions],
            "cancel": answer.cancel,
        }
    )


def _action(delivery: Delivery) -> dict[str, Any]:
    return {
        "action_id": delivery.action_id,
        "fence": delivery.fence,
        "kind": delivery.kind,
        "timeout_s": delivery.timeout_s,
        "expires_at": delivery.expires_at,
        "log_limit_bytes": delivery.log_limit_bytes,
        "payload": dict(delivery.payload),
    }


def route() -> Route:
    """The route, for the app to put before all others."""
    return Route(PATH, CheckInEndpoint(), methods=["POST"], name="check_in")
