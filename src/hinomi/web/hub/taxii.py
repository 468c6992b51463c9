"""Routes of the TAXII 2.1 server: one API root with one collection, for reading alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from hinomi.errors import NotFound, Unavailable
from hinomi.hub.taxii import (
    API_ROOT,
    DISCOVERY,
    MEDIA_TYPE,
    NO_WRITING,
    TaxiiResources,
    is_sent,
)
from hinomi.hub.taxiicollection import LaterSnapshot, Page, TaxiiCollection
from hinomi.hub.taxiiquery import OF_AN_OBJECT, OF_OBJECTS, OF_VERSIONS, Asked, parse_query
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub
from hinomi.web.hub.taxiianswers import answer, refuse, refusing_route

_COLLECTIONS: Final = f"{API_ROOT}collections/"
_COLLECTION: Final = f"{_COLLECTIONS}{{collection}}/"
_OBJECTS: Final = f"{_COLLECTION}objects/"
_OBJECT: Final = f"{_OBJECTS}{{name}}/"
"""Paths; each ends with a slash (TAXII 2.1, 3.1)."""


def taxii_routes(hub: Hub) -> APIRouter:
    """Make the routes below ``/taxii2/``."""
    routes = APIRouter(route_class=refusing_route(hub.meters), tags=["TAXII 2.1"])
    come_in = admits(hub, Outlet.TAXII)
    resources = hub.editions.taxii_resources()
    _add_descriptions(routes, come_in, resources)
    _add_contents(routes, come_in, _Reading(hub, resources.collection_id))
    _add_writing(routes, come_in, resources)
    return routes


_ComeIn = Callable[[Request], Caller]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One request for what stands in the collection, from question to answer."""

    hub: Hub
    collection_id: str

    def give(
        self,
        request: Request,
        caller: Caller,
        collection: str,
        known: frozenset[str],
        choose: Callable[[TaxiiCollection, Asked], Page],
    ) -> Response:
        """Give what *choose* takes out of the collection; the journal knows before it leaves."""
        _require_collection(collection, self.collection_id)
        asked = parse_query(request.query_params.multi_items(), known)
        held = self.hub.editions.newest().taxii
        try:
            page = choose(held, asked)
        except LaterSnapshot:
            if held.number < self.hub.editions.newest_number():
                raise Unavailable("another process gave a list that is not made here yet") from None
            raise
        self.hub.reads.give(caller, "taxii", held.number)
        dates = {"X-TAXII-Date-Added-First": page.first, "X-TAXII-Date-Added-Last": page.last}
        return answer(request, page.body, dates)


def _add_descriptions(routes: APIRouter, come_in: _ComeIn, resources: TaxiiResources) -> None:
    """Add the routes that say what there is."""

    @routes.get(DISCOVERY, **_documented())
    def give_discovery(request: Request, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the discovery resource."""
        return answer(request, resources.discovery)

    @routes.get(API_ROOT, **_documented())
    def give_api_root(request: Request, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the API root."""
        return answer(request, resources.api_root)

    @routes.get(f"{API_ROOT}status/{{status}}/", **_documented())
    def give_status(status: str, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        """Give the status of what was added: there is none."""
        del status
        raise NotFound("nothing is added here, so that there is no status of it")

    @routes.get(_COLLECTIONS, **_documented())
    def give_collections(
        request: Request, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give the collections: one."""
        return answer(request, resources.collections)

    @routes.get(_COLLECTION, **_documented())
    def give_collection(
        request: Request, collection: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give what there is to know of the collection."""
        _require_collection(collection, resources.collection_id)
        return answer(request, resources.collection)


def _add_contents(routes: APIRouter, come_in: _ComeIn, reading: _Reading) -> None:
    """Add the routes that give what stands in the collection."""

    @routes.get(f"{_COLLECTION}manifest/", **_documented(OF_OBJECTS))
    def give_manifest(
        request: Request, collection: str, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give what the objects are called, and their versions."""
        return reading.give(request, caller, collection, OF_OBJECTS, TaxiiCollection.manifest)

    @routes.get(_OBJECTS, **_documented(OF_OBJECTS))
    def give_objects(
        request: Request, collection: str, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give objects."""
        return reading.give(request, caller, collection, OF_OBJECTS, TaxiiCollection.objects)

    @routes.get(_OBJECT, **_documented(OF_AN_OBJECT))
    def give_object(
        request: Request, collection: str, name: str, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give one object, by its id."""

        def choose(held: TaxiiCollection, asked: Asked) -> Page:
            return held.object(name, asked)

        return reading.give(request, caller, collection, OF_AN_OBJECT, choose)

    @routes.get(f"{_OBJECT}versions/", **_documented(OF_VERSIONS))
    def give_versions(
        request: Request, collection: str, name: str, caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Give the versions of one object."""

        def choose(held: TaxiiCollection, asked: Asked) -> Page:
            return held.versions(name, asked)

        return reading.give(request, caller, collection, OF_VERSIONS, choose)


def _add_writing(routes: APIRouter, come_in: _ComeIn, resources: TaxiiResources) -> None:
    """Add the routes that change a collection elsewhere, and say why they do not here."""

    @routes.post(_OBJECTS, **_documented())
    def take_objects(
        request: Request, collection: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Refuse objects: findings come in signed, and elsewhere."""
        _require_collection(collection, resources.collection_id)
        if not is_sent(request.headers.get("content-type")):
            return refuse(415, f"what is sent is not {MEDIA_TYPE}")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > resources.max_content_length:
            return refuse(413, f"a request has at most {resources.max_content_length} bytes")
        return refuse(403, NO_WRITING)

    @routes.delete(_OBJECT, **_documented())
    def delete_object(
        collection: str, name: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        """Refuse to delete: what ends is revoked, with an epoch."""
        del name
        _require_collection(collection, resources.collection_id)
        return refuse(403, NO_WRITING)


def _require_collection(collection: str, wanted: str) -> None:
    if collection != wanted:
        raise NotFound(f"no collection has this id; {_COLLECTIONS} gives the one there is")


def _documented(parameters: Iterable[str] = ()) -> dict[str, Any]:
    """Tell the OpenAPI document what a route takes and gives."""
    asked = [
        {"name": each, "in": "query", "required": False, "schema": {"type": "string"}}
        for each in sorted(parameters)
    ]
    media = {MEDIA_TYPE: {"schema": {"type": "object"}}}
    told = {
        200: {"description": "TAXII resource", "content": media},
        **{
            status: {"description": "TAXII error resource", "content": media}
            for status in (400, 401, 403, 404, 405, 406, 413, 415, 422, 429, 503)
        },
    }
    return {
        "responses": told,
        "response_class": Response,
        "openapi_extra": {"parameters": asked} if asked else {},
    }
