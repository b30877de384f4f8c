"""ETag and If-Match: nobody overwrites what they have not seen."""

from typing import Annotated

from fastapi import Depends, Request, Response

from deployflow.platform.errors import PreconditionFailed, PreconditionRequired
from deployflow.platform.tables import Versioned


# async: FastAPI sends a plain function through its thread pool, which costs more than the function.
async def _expected_version(request: Request) -> int | None:
    """The version in If-Match; None for `*`."""
    given = request.headers.get("if-match")
    if given is None:
        raise PreconditionRequired
    if given.strip() == "*":
        return None
    value = given.strip().removeprefix("W/").strip('"')
    if not value.isdigit():
        raise PreconditionFailed
    return int(value)


ExpectedVersion = Annotated[int | None, Depends(_expected_version)]


def require_version(row: Versioned, expected: int | None) -> None:
    """Refuse the write when the row has moved on.

    Raises:
        PreconditionFailed: 412.
    """
    if expected is not None and row.version != expected:
        raise PreconditionFailed


def set_etag(response: Response, row: Versioned | int) -> None:
    """Say which version this answer is. Takes the row, or its version where the row was shaped already."""
    version = row if isinstance(row, int) else row.version
    response.headers["ETag"] = f'"{version}"'
