"""
The collection that a TAXII client reads: every version of every listing, as of one snapshot.

Objects are ordered by the epoch they were published in, and within it by their ids, which tell
nothing. What comes later is only ever appended, so that an older snapshot is a beginning of a
newer one, and a client that is in the middle of it reads it to its end.

Source:
    TAXII Version 2.1, OASIS Standard (2021-06-10): sections 3.2 (headers), 3.3 (sorting),
    3.5 (pagination), 5.3 to 5.8. Its manifest and versions have no ``next``; like other servers,
    this one has, since all of one epoch bear one date and cannot be paged by it
    (oasis-tcs/cti-taxii2, issue 110).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Final

from hinomi.errors import NotFound, UsageError
from hinomi.hub.taxiicursor import Cursor, CursorSeal
from hinomi.hub.taxiiquery import ALL, FIRST, LAST, Asked, Query, parse_time
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint
from hinomi.share.stix import (
    MEDIA_TYPE,
    SPEC_VERSION,
    StixObject,
    StixProfile,
    render_moment,
)

PAGE_MOST: Final = 2_000
"""Objects of one answer, at most: about 2 MB."""

_DAY_MICROSECONDS: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, which the final Z says.
_ALWAYS: Final = 0
"""When what accompanies the listings was added: in 1970, before all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One answer, and between which dates what it gives was added.

    Of an answer that gives nothing both dates are the one up to which there was nothing, so that
    a client may go on from there.
    """

    body: bytes
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a collection has rendered: ids by episode, objects by when they were added and id."""

    names: Mapping[tuple[Endpoint, int], str]
    bodies: Mapping[tuple[int, str], bytes]


NOTHING: Final = Rendered({}, {})


class LaterSnapshot(UsageError):
    """A cursor is of a later snapshot than the collection that it was shown to."""


@dataclass(frozen=True, slots=True)
class _View:
    """What of the collection a request reads: the beginning that its snapshot is."""

    number: int
    epoch: int
    end: int


