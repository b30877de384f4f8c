"""The API's reference at `/api/docs`: one page of our own that reads `/api/openapi.json`.

Swagger UI and its like come from a CDN or weigh 1.5 MB and want a weaker content security policy.
"""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from deployflow.app.console import content_policy

FOLDER = Path(__file__).parent
KINDS = {"page.html": "text/html", "reference.js": "text/javascript", "reference.css": "text/css"}

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
async def get_docs() -> Response:
    """Show the API's reference."""
    return _file("page.html")


@router.get("/api/docs/{name}")
async def get_docs_file(name: str) -> Response:
    """Give what the reference is made of."""
    return _file(name if name in KINDS else "page.html")


def _file(name: str) -> Response:
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": content_policy()}
    return Response((FOLDER / name).read_bytes(), headers=headers, media_type=KINDS[name])
