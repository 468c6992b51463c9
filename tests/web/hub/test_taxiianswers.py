"""Every answer of the TAXII server has its media type, also where it refuses."""

import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from starlette.testclient import TestClient

from hinomi.errors import HinomiError, NotFound
from hinomi.web.hub.taxiianswers import answer, refuse, refusing_route

MEDIA = "application/taxii+json;version=2.1"


class Busy(HinomiError):
    """Too many ask: come again."""

    headers = {"Retry-After": "7"}  # noqa: RUF012 - As an error of the hub's limits has it.


@pytest.fixture(name="asking")
def a_client_of_some_routes() -> TestClient:
    """Give a client of routes that answer and refuse in each way."""

    def status_of(error: Exception) -> int:
        return 404 if isinstance(error, NotFound) else 429

    routes = APIRouter(route_class=refusing_route(status_of))

    @routes.get("/good/")
    def good(request: Request) -> Response:
        return answer(request, b"{}", {"X-TAXII-Date-Added-First": "1970-01-01T00:00:00.000Z"})

    @routes.get("/none/")
    def none() -> Response:
        raise NotFound("nothing of this kind")

    @routes.get("/busy/")
    def busy() -> Response:
        raise Busy("too many requests")

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
        ("/busy/", 429, "too many requests"),
        ("/odd/1/", 418, "no 1"),
        ("/odd/x/", 400, "the request is not as this resource wants it"),
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


def test_headers_of_a_refusal_come_along(asking: TestClient) -> None:
    """When to come again, for instance."""
    assert asking.get("/busy/").headers["retry-after"] == "7"
    assert asking.get("/odd/1/").headers["x-odd"] == "1"


def test_only_a_stranger_is_asked_who_they_are() -> None:
    """401 bears the challenge (RFC 7617), and nothing else does."""
    assert refuse(401, "why").headers["www-authenticate"] == 'Basic realm="hinomi", charset="UTF-8"'
    assert "www-authenticate" not in refuse(403, "why").headers
