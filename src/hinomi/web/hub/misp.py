"""Routes of the MISP feed: a directory that a MISP is given the address of."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from hinomi.errors import NotFound
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.editions import Editions
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub


def misp_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/misp/``."""
    routes = APIRouter(prefix="/misp", tags=["MISP feed"])
    come_in = admits(hub, Outlet.MISP)
    editions = Editions(hub.home, hub.casebook)

    @routes.get("/manifest.json")
    def give_manifest(_caller: Annotated[Caller, Depends(come_in)]) -> Response:
        return Response(editions.misp().manifest, media_type="application/json")

    @routes.get("/hashes.csv")
    def give_hashes(_caller: Annotated[Caller, Depends(come_in)]) -> Response:
        return Response(editions.misp().hashes, media_type="text/csv")

    @routes.get("/{event}.json")
    def give_event(event: str, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        found = editions.misp().events.get(event)
        if found is None:
            raise NotFound("no event has this id; manifest.json names them")
        return Response(found, media_type="application/json")

    return routes
