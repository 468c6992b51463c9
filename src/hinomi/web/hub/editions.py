"""Routes of a snapshot's plain text and response policy zone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.editions import Editions
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub


def edition_routes(hub: Hub) -> APIRouter:
    """Make the routes of those forms below ``/v1/snapshots``."""
    routes = APIRouter(prefix="/v1/snapshots")
    editions = Editions(hub.home, hub.casebook)
    plain, rpz = admits(hub, Outlet.PLAIN), admits(hub, Outlet.RPZ)

    @routes.get("/{number}/listings.txt")
    def give_plain(number: int, _caller: Annotated[Caller, Depends(plain)]) -> Response:
        return Response(editions.plain(number), media_type="text/plain")

    @routes.get("/{number}/zone.rpz")
    def give_zone(number: int, _caller: Annotated[Caller, Depends(rpz)]) -> Response:
        return Response(editions.zone(number), media_type="text/dns")

    return routes
