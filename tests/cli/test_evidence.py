"""``hinomi case evidence``: files and findings in, sources described."""

from pathlib import Path

import pytest

from docket import OTHER, OWN, SERVER, At, case_of, require_no_address, run, seen, stated, tell
from hinomi.model.case import CaseState
from household import Household
from terminal import Said, hinomi

HEADER = "sample,address,port,protocol,verdict\n"


def by(house: Household, name: str | None, *words: object) -> Said:
    """Let somebody run ``hinomi case evidence`` on a home."""
    house.act_as(name)
    return hinomi("case", "evidence", *words, home=house.folder)


def samples(folder: Path, *lines: str) -> Path:
    """Write results of malware analysis."""
    path = folder / "samples.csv"
    path.write_text(HEADER + "".join(f"{'ab' * 32},{line}\n" for line in lines), "utf-8")
    return path


def test_a_file_is_told_of_in_words_and_as_a_document(at: At, tmp_path: Path) -> None:
    """Statements, what was new, the case that it opened; the same again is nothing new."""
    house = at()
    tell(house.home(), stated(house))
    path = samples(
        tmp_path, f"{SERVER},443,tcp,cc", f"{OTHER},80,tcp,loader", "names.example,1,tcp,cc"
    )

    first = by(house, "oda", "import", path, "--source", "sandbox")
    again = by(house, "oda", "import", path, "--source", "sandbox", "--json").document

    assert first.code == 0
    lines = first.out.splitlines()
    assert lines[0] == "malware-csv: 2 statements, 2 new."
    assert lines[1].startswith("ignored 1: ")
    assert lines[-1] == "case 1 opened: methods agree"
    assert again == again | {
        "format": "malware-csv", "statements": 2, "new": 0, "claims": {"cc": 1, "loader": 1},
        "malformed": 0, "opened": [], "changed": [],
    }  # fmt: skip
    require_no_address(house)


