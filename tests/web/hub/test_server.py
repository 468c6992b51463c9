"""A hub in a process of its own: TLS, what it says, and how it ends."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from hinomi.clock import wall_clock
from hinomi.errors import ConfigError, Unavailable
from hinomi.model.member import MemberState
from hinomi.services.home import Home
from hinomi.web.hub.server import open_listening
from hubtls import Authority, client_context, give_tls
from loopback import PATIENCE_S, wait_for
from openhub import Node, Running, configure, join, make_hub, put_snapshot, serve_command, serving


@dataclass(frozen=True, slots=True)
class World:
    """A hub that runs, and a member's node with its certificate."""

    home: Home
    authority: Authority
    node: Node
    folder: Path  # Of certificates.
    running: Running

    def client(self, name: str | None = "isp-a") -> httpx.Client:
        """Give a client that shows the certificate called *name*."""
        context = client_context(self.home.folder, self.folder, name)
        return httpx.Client(base_url=self.running.url, verify=context, headers=self.node.headers)


def prepare(folder: Path) -> tuple[Home, Authority, Node]:
    """Make a hub with a list and one member, whose certificate lies in *folder*."""
    home = make_hub(folder / "hub", wall_clock)
    configure(home.folder, metrics="")
    authority = give_tls(home)
    fingerprint = authority.issue(folder, "isp-a")
    with home.casebook() as casebook:
        put_snapshot(home, casebook)
        node = join(casebook, "isp-a", fingerprint=fingerprint)
    return home, authority, node


@pytest.fixture(scope="module", name="world")
def a_running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a hub that runs; tests do not change it."""
    folder = tmp_path_factory.mktemp("running")
    home, authority, node = prepare(folder)
    with serving(home.folder) as running:
        yield World(home, authority, node, folder, running)


def test_a_known_node_gets_the_list(world: World) -> None:
    """With the certificate and its token the list comes, the bytes that were signed."""
    with world.client() as client:
        answer = client.get("/v1/snapshots/1/listings.json")

    assert answer.status_code == 200
    assert answer.json()["number"] == 1
    assert "https://127.0.0.1" in world.running.said
    assert "hub.example/list" in world.running.said


def test_no_answer_has_a_time_or_names_the_program(world: World) -> None:
    """Date, Server and Last-Modified are in no answer, also not in one of the server itself."""
    with world.client() as client:
        answers = [client.get("/v1/hub"), client.get("/nothing"), client.put("/v1/hub")]
    raw = exchange(world, b"NO HTTP\r\n\r\n")

    for answer in answers:
        assert not {"date", "server", "last-modified"} & {each.lower() for each in answer.headers}
    assert raw.startswith(b"HTTP/1.1 400")
    assert b"date" not in raw.lower()
    assert b"uvicorn" not in raw.lower()


def test_without_a_certificate_there_is_no_http(world: World) -> None:
    """The handshake fails: nothing is asked and nothing answered."""
    with world.client(None) as client, pytest.raises(httpx.TransportError):
        client.get("/v1/hub")


def test_a_certificate_of_another_authority_is_none(world: World, tmp_path: Path) -> None:
    """Whoever signs it for themselves does not get as far as HTTP."""
    Authority.create("somebody").issue(tmp_path, "isp-a")
    context = client_context(world.home.folder, tmp_path, "isp-a")

    with (
        httpx.Client(base_url=world.running.url, verify=context) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/v1/hub")


def test_a_certificate_that_the_hub_does_not_know_is_refused(world: World) -> None:
    """One of the right authority alone, even with a member's token, is nobody's."""
    world.authority.issue(world.folder, "stranger")

    with world.client("stranger") as client:
        answer = client.get("/v1/hub")

    assert answer.status_code == 401


def test_a_header_cannot_say_who_asks(world: World) -> None:
    """What proxies write about certificates is not looked at."""
    named = ("hinomi.peer", "X-Client-Cert", "X-SSL-Client-SHA256", "X-Forwarded-For", "SSL-CLIENT")
    headers = dict.fromkeys(named, world.node.fingerprint)
    world.authority.issue(world.folder, "forger")

    with world.client("forger") as client:
        answer = client.get("/v1/hub", headers=headers)

    assert answer.status_code == 401


def test_a_whole_url_is_asked_for_as_its_path_is(world: World) -> None:
    """Servers take it (RFC 9112, section 3.2.2); its door is the same."""
    head = (
        b"GET HTTPS://hub.example:8443%s HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n"
        b"Authorization: Bearer %s\r\n\r\n"
    )
    token = world.node.token.encode()
    found = [
        exchange(world, head % each)[:12]
        for each in ((b"/v1/hub?x=1", token), (b"/v1/hub", b"x"), (b"", token))
    ]

    assert found == [b"HTTP/1.1 200", b"HTTP/1.1 401", b"HTTP/1.1 404"]


def test_old_tls_is_not_spoken(world: World) -> None:
    """TLS 1.3 and 1.2 are; 1.1 is not."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = client_context(world.home.folder, world.folder, "isp-a")
        context.maximum_version = context.minimum_version = version
        with httpx.Client(
            base_url=world.running.url, verify=context, headers=world.node.headers
        ) as client:
            assert client.get("/v1/hub").status_code == 200
    old = client_context(world.home.folder, world.folder, "isp-a")
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.deprecated_call():
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        httpx.Client(base_url=world.running.url, verify=old) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/v1/hub")


