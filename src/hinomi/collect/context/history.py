"""
History: addresses that were listed as C&C, with the day of their first listing where stated.

Any format of `collect/lists` is read; plain CSV has a column ``first_listed``.
"""

import numpy as np

from hinomi.collect.context.intake import Intake, Parsed
from hinomi.collect.lists.catalogue import parse_list
from hinomi.model.context import UNKNOWN, ContextKind
from hinomi.model.listed import ListKind, Role

_ONE_HOST = 128
"""Length of a single address in the 128-bit form."""


def read(intake: Intake) -> Parsed:
    """
    Read the single addresses of a C&C list with their earliest listing.

    Sinkholes are left out (they say nothing of their neighbours), and so is what the list
    itself dates after the table's day.

    Raises:
        MalformedDocument: If it is no list, has a bad line, or holds no address.
        NotFound: If it cannot be read.
    """
    parsed = parse_list(intake.path, ListKind.KNOWN_CC, None, intake.keeps_good)
    intake.malformed += parsed.malformed
    intake.ignored.update(parsed.ignored)
    listed: dict[tuple[int, int], int] = {}
    for entry in parsed.entries:
        moment = UNKNOWN if entry.first_listed_ms is None else entry.first_listed_ms
        if entry.length < _ONE_HOST:
            intake.ignore("prefix")
        elif entry.role is Role.SINKHOLE:
            intake.ignore("sinkhole")
        elif moment >= intake.ends_ms:
            intake.ignore("later-than-the-table")
        else:
            before = listed.get(entry.base, UNKNOWN)
            known = [each for each in (before, moment) if each != UNKNOWN]
            listed[entry.base] = min(known, default=UNKNOWN)
    rows = np.array(
        sorted((hi, lo, moment) for (hi, lo), moment in listed.items()), dtype=np.int64
    ).reshape(-1, 3)
    return intake.done(ContextKind.HISTORY, list(rows.T))
