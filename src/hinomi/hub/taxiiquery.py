"""
What a TAXII client asks for: filters, limits, and where the page before ended.

Source:
    TAXII Version 2.1, OASIS Standard (2021-06-10): sections 3.4 (filtering), 3.5 (pagination).
"""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from hinomi.errors import UsageError

FIRST: Final = "first"
LAST: Final = "last"
ALL: Final = "all"

MATCH_ID: Final = "match[id]"
MATCH_TYPE: Final = "match[type]"
MATCH_VERSION: Final = "match[version]"
MATCH_SPEC_VERSION: Final = "match[spec_version]"

_PAGED: Final = frozenset({"added_after", "limit", "next"})
OF_OBJECTS: Final = _PAGED | {MATCH_ID, MATCH_TYPE, MATCH_VERSION, MATCH_SPEC_VERSION}
"""Parameters of the manifest and of the objects (TAXII 2.1, 5.3 and 5.4)."""
OF_AN_OBJECT: Final = _PAGED | {MATCH_VERSION, MATCH_SPEC_VERSION}
OF_VERSIONS: Final = _PAGED | {MATCH_SPEC_VERSION}

VALUES_MOST: Final = 100
"""Values of one filter."""

BYTES_MOST: Final = 8_000
"""All filters together, as JSON: the word for the next page bears them, within an address."""

_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = 1_000_000
_DIGITS: Final = 6
_LIMIT_DIGITS: Final = 9


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Which objects, and how many at a time.

    Times are microseconds since 1970: TAXII tells no finer ones apart.
    """

    added_after: int | None = None
    limit: int | None = None
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[str | int, ...] = (LAST,)  # Keywords, and times.
    spec_versions: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """A query, and the mark of the page before."""

    query: Query
    next: str | None = None


def parse_query(pairs: Iterable[tuple[str, str]], known: Collection[str]) -> Asked:
    """
    Read the parameters of a request.

    Parameters that TAXII does not know are somebody else's, and are left alone. A filter that it
    does not have here is refused: to leave it out would give more than was asked for.

    Args:
        pairs: Names and values, as they came.
        known: Parameters of this resource.

    Raises:
        UsageError: If one stands there twice, is unknown here, or has a value that is none, or if
            they are too long for the word of a next page.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            if name.startswith("match[") or name in OF_OBJECTS:
                raise UsageError(f"this resource has no filter {_shown(name)}")
            continue
        if name in found:
            raise UsageError(f"{name} stands there twice; separate its values by commas")
        found[name] = value
    after, limit = found.get("added_after"), found.get("limit")
    query = Query(
        added_after=None if after is None else _require_time("added_after", after),
        limit=None if limit is None else _limit(limit),
        ids=_values(found, MATCH_ID),
        types=_values(found, MATCH_TYPE),
        versions=_versions(found) or (LAST,),
        spec_versions=_values(found, MATCH_SPEC_VERSION),
    )
    if len(msgspec.json.encode(query)) > BYTES_MOST:
        raise UsageError(f"the filters have over {BYTES_MOST:,} bytes; ask in several requests")
    # Clients that page by what an answer said send an empty one where it said nothing.
    return Asked(query, found.get("next") or None)


def parse_time(text: str) -> int | None:
    """
    Read a timestamp of STIX or TAXII as microseconds since 1970; None: it is none.

    Digits beyond the sixth are cut off.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(f"{found[1]}+00:00")
    except ValueError:
        return None
    seconds = (whole - _EPOCH) // (datetime.fromtimestamp(1, UTC) - _EPOCH)
    return seconds * _MICROSECONDS + int((found[2] or "0").ljust(_DIGITS, "0")[:_DIGITS])


def _values(found: dict[str, str], name: str) -> tuple[str, ...]:
    if name not in found:
        return ()
    values = found[name].split(",")
    if not all(values):
        raise UsageError(f"{name} has a value that is empty")
    if len(values) > VALUES_MOST:
        raise UsageError(f"{name} has more than {VALUES_MOST} values; ask in several requests")
    return tuple(values)


def _versions(found: dict[str, str]) -> tuple[str | int, ...]:
    values = _values(found, MATCH_VERSION)
    read = tuple(
        each if each in {FIRST, LAST, ALL} else _require_time(MATCH_VERSION, each)
        for each in values
    )
    if len(set(read)) != len(read) or (ALL in read and len(read) > 1):
        raise UsageError(f"{MATCH_VERSION} names a version twice, or another beside all")
    return read


def _require_time(name: str, text: str) -> int:
    found = parse_time(text)
    if found is None:
        raise UsageError(f"{name} is no timestamp such as 2026-11-23T00:00:00.000Z")
    return found


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > _LIMIT_DIGITS or int(text) < 1:
        raise UsageError("limit is no whole number from 1")
    return int(text)


def _shown(name: str) -> str:
    """Show what a client sent, without what could disturb a log or a terminal."""
    return re.sub(r"[^\w\[\].-]", "?", name, flags=re.ASCII)[:40]
