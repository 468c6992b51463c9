"""Routes of the MISP feed: a directory that a MISP is given the address of."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from hinomi.errors import NotFound
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.web.hub.answers import gives, refusals
from hinomi.web.hub.bodies import CSV, JSON
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Asked, Hub
from hinomi.web.hub.snapshots import UNCHANGED


def misp_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/misp/``."""
    routes = APIRouter(prefix="/misp", tags=["MISP feed"])
    come_in = admits(hub, Outlet.MISP)

    @routes.get(
        "/manifest.json",
        response_class=Response,
        responses=gives(JSON, {"type": "object"}, "The events, by their ids.")
        | UNCHANGED
        | refusals(),
    )
    async def give_manifest(
        request: Request, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give the manifest of the feed."""
        edition = await run_in_threadpool(hub.editions.newest)
        asked = Asked.of_feed("misp/manifest.json", edition.basis, JSON)
        return await hub.give(request, caller, asked, lambda: edition.misp.manifest)

    @routes.get(
        "/hashes.csv",
        response_class=Response,
        responses=gives(CSV, {"type": "string"}, "MD5 of values, and their events.")
        | UNCHANGED
        | refusals(),
    )
    async def give_hashes(
        request: Request, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give the hashes of what is listed, for quick looks."""
        edition = await run_in_threadpool(hub.editions.newest)
        asked = Asked.of_feed("misp/hashes.csv", edition.basis, CSV)
        return await hub.give(request, caller, asked, lambda: edition.misp.hashes)

    @routes.get(
        "/{event}.json",
        response_class=Response,
        responses=gives(JSON, {"type": "object"}, "A MISP event.") | UNCHANGED | refusals(404, 422),
    )
    async def give_event(
        request: Request, event: str, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give one event of the feed."""
        edition = await run_in_threadpool(hub.editions.newest)
        found = edition.misp.events.get(event)
        if found is None:
            raise NotFound("no event has this id; manifest.json names them")
        asked = Asked.of_feed("misp/event.json", edition.basis, JSON, event)
        return await hub.give(request, caller, asked, lambda: found)

    return routes
