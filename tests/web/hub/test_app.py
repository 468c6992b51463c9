"""The application answers in one form, and describes itself."""

from hinomi.web.hub.app import create_app, describe
from hinomi.web.hub.running import Hub
from openhub import DAY_MS, Node, SetClock, asking, routes_of


def test_a_node_hears_which_epoch_it_is(hub: Hub, node: Node, clock: SetClock) -> None:
    """And which one batches are of; nothing finer than a day."""
    with asking(hub, node) as client:
        first = client.get("/v1/hub")
        clock.now_ms += DAY_MS // 3
        second = client.get("/v1/hub")

    assert first.json() == {
        "hub": "hub.example/list",
        "epoch": "2026-01-01",
        "epoch_days": 1,
        "spoken_of": "2025-12-31",
        "newest": 1,
    }
    assert first.content == second.content
    assert first.headers == second.headers


def test_every_route_is_described(hub: Hub) -> None:
    """With what it may refuse, and behind which security."""
    found = describe(create_app(hub))
    described = {
        (method.upper(), path) for path, methods in found["paths"].items() for method in methods
    }

    assert described == set(routes_of(create_app(hub)))
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert {"200", "401", "403", "429", "503"} <= set(operation["responses"]), (
                method,
                path,
            )
            assert operation["summary"], (method, path)
    assert found["security"] == [
        {"certificate": [], "bearer": []},
        {"certificate": [], "basic": []},
    ]
    assert "HTTPValidationError" not in str(found)


def test_the_description_has_a_door(hub: Hub, node: Node) -> None:
    """It is given to nodes, and is the one that is published."""
    with asking(hub, node) as client:
        assert client.get("/openapi.json").json() == describe(create_app(hub))
    with asking(hub, None) as client:
        assert client.get("/openapi.json").status_code == 401


def test_there_is_nothing_else(hub: Hub, node: Node) -> None:
    """No pages for people, no redirects, no other methods."""
    with asking(hub, node) as client:
        for path in ("/", "/docs", "/redoc", "/metrics", "/healthz", "/v1/hub/", "/v1/snapshots/"):
            assert client.get(path).status_code == 404, path
        for method in ("POST", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            assert client.request(method, "/v1/hub").status_code == 405, method
