"""
The gate before all routes: who comes too often is sent away, and what fails is told in one line.

A connection is kept only if the request was read to its end: what is left of a refused document
is not taken for the next request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

import structlog
from fastapi import Response
from starlette.requests import ClientDisconnect

from hinomi.hub.taxii import DISCOVERY
from hinomi.web.hub.answers import BUSY, TOO_OFTEN, as_error
from hinomi.web.hub.door import peer_of
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

AMBIGUOUS: Final = "a request has Content-Length or Transfer-Encoding, not both"
"""Whoever stands between might have seen another end of it (RFC 9112, section 6.1)."""

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
        exchange = _Exchange(scope, receive, send)
        try:
            if exchange.is_ambiguous:
                await exchange.answer(as_error(400, AMBIGUOUS))
            elif self._hub.pace.take(peer_of(scope)):
                await self._app(scope, exchange.receive, exchange.send)
            else:
                meters.refused.labels("often").inc()
                await exchange.answer(as_error(429, TOO_OFTEN))
        except ClientDisconnect:
            meters.failures.labels("gone").inc()
        except Exception as error:  # noqa: BLE001 - the loop of a service: log, count, go on.
            meters.failures.labels(type(error).__name__).inc()
            _log.error("not-answered", kind=type(error).__name__, route=_route(scope))
            if not exchange.status:
                await exchange.answer(as_error(500, BUSY))
        finally:
            meters.requests.labels(_route(scope), str(exchange.status)).inc()
            meters.seconds.observe(time.perf_counter() - started_s)


class _Exchange:
    """One request and its answer, and how far both have come."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        self._expected = int(length[:20]) if length.isdigit() else 0
        self.is_ambiguous = {b"content-length", b"transfer-encoding"} <= headers.keys()
        self._is_read = not self._expected and b"transfer-encoding" not in headers
        self._waits = b"expect" in headers  # For leave to send its body.
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
            if self.is_ambiguous or not self._is_read:
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
        await self._send(message)

    async def answer(self, response: Response) -> None:
        if self._scope["path"].startswith(DISCOVERY):
            response = in_taxii(response)
        await response(self._scope, self.receive, self.send)

    async def _drain(self) -> None:
        """Read away what is left of a small body."""
        left = DRAINED_BYTES
        if self._is_read or self._waits or self._expected > left:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while not self._is_read and left > 0:
                    left -= len((await self.receive()).get("body", b""))


def _route(scope: Scope) -> str:
    """Name the route by its pattern: what was asked for may be anything."""
    path = getattr(scope.get("route"), "path", "other")
    method = scope["method"] if scope["method"] in _METHODS else "other"
    return f"{method} {path}"
