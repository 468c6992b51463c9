"""Whatever happens behind the gate, there is one answer in one line."""

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.requests import ClientDisconnect

from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.hub.epochs import present_epoch
from hinomi.web.hub import gate
from hinomi.web.hub.gate import DRAINED_BYTES, Gate
from hinomi.web.hub.limits import Pace
from hinomi.web.hub.peer import shown
from hinomi.web.hub.running import Hub
from openhub import Node, asking, findings, join


def run(
    hub: Hub, app: Any, *, body: bytes = b"", headers: dict[bytes, bytes] | None = None
) -> list[dict[str, Any]]:
    """Send one request to *app* behind the gate; give what was answered."""
    sent: list[dict[str, Any]] = []
    parts = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "PUT", "path": "/", "headers": list((headers or {}).items())}
    asyncio.run(Gate(app, hub)(scope, receive, send))
    return sent


async def refuse(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer without reading."""
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def fail(_scope: Any, _receive: Any, _send: Any) -> None:
    """Break down."""
    raise ZeroDivisionError("198.51.100.1 stands in this message")


async def go(_scope: Any, _receive: Any, _send: Any) -> None:
    """Find that nobody is there any more."""
    raise ClientDisconnect


def counted(hub: Hub) -> str:
    """Give all counts."""
    return generate_latest(hub.meters.registry).decode()


def test_what_nobody_foresaw_is_one_line(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """Its kind is logged and counted; its message, which may repeat a value, is not."""
    start, body = run(hub, fail)

    said = capsys.readouterr()
    assert start["status"] == 500
    assert body["body"] == b'{"error":"the hub cannot answer now; ask again later"}'
    assert 'hinomi_hub_failures_total{what="ZeroDivisionError"} 1.0' in counted(hub)
    assert "198.51.100.1" not in said.err + said.out + counted(hub)


def test_a_request_with_two_ends_is_refused_and_the_connection_closed(hub: Hub) -> None:
    """Whoever stands between might take what follows for the next one (RFC 9112, section 6.1)."""
    both = {b"content-length": b"3", b"transfer-encoding": b"chunked"}

    start, body = run(hub, refuse, headers=both)

    assert start["status"] == 400
    assert (b"connection", b"close") in start["headers"]
    assert b"not both" in body["body"]


@pytest.mark.parametrize("name", [b"Authorization", b"hinomi-note", b"content-type"])
def test_what_is_said_once_is_not_said_twice(hub: Hub, node: Node, name: bytes) -> None:
    """Whoever stands between might have looked at the other one."""
    with asking(hub, node) as client:
        pairs = [(b"authorization", f"Bearer {node.token}".encode())]
        pairs += [(name, b"x")] * (1 if name == b"Authorization" else 2)
        answer = client.get("/v1/hub", headers=httpx.Headers(pairs))
        once = client.get("/v1/hub")

    assert (answer.status_code, once.status_code) == (400, 200)
    assert answer.json() == {"error": f"a request has {name.decode().lower()} once"}


def test_two_signed_notes_are_none(hub: Hub, node: Node) -> None:
    """Nothing is taken in by either."""
    spoken_of = present_epoch(hub.home).spoken_of
    body = findings(spoken_of)
    note = node.note(Deed.SUBMISSION, spoken_of, body)["Hinomi-Note"]
    headers = httpx.Headers(
        [
            ("Authorization", f"Bearer {node.token}"),
            ("Content-Type", "application/json"),
            ("Hinomi-Note", note),
            ("Hinomi-Note", note),
        ]
    )
    with asking(hub, node) as client:
        path = "/v1/epochs/2025-12-31/submission"
        twice = client.request("PUT", path, content=body, headers=headers)
        once = client.put(
            path, body, "application/json", headers={**node.headers, "Hinomi-Note": note}
        )

    assert (twice.status_code, once.status_code) == (400, 200)


def test_a_head_is_a_get_without_its_body(hub: Hub, node: Node) -> None:
    """The same door, headers and line of the journal; what no GET takes, takes no HEAD either."""
    with asking(hub, node) as client:
        for path in ("/v1/hub", "/v1/snapshots/1/listings.json", "/taxii2/", "/nothing"):
            got, head = client.get(path), client.request("HEAD", path)
            assert (head.status_code, head.content) == (got.status_code, b"")
            assert head.headers.raw == got.headers.raw
            assert int(head.headers["content-length"]) > 0
        refused = client.request("HEAD", "/v1/epochs/2025-12-31/submission")
        wrong = client.request("PUT", "/v1/hub")
        stranger = client.request("HEAD", "/v1/hub", headers={"Authorization": "Bearer x"})
    told = [each.parse() for each in hub.home.journal().bodies(0)]
    reads = [each for each in told if each.get("number") == 1]

    assert (refused.status_code, refused.content, refused.headers["allow"]) == (405, b"", "PUT")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")
    assert (stranger.status_code, stranger.content) == (401, b"")
    assert len(reads) == 2
    assert 'hinomi_hub_requests_total{route="HEAD /v1/hub",status="200"} 1.0' in counted(hub)


def test_who_has_gone_gets_no_answer(hub: Hub) -> None:
    """It is counted, and nothing else."""
    assert run(hub, go) == []
    assert 'hinomi_hub_failures_total{what="gone"} 1.0' in counted(hub)


def test_a_small_document_that_nobody_wants_is_read_away(hub: Hub) -> None:
    """So its sender reads why, and the connection is kept."""
    start, _ = run(hub, refuse, body=bytes(100_000), headers={b"content-length": b"100000"})

    assert (b"connection", b"close") not in start["headers"]


@pytest.mark.parametrize(
    "headers",
    [
        {b"content-length": str(DRAINED_BYTES + 1).encode()},
        {b"transfer-encoding": b"chunked"},
        {b"content-length": b"10", b"expect": b"100-continue"},
    ],
)
def test_of_a_large_document_nothing_is_kept(hub: Hub, headers: dict[bytes, bytes]) -> None:
    """The connection ends: the rest of it must not be taken for the next request."""
    start, *parts = run(hub, refuse, body=bytes(2 * DRAINED_BYTES), headers=headers)

    assert [each["more_body"] for each in parts] in ([False], [True, False])
    assert (b"connection", b"close") in start["headers"]


def test_what_does_not_come_is_not_waited_for(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that was announced and never sent ends the connection, with an answer."""
    monkeypatch.setattr(gate, "DRAIN_S", 0.05)
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": "/", "headers": [(b"content-length", b"9")]}
    asyncio.run(Gate(refuse, hub)(scope, never, send))

    assert sent[0]["status"] == 401
    assert (b"connection", b"close") in sent[0]["headers"]


def test_who_comes_too_often_is_sent_away(hub: Hub, node: Node) -> None:
    """A member by its own pace, told the same time to wait as everybody."""
    most = hub.home.config.hub.requests_per_minute
    hub.pace = Pace(most, lambda: 0.0)  # No time passes.
    with asking(hub, node) as client:
        client.get("/v1/hub")
        for _ in range(most):
            hub.pace.take(node.fingerprint)
        answer = client.get("/v1/hub")

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert list(answer.json()) == ["error"]
    assert 'hinomi_hub_refused_total{reason="often"} 1.0' in counted(hub)


def test_a_stranger_is_slowed_down_sooner_and_hinders_nobody(hub: Hub, node: Node) -> None:
    """Members come in as before."""
    stranger = join(hub.casebook, "isp-b")
    hub.pace = Pace(hub.home.config.hub.requests_per_minute, lambda: 0.0)
    with asking(hub, stranger) as client:
        statuses = [
            client.get("/v1/hub", headers={"Authorization": "Bearer x"}).status_code
            for _ in range(hub.home.config.hub.requests_per_minute // 10 + 1)
        ]
    with asking(hub, node) as client:
        assert client.get("/v1/hub").status_code == 200

    assert statuses == [401] * (len(statuses) - 1) + [429]


def test_routes_are_counted_by_pattern(hub: Hub, node: Node) -> None:
    """What was asked for is in no label, and no member is."""
    with asking(hub, node) as client:
        client.get("/v1/snapshots/1/head")
        client.get("/some/198.51.100.1/thing")
        client.request("BREW", "/v1/hub")

    said = counted(hub)
    assert '{route="GET /v1/snapshots/{number}/head",status="200"} 1.0' in said
    assert '{route="GET other",status="404"} 1.0' in said
    assert "198.51.100.1" not in said
    assert "isp-a" not in said
    assert "BREW" not in said


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"https://hub.example:8443/v1/hub", "/v1/hub"),
        (b"HTTPS://hub.example/a%20b/", "/a b/"),
        (b"https://hub.example", "/"),
        (b"https://hub%2Fa.example/v1/hub", "/v1/hub"),
        (b"http://hub.example/v1/hub", "as it was"),
        (b"/https://hub.example/v1/hub", "as it was"),
        (b"*", "as it was"),
    ],
)
def test_a_whole_url_is_its_path(hub: Hub, target: bytes, path: str) -> None:
    """Of TLS alone: whoever asks by another scheme asks for something else."""
    seen: list[str] = []

    async def note(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await refuse(scope, receive, send)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    scope = {
        "type": "http", "method": "GET", "path": "as it was", "raw_path": target, "headers": [],
    }  # fmt: skip
    asyncio.run(Gate(note, hub)(scope, receive, send))

    assert seen == [path]


def test_what_is_not_http_goes_by(hub: Hub) -> None:
    """Such as the start of an application, in servers that tell of it."""
    seen: list[str] = []

    async def note(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return {}

    asyncio.run(Gate(note, hub)({"type": "lifespan"}, nothing, nothing))

    assert seen == ["lifespan"]
    assert isinstance(hub.home, Home)
    assert shown(note, None) is not note
