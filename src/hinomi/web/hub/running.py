"""What a running hub holds open for as long as it runs."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from hinomi.services.home import Home
from hinomi.services.hub.apart import publish_apart
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.editions import Basis, Edition, Editions
from hinomi.services.hub.meters import Meters
from hinomi.services.hub.reads import ReadJournal
from hinomi.services.hub.serving import Serving
from hinomi.store.casebook import CaseBook
from hinomi.web.hub.answers import TEXT
from hinomi.web.hub.bodies import CSV, JSON, ZONE, Bodies, Body, Key
from hinomi.web.hub.limits import Pace

LISTS: Final = (
    ("listings.json", JSON),
    ("listings.csv", CSV),
    ("listings.txt", TEXT),
    ("zone.rpz", ZONE),
)
"""The forms that every list has alone, and their media types."""

OLDER_AT_ONCE: Final = 1
"""So many forms that are not in memory are made at a time; who else wants one waits in line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A form of a snapshot that somebody asks for."""

    name: str  # Such as ``listings.json``: it stands in the journal.
    number: int
    media: str  # Its media type.
    key: Key  # By which it is kept.

    @property
    def is_list(self) -> bool:
        """Tell whether it is made of one list alone."""
        return self.key[1] == self.number

    @classmethod
    def of_list(cls, name: str, number: int, media: str) -> "Asked":
        """Ask for a form of one list."""
        return cls(name, number, media, (name, number))

    @classmethod
    def of_feed(cls, name: str, basis: Basis, media: str, file: str = "") -> "Asked":
        """Ask for a file of the feed."""
        return cls(name, basis.number, media, (file or name, basis))


class Hub:
    """A hub that answers: its home as it is now, its case book, open, and what routes share."""

    def __init__(
        self,
        home: Home,
        casebook: CaseBook,
        *,
        publish: Callable[[Home], None] = publish_apart,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.serving = Serving(home, casebook, publish=publish, prepare=self.prepare, ticks=ticks)
        self.editions = Editions(lambda: self.home, casebook)
        self.bodies = Bodies()
        self.pace = Pace(home.config.hub.requests_per_minute, ticks)
        # Not one of the threads that all routes share: however many forms of older lists somebody
        # asks for, no other request waits for a thread.
        self._older = ThreadPoolExecutor(OLDER_AT_ONCE, "hub-older")

    def prepare(self, number: int) -> None:
        """
        Have the forms of the newest list in memory; what was given before is given until then.

        Args:
            number: Of that list; 0: there is none yet.
        """
        if number:
            self.bodies.pin({**self.bodies.pinned, **self._pack_lists(number)})
        self.editions.keep(self._pin_feed)  # Before it is given, so that no request packs it.
        bases = (number, self.editions.newest().basis)
        kept = {key: body for key, body in self.bodies.pinned.items() if key[1] in bases}
        self.bodies.pin(kept)

    def _pack_lists(self, number: int) -> dict[Key, Body]:
        if (LISTS[0][0], number) in self.bodies.pinned:
            return {}
        found = self.casebook.hub.snapshots.get(number)
        plain, zone = self.editions.small_forms(found)
        contents = (found.json, found.csv, plain, zone)
        return {
            (name, number): Body.of(content, media)
            for (name, media), content in zip(LISTS, contents, strict=True)
        }

    def _pin_feed(self, edition: Edition) -> None:
        """Pin the files of a feed; those that are as they were are not compressed again."""
        pinned = self.bodies.pinned
        before = {name: body for (name, _), body in pinned.items()}
        feed: dict[Key, Body] = {}
        for asked, content in feed_of(edition):
            old = before.get(asked.key[0])
            is_same = old is not None and old.plain == content
            feed[asked.key] = old if old and is_same else Body.of(content, asked.media)
        self.bodies.pin({**pinned, **feed})

    @property
    def home(self) -> Home:
        """The home, with the register that is in force by now."""
        return self.serving.home

    @property
    def casebook(self) -> CaseBook:
        """The case book, open."""
        return self.serving.casebook

    @property
    def reads(self) -> ReadJournal:
        """The journal of what leaves: a route notes there what it is about to give."""
        return self.serving.reads

    @property
    def meters(self) -> Meters:
        """What is counted."""
        return self.serving.meters

    async def give(
        self, request: Request, caller: Caller, asked: Asked, make: Callable[[], bytes]
    ) -> Response:
        """
        Give a form of a snapshot; the journal knows before it leaves.

        Args:
            request: That is answered.
            caller: Who asks.
            asked: Which form, of which snapshot.
            make: Gives the bytes, of the same form and snapshot always the same.

        Raises:
            NotFound: If there is none, or it is too old to be given.
            Unavailable: If it cannot be journalled: then it is not given.
        """
        body = self.bodies.pinned.get(asked.key)
        if body is None:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(self._older, self._find, asked, make)

        def hand_out() -> Response:
            self.reads.give(caller, asked.name, asked.number)
            return body.answer(request)

        return await run_in_threadpool(hand_out)

    def _find(self, asked: Asked, make: Callable[[], bytes]) -> Body:
        if asked.is_list:  # A feed rests on the newest list, whichever that is.
            self.editions.require_given(asked.number)
        return self.bodies.get(asked.key, asked.media, make)


def feed_of(edition: Edition) -> Iterator[tuple[Asked, bytes]]:
    """Give all files of a feed."""
    feed, basis = edition.misp, edition.basis
    yield Asked.of_feed("misp/manifest.json", basis, JSON), feed.manifest
    yield Asked.of_feed("misp/hashes.csv", basis, CSV), feed.hashes
    for event, content in feed.events.items():
        yield Asked.of_feed("misp/event.json", basis, JSON, event), content
