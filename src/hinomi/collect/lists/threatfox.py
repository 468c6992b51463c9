"""
ThreatFox of abuse.ch: indicators of several types as CSV, the header inside the banner.

Only the type ``ip:port`` names an address; the others are counted by type. An indicator
of threat type ``botnet_cc`` has the role c2, any other no stated role.

Source:
    threatfox.abuse.ch/export, columns first_seen_utc, ioc_id, ioc_value, ioc_type,
    threat_type, fk_malware, malware_alias, malware_printable, last_seen_utc,
    confidence_level, (is_compromised,) reference, tags, anonymous, reporter.
"""

from typing import Final

from hinomi.collect.lists.fields import clean_label, parse_endpoint, parse_when
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.rows import header_position, require_header, rows_below
from hinomi.model.listed import ListEntry, Role

_HEADER: Final = ("first_seen_utc", "ioc_id", "ioc_value", "ioc_type")
_TYPES: Final = {"domain", "url", "md5_hash", "sha1_hash", "sha256_hash", "sha3_384_hash"}


def recognises(text: str) -> bool:
    """Tell the format by its header."""
    return header_position(text, _HEADER) is not None


def read(text: str, intake: Intake) -> None:
    """Hand every line to *intake*."""
    header = require_header(header_position(text, _HEADER), intake, "threatfox")
    for number, row in rows_below(text, header, intake):
        kind = row["ioc_type"].strip().lower()
        if kind != "ip:port":
            intake.ignore(kind if kind in _TYPES else "other type")
            continue
        with intake.line(number):
            base, length, port = parse_endpoint(row["ioc_value"])
            is_c2 = row.get("threat_type", "").strip() == "botnet_cc"
            intake.add(
                ListEntry(
                    base=base,
                    length=length,
                    port=port,
                    role=Role.C2 if is_c2 else Role.UNKNOWN,
                    label=clean_label(row.get("malware_printable", "")),
                    first_listed_ms=parse_when(row["first_seen_utc"]),
                    last_listed_ms=parse_when(row.get("last_seen_utc", "")),
                )
            )
