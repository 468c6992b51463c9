"""
Sightings by other members as CSV: ``address,protocol,port,says``, and no time at all.

``confirmed``: it is a C&C server in my network too. ``wrong``: it is none. ``gone``: it was one
and is not any more. ``not-seen``: none of my subscribers speaks with it, which proves nothing
(a botnet may have no bots there), and so is counted and left out.

A sighting says who saw it by its source alone, and when by the file's day: members tell each
other of no communication (R4).
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from hinomi.collect.evidence.fields import make_service, parse_host
from hinomi.collect.evidence.intake import Intake, Skip
from hinomi.collect.evidence.rows import Row, has_columns, read_rows
from hinomi.collect.lists.intake import BadLine
from hinomi.model.evidence import Claim, Evidence, Method

NOT_SEEN: Final = "not seen, which proves nothing"

_COLUMNS: Final = {"address": "address", "protocol": "protocol", "port": "port", "says": "says"}
_SAYS: Final = {"confirmed": Claim.CC, "wrong": Claim.BENIGN, "gone": Claim.GONE}


def recognises(start: str) -> bool:
    """Tell the format by its header."""
    return has_columns(start, _COLUMNS, _COLUMNS.values())


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield one statement a line, on the file's day."""
    return intake.each(
        read_rows(intake, _COLUMNS, tuple(_COLUMNS.values())), partial(_statement, intake)
    )


def _statement(intake: Intake, row: Row) -> Iterator[Evidence]:
    says = row["says"].strip().lower()
    service = make_service(parse_host(row["address"]), row["protocol"], row["port"])
    if says == "not-seen":
        raise Skip(NOT_SEEN)
    if says not in _SAYS:
        raise BadLine("an unknown sighting: confirmed, not-seen, wrong or gone is expected")
    yield intake.evidence(service, _SAYS[says], Method.SIGHTING, intake.told.day)
