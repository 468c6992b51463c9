"""
What one node may take of the hub: so many requests a minute, and bodies of so many bytes.

Whoever was let in last time is known by its member's name, which has one bucket however many
nodes it runs; everybody else by the certificate, with a tenth of that.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from hinomi.services.hub.pace import NAMES_MOST, Buckets

MEMBER: Final = "hinomi.member"
"""Key of an ASGI scope: who was let in, by name; the door writes it."""

RETRY_AFTER_S: Final = 60
"""What everybody is told who came too often: always the same, so that it tells nothing."""

STRANGERS_SHARE: Final = 10
"""Whoever is not known has this part of what a member has."""

BODY_S: Final = 60.0
"""How long a body may take to come, all of it, once it is read."""

BODIES_AT_ONCE: Final = 32
"""So many bodies are read at the same time; further ones wait."""

LARGE_AT_ONCE: Final = 4
"""And so many of those that may have tens of MiB each."""

BODIES_OF_ONE: Final = 2
"""So many of them are one member's: who is slow holds up itself alone."""

WAIT_S: Final = 120.0
"""How long a document waits to be read; of whoever waits longer nothing is taken."""

_MIB: Final = 1 << 20
_CHARSETS: Final = frozenset({"utf-8", "us-ascii"})


class Pace:
    """How often each node may come."""

    def __init__(self, per_minute: int, ticks: Callable[[], float] = time.monotonic) -> None:
        strangers = max(per_minute // STRANGERS_SHARE, 1)
        self._members = Buckets(most=per_minute, per_minute=per_minute, ticks=ticks)
        self._strangers = Buckets(most=strangers, per_minute=strangers, ticks=ticks)
        self._names: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, fingerprint: str | None) -> bool:
        """Take leave for one request of whoever showed this certificate; False: too often."""
        with self._lock:
            member = self._names.get(fingerprint or "")
        if member is not None:
            return self._members.take(member)
        return self._strangers.take(fingerprint or "")

    def learn(self, fingerprint: str | None, member: str) -> None:
        """Remember that this certificate is *member*'s: it was let in by it just now."""
        with self._lock:
            self._names[fingerprint or ""] = member
            self._names.move_to_end(fingerprint or "")
            while len(self._names) > NAMES_MOST:
                self._names.popitem(last=False)

    def forget(self, fingerprint: str | None) -> None:
        """Treat this certificate as a stranger's: it was refused just now."""
        with self._lock:
            self._names.pop(fingerprint or "", None)


@dataclass(frozen=True, slots=True)
class Document:
    """What came as the body of a request."""

    media: str  # Its media type, lower case and without parameters.
    body: bytes


class _Slots:
    """Who may send a body now: so many in all, and fewer of one member."""

    def __init__(self, at_once: int) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._own: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def one(self, member: str) -> AsyncIterator[None]:
        """Wait for a slot, first among one's own, so that nobody waits in a place of others."""
        own = self._own.setdefault(member, asyncio.Semaphore(BODIES_OF_ONE))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(WAIT_S):
                    await held.enter_async_context(own)
                    await held.enter_async_context(self._all)
            except TimeoutError:
                raise HTTPException(503, "too many documents come at once") from None
            yield


def takes(most_mib: Callable[[], int], *media: str) -> Callable[[Request], Awaitable[Document]]:
    """
    Make what reads the document of a request: it gives it, or refuses it.

    `door.brings` asks it, so that of whom nobody knows no body is read.

    Args:
        most_mib: Gives the largest size, MiB.
        media: The media types that are taken.
    """
    slots = _Slots(BODIES_AT_ONCE)

    async def read(request: Request) -> Document:
        media_type = _media_type(request, media)
        most = most_mib() * _MIB
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > most:
            raise _too_large(most)
        body = await _read_in_time(request, slots, most)
        if body is None:
            raise _too_large(most)
        return Document(media_type, body)

    return read


def takes_exactly(
    size_bytes: Callable[[Request], int], media: str
) -> Callable[[Request], Awaitable[Document]]:
    """
    Make what reads a document of a length that is known before; as `takes`, behind the door.

    Args:
        size_bytes: Gives the length, or refuses the request; it may wait for a database.
        media: The media type that is taken.
    """
    slots = _Slots(LARGE_AT_ONCE)

    async def read(request: Request) -> Document:
        media_type = _media_type(request, (media,))
        size = await run_in_threadpool(size_bytes, request)
        wrong = HTTPException(422, f"this document has exactly {size:,} bytes")
        if request.headers.get("content-length", str(size)) != str(size):
            raise wrong
        body = await _read_in_time(request, slots, size)
        if body is None or len(body) != size:
            raise wrong
        return Document(media_type, body)

    return read


def _media_type(request: Request, media: Collection[str]) -> str:
    """
    Give the media type of a request, if it is one of *media*, in UTF-8 and not compressed.

    Source:
        RFC 9110, sections 8.3 and 8.4.1: media types, charsets and content codings have no case.
    """
    media_type, *parameters = (
        part.strip().lower() for part in request.headers.get("content-type", "").split(";")
    )
    if media_type not in media:
        raise HTTPException(415, f"what is taken here is {' or '.join(media)}")
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _CHARSETS:
            raise HTTPException(415, "a document is read as UTF-8, and in no other charset")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(415, "a compressed document is not taken")
    return media_type


async def _read_in_time(request: Request, slots: _Slots, most: int) -> bytes | None:
    """Wait for a slot, then read the body; None: it has more than *most* bytes."""
    async with slots.one(str(request.scope.get(MEMBER, ""))):
        try:
            async with asyncio.timeout(BODY_S):
                return await _read(request, most)
        except TimeoutError:
            raise HTTPException(408, "the document did not come in time") from None


async def _read(request: Request, most: int) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"a document is at most {most // _MIB} MiB (hub.body_most_mib)")
