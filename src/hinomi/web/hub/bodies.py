"""
Bodies of answers that never change: kept in memory, compressed once, named by their digest.

A body has two forms, plain and compressed, and each has an entity tag of its own. Both are bytes
of the facts alone: the compressed form holds no time.

Source:
    RFC 9110, sections 8.8.3 (ETag), 12.5.3 (Accept-Encoding), 13.1.2 (If-None-Match); RFC 1952.
"""

import gzip
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from hinomi.share.canonical import digest

JSON: Final = "application/json"
CSV: Final = "text/csv; charset=utf-8"

BODIES_MOST: Final = 12
"""So many bodies are kept: several forms of the two newest lists."""

KEPT_S: Final = 600.0
"""A body is made anew after so long: what the case book has forgotten must go here as well."""

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
    """Bodies by name and number, the newest few."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._kept: OrderedDict[tuple[str, int], tuple[Body, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, number: int, media: str, make: Callable[[], bytes]) -> Body:
        """
        Give a body, from memory where it is there.

        Args:
            name: Which form of the list, such as ``listings.json``.
            number: Of the snapshot.
            media: Its media type.
            make: Gives the bytes, of the same name and number always the same.
        """
        with self._lock:  # One makes it, the others wait for that one.
            now_s = self._ticks()
            body, until_s = self._kept.pop((name, number), (None, now_s))
            if body is None or now_s >= until_s:
                body, until_s = Body.of(make(), media), now_s + KEPT_S
            self._kept[name, number] = (body, until_s)
            while len(self._kept) > BODIES_MOST:
                self._kept.popitem(last=False)
        return body


def takes_gzip(said: str) -> bool:
    """Tell whether an ``Accept-Encoding`` takes gzip."""
    taken: dict[str, bool] = {}
    for each in said.lower().split(","):
        coding, *parameters = (part.strip() for part in each.split(";"))
        weights = [float(found[1]) for part in parameters if (found := _WEIGHT.fullmatch(part))]
        taken[coding] = not weights or weights[0] > 0
    return taken.get("gzip", taken.get("x-gzip", taken.get("*", False)))
