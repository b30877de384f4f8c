"""Errors that a caller can act on, answered as problem documents (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Problem(Exception):
    """What went wrong, in one sentence that says what to do.

    `code` is what programs switch on; `detail` is for people and may change.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on the server"

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = dict(headers or {})
        self.extra = extra


class BadRequest(Problem):
    status = 400
    code = "bad_request"
    title = "The request cannot be understood"


class Unauthenticated(Problem):
    status = 401
    code = "not_signed_in"
    title = "Sign in first"


class Forbidden(Problem):
    status = 403
    code = "permission_missing"
    title = "Your role does not allow this"


class NotFound(Problem):
    status = 404
    code = "not_found"
    title = "There is no such thing here"


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "This does not fit the present state"


class Gone(Problem):
    status = 410
    code = "gone"
    title = "This is no longer here"


class PreconditionFailed(Problem):
    status = 412
    code = "precondition_failed"
    title = "Someone changed this meanwhile: load it again"


class TooLarge(Problem):
    status = 413
    code = "body_too_large"
    title = "The request body is too large"


class Invalid(Problem):
    status = 422
    code = "invalid"
    title = "Some fields need another value"


class Malformed(Invalid):
    """A device's message of the wrong shape."""

    code = "malformed"
    title = "Malformed request"


class PreconditionRequired(Problem):
    status = 428
    code = "precondition_required"
    title = "Send If-Match with the ETag of what you change"


class TooManyRequests(Problem):
    status = 429
    code = "too_many_requests"
    title = "Too many requests: wait a little"

    def __init__(self, detail: str | None = None, *, retry_after_s: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    title = "The server cannot do this right now"

    def __init__(self, detail: str | None = None, *, retry_after_s: int = 30) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


class DiskFull(Problem):
    status = 507
    code = "disk_full"
    title = "The server's disk is full: free some space on it, then try again"


def problem_document(problem: Problem, *, request_id: str) -> dict[str, Any]:
    """The body of the answer."""
    return {
        "type": f"urn:deployflow:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
        **problem.extra,
    }
