"""Keeps other sites from writing with a signed-in browser's cookie.

By Fetch Metadata: on unsafe methods the browser must say `Sec-Fetch-Site: same-origin`. A browser on plain http does
not say it; then the Origin must be exactly ours. No tokens in forms. A body must be declared as JSON, or as a piece of
an upload, which a form of another site cannot do.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from deployflow.identity import cookies
from deployflow.identity.errors import CrossSite, NotJson
from deployflow.platform.errors import Problem
from deployflow.platform.web import problem_response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ADMIN_PREFIX = "/api/"
NO_FORM_SENDS = frozenset({"application/json", "application/offset+octet-stream"})


class CsrfGuard:
    """Stands before every admin route. Devices are not browsers: their requests are signed."""

    def __init__(self, app: ASGIApp, *, public_url: str | None) -> None:
        self._app = app
        self._public_origin = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and scope["path"].startswith(ADMIN_PREFIX):
            problem = self._judge(scope, Headers(scope=scope))
            if problem is not None:
                await problem_response(problem, scope["state"]["context"].request_id)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _judge(self, scope: Scope, headers: Headers) -> Problem | None:
        if not self._is_ours(scope, headers):
            return CrossSite()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if (has_body or kind) and kind not in NO_FORM_SENDS:
            return NotJson()
        return None

    def _is_ours(self, scope: Scope, headers: Headers) -> bool:
        if headers.get("authorization", "").partition(" ")[0].lower() == "bearer":
            # No browser adds an API key by itself, and the cookie does not count beside one. Basic it does add, where
            # somebody put a password before the server: there the cookie counts, and so does what is asked below.
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin")
        if origin is not None:
            return origin in {f"{scope['scheme']}://{headers.get('host', '')}", self._public_origin}
        # Every browser sends one of the two with an unsafe request, so this is none: harmless without a cookie.
        cookie = headers.get("cookie", "")
        return cookies.PLAIN_NAME not in cookie
