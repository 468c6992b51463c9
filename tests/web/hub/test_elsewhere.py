"""What no route answers has a door, and one answer whatever process gives it."""

import pytest
from starlette.routing import Match

from hinomi.web.hub.elsewhere import NOT_SO, NOTHING, NOTHING_IN_TAXII, Elsewhere
from hinomi.web.hub.running import Hub
from openhub import Node, asking, join

PATHS = (
    "/",
    "/nothing",
    "/v1/hub/",
    "//v1/hub",
    "/taxii2",
    "/taxii2/x",
    "/taxii2/list",
    "/v1//hub",
)
"""Where nothing is."""


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", PATHS)
def test_strangers_learn_of_no_path_whether_anything_is_there(
    hub: Hub, node: Node, path: str, method: str
) -> None:
    """They hear the same as where something is; who is in hears that there is nothing."""
    taken = "/taxii2/" if path.startswith("/taxii2/") else "/v1/hub"
    with asking(hub, node) as client:
        headers = {"Authorization": "Bearer x"}
        there, here = (client.request(method, each, headers=headers) for each in (taken, path))
        found = client.request(method, path)

    assert (here.status_code, here.content) == (401, there.content)
    assert here.headers.raw == there.headers.raw
    assert found.status_code == 404
    if method != "HEAD":
        is_taxii = path.startswith("/taxii2/")
        told = found.json()["description" if is_taxii else "error"]
        assert told == (NOTHING_IN_TAXII if is_taxii else NOTHING)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/hub", "GET, HEAD"),
        ("/v1/epochs/2026-01-01/submission", "PUT"),
        ("/taxii2/", "GET, HEAD"),
        ("/taxii2/list/collections/x/objects/", "GET, HEAD, POST"),
        ("/taxii2/list/collections/x/objects/y/", "DELETE, GET, HEAD"),
    ],
)
def test_methods_are_named_in_one_order(hub: Hub, node: Node, path: str, allowed: str) -> None:
    """So that two processes of one hub give the same bytes."""
    with asking(hub, node) as client:
        found = client.request("TRACE", path)

    assert (found.status_code, found.headers["allow"]) == (405, allowed)
    assert NOT_SO in found.text


def test_a_refusal_stands_in_the_journal(hub: Hub, node: Node) -> None:
    """By the door that was tried: that of TAXII, or the one of all."""
    few = join(hub.casebook, "isp-b", outlets=())
    with asking(hub, few) as client:
        statuses = [client.get(each).status_code for each in ("/nothing", "/taxii2/nothing")]
    told = [each for each in hub.home.journal().entries() if "refused" in each]

    assert node.fingerprint != few.fingerprint
    assert statuses == [403, 403]
    assert [each["door"] for each in told] == ["any", "taxii"]


def test_what_is_not_http_is_not_for_it(hub: Hub) -> None:
    """Such as a WebSocket, which the hub does not speak."""
    last = Elsewhere(hub, [])

    assert last.matches({"type": "websocket"}) == (Match.NONE, {})
    assert last.matches({"type": "http"}) == (Match.FULL, {})
