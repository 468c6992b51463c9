"""
Bodies of answers that never change: kept in memory, compressed once, named by their digest.

Those of the newest list stay for as long as it is newest. Those of older ones have a small place
of their own, so that whoever reads through the past takes nothing from those who do not.

A body has two forms, plain and compressed, and each has an entity tag of its own. Both are bytes
of the facts alone: the compressed form holds no time.

Source:
    RFC 9110, sections 8.8.3 (ETag), 12.5.3 (Accept-Encoding), 13.1.2 (If-None-Match); RFC 1952.
"""

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fastapi import Request, Response

from hinomi.share.canonical import digest

JSON: Final = "application/json"
CSV: Final = "text/csv; charset=utf-8"
ZONE: Final = "text/dns"
"""Source: RFC 4027."""

OLDER_BYTES: Final = 32 << 20
"""So much is kept of older lists, both forms counted: about ten bodies of 20,000 servers."""

Key = tuple[str, Hashable]
"""Which form, such as ``listings.json``, and what it is a form of, such as a snapshot's number."""

_LEVEL: Final = 6
_WEIGHT: Final = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")
_COMMON: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}


@dataclass(frozen=True, slots=True)
class Body:
    """What a route gives, in both forms."""

    media: str
    plain: bytes
    packed: bytes
    tag: str  # SHA-256 of the plain form, 64 hex digits.

    @classmethod
    def of(cls, plain: bytes, media: str) -> "Body":
        """Make both forms of *plain*."""
        return cls(media, plain, gzip.compress(plain, _LEVEL, mtime=0), digest(plain))

    @property
    def size(self) -> int:
        """How many bytes both forms have."""
        return len(self.plain) + len(self.packed)

    def answer(self, request: Request) -> Response:
        """Answer *request* with the form it takes, or that it has it already."""
        is_packed = takes_gzip(request.headers.get("accept-encoding", ""))
        tag = f'"{self.tag}-gzip"' if is_packed else f'"{self.tag}"'
        headers = {"ETag": tag, **_COMMON}
        if self._is_held(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        content = self.packed if is_packed else self.plain
        return Response(content, headers=headers, media_type=self.media)

    def _is_held(self, said: str) -> bool:
        """Tell whether an ``If-None-Match`` names either form, by the weak comparison."""
        tags = {each.strip().removeprefix("W/") for each in said.split(",")}
        return bool(tags & {"*", f'"{self.tag}"', f'"{self.tag}-gzip"'})


class Bodies:
    """Bodies by what they are; threads may share them."""

    def __init__(self, most_bytes: int = OLDER_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pinned: Mapping[Key, Body] = MappingProxyType({})
        self._older: OrderedDict[Key, Body] = OrderedDict()
        self._bytes = 0
        self._making: dict[Key, Future[Body]] = {}
        self._lock = threading.Lock()  # Never held while something is made.

    def pin(self, bodies: Mapping[Key, Body]) -> None:
        """Keep these until the next call, in place of those of the last one."""
        self._pinned = MappingProxyType(dict(bodies))

    @property
    def pinned(self) -> Mapping[Key, Body]:
        """Give what is pinned."""
        return self._pinned

    def get(self, key: Key, media: str, make: Callable[[], bytes]) -> Body:
        """
        Give a body, from memory where it is there.

        Args:
            key: Of which body.
            media: Its media type.
            make: Gives the bytes, of the same key always the same.
        """
        found = self._pinned.get(key)
        if found is not None:
            return found
        with self._lock:
            found = self._older.get(key)
            if found is not None:
                self._older.move_to_end(key)
                return found
            made, is_mine = self._making.get(key), False
            if made is None:
                made, is_mine = self._making.setdefault(key, Future()), True
        if not is_mine:  # One makes it; who wants the same one waits, and nobody else does.
            return made.result()
        try:
            body = Body.of(make(), media)
        except BaseException as error:
            self._put(key, None)
            made.set_exception(error)  # Whoever waits raises it as well.
            raise
        self._put(key, body)
        made.set_result(body)
        return body

    def _put(self, key: Key, body: Body | None) -> None:
        """End the making of a body, and keep it if it was made."""
        with self._lock:
            del self._making[key]
            if body is None:
                return
            self._older[key] = body
            self._bytes += body.size
            while self._bytes > self._most_bytes:
                self._bytes -= self._older.popitem(last=False)[1].size


def takes_gzip(said: str) -> bool:
    """Tell whether an ``Accept-Encoding`` takes gzip."""
    taken: dict[str, bool] = {}
    for each in said.lower().split(","):
        coding, *parameters = (part.strip() for part in each.split(";"))
        weights = [float(found[1]) for part in parameters if (found := _WEIGHT.fullmatch(part))]
        taken[coding] = not weights or weights[0] > 0
    return taken.get("gzip", taken.get("x-gzip", taken.get("*", False)))
