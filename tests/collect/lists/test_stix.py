"""STIX bundles."""

import json
from pathlib import Path
from typing import Any

import pytest

from hinomi.clock import parse_time
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.stix import read, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role

HOST = parse_address("192.0.2.1")


def test_an_indicator_of_an_address_is_an_entry() -> None:
    """Its validity is the time of its listing, what it indicates its family."""
    taken = parsed(
        indicator("[ipv4-addr:value = '192.0.2.1']", valid_until="2026-02-01T00:00:00.000Z"),
        {"type": "malware", "id": "malware--1", "name": "Family"},
        relationship("indicates", "indicator--1", "malware--1"),
    )

    assert taken.entries == [
        ListEntry(
            base=HOST,
            label="Family",
            first_listed_ms=parse_time("2026-01-01"),
            last_listed_ms=parse_time("2026-02-01"),
        )
    ]


@pytest.mark.parametrize(
    ("pattern", "services"),
    [
        ("ipv4-addr:value = '192.0.2.0/24'", [("192.0.2.0", None, None)]),
        ("ipv4-addr:value ISSUBSET '192.0.2.0/24'", [("192.0.2.0", None, None)]),
        ("ipv6-addr:value = '2001:db8::1'", [("2001:db8::1", None, None)]),
        (
            "ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')",
            [("192.0.2.1", None, None), ("192.0.2.2", None, None)],
        ),
        (
            "network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 80",
            [("192.0.2.1", None, 80)],
        ),
        (
            "ipv4-addr:value = '192.0.2.1' AND network-traffic:protocols[*] = 'tcp'",
            [("192.0.2.1", 6, None)],
        ),
        (
            "ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port IN (80, 443)",
            [("192.0.2.1", None, 80), ("192.0.2.1", None, 443)],
        ),
        (
            "domain-name:value = 'a.example' AND ipv4-addr:value = '192.0.2.1'",
            [("192.0.2.1", None, None)],
        ),
    ],
)
def test_a_pattern_names_services(
    pattern: str, services: list[tuple[str, int | None, int | None]]
) -> None:
    """Addresses, with the port and protocol tested together with them."""
    entries = parsed(indicator(f"[{pattern}]")).entries

    assert [(entry.base, entry.proto, entry.port) for entry in entries] == [
        (parse_address(address), proto, port) for address, proto, port in services
    ]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("domain-name:value = 'a.example'", "domain-name"),
        ("file:hashes.'SHA-256' = '00'", "file"),
        ("x-own-type:value = '192.0.2.9'", "other"),
        ("ipv4-addr:value != '192.0.2.1'", "no plain address"),
        ("ipv4-addr:value LIKE '192.0.2.%'", "no plain address"),
        ("network-traffic:src_ref.value = '192.0.2.1'", "network-traffic"),
        ("ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port > 1024", "port range"),
    ],
)
def test_other_patterns_are_counted(pattern: str, reason: str) -> None:
    """By the type of what they test for, or why their address cannot be listed."""
    taken = parsed(indicator(f"[{pattern}]"))

    assert (taken.entries, taken.ignored) == ([], {reason: 1})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"revoked": True}, "revoked"),
        ({"indicator_types": ["benign"]}, "benign"),
        ({"pattern_type": "snort"}, "other pattern language"),
    ],
)
def test_indicators_that_say_nothing_here_are_counted(changed: dict[str, Any], reason: str) -> None:
    """Taken back, about harmless things, or in another language."""
    taken = parsed(indicator("[ipv4-addr:value = '192.0.2.1']", **changed))

    assert (taken.entries, taken.ignored) == ([], {reason: 1})


def test_a_benign_indicator_belongs_on_a_benign_list() -> None:
    """There it says what the list says."""
    harmless = indicator("[ipv4-addr:value = '192.0.2.1']", indicator_types=["benign"])

    assert len(parsed(harmless, kind=ListKind.BENIGN).entries) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": ["malicious-activity", "c2"]},
        {"indicator_types": ["command-and-control"]},
        {"kill_chain_phases": [{"kill_chain_name": "x", "phase_name": "command-and-control"}]},
    ],
)
def test_the_role_is_taken_from_where_it_is_stated(changed: dict[str, Any]) -> None:
    """In labels, types or the phase of the attack; never from free text."""
    pattern = "[ipv4-addr:value = '192.0.2.1']"

    assert [entry.role for entry in parsed(indicator(pattern, **changed)).entries] == [Role.C2]
    silent = indicator(pattern, name="IP address of a C2 server")
    assert [entry.role for entry in parsed(silent).entries] == [Role.UNKNOWN]


