"""
The gate before all routes: who comes too often is sent away, and what fails is told in one line.

A connection is kept only if the request was read to its end: what is left of a refused document
is not taken for the next request. Before it is closed it is read on for a while, so that whoever
sends all of a document first finds the answer afterwards, and no broken connection.

HEAD is answered as GET is, without the body, by the same door and with the same line in the
journal: that may tell of more than has left, and never of less.

A target may be a whole URL, as whoever believes to ask a proxy sends it.

Source:
    RFC 9110, section 9.3.2 (HEAD); RFC 9112, sections 3.2.2 (whole URLs) and 9.6 (closing a
    connection).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote

import structlog
from fastapi import Response
from starlette.requests import ClientDisconnect

from hinomi.hub.taxii import DISCOVERY
from hinomi.web.hub.answers import BUSY, TOO_OFTEN, as_error
from hinomi.web.hub.door import peer_of
from hinomi.web.hub.limits import MEMBER
from hinomi.web.hub.running import Hub
from hinomi.web.hub.taxiianswers import in_taxii

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAINED_BYTES: Final = 1 << 20
"""So much of a body that nobody wants is read away, so that its sender reads the answer."""

DRAIN_S: Final = 5.0
"""And so long."""

LINGER_BYTES: Final = 32 << 20
"""So much is read away after the answer, of a member; of a stranger as much as `DRAINED_BYTES`."""

LINGER_S: Final = 20.0
"""And so long in all."""

LINGER_IDLE_S: Final = 2.0
"""And so long from one part to the next: who has fallen silent reads."""

AMBIGUOUS: Final = "a request has Content-Length or Transfer-Encoding, not both"
"""Whoever stands between might have seen another end of it (RFC 9112, section 6.1)."""

ONCE: Final = ("authorization", "hinomi-note", "content-type", "content-encoding")
"""Headers that a request has once: whoever stands between might have looked at the other one."""

_CLOSE: Final = (b"connection", b"close")
_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_log = structlog.get_logger(__name__)


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: App, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        meters = self._hub.meters
        scope = _in_origin_form(scope)
        method = scope["method"]
        if method == "HEAD":
            scope = {**scope, "method": "GET"}
        exchange = _Exchange(scope, receive, send, is_head=method == "HEAD")
        try:
            if exchange.fault:
                await exchange.answer(as_error(400, exchange.fault))
            elif self._hub.pace.take(peer_of(scope)):
                await self._app(scope, exchange.receive, exchange.send)
            else:
                meters.refused.labels("often").inc()
                await exchange.answer(as_error(429, TOO_OFTEN))
        except ClientDisconnect:
            meters.failures.labels("gone").inc()
        except Exception as error:  # noqa: BLE001 - the loop of a service: log, count, go on.
            meters.failures.labels(type(error).__name__).inc()
            _log.error("not-answered", kind=type(error).__name__, route=_route(scope, method))
            if not exchange.status:
                await exchange.answer(as_error(500, BUSY))
        finally:
            meters.requests.labels(_route(scope, method), str(exchange.status)).inc()
            meters.seconds.observe(time.perf_counter() - started_s)


class _Exchange:
    """One request and its answer, and how far both have come."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, is_head: bool) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_head = is_head
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        self._expected = int(length[:20]) if length.isdigit() else 0
        self._is_ambiguous = {b"content-length", b"transfer-encoding"} <= headers.keys()
        self.fault = AMBIGUOUS if self._is_ambiguous else _said_twice(scope)
        self._is_read = not self._expected and b"transfer-encoding" not in headers
        # What is waited for no longer: leave to send it was asked for, or it did not come.
        self._is_given_up = b"expect" in headers
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_read = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._drain()
            self.status = message["status"]
            if self._is_ambiguous or not self._is_read:
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
        elif message["type"] == "http.response.body":
            if self._is_head:
                message = {**message, "body": b""}
            if not (self._is_read or self._is_given_up or message.get("more_body", False)):
                await self._send({**message, "more_body": True})
                await self._linger()
                message = {**message, "body": b""}
        await self._send(message)

    async def answer(self, response: Response) -> None:
        if self._scope["path"].startswith(DISCOVERY):
            response = in_taxii(response)
        await response(self._scope, self.receive, self.send)

    async def _drain(self) -> None:
        """Read away what is left of a small body."""
        if self._is_read or self._is_given_up or self._expected > DRAINED_BYTES:
            return
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._read_away(DRAINED_BYTES)
        except TimeoutError:
            self._is_given_up = True

    async def _linger(self) -> None:
        """Read on after the answer, so that the end of the connection does not undo it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                is_member = MEMBER in self._scope
                await self._read_away(LINGER_BYTES if is_member else DRAINED_BYTES, LINGER_IDLE_S)

    async def _read_away(self, left: int, idle_s: float | None = None) -> None:
        while not self._is_read and left > 0:
            async with asyncio.timeout(idle_s):
                left -= len((await self.receive()).get("body", b""))


def _in_origin_form(scope: Scope) -> Scope:
    """
    Give a request whose target is a whole URL as one whose target is its path.

    Its host is not looked at, as that of the header is not: by whatever name, it is this hub.
    """
    scheme, _, rest = bytes(scope.get("raw_path") or b"").partition(b"://")
    if scheme.lower() != b"https":
        return scope
    path = b"/" + rest.partition(b"/")[2]
    return {**scope, "path": unquote(path.decode("ascii")), "raw_path": path}


def _said_twice(scope: Scope) -> str:
    """Say which header stands there twice that may not; empty: none does."""
    names = [name.decode("latin-1").lower() for name, _ in scope["headers"]]
    return next((f"a request has {each} once" for each in ONCE if names.count(each) > 1), "")


def _route(scope: Scope, method: str) -> str:
    """Name the route by its pattern: what was asked for may be anything."""
    path = getattr(scope.get("route"), "path", "other")
    return f"{method if method in _METHODS else 'other'} {path}"
