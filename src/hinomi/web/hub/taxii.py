"""Routes of the TAXII 2.1 server: one API root with one collection, for reading alone."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from hinomi.errors import NotFound
from hinomi.hub.taxii import API_ROOT, DISCOVERY, MEDIA_TYPE, NO_WRITING, is_sent
from hinomi.hub.taxiicollection import Page
from hinomi.hub.taxiiquery import OF_AN_OBJECT, OF_OBJECTS, OF_VERSIONS, parse_query
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.editions import Editions
from hinomi.web.hub.door import admits
from hinomi.web.hub.running import Hub
from hinomi.web.hub.taxiianswers import StatusOf, answer, refuse, refusing_route

_COLLECTIONS: Final = f"{API_ROOT}collections/"
_COLLECTION: Final = f"{_COLLECTIONS}{{collection}}/"
_OBJECTS: Final = f"{_COLLECTION}objects/"
_OBJECT: Final = f"{_OBJECTS}{{name}}/"
"""Paths; each ends with a slash (TAXII 2.1, 3.1)."""

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def taxii_routes(hub: Hub, status_of: StatusOf) -> APIRouter:
    """
    Make the routes below ``/taxii2/``.

    Args:
        hub: That answers.
        status_of: Gives the HTTP status that says what an error says.
    """
    routes = APIRouter(route_class=refusing_route(status_of), tags=["TAXII 2.1"])
    come_in = admits(hub, Outlet.TAXII)
    editions = Editions(hub.home, hub.casebook)
    _add_descriptions(routes, come_in, editions)
    _add_contents(routes, come_in, editions)
    _add_writing(routes, come_in, editions)
    _add_the_rest(routes, come_in)
    return routes


_ComeIn = Callable[[Request], Caller]


def _add_descriptions(routes: APIRouter, come_in: _ComeIn, editions: Editions) -> None:
    """Add the routes that say what there is."""
    resources = editions.taxii_resources()

    @routes.get(DISCOVERY, **_documented())
    def give_discovery(request: Request, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        return answer(request, resources.discovery)

    @routes.get(API_ROOT, **_documented())
    def give_api_root(request: Request, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        return answer(request, resources.api_root)

    @routes.get(f"{API_ROOT}status/{{status}}/", **_documented())
    def give_status(status: str, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        del status
        raise NotFound("nothing is added here, so that there is no status of it")

    @routes.get(_COLLECTIONS, **_documented())
    def give_collections(
        request: Request, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        return answer(request, resources.collections)

    @routes.get(_COLLECTION, **_documented())
    def give_collection(
        request: Request, collection: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        _require_collection(collection, editions)
        return answer(request, resources.collection)


def _add_contents(routes: APIRouter, come_in: _ComeIn, editions: Editions) -> None:
    """Add the routes that give what stands in the collection."""

    @routes.get(f"{_COLLECTION}manifest/", **_documented(OF_OBJECTS))
    def give_manifest(
        request: Request, collection: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        _require_collection(collection, editions)
        asked = parse_query(request.query_params.multi_items(), OF_OBJECTS)
        return _give(request, editions.taxii().manifest(asked))

    @routes.get(_OBJECTS, **_documented(OF_OBJECTS))
    def give_objects(
        request: Request, collection: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        _require_collection(collection, editions)
        asked = parse_query(request.query_params.multi_items(), OF_OBJECTS)
        return _give(request, editions.taxii().objects(asked))

    @routes.get(_OBJECT, **_documented(OF_AN_OBJECT))
    def give_object(
        request: Request, collection: str, name: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        _require_collection(collection, editions)
        asked = parse_query(request.query_params.multi_items(), OF_AN_OBJECT)
        return _give(request, editions.taxii().object(name, asked))

    @routes.get(f"{_OBJECT}versions/", **_documented(OF_VERSIONS))
    def give_versions(
        request: Request, collection: str, name: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        _require_collection(collection, editions)
        asked = parse_query(request.query_params.multi_items(), OF_VERSIONS)
        return _give(request, editions.taxii().versions(name, asked))


def _add_writing(routes: APIRouter, come_in: _ComeIn, editions: Editions) -> None:
    """Add the routes that change a collection elsewhere, and say why they do not here."""
    most = editions.taxii_resources()

    @routes.post(_OBJECTS, **_documented())
    def take_objects(
        request: Request, collection: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        _require_collection(collection, editions)
        if not is_sent(request.headers.get("content-type")):
            return refuse(415, f"what is sent is not {MEDIA_TYPE}")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most.max_content_length:
            return refuse(413, f"a request has at most {most.max_content_length} bytes")
        return refuse(403, NO_WRITING)

    @routes.delete(_OBJECT, **_documented())
    def delete_object(
        collection: str, name: str, _caller: Annotated[Caller, Depends(come_in)]
    ) -> Response:
        del name
        _require_collection(collection, editions)
        return refuse(403, NO_WRITING)


def _add_the_rest(routes: APIRouter, come_in: _ComeIn) -> None:
    """Answer every other path and method below with an error of TAXII, to those who may come in."""

    @routes.api_route(f"{DISCOVERY}{{rest:path}}", methods=[*_METHODS], include_in_schema=False)
    def refuse_the_rest(request: Request, _caller: Annotated[Caller, Depends(come_in)]) -> Response:
        path = request.url.path
        allowed = sorted(
            method
            for route in routes.routes[:-1]
            if route.path_regex.match(path)  # type: ignore[attr-defined] # They are all our own.
            for method in route.methods  # type: ignore[attr-defined]
        )
        if allowed:
            return refuse(405, "this is not done here", {"Allow": ", ".join(allowed)})
        return refuse(404, f"nothing is here; {DISCOVERY} says what there is, with slashes at ends")


def _require_collection(collection: str, editions: Editions) -> None:
    if collection != editions.taxii_resources().collection_id:
        raise NotFound(f"no collection has this id; {_COLLECTIONS} gives the one there is")


def _give(request: Request, page: Page) -> Response:
    dates = {"X-TAXII-Date-Added-First": page.first, "X-TAXII-Date-Added-Last": page.last}
    return answer(request, page.body, dates)


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
            for status in (400, 401, 403, 404, 405, 406, 413, 415, 429)
        },
    }
    return {
        "responses": told,
        "response_class": Response,
        "openapi_extra": {"parameters": asked} if asked else {},
    }
