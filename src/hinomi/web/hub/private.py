"""Routes of private corroboration: the round that is open, tables inwards, one's own answer."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from hinomi.model.listing import render_epoch
from hinomi.model.member import Outlet
from hinomi.services.hub.corroborating import (
    SentIn,
    answer_for,
    seat_of,
    size_of,
    take_tables,
)
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.epochs import present_epoch
from hinomi.share.private.rounds import ROUND_FORMAT
from hinomi.web.hub.answers import as_json, gives, refers, refusals
from hinomi.web.hub.bodies import JSON
from hinomi.web.hub.door import Brought, admits, brings
from hinomi.web.hub.limits import takes_exactly
from hinomi.web.hub.running import Hub
from hinomi.web.hub.submissions import EpochDay, SignedNote, epoch_on, note_in

BYTES: Final = "application/octet-stream"
_BINARY: Final = {"type": "string", "format": "binary"}


def private_routes(hub: Hub) -> APIRouter:
    """Make the routes of rounds; where the register has them off, they say so."""
    routes = APIRouter(tags=["private corroboration"])
    _add_reading(routes, hub)
    _add_tables(routes, hub)
    return routes


def _add_reading(routes: APIRouter, hub: Hub) -> None:
    come_in = admits(hub, Outlet.SUBMIT)

    @routes.get(
        "/v1/round",
        response_class=Response,
        responses=gives(JSON, refers("Round"), "The round that is open.") | refusals(404, 409),
    )
    def tell_round(caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Tell what members agree on in the present round, and the caller's number in it."""
        seat = seat_of(hub.home, hub.casebook, caller.member)
        days = present_epoch(hub.home).days
        return as_json(
            {
                "format": ROUND_FORMAT,
                "hub": seat.agreed.hub,
                "epoch": render_epoch(seat.agreed.epoch, days),
                "threshold": seat.agreed.threshold,
                "capacity": seat.agreed.capacity,
                "number": seat.number,
                "tables_bytes": seat.size_bytes,
            }
        )

    @routes.get(
        "/v1/rounds/{epoch}/answer",
        response_class=Response,
        responses=gives(BYTES, _BINARY, "What the caller is told of a round.")
        | refusals(404, 409, 422),
    )
    def give_answer(epoch: EpochDay, caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the caller's own answer of a round that is over."""
        found = answer_for(hub.home, hub.casebook, caller.member, epoch_on(hub, epoch))
        hub.reads.give(caller, "answer of a round")
        return Response(found, headers={"Cache-Control": "no-store"}, media_type=BYTES)


def _add_tables(routes: APIRouter, hub: Hub) -> None:
    def size_bytes(request: Request) -> int:
        return size_of(hub.home, hub.casebook, epoch_on(hub, request.path_params["epoch"]))

    come_in = brings(hub, Outlet.SUBMIT, takes_exactly(size_bytes, BYTES))

    @routes.put(
        "/v1/rounds/{epoch}/tables",
        response_class=Response,
        responses=gives(JSON, refers("TablesReceipt"), "The tables are kept and count.")
        | refusals(400, 404, 408, 409, 415, 422),
        openapi_extra={"requestBody": {"required": True, "content": {BYTES: {"schema": _BINARY}}}},
    )
    def put_tables(
        epoch: EpochDay, brought: Annotated[Brought, Depends(come_in)], note: SignedNote
    ) -> Response:
        """Take in a member's tables of one round; the same again gets the same receipt."""
        body = brought.document.body
        sent = SentIn(epoch=epoch_on(hub, epoch), body=body, note=note_in(note))
        kept = take_tables(hub.home, hub.casebook, brought.caller.member, sent)
        hub.meters.batches.labels("tables").inc()
        days = present_epoch(hub.home).days
        return as_json(
            {"epoch": render_epoch(kept.epoch, days), "digest": kept.digest, "note": kept.note}
        )
