"""
Listings out: five facts each, in an order that tells nothing, of what holds in this epoch.

What leaves is journalled. A laboratory shows its listings and gives none away (R3).
"""

import csv
import io
import json
from collections.abc import Iterable
from typing import Final

from hinomi.errors import NotPermitted
from hinomi.govern.mandate import Mandate
from hinomi.model.case import CaseEvent, Step
from hinomi.model.listing import Listing, epoch_of
from hinomi.model.protocol import WITH_PORTS
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import CaseBook
from hinomi.store.journal import FileJournal
from hinomi.store.listings import Published

FIELDS: Final = ("address", "protocol", "port", "class", "valid_until_epoch")
"""All that a listing says."""


def show_listings(home: Home) -> tuple[Listing, ...]:
    """Give what is listed in this epoch, by address; journalled as a read."""
    mandate = home.mandate(Operation.LISTINGS)
    found = _standing(home)
    record(home.journal(), Operation.LISTINGS, mandate, {"listings": len(found)})
    return found


def export_listings(home: Home) -> tuple[Listing, ...]:
    """
    Give what is listed in this epoch, to be handed to the certified body.

    Raises:
        NotPermitted: If this home is a laboratory, no mandate permits it, or something is listed
            of which the journal does not say that two people let it out.
    """
    mandate = require_may_leave(home, Operation.EXPORT)
    require_journalled(home, Operation.EXPORT, mandate)
    found = _standing(home)
    facts: dict[str, object] = {"register": home.register.version}
    record(home.journal(), Operation.EXPORT, mandate, {**facts, "listings": len(found)})
    return found


def listed_by(casebook: CaseBook, epoch: int) -> list[Published]:
    """Give what was listed here by the end of *epoch*, and stands in the one after."""
    return [
        each
        for each in casebook.listings.published(epoch + 1)
        if each.since_epoch <= epoch and each.listing.proto in WITH_PORTS
    ]


def require_may_leave(home: Home, operation: Operation) -> Mandate:
    """
    Give the mandate to let something out of this home under *operation*.

    Raises:
        NotPermitted: If this home is a laboratory, or no mandate permits it; it is journalled.
    """
    mandate = home.mandate(operation)
    if home.is_laboratory:
        refused = "a laboratory can share nothing: it took in what no provider may"
        told = {"register": home.register.version, "refused": refused}
        record(home.journal(), operation, mandate, told)
        raise NotPermitted(refused)
    return mandate


def require_journalled(home: Home, operation: Operation, mandate: Mandate) -> None:
    """
    Refuse to give out what was written into the case book past the journal (R10).

    Raises:
        NotPermitted: If something is listed of which the journal does not say that two people let
            it out; it is journalled under *operation*.
    """
    journal = home.journal()
    with home.casebook() as casebook:
        unknown = [
            each.case_id
            for each in casebook.listings.published(_epoch(home))
            if not _is_journalled(journal, each, casebook.cases.history(each.case_id))
        ]
    if unknown:
        numbers = ", ".join(map(str, unknown[:5]))
        refused = (
            f"the journal does not say that two people let out case {numbers}: the case book was "
            "changed past it; restore it from backup, or withdraw these"
        )
        told = {"refused": "listed past the journal", "cases": unknown[:5]}
        record(journal, operation, mandate, told)
        raise NotPermitted(refused)


def _is_journalled(journal: FileJournal, listed: Published, history: Iterable[CaseEvent]) -> bool:
    """
    Tell whether the journal has the publication of a listing.

    An entry whose body was deleted in time is taken for it; its place is there all the same.
    """
    entries = [
        each.entry for each in history if each.step is Step.LIST and each.episode == listed.episode
    ]
    if not entries or not 0 <= entries[-1] < journal.head().size:
        return False
    body = journal.body(entries[-1])
    if body is None:
        return True
    told = body.parse()
    wanted = (Operation.APPROVE.word, "list", listed.case_id, listed.episode)
    return tuple(told.get(name) for name in ("operation", "act", "case", "episode")) == wanted


def _epoch(home: Home) -> int:
    return epoch_of(home.clock(), home.register.integer("share.epoch_days"))


def render_csv(listings: tuple[Listing, ...], epoch_days: int) -> str:
    """Render listings as CSV with a header: the same listings give the same bytes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(each.render(epoch_days) for each in listings)
    return text.getvalue()


def render_json(listings: tuple[Listing, ...], epoch_days: int) -> str:
    """Render listings as one JSON document: the same listings give the same bytes."""
    rows = [each.render(epoch_days) for each in listings]
    return json.dumps({"listings": rows}, indent=2) + "\n"


def _standing(home: Home) -> tuple[Listing, ...]:
    with home.casebook() as casebook:
        return casebook.listings.standing(_epoch(home))
