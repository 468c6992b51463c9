"""Routes inwards: what members found, what they saw of the list, and that they put it to use."""

import base64
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Response

from hinomi.errors import Conflict
from hinomi.model.listing import parse_epoch, render_epoch
from hinomi.model.member import Outlet
from hinomi.model.statement import Deed
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.intake import Sent, acknowledge, take
from hinomi.web.hub.answers import as_json, gives, refers, refusals
from hinomi.web.hub.bodies import JSON
from hinomi.web.hub.door import Brought, brings
from hinomi.web.hub.limits import takes
from hinomi.web.hub.running import Hub
from hinomi.web.hub.schemas import BASE64_PATTERN, EPOCH_PATTERN
from hinomi.web.hub.snapshots import Number

NOTE_MOST: Final = 4096
"""Characters of the header with the signed note."""

_MEDIA: Final = {"application/json": "json", "text/csv": "csv"}

EpochDay = Annotated[
    str,
    Path(
        pattern=EPOCH_PATTERN,
        description="First day of the epoch.",
        json_schema_extra={"format": "date"},
    ),
]
SignedNote = Annotated[
    str,
    Header(
        alias="Hinomi-Note",
        max_length=NOTE_MOST,
        pattern=BASE64_PATTERN,
        description="The member's signed note over the document, in base64.",
    ),
]


def submission_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/v1/epochs``, and the one of acknowledgements."""
    routes = APIRouter(tags=["submissions"])
    _add_batches(routes, hub)
    _add_acknowledgements(routes, hub)
    return routes


def _add_batches(routes: APIRouter, hub: Hub) -> None:
    def most_mib() -> int:
        return hub.home.config.hub.body_most_mib

    submits = brings(hub, Outlet.SUBMIT, takes(most_mib, *_MEDIA))
    feeds_back = brings(hub, Outlet.FEEDBACK, takes(most_mib, "application/json"))
    statuses = (400, 408, 409, 413, 415, 422)
    responses = gives(JSON, refers("Receipt"), "The batch is kept and counts.") | refusals(
        *statuses
    )

    @routes.put(
        "/v1/epochs/{epoch}/submission",
        response_class=Response,
        responses=responses,
        openapi_extra=_body({"application/json": refers("Submission"), "text/csv": _CSV}),
    )
    def put_submission(
        epoch: EpochDay, brought: Annotated[Brought, Depends(submits)], note: SignedNote
    ) -> Response:
        """Take in a member's findings of one epoch; the same again gets the same receipt."""
        return _take(hub, brought, Deed.SUBMISSION, day=epoch, note=note)

    @routes.put(
        "/v1/epochs/{epoch}/sightings",
        response_class=Response,
        responses=responses,
        openapi_extra=_body({"application/json": refers("Sightings")}),
    )
    def put_sightings(
        epoch: EpochDay, brought: Annotated[Brought, Depends(feeds_back)], note: SignedNote
    ) -> Response:
        """Take in what a member saw of the list in one epoch."""
        return _take(hub, brought, Deed.SIGHTINGS, day=epoch, note=note)


def _add_acknowledgements(routes: APIRouter, hub: Hub) -> None:
    puts_to_use = brings(hub, Outlet.SNAPSHOT, takes(lambda: 1, "text/plain"))

    @routes.put(
        "/v1/snapshots/{number}/acknowledgement",
        response_class=Response,
        responses=gives(JSON, refers("Acknowledged"), "It is noted.")
        | refusals(400, 404, 408, 413, 415, 422),
        openapi_extra=_body({"text/plain": {"type": "string"}}),
        tags=["snapshots"],
    )
    def put_acknowledgement(
        number: Number, brought: Annotated[Brought, Depends(puts_to_use)]
    ) -> Response:
        """Note that a member has put a snapshot to use: the body is its signed note."""
        note = _decoded(brought.document.body)
        acknowledge(hub.home, hub.casebook, brought.caller.member, number, note)
        return as_json({"number": number})


def _take(hub: Hub, brought: Brought, deed: Deed, *, day: str, note: str) -> Response:
    days = present_epoch(hub.home).days
    sent = Sent(
        deed=deed,
        epoch=epoch_on(hub, day),
        media=_MEDIA[brought.document.media],
        body=brought.document.body,
        note=note_in(note),
    )
    receipt = take(hub.home, hub.casebook, brought.caller.member, sent)
    hub.meters.batches.labels(deed.name.lower()).inc()
    return as_json(
        {
            "epoch": render_epoch(receipt.epoch, days),
            "digest": receipt.digest,
            "statements": receipt.statements,
            "note": receipt.note,
        }
    )


def epoch_on(hub: Hub, day: str) -> int:
    """
    Give the epoch that begins on a day.

    Raises:
        Conflict: If none does.
    """
    days = present_epoch(hub.home).days
    try:
        return parse_epoch(day, days)
    except ValueError as error:
        raise Conflict(
            f"no epoch of this hub begins on that day: each has {days} day(s)"
        ) from error


def note_in(header: str) -> str:
    """Give the signed note that a header holds in base64."""
    return _decoded(base64.b64decode(header))


def _decoded(note: bytes) -> str:
    """Give the text of a note; what is no text has no signature either."""
    return note.decode("utf-8", "replace")


_CSV: Final = {
    "type": "string",
    "description": "A header address,protocol,port and a line for each finding, in its one form: "
    "in the order of the servers, LF, no byte-order mark, quotes or blank lines.",
}


def _body(schemas: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Describe the document that a route takes."""
    content = {media: {"schema": schema} for media, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}