def test_a_malformed_line_exits_65_and_stores_nothing(at: At, tmp_path: Path) -> None:
    """File and line are named; `--keep-good` counts it and goes on."""
    house = at()
    path = samples(tmp_path, f"{SERVER},443,tcp,cc", f"{OTHER},99999,tcp,cc")

    refused = by(house, "anna", "import", path, "--source", "sandbox")

    assert (refused.code, refused.out) == (65, "")
    (line,) = refused.err.strip().splitlines()
    assert "samples.csv" in line
    assert "3" in line
    with house.home().casebook() as casebook:
        assert casebook.evidence.count() == {}
    kept = by(house, "anna", "import", path, "--source", "sandbox", "--keep-good")
    assert kept.out.splitlines() == ["malware-csv: 1 statements, 1 new.", "malformed 1"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import", "missing", "--source", "x"), 66),
        (("import", "unknown.txt", "--source", "x"), 65),
        (("import", "samples.csv"), 64),
        (("import", "samples.csv", "--source", " "), 64),
        (("import", "samples.csv", "--source", "x", "--claim", "moved"), 64),
        (("import", "samples.csv", "--source", "x", "--day", "2999-01-01"), 64),
        (("import", "samples.csv", "--source", "x", "--day", "yesterday"), 64),
        (("import", "samples.csv", "--source", "x", "--method", "flow"), 64),
        (("add", "somewhere", "tcp", "443", "--claim", "cc", "--words", "seen"), 64),
        (("add", SERVER, "carrier", "443", "--claim", "cc", "--words", "seen"), 64),
        (("add", SERVER, "tcp", "65536", "--claim", "cc", "--words", "seen"), 64),
        (("add", SERVER, "tcp", "٤٤٣", "--claim", "cc", "--words", "seen"), 64),
        (("add", SERVER, "tcp", "443", "--claim", "cc", "--words", " "), 64),
        (("add", SERVER, "tcp", "443", "--claim", "evil", "--words", "seen"), 64),
        (("add", SERVER, "tcp", "443", "--claim", "cc", "--words", "x", "--day", "2999-01-01"), 64),
        (("source", "traps", "--method", "flow", "--grade", "A"), 64),
        (("source", "traps", "--method", "honeypot", "--grade", "G"), 64),
        (("source", " ", "--method", "honeypot", "--grade", "A"), 64),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else str(value),
)
def test_what_cannot_be_meant_is_refused(
    at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    """Without a traceback, with nothing stored, and without repeating an address."""
    house = at()
    samples(tmp_path, f"{SERVER},443,tcp,cc")
    (tmp_path / "unknown.txt").write_text("nothing that anybody knows\n", "utf-8")
    monkeypatch.chdir(tmp_path)

    said = by(house, "anna", *words)

    assert (said.code, said.out) == (code, "")
    assert "Traceback" not in said.err
    with house.home().casebook() as casebook:
        assert (casebook.evidence.count(), casebook.evidence.sources()) == ({}, {})


def test_a_finding_of_ones_own(at: At) -> None:
    """By address, protocol and port, or of the address as a whole; an own one by pseudonym."""
    house = at(CaseState.CANDIDATE)
    words = ("--claim", "cc", "--words", "seized by the police")

    exact = by(house, "anna", "add", SERVER, "tcp", 443, *words)
    address = by(house, "alan", "add", SERVER, "tcp", "any", *words, "--json").document
    own = by(house, "anna", "add", OWN, "udp", 53, *words, "--json").document

    assert exact.out.splitlines()[0] == "finding: 1 statements, 1 new."
    assert (address["new"], own["new"]) == (1, 1)
    with house.home().casebook() as casebook:
        said = casebook.evidence.of(case_of(house.home()).service)
    assert [(each.source, each.is_exact) for each in said if each.method == "analyst"] == [
        ("person:anna", True), ("person:alan", False),
    ]  # fmt: skip
    assert "seized by the police" in hinomi("case", "show", 1, "--json", home=house.folder).out
    require_no_address(house)


def test_the_words_of_a_finding_never_leave(at: At) -> None:
    """Neither with the listings nor in the journal."""
    house = at(CaseState.LISTED)
    by(house, "anna", "add", SERVER, "tcp", 443, "--claim", "cc", "--words", "seized by the police")

    for form in ("csv", "json"):
        exported = hinomi("listings", "export", "--format", form, home=house.folder)
        assert SERVER in exported.out
        assert "police" not in exported.out
    house.act_as("aude")
    assert "police" not in hinomi("journal", "show", "--json", home=house.folder).out


def test_sources_are_shown_and_described(at: At, tmp_path: Path) -> None:
    """Grade, reliability with its interval, answers; and whom a list copies, once asked."""
    house = at(CaseState.LISTED)
    described = by(house, "anna", "source", "traps", "--method", "honeypot", "--grade", "A")
    assert described.out == "traps is a source of honeypot, grade A.\n"

    told = by(house, "aude", "sources", "--json").document["sources"]
    table = by(house, "aude", "sources").out

    assert [each["source"] for each in told] == ["honeypot", "malware-analysis", "traps"]
    first = told[0]
    assert (first["method"], first["grade"], first["right"], first["wrong"]) == (
        "honeypot", "B", 1, 0,
    )  # fmt: skip
    assert first["low"] < first["reliability"] < first["high"]
    assert "traps" in table
    assert by(house, "aude", "sources", "--learn").code == 77  # Learning changes what counts.
    assert by(house, "anna", "sources", "--learn", "--json").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("import", "samples.csv", "--source", "x"),
        ("add", SERVER, "tcp", "443", "--claim", "cc", "--words", "seen"),
        ("source", "traps", "--method", "honeypot", "--grade", "A"),
    ],
    ids=lambda words: words[0],
)
def test_reviewers_and_auditors_bring_no_evidence(
    at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """They judge what others bring."""
    samples(tmp_path, f"{SERVER},443,tcp,cc")
    monkeypatch.chdir(tmp_path)
    house = at()

    assert [by(house, name, *words).code for name in ("rita", "olga", "aude")] == [77] * 3
    assert [by(house, name, *words).code for name in ("anna", "oda")] == [0, 0]


def test_a_case_that_changes_is_named(at: At, tmp_path: Path) -> None:
    """Its number, the step and where it stands."""
    house = at()
    run(house.home(), seen(house))

    said = by(house, "anna", "import", samples(tmp_path, f"{SERVER},443,tcp,cc"), "--source", "box")

    assert said.out.splitlines()[-1] == "case 1: weigh, candidate"