def test_an_address_of_an_infrastructure_has_its_role() -> None:
    """Infrastructure of type command-and-control consists of C&C servers."""
    taken = parsed(
        {"type": "infrastructure", "id": "infrastructure--1", "name": "Panel",
         "infrastructure_types": ["command-and-control"]},
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.1"},
        relationship("consists-of", "infrastructure--1", "ipv4-addr--1"),
    )  # fmt: skip

    assert taken.entries == [ListEntry(base=HOST, role=Role.C2, label="Panel")]


def test_traffic_names_its_destination() -> None:
    """With port and protocol; the source is a client, or a victim."""
    taken = parsed(
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.1"},
        {"type": "ipv4-addr", "id": "ipv4-addr--2", "value": "192.0.2.2"},
        {"type": "network-traffic", "id": "network-traffic--1", "src_ref": "ipv4-addr--2",
         "dst_ref": "ipv4-addr--1", "dst_port": 8443, "protocols": ["ipv4", "tcp", "https"]},
    )  # fmt: skip

    assert taken.entries == [ListEntry(base=HOST, proto=6, port=8443)]


def test_traffic_to_a_name_is_counted() -> None:
    """It has no address to list."""
    taken = parsed(
        {"type": "domain-name", "id": "domain-name--1", "value": "a.example"},
        {"type": "network-traffic", "id": "network-traffic--1", "dst_ref": "domain-name--1"},
    )

    assert (taken.entries, taken.ignored) == ([], {"domain-name": 1, "network-traffic": 1})


def test_what_was_merely_observed_is_left_out() -> None:
    """Observed data names victims as well."""
    taken = parsed(
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.1"},
        {"type": "observed-data", "id": "observed-data--1", "object_refs": ["ipv4-addr--1"]},
    )

    assert (taken.entries, taken.ignored) == ([], {"observed-data": 1})


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "indicator", "id": "indicator--9"},
        {"type": "indicator", "id": "indicator--9", "pattern": "[ipv4-addr:value = 'a.example']"},
        {"type": "indicator", "id": "indicator--9", "pattern": "alert tcp any"},
        {"type": "ipv4-addr", "id": "ipv4-addr--9"},
        {"id": "no type"},
        "text",
        None,
    ],
)
def test_a_bad_object_is_named_by_its_place(bad: object) -> None:
    """With good ones kept the others are there."""
    good = indicator("[ipv4-addr:value = '192.0.2.1']")

    with pytest.raises(MalformedDocument, match=r"^bundle\.json: object 2: "):
        parsed(good, bad)
    keeping = parsed(good, bad, keep_good=True)

    assert (len(keeping.entries), keeping.malformed) == (1, 1)


def test_other_objects_are_neither_entries_nor_counted() -> None:
    """Reports, identities and relationships are not what the list is of."""
    taken = parsed({"type": "report", "id": "report--1"}, {"type": "identity", "id": "identity--1"})

    assert (taken.entries, taken.ignored) == ([], {})


def test_bundles_and_envelopes_are_recognised() -> None:
    """An envelope of TAXII 2.1 is a bundle without a type."""
    assert recognises('{"type": "bundle", "id": "bundle--1"}')
    assert recognises('{"more": false, "objects": []}')
    for other in ("{}", "[]", '{"type": "indicator", "objects": []}', '{"objects": {}}', "{"):
        assert not recognises(other)
        with pytest.raises(MalformedDocument, match="no STIX bundle"):
            read(other, Intake(Path("bundle.json"), ListKind.KNOWN_CC, keep_good=False))


def test_addresses_are_never_repeated_in_messages() -> None:
    """Not even one that is almost right."""
    with pytest.raises(MalformedDocument) as caught:
        parsed(indicator("[ipv4-addr:value = '192.0.2.1:80']"))

    assert "192.0.2" not in str(caught.value)


def indicator(pattern: str, **changed: Any) -> dict[str, Any]:
    """Write an indicator."""
    return {
        "type": "indicator",
        "id": "indicator--1",
        "spec_version": "2.1",
        "pattern_type": "stix",
        "pattern": pattern,
        "valid_from": "2026-01-01T00:00:00Z",
    } | changed


def relationship(kind: str, source: str, target: str) -> dict[str, Any]:
    """Write a relationship."""
    return {
        "type": "relationship",
        "id": f"relationship--{kind}",
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
    }


def parsed(*objects: object, kind: ListKind = ListKind.KNOWN_CC, keep_good: bool = False) -> Intake:
    """Read a bundle of *objects*."""
    intake = Intake(Path("bundle.json"), kind, keep_good=keep_good)
    read(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}), intake)
    return intake
