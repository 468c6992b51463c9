"""Exports of ThreatFox."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.threatfox import read, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role

COLUMNS = (
    "first_seen_utc", "ioc_id", "ioc_value", "ioc_type", "threat_type", "fk_malware",
    "malware_alias", "malware_printable", "last_seen_utc", "confidence_level", "reference",
    "tags", "anonymous", "reporter",
)  # fmt: skip
HEADER = "# " + ",".join(f'"{name}"' for name in COLUMNS)


def test_an_address_with_port_is_an_entry() -> None:
    """The role is c2 where the threat type says botnet C&C."""
    text = f"# banner\n{HEADER}\n{row()}\n# Number of entries: 1\n"

    assert recognises(text)
    assert parsed(text).entries == [
        ListEntry(
            base=parse_address("192.0.2.1"),
            port=443,
            role=Role.C2,
            label="Remcos",
            first_listed_ms=parse_time("2026-01-01T10:11:12Z"),
        )
    ]


def test_other_threats_have_no_role() -> None:
    """A server of payloads is no C&C server."""
    entries = parsed(f"{HEADER}\n{row(threat_type='payload_delivery')}\n").entries

    assert [entry.role for entry in entries] == [Role.UNKNOWN]


def test_other_types_are_counted() -> None:
    """Under their names where those are known, so that no value of the file gets out."""
    rows = [row(ioc_type=kind) for kind in ("domain", "domain", "sha256_hash", "192.0.2.9")]

    taken = parsed("\n".join([HEADER, *rows]))

    assert taken.entries == []
    assert taken.ignored == {"domain": 2, "sha256_hash": 1, "other type": 1}


def test_a_column_more_changes_nothing() -> None:
    """The export grew one in 2026: columns are found by name."""
    header = HEADER.replace('"reference"', '"is_compromised","reference"')
    line = row(reference='False", "None')

    assert len(parsed(f"{header}\n{line}\n").entries) == 1


@pytest.mark.parametrize("value", ["192.0.2.1:0", "host.example:443", "192.0.2.1:"])
def test_a_bad_endpoint_is_a_bad_line(value: str) -> None:
    """The type promises address and port."""
    with pytest.raises(MalformedDocument, match="line 2"):
        parsed(f"{HEADER}\n{row(ioc_value=value)}\n")


def row(**changed: str) -> str:
    """Write one line as the export does, with a space behind each comma."""
    fields = dict.fromkeys(COLUMNS, "None") | {
        "first_seen_utc": "2026-01-01 10:11:12",
        "ioc_value": "192.0.2.1:443",
        "ioc_type": "ip:port",
        "threat_type": "botnet_cc",
        "malware_printable": "Remcos",
        "last_seen_utc": "",
    }
    return ", ".join(f'"{value}"' for value in (fields | changed).values())


def parsed(text: str) -> Intake:
    """Read *text* as a list of known C&C."""
    intake = Intake(Path("threatfox.csv"), ListKind.KNOWN_CC, keep_good=False)
    read(text, intake)
    return intake
