"""``hinomi case evidence``: what others know, in."""

from hashlib import sha256
from pathlib import Path

import pytest

from terminal import hinomi, make_home

SAMPLE = sha256(b"sample").hexdigest()


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Give an operational home."""
    return make_home(tmp_path / "home", "192.0.2.0/24", sampling=10_000)


def sandbox(folder: Path, *rows: str) -> Path:
    """Write results of malware analysis."""
    path = folder / "sandbox.csv"
    path.write_text("sample,address,port,protocol,seen,family\n" + "".join(f"{r}\n" for r in rows))
    return path


def test_a_file_is_taken_in_and_told(home: Path, tmp_path: Path) -> None:
    """Format, statements, new ones, claims; the same again is nothing new."""
    path = sandbox(tmp_path, f"{SAMPLE},203.0.113.7,443,tcp,2026-11-20,mirai")
    words = ("case", "evidence", "import", path, "--source", "box", "--json")

    first, again = hinomi(*words, home=home), hinomi(*words, home=home)

    assert first.code == 0, first.err
    assert first.document["format"] == "malware-csv"
    assert (first.document["statements"], first.document["new"]) == (1, 1)
    assert (again.document["statements"], again.document["new"]) == (1, 0)


def test_a_bad_line_stops_it_and_nothing_is_kept(home: Path, tmp_path: Path) -> None:
    """Exit 65 with file and line; the good line before it is not there either."""
    good = f"{SAMPLE},203.0.113.7,443,tcp,2026-11-20,mirai"
    path = sandbox(tmp_path, good, f"{SAMPLE},203.0.113.8,70000,tcp,2026-11-20,mirai")

    said = hinomi("case", "evidence", "import", path, "--source", "box", home=home)

    assert said.code == 65
    assert "sandbox.csv, line 3" in said.err
    sources = hinomi("case", "evidence", "sources", "--json", home=home).document["sources"]
    assert sources == []


def test_two_methods_that_agree_open_a_case(home: Path, tmp_path: Path) -> None:
    """Whoever of them was first; no flow is needed."""
    hinomi("case", "evidence", "source", "pots", "--method", "honeypot", "--grade", "A", home=home)
    path = sandbox(tmp_path, f"{SAMPLE},198.51.100.7,443,tcp,2026-11-20,mirai")
    said = hinomi("parameters", "show", "guards.made_up_hosts", home=home)
    assert said.code == 0
    hinomi("case", "evidence", "import", path, "--source", "box", home=home)
    pots = tmp_path / "pots.csv"
    pots.write_text("address,protocol,port\n198.51.100.7,tcp,443\n")

    taken = hinomi(
        *("case", "evidence", "import", pots, "--source", "pots", "--format", "list"),
        *("--claim", "cc", "--method", "honeypot", "--json"),
        home=home,
    )

    assert taken.code == 0, taken.err
    assert taken.document["opened"] == [1]
    assert hinomi("case", "list", "--urgent", "--json", home=home).document["cases"]


def test_a_persons_finding_needs_words(home: Path) -> None:
    """How they know; an address, protocol and port that are some."""
    words = ("case", "evidence", "add", "203.0.113.7", "tcp", "443", "--claim", "cc")

    assert hinomi(*words, "--words", " ", home=home).code == 64
    assert hinomi(*words, "--words", "police report", home=home).code == 0
    for wrong in (("server", "tcp", "443"), ("203.0.113.7", "xyz", "443"),
                  ("203.0.113.7", "tcp", "x")):  # fmt: skip
        said = hinomi("case", "evidence", "add", *wrong, "--claim", "cc", "--words", "x", home=home)
        assert (said.code, said.err.count("\n")) == (64, 1)


def test_an_address_may_be_meant_as_a_whole(home: Path) -> None:
    """PORT any: the source names no service."""
    said = hinomi(
        *("case", "evidence", "add", "203.0.113.7", "tcp", "any", "--claim", "shared-host"),
        *("--words", "a hosting company", "--json"),
        home=home,
    )

    assert (said.code, said.document["new"]) == (0, 1)


def test_a_source_is_graded_and_shown(home: Path) -> None:
    """What somebody says of it counts until answers tell."""
    hinomi("case", "evidence", "source", "box", "--method", "malware-analysis", "--grade", "A",
           "--family", "lab", home=home)  # fmt: skip

    (source,) = hinomi("case", "evidence", "sources", "--json", home=home).document["sources"]
    text = hinomi("case", "evidence", "sources", "--learn", home=home).out

    assert (source["source"], source["grade"], source["right"]) == ("box", "A", 0)
    assert source["low"] < source["reliability"] < source["high"]
    assert "malware-analysis" in text
