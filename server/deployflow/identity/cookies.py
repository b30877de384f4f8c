"""The session cookie.

`__Host-` with Secure wherever the browser speaks https. The first steps of a self-hoster are on plain http, where a
browser keeps no Secure cookie: there the cookie has another name, which is not read over https, so that nobody in
the middle of a plain connection can plant one.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import Request, Response

SECURE_NAME = "__Host-df_session"
PLAIN_NAME = "df_session"


def is_secure(request: Request, public_url: str | None = None) -> bool:
    """Whether the browser is on https: seen, told by a trusted proxy, or because it came by the public URL."""
    if request.url.scheme == "https":
        return True
    if public_url is None:
        return False
    parts = urlsplit(public_url)
    return parts.scheme == "https" and request.headers.get("host", "").lower() == parts.netloc.lower()


def read(request: Request) -> str | None:
    """The session id the browser sent."""
    token = request.cookies.get(SECURE_NAME)
    if token is None and request.url.scheme != "https":
        token = request.cookies.get(PLAIN_NAME)
    return token


def write(response: Response, request: Request, token: str, *, lifetime: timedelta, public_url: str | None) -> None:
    """Give the browser its session id."""
    secure = is_secure(request, public_url)
    response.set_cookie(
        SECURE_NAME if secure else PLAIN_NAME,
        token,
        max_age=int(lifetime.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear(response: Response) -> None:
    """Make the browser forget it."""
    response.delete_cookie(SECURE_NAME, path="/", secure=True, httponly=True, samesite="lax")
    response.delete_cookie(PLAIN_NAME, path="/", httponly=True, samesite="lax")