def test_a_document_that_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    """Its length alone is enough: the answer comes though not a byte of it was sent."""
    most = world.home.config.hub.body_most_mib << 20
    head = (
        b"PUT /v1/epochs/2026-01-01/submission HTTP/1.1\r\nHost: hub\r\n"
        b"Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )

    said = exchange(world, head % (world.node.token.encode(), most + 1))

    assert said.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in said


@pytest.mark.parametrize(
    ("path", "media", "mib"),
    [
        ("/v1/epochs/2026-01-01/submission", "application/json", 9),
        ("/v1/snapshots/1/acknowledgement", "text/plain", 2),
    ],
)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_who_sends_all_of_a_large_document_first_reads_why_not(
    world: World, path: str, media: str, mib: int, framing: str
) -> None:
    """The answer is whole; a connection with something left to read is closed in good order."""
    size = mib << 20
    lengths = {"length": f"Content-Length: {size}", "chunked": "Transfer-Encoding: chunked"}
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {world.node.token}\r\n"
        f"Content-Type: {media}\r\nHinomi-Note: eA==\r\n{lengths[framing]}\r\n\r\n"
    ).encode()
    body = bytes(size)
    if framing == "chunked":
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
    context = client_context(world.home.folder, world.folder, "isp-a")
    with (
        socket.create_connection(("127.0.0.1", world.running.port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(head + body)
        found = b""
        while not found.endswith(b"}") and (part := secure.recv(65_536)):
            found += part
        if b"connection: close" in found:
            assert secure.recv(1) == b""

    headers, _, said = found.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 413")
    assert (b"connection: close" in headers) is (framing == "length")
    assert f"content-length: {len(said)}".encode() in headers
    assert json.loads(said)["error"].startswith("a document is at most")


def test_a_head_that_is_too_large_is_refused(world: World) -> None:
    """Beyond 16 KiB nobody reads on."""
    said = exchange(world, b"GET /v1/hub HTTP/1.1\r\nX: " + b"x" * 200_000)

    assert said.startswith(b"HTTP/1.1 400") or not said


def exchange(world: World, request: bytes) -> bytes:
    """Send bytes over TLS and read until the hub closes or falls silent."""
    context = client_context(world.home.folder, world.folder, "isp-a")
    with (
        socket.create_connection(("127.0.0.1", world.running.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        found = b""
        try:
            secure.sendall(request)
            while part := secure.recv(65_536):
                found += part
        except OSError:
            pass  # It closed while we sent.
        return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0, no further word, and both ends stand in the journal."""
    home, _, _ = prepare(tmp_path)
    with serving(home.folder) as running:
        code, said = running.end(number)

    assert (code, said) == (0, "")
    stages = [each.get("stage") for each in home.journal().entries()]
    assert stages[-2:] == ["begins", "ended"]


def test_a_home_that_is_taken_away_ends_it_with_one_line(tmp_path: Path) -> None:
    """It does not go on with what is gone."""
    home, _, _ = prepare(tmp_path)
    with serving(home.folder) as running:
        home.folder.rename(tmp_path / "elsewhere")
        _, said = running.process.communicate(timeout=30)

        assert running.process.returncode == ConfigError.exit_code
    assert len(said.splitlines()) == 1
    assert "was removed or replaced" in said


def test_a_socket_that_is_handed_over_is_taken(tmp_path: Path) -> None:
    """As systemd does it: what connects meanwhile waits, and is answered."""
    home, _, node = prepare(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # The process that starts the hub, so that the number in LISTEN_PID is the hub's own.
        start = (
            "import os,sys\n"
            f"os.dup2({listening.fileno()}, 3, inheritable=True)\n"
            "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n"
            "os.execv(sys.argv[1], sys.argv[1:])\n"
        )
        process = subprocess.Popen(
            [serve_command(home.folder)[0], "-c", start, *serve_command(home.folder)],
            pass_fds=[listening.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            context = client_context(home.folder, tmp_path, "isp-a")
            url = f"https://127.0.0.1:{listening.getsockname()[1]}/v1/hub"
            answer = httpx.get(url, verify=context, headers=node.headers, timeout=60)
        finally:
            process.terminate()
            process.wait(60)

    assert answer.status_code == 200
    assert process.returncode == 0


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    """Which port, and what to do; nothing was begun."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{port}.*free it"):
            open_listening(f"127.0.0.1:{port}", {})


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":1"])
def test_an_address_that_is_none_is_a_fault_of_the_configuration(address: str) -> None:
    """Its form is told."""
    with pytest.raises(ConfigError, match="ADDRESS:PORT"):
        open_listening(address, {})


def test_no_answer_waits_for_the_other_ends_acknowledgement() -> None:
    """On what is accepted, Nagle's algorithm is off: head and body of an answer leave apart."""

    async def accepted(listening: socket.socket) -> int:
        option: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            shown = writer.get_extra_info("socket")
            option.set_result(shown.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(look, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            async with asyncio.timeout(PATIENCE_S):
                found = await option
            writer.close()
        return found

    assert asyncio.run(accepted(open_listening("127.0.0.1:0", {}).socket))


def test_a_socket_for_another_process_is_not_taken() -> None:
    """LISTEN_PID says whose it is."""
    environment = {"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDS": "1"}

    found = open_listening("127.0.0.1:0", environment)

    with found.socket:
        assert not found.is_given


def test_a_member_that_is_suspended_gets_nothing_from_then_on(tmp_path: Path) -> None:
    """At the next request, on the connection that is open."""
    home, _, node = prepare(tmp_path)
    context = client_context(home.folder, tmp_path, "isp-a")
    with (
        serving(home.folder) as running,
        httpx.Client(base_url=running.url, verify=context, headers=node.headers) as client,
    ):
        before = client.get("/v1/snapshots/1/listings.json").status_code
        with home.casebook() as casebook:
            member = casebook.hub.members.get("isp-a")
            casebook.hub.members.put(replace(member, state=MemberState.SUSPENDED))
        after = [client.get(path).status_code for path in ("/v1/hub", "/v1/snapshots/latest")]

    assert (before, after) == (200, [403, 403])


def test_the_list_of_the_epoch_is_made_when_it_is_due(tmp_path: Path) -> None:
    """By itself, in a process beside it, once."""
    home = make_hub(tmp_path / "hub", wall_clock)
    configure(home.folder, metrics="")
    give_tls(home)
    with home.casebook() as casebook, serving(home.folder):
        if wall_clock() % 86_400_000 < 7_300_000:
            pytest.skip("the list of this epoch is not due yet: two hours after midnight, UTC")
        wait_for(lambda: casebook.hub.snapshots.newest_number() == 1)
