"""The application: every route of the hub, and how its refusals look."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from hinomi.errors import (
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
    UsageError,
)
from hinomi.services.hub.doors import Unknown
from hinomi.web.hub.editions import edition_routes
from hinomi.web.hub.misp import misp_routes
from hinomi.web.hub.running import Hub
from hinomi.web.hub.snapshots import snapshot_routes
from hinomi.web.hub.taxii import taxii_routes

_STATUS: tuple[tuple[type[HinomiError], int], ...] = (
    (Unknown, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (Conflict, 409),
    (MalformedDocument, 422),
    (UsageError, 400),
    (Unavailable, 503),
)


def create_app(hub: Hub) -> FastAPI:
    """Put the application of *hub* together."""
    app = FastAPI(title="hinomi hub", version="1", docs_url=None, redoc_url=None)
    app.include_router(snapshot_routes(hub))
    app.include_router(edition_routes(hub))
    app.include_router(misp_routes(hub))
    app.include_router(taxii_routes(hub, status_of))
    app.add_exception_handler(HinomiError, _refuse)
    return app


def status_of(error: Exception) -> int:
    """Give the HTTP status that says what *error* says."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal in one line."""
    return JSONResponse({"error": str(error)}, status_of(error))
