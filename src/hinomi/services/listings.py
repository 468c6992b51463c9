"""
Listings out: five facts each, in an order that tells nothing, of what holds in this epoch.

What leaves is journalled. A laboratory shows its listings and gives none away (R3).
"""

import csv
import io
import json
from typing import Final

from hinomi.errors import NotPermitted
from hinomi.model.listing import Listing, epoch_of
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record

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
        NotPermitted: If this home is a laboratory, or no mandate permits it.
    """
    mandate = home.mandate(Operation.EXPORT)
    facts: dict[str, object] = {"register": home.register.version}
    if home.is_laboratory:
        refused = "a laboratory can share nothing: it took in what no provider may"
        record(home.journal(), Operation.EXPORT, mandate, {**facts, "refused": refused})
        raise NotPermitted(refused)
    found = _standing(home)
    record(home.journal(), Operation.EXPORT, mandate, {**facts, "listings": len(found)})
    return found


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
    epoch = epoch_of(home.clock(), home.register.integer("share.epoch_days"))
    with home.casebook() as casebook:
        return casebook.listings.standing(epoch)
