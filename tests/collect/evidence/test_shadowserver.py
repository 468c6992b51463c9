"""Shadowserver's reports on servers."""

import csv
import io
from pathlib import Path
from typing import Final

import pytest

from hinomi.collect.evidence.intake import A_NAME, PRIVATE
from hinomi.collect.evidence.shadowserver import INFECTED, NO_SERVER, NO_URL, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Method
from testimony import SAMPLE, TODAY, parsed, rendered, stated

FORM: Final = "shadowserver"
EVENT: Final = {
    "timestamp": "2026-01-31 00:00:00",
    "protocol": "tcp",
    "src_ip": "198.51.100.7",
    "src_port": "40000",
    "dst_ip": "192.0.2.1",
    "dst_port": "443",
    "infection": "mirai",
    "family": "mirai",
    "event_id": "",
}
DDOS: Final = EVENT | {
    "src_ip": "192.0.2.9",
    "src_port": "6379",
    "dst_ip": "203.0.113.5",
    "dst_port": "80",
    "infection": "ddos",
    "attack": "atk10",
    "dst_network": "203.0.113.5/32",
}
MALWARE_URL: Final = {
    "timestamp": "2026-01-31 00:02:07",
    "url": "http://192.0.2.1:50008/a.m",
    "host": "192.0.2.1",
    "ip": "192.0.2.1",
    "sha256": SAMPLE,
}
SANDBOX: Final = {
    "timestamp": "2026-01-31 00:00:03",
    "ip": "192.0.2.1",
    "md5": "ab" * 16,
    "protocol": "udp",
    "port": "123",
    "host": "time.example",
    "bytes_in": "0",
    "bytes_out": "0",
}


def report(*rows: dict[str, str]) -> str:
    """Lay rows out as a report."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("row", [EVENT, DDOS, MALWARE_URL, SANDBOX])
def test_reports_on_servers_are_told_by_their_header(row: dict[str, str]) -> None:
    """Whatever the file is called."""
    assert recognises(report(row))


@pytest.mark.parametrize("column", ["count", "service", "pattern", "request", "session"])
def test_reports_on_other_hosts_are_none(tmp_path: Path, column: str) -> None:
    """Darknet, brute force, scans, amplification and spoofers have the same columns and more."""
    text = report(EVENT | {column: ""})

    assert not recognises(text)
    with pytest.raises(MalformedDocument, match="no Shadowserver report on servers"):
        parsed(tmp_path, text, FORM)


def test_the_server_that_orders_an_attack_is_a_cc(tmp_path: Path) -> None:
    """Their drone was given the order; the victim is not read."""
    [found] = stated(tmp_path, report(DDOS), FORM)

    assert rendered([found]) == ["cc 192.0.2.9 tcp/6379 -1"]
    assert (found.method, found.facts) == (Method.HONEYPOT, {"family": "mirai"})


def test_a_participant_in_an_attack_is_no_server(tmp_path: Path) -> None:
    """That report has the same columns, and its source is a bot."""
    text = report(DDOS | {"infection": "ddos-participant"})

    assert parsed(tmp_path, text, FORM).ignored == {INFECTED: 1}


def test_what_infected_hosts_call_is_a_sinkhole(tmp_path: Path) -> None:
    """The infected host is not read; without a server there is nothing to say."""
    text = report(EVENT, EVENT | {"dst_ip": ""}, EVENT | {"dst_ip": "10.0.0.1"})

    taken = parsed(tmp_path, text, FORM)

    assert rendered(list(taken.evidence)) == ["sinkhole 192.0.2.1 tcp/443 -1"]
    assert {each.method for each in taken.evidence} == {Method.LIST}
    assert taken.ignored == {NO_SERVER: 1, PRIVATE: 1}


def test_a_url_out_of_an_attempt_to_infect_is_a_loader(tmp_path: Path) -> None:
    """Half surely where no file came; a name is counted (R16)."""
    rows = (
        MALWARE_URL,
        MALWARE_URL | {"sha256": "", "url": "https://192.0.2.2/a"},
        MALWARE_URL | {"url": "http://host.example/a"},
        MALWARE_URL | {"url": "magnet:a"},
    )

    taken = parsed(tmp_path, report(*rows), FORM)

    found = list(taken.evidence)
    assert rendered(found) == ["loader 192.0.2.1 tcp/50008 -1", "loader 192.0.2.2 tcp/443 -1"]
    assert [(each.reference, each.strength) for each in found] == [(SAMPLE, None), ("", 0.5)]
    assert taken.ignored == {A_NAME: 1, NO_URL: 1}


def test_what_a_sample_spoke_with_is_a_weak_trait(tmp_path: Path) -> None:
    """Samples ask for the time like everybody."""
    [found] = stated(tmp_path, report(SANDBOX), FORM)

    assert rendered([found]) == ["support 192.0.2.1 udp/123 -1"]
    assert (found.method, found.reference, found.strength) == (Method.MALWARE, "ab" * 16, 0.1)


@pytest.mark.parametrize(
    "row",
    [
        EVENT | {"dst_ip": "192.0.2.1.1"},
        EVENT | {"dst_port": "nan"},
        EVENT | {"timestamp": ""},
        SANDBOX | {"md5": ""},
        MALWARE_URL | {"sha256": "x"},
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: dict[str, str]) -> None:
    """File and line."""
    with pytest.raises(MalformedDocument, match="file, line 2"):
        parsed(tmp_path, report(row), FORM)


def test_nothing_of_the_other_end_is_kept(tmp_path: Path) -> None:
    """Neither address, port nor time of day: a report of any other client states the same."""
    other = EVENT | {
        "src_ip": "198.51.100.99",
        "src_port": "1",
        "timestamp": "2026-01-31 23:59:59",
        "event_id": "77",
    }

    assert stated(tmp_path, report(EVENT), FORM) == stated(tmp_path, report(other), FORM)
    assert stated(tmp_path, report(other), FORM)[0].observed_day == TODAY - 1
