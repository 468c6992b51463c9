"""The route of the figures: how good the list is, without any listing."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.figures import figures_for
from hinomi.web.hub.answers import as_json, gives, refers, refusals
from hinomi.web.hub.bodies import JSON
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub


def figure_routes(hub: Hub) -> APIRouter:
    """Make the route ``/v1/figures``."""
    routes = APIRouter(tags=["figures"])
    come_in = admits(hub, Outlet.FIGURES)

    @routes.get(
        "/v1/figures",
        response_class=Response,
        responses=gives(JSON, refers("Figures"), "Figures of the newest list.") | refusals(404),
    )
    def give_figures(caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give what the newest list came to, and what it was to the caller; of others nothing."""
        told = figures_for(hub.home, hub.casebook, caller.member.name)
        hub.reads.give(caller, "figures", told["number"])
        return as_json(told)

    return routes
