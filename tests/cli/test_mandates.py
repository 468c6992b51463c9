"""``hinomi mandates`` shows the matrix, answers questions and takes rulings."""

import os
from pathlib import Path

import pytest

from hinomi.services.home import open_home
from terminal import hinomi, make_home, table_row, write_table

OPEN = ("notify", "listings", "notify", "consent")
SHUT = ("notify", "suspect-sets", "notify", "consent")
DETECT = ("detect-cc", "flow-records", "analyse", "legitimate-business-act")


def refusals(home: Path) -> list[str]:
    """Give the reasons of all refusals in the journal."""
    said = hinomi("journal", "show", "--json", home=home).document
    return [each["reason"] for each in said["entries"] if each.get("operation") == "refused"]


def test_the_matrix_is_shown_in_both_languages(tmp_path: Path) -> None:
    """With purposes, their ends, and the source of each row."""
    home = make_home(tmp_path / "home")

    english = hinomi("mandates", "list", home=home)
    japanese = hinomi("mandates", "list", "--lang", "ja", "--purpose", "notify", home=home)

    assert "detect-cc (until 2028-11-22): Find command-and-control" in english.out
    assert "source: 003, answer of" in english.out
    assert "感染していることを利用者に知らせる" in japanese.out
    assert "detect-cc" not in japanese.out


def test_a_question_is_answered_and_a_refusal_written_down(tmp_path: Path) -> None:
    """Permitted is 0, refused 77 with the reason on one line."""
    home = make_home(tmp_path / "home")

    assert hinomi("mandates", "ask", *DETECT, "--json", home=home).document["permitted"]
    said = hinomi("mandates", "ask", *SHUT, home=home)

    assert said.code == 77
    assert said.err.count("\n") == 1
    assert "never start a notice" in said.err
    assert len(refusals(home)) == 1


def test_a_ruling_opens_its_combination_until_it_is_withdrawn(tmp_path: Path) -> None:
    """What is refused for good takes none."""
    home = make_home(tmp_path / "home")
    letter = tmp_path / "letter.txt"
    letter.write_text("It may be done.", "utf-8")
    entered = ("--document", letter, "--title", "Letter", "--until", "2099-01-01")

    assert hinomi("mandates", "ask", *OPEN, home=home).code == 77
    said = hinomi("mandates", "rule", *OPEN, *entered, "--json", home=home)
    assert said.document["title"] == "Letter"
    assert hinomi("mandates", "ask", *OPEN, home=home).code == 0
    assert "ruling on notify / listings" in hinomi("mandates", "list", home=home).out
    assert hinomi("mandates", "withdraw", *OPEN, home=home).code == 0
    assert hinomi("mandates", "ask", *OPEN, home=home).code == 77
    assert hinomi("mandates", "rule", *SHUT, *entered, home=home).code == 75


@pytest.mark.parametrize(
    "command",
    [
        ("import", "FLOWS"),
        ("collect", "--listen", "127.0.0.1:0"),
        ("lists", "add", "known-cc", "LIST", "--source", "feed"),
        ("lists", "remove", "known-cc", "--source", "feed"),
        ("detect",),
        ("explain", "198.51.100.1", "tcp", "443"),
        ("train", "--name", "own"),
        ("drill",),
        ("networks", "replace", "NETWORKS"),
        ("exporters", "sampling", "edge-1", "10000", "--reason", "stated"),
    ],
    ids=" ".join,
)
def test_no_command_works_for_a_purpose_that_has_ended(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Each is refused with 77 and one line, changes nothing, and the journal has it."""
    home = make_home(tmp_path / "home")
    flows = write_table(tmp_path / "flows.csv", table_row())
    listed = tmp_path / "list.csv"
    listed.write_text("address\n198.51.100.1\n", "utf-8")
    networks = tmp_path / "networks.txt"
    networks.write_text("192.0.2.0/24\n2001:db8::/32\n203.0.113.0/24\n", "utf-8")
    assert hinomi("import", flows, home=home).code == 0
    kept = hinomi("store", "status", "--json", home=home).document
    assert hinomi("mandates", "prolong", "detect-cc", "--until", "2026-01-01", home=home).code == 0

    places = {"FLOWS": os.fspath(flows), "LIST": os.fspath(listed)}
    places["NETWORKS"] = os.fspath(networks)
    said = hinomi(*(places.get(word, word) for word in command), home=home)

    assert (said.code, said.err.count("\n")) == (77, 1), said.err
    assert "ended on 2026-01-01" in said.err
    assert len(refusals(home)) == 1
    assert hinomi("store", "status", "--json", home=home).document == kept
    assert open_home(home).lake().statistics().rows == 1
