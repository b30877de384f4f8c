"""How a machine's request came here: whether somebody in between could have changed the answer."""

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request

from deployflow.identity import cookies
from deployflow.platform.settings import Settings

HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def is_secure(request: Request, settings: Settings) -> bool:
    """By HTTPS; or from this machine itself, as a model machine asks, where there is no network in between."""
    return cookies.is_secure(request, settings.public_url) or _is_from_here(request)


def _is_from_here(request: Request) -> bool:
    # The name it called counts too: behind a proxy on this machine everybody comes from here, and calls another.
    called = urlsplit(f"//{request.headers.get('host', '')}").hostname
    ip = request.state.context.ip
    return called in HERE and ip is not None and ipaddress.ip_address(ip).is_loopback
