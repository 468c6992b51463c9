"""What a running hub holds open for as long as it runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response

from hinomi.services.home import Home
from hinomi.services.hub.apart import publish_apart
from hinomi.services.hub.doors import Caller
from hinomi.services.hub.meters import Meters
from hinomi.services.hub.reads import ReadJournal
from hinomi.services.hub.serving import Serving
from hinomi.store.casebook import CaseBook
from hinomi.web.hub.bodies import CSV, JSON, Bodies
from hinomi.web.hub.limits import Pace


@dataclass(frozen=True, slots=True)
class Asked:
    """A form of a snapshot that somebody asks for."""

    name: str  # Such as ``listings.json``: it stands in the journal.
    number: int
    media: str  # Its media type.


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
        self.bodies = Bodies(ticks)
        self.pace = Pace(home.config.hub.requests_per_minute, ticks)

    def prepare(self, number: int) -> None:
        """Have the forms of a list that members ask for in memory."""
        found = self.casebook.hub.snapshots.get(number)
        self.bodies.get("listings.json", number, JSON, lambda: found.json)
        self.bodies.get("listings.csv", number, CSV, lambda: found.csv)

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

    def give(
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
            NotFound: If there is none.
            Unavailable: If it cannot be journalled: then it is not given.
        """
        body = self.bodies.get(asked.name, asked.number, asked.media, make)
        self.reads.give(caller, asked.name, asked.number)
        return body.answer(request)
