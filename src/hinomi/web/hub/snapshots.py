"""Routes of the signed list: heads, JSON and CSV of each snapshot, and each member's envelope."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from hinomi.errors import NotFound
from hinomi.model.member import Outlet
from hinomi.model.snapshot import NUMBER_MOST
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.founding import envelope_signer, identity_key, list_signer
from hinomi.share.envelope import Envelope, mark_of, sign_envelope
from hinomi.share.snapshot import check_head
from hinomi.web.hub.answers import TEXT, as_json, as_text, gives, refers, refusals
from hinomi.web.hub.bodies import CSV, JSON
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Asked, Hub

HEADS_MOST: Final = 1000

Number = Annotated[int, Path(ge=1, le=NUMBER_MOST, description="Number of a snapshot.")]

UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "It is the one whose entity tag was named."}
}
"""What a route describes that answers with a body of `web.hub.bodies`."""


def snapshot_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/v1/snapshots``."""
    routes = APIRouter(prefix="/v1/snapshots", tags=["snapshots"])
    come_in = admits(hub, Outlet.SNAPSHOT)
    _add_heads(routes, hub, come_in)
    _add_lists(routes, hub, come_in)
    return routes


def _add_heads(routes: APIRouter, hub: Hub, come_in: Callable[[Request], Caller]) -> None:
    store = hub.casebook.hub.snapshots

    @routes.get(
        "",
        response_class=Response,
        responses=gives(JSON, refers("Heads"), "Signed heads, by number.") | refusals(422),
    )
    def give_heads(
        _caller: Annotated[Caller, Depends(come_in)],
        after: Annotated[int, Query(ge=0, le=NUMBER_MOST, description="The number before.")] = 0,
        most: Annotated[int, Query(ge=1, le=HEADS_MOST, description="How many at most.")] = 100,
    ) -> Response:
        """Give the signed heads of the snapshots after one, so that their chain can be checked."""
        heads = [{"number": number, "head": head} for number, head in store.heads(after, most)]
        return as_json({"heads": heads, "newest": store.newest_number()})

    @routes.get(
        "/latest",
        response_class=Response,
        responses=gives(JSON, refers("Head"), "The newest signed head.") | refusals(404),
    )
    def give_latest(_caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give number and signed head of the newest snapshot."""
        newest = store.newest_number()
        return as_json({"number": newest, "head": _head(hub, newest)})

    @routes.get(
        "/{number}/head",
        response_class=Response,
        responses=gives(TEXT, {"type": "string"}, "The signed note.") | refusals(404, 422),
    )
    def give_head(number: Number, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the signed head of one snapshot."""
        return as_text(_head(hub, number))


def _add_lists(routes: APIRouter, hub: Hub, come_in: Callable[[Request], Caller]) -> None:
    store = hub.casebook.hub.snapshots

    @routes.get(
        "/{number}/listings.json",
        response_class=Response,
        responses=gives(JSON, refers("Snapshot"), "The list, in canonical form.")
        | UNCHANGED
        | refusals(404, 422),
    )
    async def give_json(
        number: Number, request: Request, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give the list as the canonical JSON whose digest the head is signed over."""
        asked = Asked.of_list("listings.json", number, JSON)
        return await hub.give(request, caller, asked, lambda: store.get(number).json)

    @routes.get(
        "/{number}/listings.csv",
        response_class=Response,
        responses=gives(CSV, {"type": "string"}, "The list as CSV with a header.")
        | UNCHANGED
        | refusals(404, 422),
    )
    async def give_csv(
        number: Number, request: Request, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give the list as the CSV whose digest the head is signed over."""
        asked = Asked.of_list("listings.csv", number, CSV)
        return await hub.give(request, caller, asked, lambda: store.get(number).csv)

    @routes.get(
        "/{number}/envelope",
        response_class=Response,
        responses=gives(TEXT, {"type": "string"}, "The signed note.") | refusals(404, 422),
    )
    def give_envelope(number: Number, caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the signed note that says whom this copy of the list was made for."""
        signer = list_signer(hub.home)
        head = check_head(_head(hub, number), signer.verifier)
        member = caller.member.name
        envelope = Envelope(
            hub=signer.name,
            number=number,
            digest=head.json_digest,
            member=member,
            mark=mark_of(identity_key(hub.home), member, number),
        )
        rendered = sign_envelope(envelope, envelope_signer(hub.home))
        hub.reads.give(caller, "envelope", number)
        return as_text(rendered)


def _head(hub: Hub, number: int) -> str:
    """Give the signed head of a snapshot, without its lists."""
    found = hub.casebook.hub.snapshots.heads(number - 1, 1) if number else ()
    if not found or found[0][0] != number:
        raise NotFound("there is no such snapshot")
    return found[0][1]
