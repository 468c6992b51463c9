"""What works at home works at a hub's home, and what touches flow refuses in one line."""

from pathlib import Path

import pytest

from hinomi.clock import date_of, wall_clock
from hinomi.hub.authority import Authority
from hinomi.services.home import open_home
from hinomi.services.retention import unknown_files
from hinomi.services.rollover import roll_over_if_due
from hinomi.share.certificates import render_certificate
from terminal import hinomi


@pytest.fixture(name="hub", scope="module")
def a_hubs_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a hub's home with a benign list, and a file to import."""
    folder = tmp_path_factory.mktemp("hub")
    listed = folder / "list.csv"
    listed.write_text("address,protocol,port\n198.51.100.1,tcp,443\n", "utf-8")
    made = hinomi("hub", "init", "--name", "hub.example", "--url", "https://hub.example:8443",
                  home=folder / "hub")  # fmt: skip
    assert made.code == 0, made.err
    benign = folder / "benign.csv"
    benign.write_text("address\n192.0.2.53\n", "utf-8")
    added = hinomi("lists", "add", "benign", benign, "--source", "own", home=folder / "hub")
    assert added.code == 0, added.err
    return folder / "hub"


@pytest.mark.parametrize(
    "words",
    [
        "journal verify",
        "journal show",
        "parameters list",
        "parameters handover",
        "parameters propose hub.least_members 4 --considerations more",
        "people list",
        "approvals list",
        "config check",
        "config show",
        "lists add known-cc LIST --source a",
        "lists add benign LIST --source b",
        "lists show",
        "lists remove benign --source b",
        "case evidence add 198.51.100.1 tcp 443 --claim cc --words seen",
        "case evidence import LIST --format list --source pot --claim cc --day 2026-11-01",
        "case evidence source pot --method honeypot --grade A",
        "context add history LIST --source c --licence own --date 2025-12-01",
        "retention plan",
        "retention run",
        "store status",
        "hub status",
    ],
)
def test_what_governs_a_home_governs_a_hub(hub: Path, words: str) -> None:
    """Each exits 0, and says nothing on standard error."""
    listed = hub.parent / "list.csv"
    said = hinomi(*(listed if word == "LIST" else word for word in words.split()), home=hub)

    assert (said.code, said.err) == (0, ""), said.err


@pytest.mark.parametrize(
    "words",
    [
        "import FILE",
        "collect",
        "detect",
        "explain 198.51.100.1 tcp 443",
        "case list",
        "case show 1",
        "accuracy",
        "drill",
        "train --name own",
        "transparency",
        "listings show",
        "listings export",
        "listings enrol --member a --out FILE",
        "listings join FILE",
        "store roll-over",
    ],
)
def test_what_touches_flow_is_refused_in_one_line(hub: Path, words: str) -> None:
    """Exit 77."""
    file = hub.parent / "list.csv"
    said = hinomi(*(file if word == "FILE" else word for word in words.split()), home=hub)

    assert (said.code, said.out, said.err.count("\n")) == (77, "", 1), said.err
    assert "this home is a hub" in said.err


def test_evidence_of_two_methods_begins_no_case_at_a_hub(hub: Path) -> None:
    """It is weighed with what members say; a case is a provider's."""
    listed = hub.parent / "list.csv"
    for name, method in (("one", "honeypot"), ("two", "darknet")):
        assert hinomi("case", "evidence", "source", name, "--method", method, "--grade", "A",
                      home=hub).code == 0  # fmt: skip
        said = hinomi("case", "evidence", "import", listed, "--format", "list", "--source", name,
                      "--claim", "cc", "--day", "2026-11-02", home=hub)  # fmt: skip
        assert said.code == 0, said.err
    with open_home(hub).casebook() as casebook:
        assert casebook.evidence.count()


def test_keys_that_a_hub_does_not_have_are_not_missed_when_their_period_is_over(hub: Path) -> None:
    """`retention run` looks for no key of lines."""
    home = open_home(hub)
    later = type(home)(home.folder, home.config, home.register, lambda: home.clock() + 10**11)

    assert roll_over_if_due(later) is None


def test_every_file_of_a_hub_has_a_class(hub: Path, tmp_path: Path) -> None:
    """Also what joins it, and what it trusts beside itself."""
    own = Authority.create("Operator", date_of(wall_clock())).certificate
    (tmp_path / "ca.pem").write_text(render_certificate(own))
    assert hinomi("hub", "trust", "add", tmp_path / "ca.pem", home=hub).code == 0

    assert unknown_files(open_home(hub)) == []
