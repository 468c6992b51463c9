"""Who is at the other end is known by TLS, and nobody is waited for for ever."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hinomi.errors import ConfigError
from hinomi.services.home import Home
from hinomi.services.hub.authorities import CLIENT_AUTHORITIES
from hinomi.web.hub import peer
from hinomi.web.hub.door import PEER
from hinomi.web.hub.peer import (
    CONNECTIONS_A_NODE,
    server_context,
    shown,
)
from hubthread import over_tls
from hubtls import Authority, client_context, give_tls, write_certificate
from openhub import make_hub

GET = b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Give a hub's home."""
    return make_hub(tmp_path / "hub")


@pytest.fixture(name="authority")
def an_authority(home: Home, tmp_path: Path) -> Authority:
    """Give its authority, and one certificate of it."""
    authority = give_tls(home)
    authority.issue(tmp_path, "isp-a")
    return authority


async def tell(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Answer with what the scope says of who asks."""
    body = json.dumps(scope["extensions"][PEER]).encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def answering(home: Home, keep_alive_s: int = 5) -> Iterator[int]:
    """Run uvicorn with our protocol on a thread; give the port."""
    options = {"timeout_keep_alive": keep_alive_s, "timeout_graceful_shutdown": 1}
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        over_tls(tell, home.folder, listening, **options),
    ):
        yield listening.getsockname()[1]


@contextmanager
def connected(home: Home, folder: Path, port: int, name: str = "isp-a") -> Iterator[ssl.SSLSocket]:
    """Connect with the certificate called *name*."""
    context = client_context(home.folder, folder, name)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        yield secure


def answer(secure: ssl.SSLSocket) -> bytes:
    """Read one answer, head and body."""
    found = b""
    while not found.endswith(b'"'):
        part = secure.recv(10_000)
        if not part:
            raise ConnectionResetError
        found += part
    return found


def is_let_in(home: Home, folder: Path, port: int, name: str) -> bool:
    """Tell whether a certificate gets as far as an answer."""
    try:
        with connected(home, folder, port, name) as secure:
            secure.sendall(GET)
            return bool(answer(secure))
    except OSError:  # Of TLS, or the other end is gone.
        return False


def is_closed(secure: ssl.SSLSocket) -> bool:
    """Tell whether the other end closes; it waits for that."""
    try:
        return secure.recv(1000) == b""
    except OSError:
        return True


def test_the_certificate_is_told_and_no_header_is(
    home: Home, authority: Authority, tmp_path: Path
) -> None:
    """The SHA-256 of its DER, on each request of the connection."""
    wanted = authority.issue(tmp_path, "isp-b")
    forged = GET.replace(b"Host: hub", b"Host: hub\r\nhinomi.peer: " + b"0" * 64)
    with answering(home) as port, connected(home, tmp_path, port, "isp-b") as secure:
        for request in (GET, forged):
            secure.sendall(request)
            assert wanted.encode() in answer(secure)


def test_members_may_bring_certificates_of_their_own(
    home: Home, authority: Authority, tmp_path: Path
) -> None:
    """Of authorities that the operator put into a second file; of no others."""
    theirs, nobodys = Authority.create("theirs"), Authority.create("nobody's")
    write_certificate(home.folder / CLIENT_AUTHORITIES, theirs.certificate)
    wanted = theirs.issue(tmp_path, "isp-c")
    nobodys.issue(tmp_path, "isp-d")
    with answering(home) as port:
        with connected(home, tmp_path, port, "isp-c") as secure:
            secure.sendall(GET)
            assert wanted.encode() in answer(secure)
        assert not is_let_in(home, tmp_path, port, "isp-d")


def test_a_certificate_that_is_over_is_none(
    home: Home, authority: Authority, tmp_path: Path
) -> None:
    """TLS itself refuses it, and a server's certificate is no client's."""
    authority.issue(tmp_path, "past", days=-1 + 1)
    authority.issue(tmp_path, "other-server", server=True)
    with answering(home) as port:
        for name in ("past", "other-server"):
            assert not is_let_in(home, tmp_path, port, name)


def test_nobody_resumes_a_connection(home: Home, authority: Authority, tmp_path: Path) -> None:
    """Each connection shows its certificate anew."""
    context = client_context(home.folder, tmp_path, "isp-a")
    with answering(home) as port:
        session = None
        for _ in range(2):
            with (
                socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as secure,
            ):
                secure.sendall(GET)
                assert answer(secure)
                assert not secure.session_reused
                session = secure.session


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nX-Slow: "])
def test_a_head_that_does_not_come_ends_the_connection(
    home: Home,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    begun: bytes,
) -> None:
    """Also where a byte comes now and then, and also after an answer."""
    monkeypatch.setattr(peer, "HEAD_S", 0.5)
    with answering(home) as port:
        for before in (b"", GET):
            with connected(home, tmp_path, port) as secure:
                if before:
                    secure.sendall(before)
                    answer(secure)
                secure.sendall(begun) if begun else None
                ends_s = time.monotonic() + 30
                try:
                    while begun and time.monotonic() < ends_s:
                        secure.sendall(b"x")
                        time.sleep(0.1)
                except OSError:
                    pass
                assert is_closed(secure)
                assert time.monotonic() < ends_s


def test_requests_one_after_the_other_are_answered(
    home: Home, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is for one head, not for a connection."""
    monkeypatch.setattr(peer, "HEAD_S", 0.6)
    with answering(home) as port, connected(home, tmp_path, port) as secure:
        for _ in range(5):
            secure.sendall(GET[:20])
            time.sleep(0.2)
            secure.sendall(GET[20:])
            assert answer(secure).startswith(b"HTTP/1.1 200")


def test_one_node_may_not_take_all_connections(
    home: Home, authority: Authority, tmp_path: Path
) -> None:
    """Beyond its share it is cut off; others come in."""
    authority.issue(tmp_path, "isp-b")
    context = client_context(home.folder, tmp_path, "isp-a")
    held = []
    with answering(home, keep_alive_s=30) as port:
        for _ in range(CONNECTIONS_A_NODE):
            plain = socket.create_connection(("127.0.0.1", port), timeout=30)
            secure = context.wrap_socket(plain, server_hostname="127.0.0.1")
            secure.sendall(GET)
            answer(secure)
            held.append(secure)
        with connected(home, tmp_path, port) as one_more:
            assert is_closed(one_more)
        with connected(home, tmp_path, port, "isp-b") as other:
            other.sendall(GET)
            assert answer(other)
        for each in held:
            each.close()


@pytest.mark.parametrize("name", ["server.pem", "server.key", "authority.pem"])
@pytest.mark.parametrize("content", [None, b"", b"no key at all"])
def test_what_is_missing_or_damaged_is_named(
    home: Home, authority: Authority, name: str, content: bytes | None
) -> None:
    """Which file, and what to do."""
    path = home.folder / "keys/hub" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=name.replace(".", r"\.")):
        server_context(home.folder)


def test_a_key_of_another_certificate_is_refused(home: Home, authority: Authority) -> None:
    """Before anything listens."""
    keys = home.folder / "keys/hub"
    authority.issue(keys, "other", server=True)
    (keys / "other.key").replace(keys / "server.key")

    with pytest.raises(ConfigError, match="do not belong together"):
        server_context(home.folder)


def test_a_scope_is_copied_and_keeps_its_other_extensions() -> None:
    """What a server put there stays; a peer that somebody else named does not."""
    seen: list[dict[str, Any]] = []

    async def note(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        await asyncio.sleep(0)
        seen.append(scope)

    scope = {"type": "http", "extensions": {"other": 1, PEER: "forged"}}
    asyncio.run(_call(shown(note, None), scope))

    assert seen[0]["extensions"] == {"other": 1, PEER: None}
    assert scope["extensions"][PEER] == "forged"  # type: ignore[index]


async def _call(app: Any, scope: dict[str, Any]) -> None:
    await app(scope, None, None)
