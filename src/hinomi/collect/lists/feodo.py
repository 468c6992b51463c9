"""
Feodo Tracker of abuse.ch: the botnet C&C block list as CSV under a comment banner.

Source:
    feodotracker.abuse.ch/blocklist, columns first_seen_utc, dst_ip, dst_port, c2_status,
    last_online, malware.
"""

import re
from typing import Final

from hinomi.collect.lists.fields import clean_label, parse_port, parse_prefix, parse_when
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.rows import header_position, require_header, rows_below
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry, Role

_HEADER: Final = ("first_seen_utc", "dst_ip", "dst_port")
_END: Final = re.compile(r"^#\s*END\s+(\d{1,9})\s+entries", re.MULTILINE)


def recognises(text: str) -> bool:
    """Tell the format by its header."""
    return header_position(text, _HEADER) is not None


def read(text: str, intake: Intake) -> None:
    """
    Hand every line to *intake*.

    Raises:
        MalformedDocument: If the last line counts other than the lines are: the file
            was fetched in part.
    """
    header = require_header(header_position(text, _HEADER), intake, "feodo")
    rows = 0
    for number, row in rows_below(text, header, intake):
        rows += 1
        with intake.line(number):
            base, length = parse_prefix(row["dst_ip"])
            intake.add(
                ListEntry(
                    base=base,
                    length=length,
                    port=parse_port(row["dst_port"]),
                    role=Role.C2,
                    label=clean_label(row.get("malware", "")),
                    first_listed_ms=parse_when(row["first_seen_utc"]),
                    last_listed_ms=parse_when(row.get("last_online", "")),
                )
            )
    stated = _END.search(text)
    if stated and intake.malformed == 0 and int(stated[1]) != rows:
        reason = f"states {stated[1]} entries but has {rows}: fetch it again"
        raise MalformedDocument(reason, str(intake.path))
