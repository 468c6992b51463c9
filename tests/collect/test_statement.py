"""The account as people and scripts read it."""

import json

from accounts import a_status
from builders import NOON_MS
from hinomi.collect.accounting import OTHER_INTERFACES, CollectStatus
from hinomi.collect.statement import Said, status_document, status_lines
from hinomi.collect.wire.exported import NO_INTERFACE
from hinomi.model.exporter import InterfaceRole


def test_the_document_tells_kept_dropped_and_lost_apart() -> None:
    """Everything that was counted stands there, once."""
    document = json.loads(json.dumps(status_document(a_status())))

    assert document["exporters"] == [
        {
            "name": "192.0.2.1",
            "datagrams": 10,
            "bytes": 14_000,
            "records": 250,
            "kept": 240,
            "dropped": {"transit": 10},
            "sequence": {"records": {"received": 250, "lost": 50}},
            "noted": {"malformed-length": 2, "time-missing": 3},
            "templates": 2,
            "samplers": [
                {
                    "domain": 0,
                    "kind": "system",
                    "number": 0,
                    "interval": 10_000,
                    "algorithm": "random n-out-of-N",
                    "origin": "IE 34",
                }
            ],
            "override": None,
            "interfaces": {},
            "last_seen": "2026-01-01T12:00:59Z",
            "newest_flow": "2026-01-01T12:00:49Z",
        }
    ]
    assert document["counts"] == {"kernel-drops": 5, "kernel-queued-bytes": 900}
    assert document["conversations"]["stored"] == 200
    assert document["unaccounted"] == 0
    assert document["workers"][0]["updated"] == "2026-01-01T12:01:00Z"


def test_a_worker_that_went_silent_is_told() -> None:
    """A collector that ended leaves its last status behind: its age says so."""
    (line, *_) = status_lines(a_status(), NOON_MS + 75_000)

    assert line.endswith("last heard of 15 s ago: it ended, or hangs")


def test_what_gathers_is_told() -> None:
    """Records that are neither kept nor dropped yet are not missing."""
    status = a_status()
    status.gathered = 1_234

    assert "flow records gathered to become conversations: 1,234" in status_lines(status, NOON_MS)


def test_people_read_one_fact_a_line() -> None:
    """What was lost and left out is said with its reason and its share."""
    assert status_lines(a_status(), NOON_MS + 62_000) == [
        "worker 0: pid 77, since 2026-01-01T12:00:00Z, last heard of 2 s ago",
        "conversations: 200 stored, 41 waiting, 0 given up, 0 of removed hours",
        "exporter 192.0.2.1: heard 3 s ago, 10 datagrams, 250 records, 240 kept, 2 templates",
        "  newest flow ended 10 s before the newest datagram",
        "  lost by sequence: 50 of 300 records (16.7 %)",
        "  sampling 1 in 10000, random n-out-of-N: system 0 of domain 0, from IE 34",
        "  dropped: transit 10",
        "  noted: time-missing 3",
        "  noted: malformed-length 2",
        "no exporter's doing: kernel-queued-bytes 900",
        "no exporter's doing: kernel-drops 5",
        "refused 198.51.100.9: 4 datagrams (not in [collect] allow)",
        "refused addresses of own networks: 6 datagrams (not in [collect] allow, never named)",
        "refused further addresses: 1 datagrams",
    ]


def test_what_the_operator_says_stands_beside_what_the_exporter_says() -> None:
    """The override with its reason, and the role of each interface that records name."""
    status = a_status()
    status.exporters["192.0.2.1"].interfaces = {7: 30, 8: 60, NO_INTERFACE: 6, OTHER_INTERFACES: 4}
    roles = {8: InterfaceRole.TRANSIT, 9: InterfaceRole.PEERING}
    said = {"192.0.2.1": Said(interval=4_096, reason="firmware", roles=roles)}

    (document,) = status_document(status, said)["exporters"]
    lines = status_lines(status, NOON_MS, said)

    assert document["override"] == {"interval": 4_096, "reason": "firmware"}
    assert document["interfaces"] == {
        "8": {"role": "transit", "share": 0.6},
        "7": {"role": "unknown", "share": 0.3},
    }
    assert "  sampling 1 in 4096 rules, as the operator says: firmware" in lines
    assert "  came in by interface 8 transit 60 %, 7 unknown 30 %" in lines


def test_people_are_shown_the_largest_interfaces() -> None:
    """A router may have hundreds; scripts get them all."""
    status = a_status()
    status.exporters["192.0.2.1"].interfaces = dict.fromkeys(range(20), 1)

    (line,) = (line for line in status_lines(status, NOON_MS) if "came in by" in line)

    assert line.endswith("15 unknown 5 %, and 4 more (--json)")
    assert len(status_document(status)["exporters"][0]["interfaces"]) == 20


def test_an_account_that_does_not_come_out_says_so() -> None:
    """It is a fault of hinomi, and nobody shall overlook it."""
    lines = status_lines(a_status(counts={"records": 1_300}), NOON_MS)

    assert lines[-1] == "NOT ACCOUNTED FOR: 1,050 records; this is a fault of hinomi"


def test_without_a_collector_the_way_to_one_is_told() -> None:
    """An empty status is no row of zeros."""
    assert status_lines(CollectStatus(), NOON_MS) == [
        "No collector has run in this home; `hinomi collect` starts one."
    ]
    assert status_document(CollectStatus())["exporters"] == []
