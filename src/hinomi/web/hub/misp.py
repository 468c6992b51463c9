"""Routes of the MISP feed: a directory that a MISP is given the address of."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from hinomi.errors import NotFound
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.editions import Editions
from hinomi.web.hub.answers import gives, refusals
from hinomi.web.hub.bodies import CSV, JSON, Body
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Asked, Hub
from hinomi.web.hub.snapshots import UNCHANGED


def misp_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/misp/``."""
    routes = APIRouter(prefix="/misp", tags=["MISP feed"])
    come_in = admits(hub, Outlet.MISP)
    editions = Editions(lambda: hub.home, hub.casebook)

    @routes.get(
        "/manifest.json",
        response_class=Response,
        responses=gives(JSON, {"type": "object"}, "The events, by their ids.")
        | UNCHANGED
        | refusals(),
    )
    def give_manifest(request: Request, caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the manifest of the feed."""
        asked = Asked("misp/manifest.json", editions.newest_number(), JSON)
        return hub.give(request, caller, asked, lambda: editions.misp(asked.number).manifest)

    @routes.get(
        "/hashes.csv",
        response_class=Response,
        responses=gives(CSV, {"type": "string"}, "MD5 of values, and their events.")
        | UNCHANGED
        | refusals(),
    )
    def give_hashes(request: Request, caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the hashes of what is listed, for quick looks."""
        asked = Asked("misp/hashes.csv", editions.newest_number(), CSV)
        return hub.give(request, caller, asked, lambda: editions.misp(asked.number).hashes)

    @routes.get(
        "/{event}.json",
        response_class=Response,
        responses=gives(JSON, {"type": "object"}, "A MISP event.") | UNCHANGED | refusals(404, 422),
    )
    def give_event(
        request: Request, event: str, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give one event of the feed."""
        number = editions.newest_number()
        found = editions.misp(number).events.get(event)
        if found is None:
            raise NotFound("no event has this id; manifest.json names them")
        hub.reads.give(caller, "misp/event.json", number)
        return Body.of(found, JSON).answer(request)

    return routes
