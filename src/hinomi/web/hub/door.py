"""The door of every route: which outlet it is, and who may come through."""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from fastapi import Request

from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller, admit
from hinomi.web.hub.running import Hub

PEER: Final = "hinomi.peer"
"""Key of an ASGI scope's extensions: SHA-256 of the client's certificate, which TLS checked."""


def admits(hub: Hub, outlet: Outlet) -> Callable[[Request], Caller]:
    """Make the dependency of a route of *outlet*: it gives who asks, or refuses."""

    def come_in(request: Request) -> Caller:
        return admit(
            hub.home,
            hub.casebook,
            fingerprint=request.scope.get("extensions", {}).get(PEER),
            token=_token(request.headers.get("authorization", "")),
            outlet=outlet,
        )

    return come_in


def _token(header: str) -> str | None:
    """Take the token out of a header: as Bearer, or as the password of Basic (RFC 7617)."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        said = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return said.partition(":")[2] or None
