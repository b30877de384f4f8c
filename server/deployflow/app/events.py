"""Tells open consoles what changed: `GET /api/v1/events`, server-sent events of the own tenant.

An event says only which topics changed; the console fetches them again. After a gap, when wake-ups of another
process may have been missed, and when the server stops, the stream ends: the browser connects again at once and
fetches everything anew.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import and_, select
from sqlalchemy.exc import DBAPIError
from starlette.responses import StreamingResponse

from deployflow.identity.access import Principal, SignedIn
from deployflow.identity.last_used import LastUsed
from deployflow.identity.models import Membership, Role, UserSession
from deployflow.identity.permissions import granted
from deployflow.platform import clock
from deployflow.platform.changes import CHANGES
from deployflow.platform.context import Context
from deployflow.platform.errors import TooManyRequests
from deployflow.platform.runtime import CurrentRuntime, Runtime

router = APIRouter(tags=["live"])

# At most ten events a second, whatever happens.
COALESCE_S = 0.1
# Proxies close a connection that is silent for a minute; the console gives up after 45 s.
PING_S = 15.0
# Tabs of one user, in one process.
STREAMS_PER_USER = 20
# After a stream ended; browsers wait 3 to 5 s by themselves.
RETRY_MS = 1000
# Who may not read an area is not told that something in it changed.
PERMISSION_OF_TOPIC = {
    "device": "devices:read",
    "devices": "devices:read",
    "device_group": "devices:read",
    "device_groups": "devices:read",
    "action": "actions:read",
    "actions": "actions:read",
    "run": "actions:read",
    "runs": "actions:read",
    "script": "scripts:read",
    "scripts": "scripts:read",
    "profile": "profiles:read",
    "profiles": "profiles:read",
    "enrollment": "enrollment:read",
    "audit": "audit:read",
    "boot_session": "boot:read",
    "boot_sessions": "boot:read",
    "boot_sites": "boot:read",
    "deployment": "deployments:read",
    "deployments": "deployments:read",
    "discovered_machines": "boot:read",
    "boot-environments": "images:read",
    "image": "images:read",
    "images": "images:read",
    "image-imports": "images:read",
    "driver-pack": "drivers:read",
    "driver-packs": "drivers:read",
    "uploads": "images:read",
    "technician_pins": "boot:read",
    "settings": "settings:read",
    "software": "software:read",
    "device-software": "software:read",
    "software-bundle": "software:read",
    "software-bundles": "software:read",
    "software-installer": "software:read",
    "software-installers": "software:read",
    "user": "users:read",
    "users": "users:read",
    "roles": "roles:read",
    "api_keys": "api_keys:read",
    "secrets": "secrets:read",
}


class TooManyStreams(TooManyRequests):
    code = "too_many_streams"
    title = "Too many open windows: close some"


class Stream:
    """What one open console has not been told yet."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.ended = False
        self._topics: set[str] = set()
        self._news = asyncio.Event()

    def tell(self, topic: str) -> None:
        # A topic that nobody has thought about is nobody's; a test walks those that the code has.
        needed = PERMISSION_OF_TOPIC.get(topic.partition(":")[0])
        if needed is not None and self.principal.may(needed):
            self._topics.add(topic)
            self._news.set()

    def end(self) -> None:
        self.ended = True
        self._news.set()

    async def next(self) -> list[str] | None:
        """The topics that changed, as soon as there are any; None after a silence of `PING_S`."""
        try:
            async with asyncio.timeout(PING_S):
                await self._news.wait()
        except TimeoutError:
            return None
        self._news.clear()
        topics, self._topics = sorted(self._topics), set()
        return topics


