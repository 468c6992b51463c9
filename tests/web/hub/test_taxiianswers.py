"""Every answer of the TAXII server has its media type, also where it refuses."""

import json

import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from starlette.testclient import TestClient

from hinomi.errors import NotFound, Unavailable
from hinomi.services.hub.meters import Meters
from hinomi.web.hub.answers import as_error
from hinomi.web.hub.taxiianswers import answer, in_taxii, refuse, refusing_route

MEDIA = "application/taxii+json;version=2.1"


@pytest.fixture(name="asking")
def a_client_of_some_routes() -> TestClient:
    """Give a client of routes that answer and refuse in each way."""
    routes = APIRouter(route_class=refusing_route(Meters()))

    @routes.get("/good/")
    def good(request: Request) -> Response:
        return answer(request, b"{}", {"X-TAXII-Date-Added-First": "1970-01-01T00:00:00.000Z"})

    @routes.get("/none/")
    def none() -> Response:
        raise NotFound("nothing of this kind")

    @routes.get("/busy/")
    def busy() -> Response:
        raise Unavailable("the disk of /somewhere is full")

    @routes.get("/odd/{number}/")
    def odd(number: int) -> Response:
        raise HTTPException(418, f"no {number}", {"X-Odd": "1"})

    app = FastAPI()
    app.include_router(routes)
    return TestClient(app)


def test_an_answer_has_the_media_type_as_it_is_registered(asking: TestClient) -> None:
    """No character set is added: clients compare it as a text."""
    found = asking.get("/good/", headers={"Accept": MEDIA})

    assert (found.status_code, found.headers["content-type"], found.content) == (200, MEDIA, b"{}")
    assert found.headers["x-taxii-date-added-first"] == "1970-01-01T00:00:00.000Z"


def test_who_does_not_take_taxii_is_told_so(asking: TestClient) -> None:
    """406, as an error resource all the same."""
    found = asking.get("/good/", headers={"Accept": "application/json"})

    assert (found.status_code, found.headers["content-type"]) == (406, MEDIA)
    assert found.json()["http_status"] == "406"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/none/", 404, "nothing of this kind"),
        ("/busy/", 503, "the hub cannot answer now; ask again later"),
        ("/odd/1/", 418, "no 1"),
        ("/odd/x/", 422, "not as it should be: number"),
    ],
)
def test_every_refusal_is_an_error_resource(
    asking: TestClient, path: str, status: int, said: str
) -> None:
    """Whoever refuses: the house, the framework, or what reads the parameters."""
    found = asking.get(path)

    assert (found.status_code, found.headers["content-type"]) == (status, MEDIA)
    assert found.json()["description"] == said
    assert found.json()["http_status"] == str(status)


def test_headers_that_say_what_to_do_come_along(asking: TestClient) -> None:
    """When to come again; others are left out."""
    assert asking.get("/busy/").headers["retry-after"]
    assert "x-odd" not in asking.get("/odd/1/").headers


def test_a_refusal_of_the_hub_is_said_as_taxii_does() -> None:
    """Of whoever comes too often, and of a stranger, whom it tells how to say who they are."""
    often = in_taxii(as_error(429, "too many requests"))
    stranger = in_taxii(as_error(401, "not known"))

    assert (often.status_code, often.headers["content-type"]) == (429, MEDIA)
    assert json.loads(bytes(often.body))["description"] == "too many requests"
    assert often.headers["retry-after"]
    assert "Basic realm=" in stranger.headers["www-authenticate"]
    assert "www-authenticate" not in refuse(403, "why").headers
