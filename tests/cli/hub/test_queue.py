"""``hinomi hub queue|show|decide``."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from hinomi.cli.hub.queue import WORDS, sentence
from hinomi.cli.main import cli
from hinomi.cli.session import Session
from hinomi.errors import NotPermitted, UsageError
from hinomi.hub.aggregate import Because
from hinomi.model.statement import Sighting
from hinomi.services.mandates import TOKEN_VARIABLE
from hubdesks import Desk
from hubs import server

SERVERS = [server(number) for number in range(1, 7)]
ONE = ("198.51.100.1", "tcp", "443")


@pytest.fixture(name="desk")
def a_desk_with_a_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub with people, where two members name six servers."""
    desk = Desk.staffed(tmp_path / "hub", monkeypatch)
    desk.next_epoch(a=SERVERS, b=SERVERS)
    return desk


def run(desk: Desk, person: str, *words: str) -> Result:
    """Let a person give one command."""
    desk.monkeypatch.setenv(TOKEN_VARIABLE, person)
    session = Session(clock=desk.house.clock)
    told = ["--home", str(desk.house.folder), "hub", *words]
    return CliRunner().invoke(cli, told, obj=session, catch_exceptions=True)


def ask(desk: Desk, person: str, *words: str) -> Any:
    """As `run`, and give the JSON document."""
    result = run(desk, person, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_queue(desk: Desk) -> None:
    """As a table, and as JSON with the reasons; no member is named."""
    said = run(desk, "anna", "queue").stdout
    assert "6 waiting." in said
    assert "198.51.100.1 tcp/443" in said
    document = ask(desk, "anna", "queue", "--top", "2")

    assert (document["epoch"], document["waiting"]) == ("2026-11-24", 6)
    assert len(document["servers"]) == 2
    assert document["servers"][0]["reasons"][0]["code"] == "rests-on-few"
    assert "isp-" not in json.dumps(document)
    assert run(desk, "anna", "queue", "--held").stdout.strip().endswith("Nothing waits.")


def test_one_server(desk: Desk) -> None:
    """Who says so, in words and as JSON."""
    said = run(desk, "anna", "show", *ONE).stdout
    assert "not listed; queue in 2026-11-24" in said
    assert "member:isp-a" in said
    assert "It rests on few: 2 independent member(s)" in said
    document = ask(desk, "anna", "show", *ONE)

    assert [each["source"] for each in document["sources"]] == ["member:isp-a", "member:isp-b"]
    assert (document["listed"], document["members"], document["rulings"]) == (False, 2, [])


def test_two_people_decide(desk: Desk) -> None:
    """The first is told that another has to; the ruling is shown afterwards."""
    words = (
        "decide",
        *ONE,
        "--finding",
        "list",
        "--class",
        "dedicated",
        "--reason",
        "looked at it",
    )
    assert "Request 1: another person" in run(desk, "anna", *words).stdout
    done = ask(desk, "rita", *words)
    assert (done["done"], done["request"]) == (True, 1)
    refused = run(
        desk, "ruth", "decide", *ONE, "--finding", "refuse", "--gone", "--reason", "it is gone"
    )
    assert "refuse, from the next list on" in refused.stdout

    rulings = ask(desk, "anna", "show", *ONE)["rulings"]
    assert [(each["finding"], each["by"], each["approved_by"]) for each in rulings] == [
        ("cc", "anna", ["rita"]),
        ("unsure", "ruth", []),
    ]
    assert "dedicated, by anna, rita until 2026-12-24" in run(desk, "anna", "show", *ONE).stdout


def test_roles_are_asked_for(desk: Desk) -> None:
    """An operator looks and does not decide."""
    assert run(desk, "olaf", "queue").exit_code == 0
    refused = run(desk, "olaf", "decide", *ONE, "--finding", "refuse", "--reason", "so")

    assert isinstance(refused.exception, NotPermitted)


@pytest.mark.parametrize(
    "words",
    [
        ("198.51.100.300", "tcp", "443"),
        ("198.51.100.1", "carrier-pigeon", "443"),
        ("198.51.100.1", "tcp", "0"),
        ("198.51.100.1", "tcp", "https"),
    ],
)
def test_what_is_no_server_is_told_in_one_line(desk: Desk, words: tuple[str, str, str]) -> None:
    """Which word it is, and what it should be."""
    result = run(desk, "anna", "show", *words)

    assert isinstance(result.exception, UsageError)
    assert len(str(result.exception).splitlines()) == 1


def test_every_reason_that_is_kept_has_words(desk: Desk) -> None:
    """Those of a hub where something of everything happens."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    desk.house.epoch += 1
    desk.house.sights("isp-e", 2, {SERVERS[0]: Sighting.WRONG})
    desk.house.publishes()
    said = run(desk, "anna", "show", *ONE).stdout

    assert "1 member(s) say that it is wrong or gone, 3 say so or saw it." in said
    names = "left members codes against support sources carried epoch place named believed"
    values = dict.fromkeys(names.split(), 1)
    assert all(sentence(Because(code, values)).endswith(".") for code in WORDS)
    assert isinstance(cli, click.Group)