class TaxiiCollection:
    """
    The versions of all listings up to one snapshot, in order, ready to be given.

    Args:
        profile: Renders them.
        entries: Every version that was published up to this snapshot and is still kept.
        seal: Makes and reads cursors.
        number: Of the snapshot; 0: there is none yet.
        epoch: Of the snapshot.
        known: What a collection of the same profile has rendered: a version never changes, so
            that it need not be rendered again.
    """

    def __init__(
        self,
        profile: StixProfile,
        entries: Iterable[Entry],
        seal: CursorSeal,
        *,
        number: int,
        epoch: int,
        known: Rendered = NOTHING,
    ) -> None:
        self._profile, self._seal = profile, seal
        self._span = profile.epoch_days * _DAY_MICROSECONDS
        found: list[tuple[int, str, Entry | StixObject]] = []
        self._names: dict[tuple[Endpoint, int], str] = {}
        for each in entries:
            episode = each.endpoint, each.episode
            name = self._names.get(episode)
            if name is None:
                name = known.names.get(episode) or profile.indicator_id(each)
                self._names[episode] = name
            found.append((each.modified * self._span, name, each))
        found.extend((_ALWAYS, each.id, each) for each in profile.companions())
        found.sort(key=itemgetter(0, 1))
        self._keys = [each[:2] for each in found]
        self._contents = [each[2] for each in found]
        self._places: dict[str, list[int]] = {}
        for index, (_, name) in enumerate(self._keys):
            self._places.setdefault(name, []).append(index)
        self._after = [len(found)] * len(found)  # Where the next version of the same object is.
        for places in self._places.values():
            for index, follower in pairwise(places):
                self._after[index] = follower
        self._newest = [index for index, after in enumerate(self._after) if after == len(found)]
        self._bodies = self._render_newest(known.bodies)
        self._view = _View(number, epoch, len(found))

    @property
    def rendered(self) -> Rendered:
        """What was rendered here, for a later collection."""
        return Rendered(self._names, self._bodies)

    @property
    def number(self) -> int:
        """Number of the snapshot; 0: there is none yet."""
        return self._view.number

    def objects(self, asked: Asked) -> Page:
        """
        Give objects.

        Raises:
            UsageError: If the cursor is no good.
        """
        return self._page("objects", asked, self._envelope)

    def manifest(self, asked: Asked) -> Page:
        """
        Give what the objects are called, and their versions.

        Raises:
            UsageError: If the cursor is no good.
        """
        return self._page("manifest", asked, self._listed)

    def object(self, name: str, asked: Asked) -> Page:
        """
        Give one object, by its id.

        Raises:
            NotFound: If there is none.
            UsageError: If the cursor is no good.
        """
        return self._page(f"objects/{name}", _only(name, asked), self._envelope, name)

    def versions(self, name: str, asked: Asked) -> Page:
        """
        Give the versions of one object.

        Raises:
            NotFound: If there is none.
            UsageError: If the cursor is no good.
        """
        return self._page(f"versions/{name}", _only(name, asked, (ALL,)), self._dates, name)

    def _page(
        self,
        resource: str,
        asked: Asked,
        render: Callable[[list[int]], bytes],
        required: str | None = None,
    ) -> Page:
        query, view, start = asked.query, self._view, 0
        if asked.next is not None:
            cursor = self._seal.parse(asked.next, resource)
            query, view = cursor.query, self._view_of(cursor)
            start = bisect_right(self._keys, (cursor.added, cursor.id))
        if required is not None and self._places.get(required, [view.end])[0] >= view.end:
            raise NotFound("no object has this id")
        # A client may change its mind on how many it takes at a time, and on nothing else.
        limit = min(asked.query.limit or query.limit or PAGE_MOST, PAGE_MOST)
        chosen: list[int] = []
        for index in self._matching(query, view, start):
            if len(chosen) == limit:
                mark = self._mark(resource, query, view, chosen[-1])
                return self._answer(render(chosen), chosen, f'"more":true,"next":"{mark}"')
            chosen.append(index)
        if chosen:
            return self._answer(render(chosen), chosen, '"more":false')
        until = max(self._keys[view.end - 1][0], query.added_after or 0)
        return Page(body=b"{}", first=_render_added(until), last=_render_added(until))

    def _view_of(self, cursor: Cursor) -> _View:
        if cursor.number > self._view.number:
            raise LaterSnapshot("next is of a snapshot that this hub does not have; begin anew")
        end = bisect_right(self._keys, cursor.epoch * self._span, key=lambda each: each[0])
        return _View(cursor.number, cursor.epoch, end)

    def _mark(self, resource: str, query: Query, view: _View, index: int) -> str:
        added, name = self._keys[index]
        return self._seal.render(Cursor(resource, view.number, view.epoch, added, name, query))

    def _answer(self, members: bytes, chosen: list[int], more: str) -> Page:
        first, last = (self._added(index) for index in (chosen[0], chosen[-1]))
        return Page(body=b"{%b,%b}" % (more.encode("ascii"), members), first=first, last=last)

    def _matching(self, query: Query, view: _View, start: int) -> Iterator[int]:
        """Find what a query asks for, in order, from *start* on."""
        if query.spec_versions and SPEC_VERSION not in query.spec_versions:
            return
        if query.added_after is not None:
            by_date = bisect_right(self._keys, query.added_after, key=lambda each: each[0])
            start = max(start, by_date)
        for index in self._candidates(query, view, start):
            name = self._keys[index][1]
            if query.types and name.partition("--")[0] not in query.types:
                continue
            if any(self._is_version(index, each, view) for each in query.versions):
                yield index

    def _candidates(self, query: Query, view: _View, start: int) -> Iterable[int]:
        if query.ids:
            places = (self._places.get(name, ()) for name in set(query.ids))
            return sorted(each for some in places for each in some if start <= each < view.end)
        if query.versions == (LAST,) and view.end == len(self._keys):
            return self._newest[bisect_left(self._newest, start) :]
        return range(start, view.end)

    def _is_version(self, index: int, wanted: str | int, view: _View) -> bool:
        if wanted == LAST:
            return self._after[index] >= view.end
        if wanted == FIRST:
            return self._places[self._keys[index][1]][0] == index
        return wanted == ALL or self._version_time(index) == wanted

    def _envelope(self, chosen: list[int]) -> bytes:
        return b'"objects":[%b]' % b",".join(map(self._body, chosen))

    def _listed(self, chosen: list[int]) -> bytes:
        records = (
            f'{{"date_added":"{self._added(index)}","id":"{self._keys[index][1]}",'
            f'"media_type":"{MEDIA_TYPE}","version":"{self._version(index)}"}}'
            for index in chosen
        )
        return f'"objects":[{",".join(records)}]'.encode("ascii")

    def _dates(self, chosen: list[int]) -> bytes:
        dates = ",".join(f'"{self._version(index)}"' for index in chosen)
        return f'"versions":[{dates}]'.encode("ascii")

    def _render_newest(
        self, known: Mapping[tuple[int, str], bytes]
    ) -> dict[tuple[int, str], bytes]:
        """Render what nearly everybody asks for, so that no request has to wait for it."""
        newest = ((index, self._keys[index]) for index in self._newest)
        return {key: known.get(key) or self._render(index) for index, key in newest}

    def _body(self, index: int) -> bytes:
        return self._bodies.get(self._keys[index]) or self._render(index)

    def _render(self, index: int) -> bytes:
        content = self._contents[index]
        if isinstance(content, Entry):
            content = self._profile.render_indicator(content)
        return content.body

    def _version(self, index: int) -> str:
        content = self._contents[index]
        if isinstance(content, StixObject):
            return content.version
        return render_moment(content.modified, self._profile.epoch_days)

    def _version_time(self, index: int) -> int | None:
        content = self._contents[index]
        return self._keys[index][0] if isinstance(content, Entry) else parse_time(content.version)

    def _added(self, index: int) -> str:
        return _render_added(self._keys[index][0])


@lru_cache(maxsize=4096)
def _render_added(microseconds: int) -> str:
    """Render a timestamp of TAXII: to the microsecond, unlike those of STIX (TAXII 2.1, 2)."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return f"{moment.isoformat(timespec='microseconds')}Z"


def _only(name: str, asked: Asked, versions: tuple[str | int, ...] | None = None) -> Asked:
    """Narrow a query down to one object."""
    query = asked.query
    narrowed = Query(
        added_after=query.added_after,
        limit=query.limit,
        ids=(name,),
        versions=query.versions if versions is None else versions,
        spec_versions=query.spec_versions,
    )
    return Asked(narrowed, asked.next)
