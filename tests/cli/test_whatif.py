"""``hinomi parameters what-if``: figures, evidence, proposals, and the auditor's door."""

import hashlib
from pathlib import Path

import pytest

from hinomi.cli import whatif as command
from hinomi.services.home import Home
from lessened import lessened_home, write_truth
from terminal import Said, hinomi, make_home


@pytest.fixture(name="home", scope="module")
def a_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a laboratory with a botnet."""
    return lessened_home(tmp_path_factory.mktemp("cli") / "home")


def _asked(home: Home, *words: object) -> Said:
    return hinomi("parameters", "what-if", *words, home=home.folder)


def test_a_what_if_from_end_to_end(home: Home, tmp_path: Path) -> None:
    """One JSON document, evidence in the home, a page, and a proposal that cites it."""
    page = tmp_path / "curve.html"

    said = _asked(
        home, "--json", "--sampling", 10_000, "--days", 1, "--seeds", 2, "--loss", 1,
        "--truth", write_truth(tmp_path / "truth.csv"), "--report", page,
    )  # fmt: skip

    assert said.code == 0, said.err
    told = said.document
    assert [(each["setting"], len(each["runs"])) for each in told["settings"]] == [
        ("1 in 10,000", 2),
        ("1 day", 1),
    ]
    assert told["present"]["runs"][0]["figures"]["truth"]["average_precision"] == 1.0
    digest = told["evidence"].removeprefix("what-if:")
    assert (home.folder / "evidence" / f"{digest}.json").is_file()
    assert [(each["name"], each["value"]) for each in told["proposals"]] == [
        ("collect.sampling_interval_min", 10_000),
        ("detect.window_days", 1),
    ]
    assert all(each["evidence"] == told["evidence"] for each in told["proposals"])
    assert told["evidence"] in page.read_text("utf-8")


def test_the_table_tells_all(home: Home) -> None:
    """What is kept, what is still found, the evidence, and the command that proposes."""
    said = _asked(home, "--sampling", 2_000, "--days", 1, "--days", 7, "--seeds", 1, "--loss", 0.1)

    assert said.code == 0, said.err
    rows = {line.split("  ")[0]: line for line in said.out.splitlines()}
    assert "100% (21%-100%)" in rows["1 in 2,000"]
    assert "0% (0%-79%)" in rows["1 day"]
    assert "7 days: left out, the window holds no more days" in said.out
    assert "Kept as evidence what-if:" in said.out
    assert "detect.window_days stays; this can stand as its evidence:" in said.out
    assert "hinomi parameters propose detect.window_days 14 --considerations" in said.out


def test_the_auditor_works_it_out_again(home: Home) -> None:
    """0 where the figures agree, whoever printed them."""
    evidence = _asked(home, "--json", "--without", "sizes").document["evidence"]

    said = _asked(home, "--again", evidence)
    as_json = _asked(home, "--json", "--again", evidence)

    assert (said.code, as_json.code) == (0, 0)
    assert "The figures agree." in said.out
    assert "the journal names it" in said.out
    assert as_json.document == {
        "evidence": evidence,
        "agrees": True,
        "journalled": True,
        "changed": [],
        "differences": [],
    }


def test_evidence_that_this_home_did_not_keep_is_told(home: Home) -> None:
    """65: whole by its digest, with true figures, and in no line of the journal."""
    evidence = _asked(home, "--json", "--without", "sizes").document["evidence"]
    kept = home.folder / "evidence" / f"{evidence.removeprefix('what-if:')}.json"
    other = kept.read_bytes() + b"\n"
    strange = hashlib.sha256(other).hexdigest()
    kept.with_name(f"{strange}.json").write_bytes(other)

    said = _asked(home, "--again", strange)

    assert said.code == command.STRANGE == 65
    assert "does NOT name it" in said.out


def test_data_that_has_gone_is_told(tmp_path: Path) -> None:
    """66: retention removed it; the evidence still is what was kept."""
    home = lessened_home(tmp_path / "home")
    evidence = _asked(home, "--json", "--without", "flags").document["evidence"]
    assert hinomi("store", "remove", "--before", "2027-01-01", home=home.folder).code == 0

    said = _asked(home, "--again", evidence)

    assert said.code == command.GONE == 66
    assert "Data has gone since" in said.out
    assert "Other than then: lake." in said.out


@pytest.mark.parametrize("words", [("--seed", 2), ("--sampling", 20_000), ("--loss", 0.1)])
def test_an_earlier_what_if_settles_what_is_asked(home: Home, words: tuple[object, ...]) -> None:
    """64: other settings would be another what-if."""
    said = _asked(home, "--again", "0" * 64, *words)

    assert said.code == 64
    assert str(words[0]) in said.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--again", "0123abcd"), 66),
        (("--truth", "nowhere.csv"), 66),
        (("--sampling", 1), 64),
        (("--without", "payload"), 64),
        (("--loss", 2), 64),
        (("--since", "2026-01-02", "--until", "2026-01-01"), 64),
        (("--until", "2020-01-01"), 66),
        (("--report", "nowhere/curve.html"), 66),
    ],
)
def test_wrong_use_is_one_line(home: Home, words: tuple[object, ...], code: int) -> None:
    """What, where and what to do; nothing is kept."""
    before = home.evidence().digests()

    said = _asked(home, *words)

    assert said.code == code, said.err
    assert len(said.err.splitlines()) == 1
    assert home.evidence().digests() == before


def test_without_candidates_nothing_is_proposed(tmp_path: Path) -> None:
    """And it is said why: where nothing is found nothing can be lost."""
    home = lessened_home(tmp_path / "home")
    assert hinomi("lists", "remove", "known-cc", "--source", "feed", home=home.folder).code == 0

    said = _asked(home, "--days", 1, "--until", "2026-01-01T14:00:00Z", "--loss", 0.1)

    assert said.code == 0, said.err
    assert "nothing can be said" in said.out
    assert "Nothing to propose" in said.out


def test_an_empty_lake_is_told(tmp_path: Path) -> None:
    """66: there is nothing to ask about."""
    said = hinomi("parameters", "what-if", home=make_home(tmp_path / "home"))

    assert said.code == 66
    assert "the lake is empty" in said.err
