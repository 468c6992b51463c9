"""Routes of a snapshot's plain text and response policy zone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.web.hub.answers import TEXT, gives, refusals
from hinomi.web.hub.bodies import ZONE
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Asked, Hub
from hinomi.web.hub.snapshots import UNCHANGED, Number


def edition_routes(hub: Hub) -> APIRouter:
    """Make the routes of those forms below ``/v1/snapshots``."""
    routes = APIRouter(prefix="/v1/snapshots", tags=["snapshots"])
    editions = hub.editions
    plain, rpz = admits(hub, Outlet.PLAIN), admits(hub, Outlet.RPZ)

    @routes.get(
        "/{number}/listings.txt",
        response_class=Response,
        responses=gives(TEXT, {"type": "string"}, "ADDRESS PROTOCOL PORT a line.")
        | UNCHANGED
        | refusals(404, 422),
    )
    async def give_plain(
        number: Number, request: Request, caller: Annotated[Caller, Depends(plain)]
    ) -> Response:
        """Give the list as lines."""
        asked = Asked.of_list("listings.txt", number, TEXT)
        return await hub.give(request, caller, asked, lambda: editions.plain(number))

    @routes.get(
        "/{number}/zone.rpz",
        response_class=Response,
        responses=gives(ZONE, {"type": "string"}, "A response policy zone.")
        | UNCHANGED
        | refusals(404, 422),
    )
    async def give_zone(
        number: Number, request: Request, caller: Annotated[Caller, Depends(rpz)]
    ) -> Response:
        """Give the zone for resolvers of consenting subscribers: dedicated servers only."""
        asked = Asked.of_list("zone.rpz", number, ZONE)
        return await hub.give(request, caller, asked, lambda: editions.zone(number))

    return routes
