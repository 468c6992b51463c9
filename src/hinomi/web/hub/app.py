"""The application: every route of the hub, and how its refusals look."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from hinomi.errors import HinomiError
from hinomi.model.listing import render_epoch
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import list_signer
from hinomi.web.hub.answers import (
    as_json,
    gives,
    make_refuse,
    refers,
    refusals,
    refuse_http,
    refuse_parameter,
)
from hinomi.web.hub.bodies import JSON
from hinomi.web.hub.door import admits
from hinomi.web.hub.editions import edition_routes
from hinomi.web.hub.elsewhere import Elsewhere
from hinomi.web.hub.figures import figure_routes
from hinomi.web.hub.gate import Gate
from hinomi.web.hub.misp import misp_routes
from hinomi.web.hub.private import private_routes
from hinomi.web.hub.running import Hub
from hinomi.web.hub.schemas import SCHEMAS, SECURITY, SECURITY_SCHEMES
from hinomi.web.hub.snapshots import snapshot_routes
from hinomi.web.hub.submissions import submission_routes
from hinomi.web.hub.taxii import taxii_routes

DESCRIPTION = """\
The list of C&C servers that members of a hub make together, and what they say for it.

Every request needs the certificate of a member's node (mutual TLS) and the token that was given
with it. Answers hold no time finer than an epoch. A refusal is one line.
"""


def create_app(hub: Hub) -> FastAPI:
    """Put the application of *hub* together."""
    app = FastAPI(
        title="hinomi hub",
        version="1",
        description=DESCRIPTION,
        openapi_url=None,  # Its route below has a door, as every route has.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for make in (overview_routes, snapshot_routes, submission_routes, private_routes):
        app.include_router(make(hub))
    for make in (edition_routes, misp_routes):
        app.include_router(make(hub))
    app.include_router(taxii_routes(hub))
    app.include_router(figure_routes(hub))
    app.add_exception_handler(HinomiError, make_refuse(hub.meters))
    app.add_exception_handler(HTTPException, refuse_http)
    app.add_exception_handler(RequestValidationError, refuse_parameter)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.include_router(description_routes(hub, app))
    app.router.routes.append(Elsewhere(hub, app.router.routes))
    app.add_middleware(Gate, hub=hub)
    return app


def overview_routes(hub: Hub) -> APIRouter:
    """Make the route that says which epoch it is."""
    routes = APIRouter(tags=["hub"])
    come_in = admits(hub, None)

    @routes.get(
        "/v1/hub",
        response_class=Response,
        responses=gives(JSON, refers("Status"), "Which epoch it is.") | refusals(),
    )
    def tell_status(_caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Tell which epoch it is, which one batches are of, and which list is the newest."""
        now = present_epoch(hub.home)
        return as_json(
            {
                "hub": list_signer(hub.home).name,
                "epoch": str(now),
                "epoch_days": now.days,
                "spoken_of": render_epoch(now.spoken_of, now.days),
                "newest": hub.casebook.hub.snapshots.newest_number(),
            }
        )

    return routes


def description_routes(hub: Hub, app: FastAPI) -> APIRouter:
    """Make the route that describes all routes of *app*."""
    routes = APIRouter(tags=["hub"])
    come_in = admits(hub, None)

    @routes.get(
        "/openapi.json",
        response_class=Response,
        responses=gives(JSON, {"type": "object"}, "This description.") | refusals(),
    )
    def describe_routes(_caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Describe this API as OpenAPI 3.1."""
        return as_json(app.openapi())

    return routes


def describe(app: FastAPI) -> dict[str, Any]:
    """Describe all routes of *app* as OpenAPI; the same routes are always the same document."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        parts = found.setdefault("components", {})
        parts["schemas"] = {**SCHEMAS, **parts.get("schemas", {})}
        for name in ("HTTPValidationError", "ValidationError"):  # Nothing is refused so here.
            parts["schemas"].pop(name, None)
        parts["securitySchemes"] = SECURITY_SCHEMES
        found["security"] = SECURITY
        app.openapi_schema = found
    return app.openapi_schema
