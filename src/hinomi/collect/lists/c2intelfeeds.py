"""
C2IntelFeeds: CSV under a commented header that begins with ``#ip`` or ``#domain``.

Lists of domains have the addresses in a column ``ip`` (or ``IPs``, several, in the lists
of DNS C&C); a line without one names a host name only, which is counted and left out.

Source:
    github.com/drb-ra/C2IntelFeeds, folder feeds.
"""

import re
from typing import Final

from hinomi.collect.lists.fields import clean_label, parse_port, parse_prefix
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.rows import content_lines, first_line, parse_rows, read_header
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry, Role
from hinomi.model.protocol import Protocol

_HEADER: Final = re.compile(r"#(?:ip|domain),.*\bioc\b")
_DNS_PORT: Final = 53


def recognises(text: str) -> bool:
    """Tell the format by its header."""
    return _HEADER.match(first_line(text)) is not None


def read(text: str, intake: Intake) -> None:
    """Hand every line to *intake*."""
    columns = read_header(first_line(text))
    if "ioc" not in columns:
        raise MalformedDocument("has no header of a c2intelfeeds list", str(intake.path), 1)
    is_dns = "ips" in columns
    for number, row in parse_rows(content_lines(text), columns, intake):
        with intake.line(number):
            addresses = (row["ips"] if is_dns else row.get("ip", "")).split()
            if not addresses:
                intake.ignore("hostname")
            for address in addresses:
                base, length = parse_prefix(address)
                intake.add(
                    ListEntry(
                        base=base,
                        length=length,
                        proto=int(Protocol.UDP) if is_dns else None,
                        port=_DNS_PORT if is_dns else parse_port(row.get("port", "")),
                        # The unverified lists also name remote control of other kinds.
                        role=Role.C2 if re.search(r"\bC2\b", row["ioc"]) else Role.UNKNOWN,
                        label=clean_label(row["ioc"]),
                    )
                )
