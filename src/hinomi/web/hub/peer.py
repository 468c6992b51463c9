"""
Mutual TLS: nobody gets as far as HTTP without a certificate of a known authority.

What the certificate stands for is asked of the case book at each request; here it is only made
sure that its holder has its key, and its fingerprint is handed on. There is no resumption, so
that every connection shows its certificate anew.

Source:
    RFC 8446 and RFC 5246 (TLS 1.3 and 1.2); RFC 9325 (which ciphers of 1.2 are still fit).
"""

import asyncio
import hashlib
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from hinomi.errors import ConfigError
from hinomi.services.hub.authorities import CLIENT_AUTHORITIES
from hinomi.services.hub.founding import AUTHORITY, SERVER, SERVER_KEY
from hinomi.web.hub.door import PEER

HEAD_S: Final = 15.0
"""How long the head of a request may take to come, from the connection or its first byte on."""

CONNECTIONS_A_NODE: Final = 32
"""So many connections one certificate may hold open."""

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_ALPN: Final = ["http/1.1"]


def server_context(home: Path) -> ssl.SSLContext:
    """
    Make the TLS of the hub whose home is at *home*.

    Raises:
        ConfigError: If a key or certificate is missing or damaged.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(_ALPN)
    certificate, key = home / SERVER, home / SERVER_KEY
    for path in (certificate, key, home / AUTHORITY):
        _require_readable(path)
    try:
        context.load_cert_chain(certificate, key, _no_password)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            f"{certificate} and {key} do not belong together, or are damaged; restore both"
        ) from error
    authorities = [home / AUTHORITY]
    if (home / CLIENT_AUTHORITIES).exists():
        authorities.append(home / CLIENT_AUTHORITIES)
    for path in authorities:
        _require_readable(path)
        try:
            context.load_verify_locations(path)
        except ssl.SSLError as error:
            raise ConfigError(f"{path} holds no certificate of an authority") from error
    return context


def fingerprint_of(certificate: bytes) -> str:
    """Give the SHA-256 of a certificate's DER, as 64 hex digits."""
    return hashlib.sha256(certificate).hexdigest()


class PeerProtocol(H11Protocol):
    """
    HTTP/1.1 of uvicorn, which says who is at the other end and does not wait for ever.

    Notes:
        uvicorn hands no certificate on to applications, and has no time limit for the head of a
        request: it ends connections that are idle between two requests, not those that send one
        byte now and then.
    """

    _peer: str | None = None
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take up a connection whose TLS handshake is done."""
        self._peer = peer_certificate(transport)
        counts = connections_of(self.connections)
        super().connection_made(transport)
        self.app = cast("Any", shown(cast("Any", self.app), self._peer))
        if self._peer is None or counts[self._peer] >= CONNECTIONS_A_NODE:
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came, and mind how long the head of a request is on its way."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self.timeout_keep_alive_task is None:
            self._await_head()

    def on_response_complete(self) -> None:
        """Be ready for the next request."""
        self._stop_waiting()
        super().on_response_complete()

    def _await_head(self) -> None:
        if self._waiting is None and not self.transport.is_closing():
            self._waiting = self.loop.call_later(HEAD_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def peer_certificate(transport: asyncio.BaseTransport) -> str | None:
    """Give the fingerprint of the certificate that the other end has shown; None: none."""
    found: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    certificate = None if found is None else found.getpeercert(binary_form=True)
    return None if certificate is None else fingerprint_of(certificate)


def connections_of(connections: Any) -> Counter[str | None]:
    """Count open connections by who is at their other end."""
    return Counter(getattr(each, "_peer", None) for each in connections)


App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def shown(app: App, peer: str | None) -> App:
    """Give *app* with the fingerprint *peer* in the scope of each request."""

    async def with_peer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        extensions = {**(scope.get("extensions") or {}), PEER: peer}
        await app({**scope, "extensions": extensions}, receive, send)

    return with_peer


def _require_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; `hinomi hub init` makes it, or restore it from backup"
        ) from error


def _no_password() -> str:
    """Answer OpenSSL instead of a person: a key that asks for a password cannot start by itself."""
    return ""