class Streams:
    """All open consoles of this process, by tenant."""

    def __init__(self, runtime: Runtime) -> None:
        self._open: dict[str, set[Stream]] = {}
        self._per_user: Counter[UUID | None] = Counter()
        runtime.wakeups.listen(CHANGES, self._on_changes)
        runtime.wakeups.listen_for_gaps(self.end_all)
        runtime.drain.listen(self.end_all)

    def require_room(self, principal: Principal) -> None:
        """Refuse one more stream of somebody who has many.

        Raises:
            TooManyStreams: 429.
        """
        if self._per_user[principal.user_id] >= STREAMS_PER_USER:
            raise TooManyStreams(f"At most {STREAMS_PER_USER} windows of one user", retry_after_s=30)

    def add(self, principal: Principal) -> Stream:
        self._per_user[principal.user_id] += 1
        stream = Stream(principal)
        self._open.setdefault(str(principal.tenant_id), set()).add(stream)
        return stream

    def remove(self, stream: Stream) -> None:
        self._per_user[stream.principal.user_id] -= 1
        tenant = str(stream.principal.tenant_id)
        of_tenant = self._open[tenant]
        of_tenant.discard(stream)
        if not of_tenant:
            del self._open[tenant]

    def end_all(self) -> None:
        for of_tenant in self._open.values():
            for stream in of_tenant:
                stream.end()

    def _on_changes(self, keys: frozenset[str]) -> None:
        for key in keys:
            tenant, _, topic = key.partition("/")
            for stream in self._open.get(tenant, ()):
                stream.tell(topic)


@router.get(
    "/events",
    operation_id="stream_events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events"}},
)
async def stream_events(runtime: CurrentRuntime, user: Annotated[Principal, SignedIn()]) -> StreamingResponse:
    """Stream what changes, as `changed` events with `{"topics": […]}`, and a `ping` every 15 s."""
    streams = runtime.part(Streams)
    streams.require_room(user)
    return StreamingResponse(
        _events(runtime, streams, user),
        media_type="text/event-stream",
        # Proxies such as nginx would gather events until their buffer is full.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(runtime: Runtime, streams: Streams, user: Principal) -> AsyncIterator[str]:
    # Here and not before: an answer that is never begun would never give its place back.
    stream = streams.add(user)
    loop = asyncio.get_running_loop()
    checked_at = loop.time()
    try:
        yield f"retry: {RETRY_MS}\n\n"
        while not stream.ended and not runtime.drain.draining:
            topics = await stream.next()
            # By the clock, and not in silence alone: a busy fleet is never silent.
            if topics is None or loop.time() - checked_at >= PING_S:
                checked_at = loop.time()
                if not await may_go_on(runtime, stream):
                    return
            if topics is None:
                yield "event: ping\ndata: {}\n\n"
            elif topics:
                yield f"event: changed\ndata: {json.dumps({'topics': topics})}\n\n"
                await asyncio.sleep(COALESCE_S)
    finally:
        streams.remove(stream)


async def may_go_on(runtime: Runtime, stream: Stream) -> bool:
    """Whether the session behind a stream still holds, which then has the rights of this moment.

    An open window alone does not keep a session alive.
    """
    principal = stream.principal
    statement = (
        select(
            UserSession.last_used_at,
            UserSession.expires_at,
            UserSession.tenant_id,
            Membership.is_active,
            Role.built_in,
            Role.permissions,
        )
        .join(
            Membership,
            and_(Membership.tenant_id == UserSession.tenant_id, Membership.user_id == UserSession.user_id),
        )
        .join(Role, Role.id == Membership.role_id)
        .where(UserSession.id == principal.session_id)
    )
    try:
        async with runtime.db.read(Context(all_tenants=True)) as session:
            row = (await session.execute(statement)).one_or_none()
    except DBAPIError:
        # The database is away for a moment: that is no reason to send anybody out.
        return True
    if row is None or not row.is_active or row.tenant_id != principal.tenant_id or principal.session_id is None:
        return False
    stream.principal = replace(principal, permissions=granted(row.built_in, row.permissions))
    now = clock.now()
    last_used = max(runtime.part(LastUsed).sessions.get(principal.session_id, row.last_used_at), row.last_used_at)
    return bool(now < row.expires_at and now - last_used < runtime.settings.session_idle)
