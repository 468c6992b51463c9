"""The door of every route: which outlet it is, and who may come through."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from hinomi.errors import NotPermitted
from hinomi.model.member import Outlet
from hinomi.services.hub.doors import Caller, Unknown, admit
from hinomi.web.hub.limits import MEMBER, Document
from hinomi.web.hub.running import Hub

PEER: Final = "hinomi.peer"
"""Key of an ASGI scope's extensions: SHA-256 of the client's certificate, which TLS checked."""

OPEN: Final = "any"
"""What the journal calls a door that is open to whoever may use another one."""


def admits(hub: Hub, outlet: Outlet | None) -> Callable[[Request], Caller]:
    """
    Make the dependency of a route of *outlet*: it gives who asks, or refuses.

    Args:
        hub: Which runs.
        outlet: None: the route is for any admitted node that has leave for something.
    """

    def come_in(request: Request) -> Caller:
        fingerprint = peer_of(request.scope)
        try:
            caller = admit(
                hub.home,
                hub.casebook,
                fingerprint=fingerprint,
                token=_token(request.headers.get("authorization", "")),
                outlet=outlet,
            )
        except NotPermitted as error:
            hub.pace.forget(fingerprint)
            hub.meters.refused.labels("unknown" if isinstance(error, Unknown) else "leave").inc()
            hub.reads.refuse(fingerprint, outlet.value if outlet else OPEN, str(error))
            raise
        hub.pace.learn(fingerprint, caller.member.name)
        request.scope[MEMBER] = caller.member.name
        return caller

    return come_in


@dataclass(frozen=True, slots=True)
class Brought:
    """A document, and who brought it: as it was when all of it was here."""

    caller: Caller
    document: Document


def brings(
    hub: Hub, outlet: Outlet, read: Callable[[Request], Awaitable[Document]]
) -> Callable[[Request], Awaitable[Brought]]:
    """
    Make the dependency of a route that takes a document of those whom *outlet* is open to.

    A document may take minutes to come. So who brings it is let in twice: before it is read, since
    of strangers nothing is read, and afterwards, since by then the member may be suspended, its
    certificate revoked, or its key another one.

    Args:
        hub: Which runs.
        outlet: Of the route.
        read: Reads the document, as `takes` and `takes_exactly` make it.
    """
    come_in = admits(hub, outlet)

    async def bring(request: Request) -> Brought:
        await run_in_threadpool(come_in, request)
        document = await read(request)
        return Brought(await run_in_threadpool(come_in, request), document)

    return bring


def peer_of(scope: object) -> str | None:
    """Give the fingerprint of the certificate that TLS checked; no header can say it."""
    extensions = scope.get("extensions") if isinstance(scope, dict) else None
    found = extensions.get(PEER) if isinstance(extensions, dict) else None
    return found if isinstance(found, str) else None


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
