"""What devices may call this server when they sign for it.

Where `public_url` is set, nobody can pass on to us what a device signed for another server, whatever Host header they
send: only that address counts, and those that organisations gave themselves. Unset, the Host header is believed.
"""

import time
from urllib.parse import urlsplit

from sqlalchemy import select

from deployflow.devices.signatures import authorities_of
from deployflow.identity.models import Tenant
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime

# A name that is new here may have been set a moment ago; strangers must not make each of their requests a read.
UNKNOWN_AGE_S = 10.0
MAX_AGE_S = 300.0
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Audience:
    """The names of one server."""

    def __init__(self, runtime: Runtime) -> None:
        self._db = runtime.db
        url = runtime.settings.public_url
        self._own = None if url is None else _authority(url)
        self._organisations: frozenset[bytes] = frozenset()
        self._read_at = float("-inf")

    async def authorities(self, host: bytes) -> list[bytes]:
        """What a device that sent this Host header may have signed for, the likeliest first."""
        if self._own is None:
            return authorities_of(host)
        found = self._known(host)
        if host.lower() != self._own and self._is_stale(MAX_AGE_S if len(found) > 1 else UNKNOWN_AGE_S):
            await self._read()
            found = self._known(host)
        return found

    def _known(self, host: bytes) -> list[bytes]:
        assert self._own is not None
        return authorities_of(host, (self._own, *self._organisations))

    def _is_stale(self, age_s: float) -> bool:
        return time.monotonic() - self._read_at > age_s

    async def _read(self) -> None:
        self._read_at = time.monotonic()
        async with self._db.read(system_context()) as session:
            urls = await session.scalars(select(Tenant.public_url).where(Tenant.public_url.is_not(None)))
        self._organisations = frozenset(_authority(url) for url in urls if url)


def _authority(url: str) -> bytes:
    parts = urlsplit(url)
    return parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme]).encode()
