"""Health and metrics answer this machine, and say whether the hub can do its work."""

import json
import shutil
import socket
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from hinomi.errors import ConfigError, Unavailable
from hinomi.listening import HttpServer
from hinomi.services.hub.restored import Restored, mark_restored
from hinomi.web.hub.health import health_of, parse_loopback, serve_health
from hinomi.web.hub.running import Hub
from openhub import DAY_MS, Node, SetClock, asking


@pytest.fixture(name="endpoint")
def an_endpoint(hub: Hub) -> HttpServer:
    """Give the endpoint of a hub, on a free port."""
    return serve_health(hub.serving, "127.0.0.1:0")


def ask(endpoint: HttpServer, path: str) -> tuple[int, str]:
    """Ask for *path*."""
    try:
        with urlopen(f"http://127.0.0.1:{endpoint.port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_hub_that_works_says_so(endpoint: HttpServer) -> None:
    """Database, journal, the newest list, and that this epoch has one."""
    status, said = ask(endpoint, "/healthz")
    endpoint.close()

    assert (status, json.loads(said)) == (
        200,
        {
            "healthy": True,
            "failing": [],
            "database": True,
            "journal": True,
            "newest": 1,
            "made": True,
            "late": False,
        },
    )


def test_a_late_list_is_told_and_is_no_reason_to_start_anew(hub: Hub, clock: SetClock) -> None:
    """The hub still gives what it has."""
    clock.now_ms += DAY_MS

    found = health_of(hub.serving)

    assert (found["healthy"], found["made"], found["late"]) == (True, False, True)


def test_a_list_that_cannot_be_made_is_told_as_failing(hub: Hub, clock: SetClock) -> None:
    """The hub still gives what it has: no reason to start it anew."""
    mark_restored(hub.home.folder, Restored(number=1, made="2026-01-01T00:00:00Z"))
    clock.now_ms += DAY_MS
    hub.serving.look()
    endpoint = serve_health(hub.serving, "127.0.0.1:0")
    status, said = ask(endpoint, "/healthz")
    endpoint.close()
    found = json.loads(said)

    assert (status, found["healthy"], found["failing"]) == (200, False, ["publish"])


def test_a_list_of_a_later_epoch_is_told_as_a_failing_clock(hub: Hub, clock: SetClock) -> None:
    """Before anything is due, and without a word of which day it is of."""
    clock.now_ms -= 3 * DAY_MS // 2

    found = health_of(hub.serving)

    assert found == {
        "healthy": False, "failing": ["clock"], "database": True, "journal": True, "newest": 1,
        "made": False, "late": False,
    }  # fmt: skip


def test_a_journal_that_cannot_be_written_is_told(hub: Hub, endpoint: HttpServer) -> None:
    """With a status that says: do not send anybody here."""
    shutil.rmtree(hub.home.folder / "journal")
    status, said = ask(endpoint, "/healthz")
    endpoint.close()

    assert status == 503
    assert json.loads(said)["journal"] is False


def test_a_case_book_that_does_not_answer_is_told(hub: Hub) -> None:
    """The rest is told all the same."""
    for path in hub.home.folder.glob("casebook.sqlite*"):
        path.unlink()
    (hub.home.folder / "casebook.sqlite").mkdir()
    hub.casebook.close()

    found = health_of(hub.serving)

    assert (found["healthy"], found["database"], found["journal"]) == (False, False, True)


def test_metrics_are_there_and_name_nobody(hub: Hub, node: Node, endpoint: HttpServer) -> None:
    """Requests by route and status, refusals by reason, the newest number, seconds."""
    with asking(hub, node) as client:
        client.get("/v1/snapshots/1/listings.json")
        client.get("/v1/hub", headers={"Authorization": "Bearer x"})
    hub.serving.is_made()
    status, said = ask(endpoint, "/metrics")
    endpoint.close()

    assert status == 200
    for line in (
        'hinomi_hub_requests_total{route="GET /v1/snapshots/{number}/listings.json",status="200"}',
        'hinomi_hub_refused_total{reason="unknown"} 1.0',
        "hinomi_hub_reads_total 1.0",
        "hinomi_hub_newest_number 1.0",
        "hinomi_hub_list_made 1.0",
        "hinomi_hub_request_seconds_count 2.0",
    ):
        assert line in said
    assert "isp-a" not in said


def test_there_is_nothing_else(endpoint: HttpServer) -> None:
    """No list, whatever is asked for."""
    status, said = ask(endpoint, "/v1/snapshots/latest")
    endpoint.close()

    assert status == 404
    assert list(json.loads(said)) == ["error"]


@pytest.mark.parametrize("address", ["0.0.0.0:9753", "192.0.2.1:80", "[::]:1", "hub.example:1"])
def test_it_does_not_answer_other_machines(address: str) -> None:
    """Nobody is asked for a certificate there."""
    with pytest.raises(ConfigError, match="other machines"):
        parse_loopback(address)


@pytest.mark.parametrize("address", ["9753", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", ":1"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    """With the form it should have."""
    with pytest.raises(ConfigError, match="ADDRESS:PORT"):
        parse_loopback(address)


def test_addresses_of_this_machine_are_taken() -> None:
    """By number or by name."""
    assert parse_loopback("127.0.0.1:9753") == ("127.0.0.1", 9753)
    assert parse_loopback("[::1]:0") == ("::1", 0)
    assert parse_loopback("localhost:1") == ("localhost", 1)


def test_a_port_that_is_taken_is_one_line(hub: Hub, tmp_path: Path) -> None:
    """Which one, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"{port}.*free it"):
            serve_health(hub.serving, f"127.0.0.1:{port}")
