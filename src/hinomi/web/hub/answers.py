"""
How answers look: documents as canonical JSON, refusals as one line, and both as the OpenAPI says.

No answer holds a time, and of a failure of the hub's own no more than that there was one: its
reason is in the hub's log.
"""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hinomi.errors import (
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    UsageError,
)
from hinomi.govern.note import BadNote
from hinomi.services.hub.doors import Unknown
from hinomi.services.hub.meters import Meters
from hinomi.share.canonical import render_canonical
from hinomi.web.hub.bodies import JSON
from hinomi.web.hub.limits import RETRY_AFTER_S

TEXT: Final = "text/plain; charset=utf-8"

BUSY: Final = "the hub cannot answer now; ask again later"
"""What is told of every failure that is the hub's own."""

TOO_OFTEN: Final = "too many requests (hub.requests_per_minute); ask again later"

_STATUS: tuple[tuple[type[HinomiError], int], ...] = (
    (Unknown, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (Conflict, 409),
    (MalformedDocument, 422),
    (BadNote, 422),
    (UsageError, 400),
)

_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": 'Bearer realm="hub", Basic realm="hub"'},
    429: {"Retry-After": str(RETRY_AFTER_S)},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}

_SAID: Final[Mapping[int, str]] = {
    400: "The request is not HTTP as it should be.",
    401: "Certificate and token are not known here together.",
    403: "This node may not do this; the line says why.",
    404: "There is nothing of this number.",
    408: "The document did not come in time.",
    409: "Not now: of another epoch, or said otherwise before.",
    413: "The document is too large.",
    415: "A document of another media type is taken here.",
    422: "A parameter or the document is not as it should be; the line says which.",
    429: "Too many requests.",
    503: "The hub cannot answer now.",
}

_log = structlog.get_logger(__name__)


def status_of(error: Exception) -> int:
    """Give the HTTP status that says what *error* says; 503 is the hub's own failure."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 503)


def as_json(document: Mapping[str, object]) -> Response:
    """Answer with a document, in canonical form."""
    return Response(
        render_canonical(document), headers={"Cache-Control": "no-store"}, media_type=JSON
    )


def as_text(text: str) -> Response:
    """Answer with a signed note, or another text."""
    return Response(text, headers={"Cache-Control": "no-store"}, media_type=TEXT)


def as_error(status: int, line: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a refusal in one line."""
    told = {"Cache-Control": "no-store", **_HEADERS.get(status, {}), **(headers or {})}
    return Response(render_canonical({"error": line}), status, told, JSON)


def make_refuse(meters: Meters) -> Any:
    """Make the handler of the house's own errors."""

    async def refuse(_request: Request, error: Exception) -> Response:
        status = status_of(error)
        if status < 500:  # noqa: PLR2004 - of HTTP.
            return as_error(status, str(error))
        meters.failures.labels(type(error).__name__).inc()
        _log.info("not-answered", reason=str(error))
        return as_error(status, BUSY)

    return refuse


async def refuse_http(_request: Request, error: Exception) -> Response:
    """Answer what is refused by its status alone, such as a document of another media type."""
    if not isinstance(error, HTTPException):
        raise error
    return as_error(error.status_code, error.detail, error.headers)


async def refuse_parameter(_request: Request, error: Exception) -> Response:
    """Answer parameters that do not fit: their names, never what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    names = sorted({str(each["loc"][1]) for each in error.errors() if len(each["loc"]) > 1})
    return as_error(422, f"not as it should be: {', '.join(names) or 'the request'}")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe what a route may refuse with, beside what every route may."""
    return {
        status: {
            "description": _SAID[status],
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
            **(
                {
                    "headers": {
                        name: {"schema": {"type": "string"}} for name in _HEADERS.get(status, {})
                    }
                }
                if status in _HEADERS
                else {}
            ),
        }
        for status in sorted({401, 403, 429, 503, *statuses})
    }


def gives(media: str, schema: Mapping[str, Any], said: str) -> dict[int | str, dict[str, Any]]:
    """Describe what a route gives."""
    kind = media.partition(";")[0]
    return {200: {"description": said, "content": {kind: {"schema": dict(schema)}}}}


def refers(name: str) -> dict[str, str]:
    """Refer to a schema of `web.hub.schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}
