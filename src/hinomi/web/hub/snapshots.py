"""Routes of the signed list: head, JSON and CSV of each snapshot."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub


def snapshot_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/v1/snapshots``."""
    routes = APIRouter(prefix="/v1/snapshots")
    come_in = admits(hub, Outlet.SNAPSHOT)

    @routes.get("/{number}/listings.json")
    def give_json(number: int, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        found = hub.casebook.hub.snapshots.get(number)
        return Response(found.json, media_type="application/json")

    return routes
