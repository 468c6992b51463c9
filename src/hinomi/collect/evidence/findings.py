"""
Findings of analysts as CSV: ``address,protocol,port,claim,note``, and ``seen`` where known.

What a person found out by other means: a server that was seized, a provider's answer, a
report. The note is kept on one line, without addresses and host names (R16).
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from hinomi.collect.evidence.fields import clean_words, make_service, parse_day, parse_host
from hinomi.collect.evidence.intake import Intake
from hinomi.collect.evidence.rows import Row, has_columns, read_rows
from hinomi.collect.lists.intake import BadLine
from hinomi.model.evidence import Claim, Evidence, Method

_COLUMNS: Final = {
    "address": "address",
    "protocol": "protocol",
    "port": "port",
    "claim": "claim",
    "note": "note",
    "seen": "seen",
}
_REQUIRED: Final = ("address", "protocol", "port", "claim")


def recognises(start: str) -> bool:
    """Tell the format by its header."""
    return has_columns(start, _COLUMNS, _REQUIRED)


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield one statement a line."""
    return intake.each(read_rows(intake, _COLUMNS, _REQUIRED), partial(_statement, intake))


def _statement(intake: Intake, row: Row) -> Iterator[Evidence]:
    try:
        claim = Claim(row["claim"].strip().lower())
    except ValueError:
        names = ", ".join(Claim)
        raise BadLine(f"an unknown claim: one of {names} is expected") from None
    day = parse_day(row["seen"], intake.told.day)
    service = make_service(parse_host(row["address"]), row["protocol"], row["port"])
    yield intake.evidence(service, claim, Method.ANALYST, day, note=clean_words(row["note"]))
