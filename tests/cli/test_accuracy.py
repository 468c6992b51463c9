"""``hinomi accuracy``: read by many, taught by two, sown by those who judge no case."""

import json
from pathlib import Path

import pytest

from checkedcases import answer_many, flow, server
from docket import NOW_MS, manned
from hinomi.clock import wall_clock
from hinomi.store.caseruns import Run
from household import DAY_MS, Household
from terminal import Said, hinomi

SEEDS = "address,protocol,port,truth\n203.0.113.200,tcp,8443,cc\n203.0.113.201,tcp,8443,not-cc\n"


@pytest.fixture(scope="module", name="filled")
def a_home_with_answers(tmp_path_factory: pytest.TempPathFactory) -> Household:
    """Give a home in which detection was too sure, and saw servers now and then."""
    with pytest.MonkeyPatch.context() as patch:
        house = manned(tmp_path_factory.mktemp("accuracy") / "home", patch, wall_clock)
        now_ms = house.clock()
        with house.home().casebook() as book:
            answer_many(book, 100, now_ms - DAY_MS, shift=-1.0, slope=0.5)
            for ago in range(10):
                day = now_ms // DAY_MS - ago
                book.runs.put(
                    Run(digest=str(day), at_ms=day, until_day=day, candidates=0, below=0, opened=0)
                )
                some = range(256 - 31, 256) if ago % 3 == 0 else ()
                book.evidence.add([flow(server(each, 50), day) for each in some], now_ms)
    return house


@pytest.fixture(name="house")
def a_home_of_ones_own(
    filled: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Household:
    """Give a copy of it."""
    return filled.copy(tmp_path / "home", monkeypatch)


def told(house: Household, who: str, *words: object) -> Said:
    """Let somebody run a command."""
    return hinomi(*words, home=house.act_as(who).folder)


def known(folder: Path, text: str = SEEDS) -> Path:
    """Write down services whose truth is known."""
    path = folder / "known.csv"
    path.write_text(text, "utf-8")
    return path


def test_the_report_is_text_or_one_document(house: Household) -> None:
    """With the same figures; no person is named in it."""
    text, document = told(house, "aude", "accuracy"), told(house, "aude", "accuracy", "--json")

    whole = document.document["precision"]["whole"]
    assert whole["checked"] == 100
    assert f"Of {whole['cases']} cases {whole['checked']} were checked." in text.out
    assert "proposed for the register: fuse.answers_shift -" in text.out
    assert document.document["lesson"]["proposal"]["slope"] < 1
    for said in (text, document):
        assert (said.code, said.err) == (0, "")
        assert "anna" not in said.out
        assert "203.0.113" not in said.out


@pytest.mark.parametrize("who", ["anna", "rita", "olga", "aude"])
def test_it_is_read_by_all_who_look_at_cases(house: Household, who: str) -> None:
    """Analyst, reviewer, privacy officer, auditor."""
    assert told(house, who, "accuracy", "--json").code == 0


def test_an_operator_reads_it_not(house: Household) -> None:
    """Whoever runs the machines judges nobody."""
    assert told(house, "oda", "accuracy").code == 77


def test_propose_names_both_requests_and_then_has_nothing_left(house: Household) -> None:
    """Another person approves each; exit 75 once the register says it."""
    said = told(house, "anna", "accuracy", "propose", "--json")
    assert said.document == {"requests": [1, 2]}
    for number in (1, 2):
        assert told(house, "olga", "approvals", "approve", number).code == 0

    again = told(house, "anna", "accuracy", "propose")

    assert again.code == 75
    assert "nothing to propose: Not enough: held-back answers" in again.err
    shown = told(house, "anna", "parameters", "show", "fuse.answers_slope", "--json").document
    assert shown["value"] < 1


def test_the_requests_are_told_in_words(house: Household) -> None:
    """With what comes next."""
    said = told(house, "anna", "accuracy", "propose")

    assert said.out == "Proposed: requests 1, 2; another person approves them.\n"


def test_an_auditor_proposes_nothing(house: Household) -> None:
    """They may read all of it."""
    assert told(house, "aude", "accuracy", "propose").code == 77


@pytest.mark.parametrize("who", ["olga", "aude"])
def test_who_judges_no_case_sows(house: Household, tmp_path: Path, who: str) -> None:
    """Privacy officer and auditor; a service that has a case is skipped."""
    path = known(tmp_path)

    said = told(house, who, "accuracy", "seed", path, "--json")

    assert said.document == {"cases": 2, "skipped": 0}
    again = told(house, who, "accuracy", "seed", path)
    assert again.out == "0 cases opened, 2 services had one already.\n"


@pytest.mark.parametrize("who", ["anna", "alan", "rita", "oda"])
def test_who_judges_cases_neither_sows_nor_learns_what_was_sown(
    house: Household, tmp_path: Path, who: str
) -> None:
    """No command of theirs tells it; what happened is told to auditors by the journal."""
    path = known(tmp_path)
    assert told(house, who, "accuracy", "seed", path).code == 77
    assert told(house, "olga", "accuracy", "seed", path).code == 0
    asked = [
        ("case", "list", "--top", 1000), ("accuracy",), ("approvals", "list"),
        ("case", "evidence", "sources"), ("listings", "show"),
    ]  # fmt: skip
    seeds = [
        each["case"]
        for each in told(house, "aude", "case", "list", "--json").document["cases"]
        if each["port"] == 8_443
    ]
    for words in (*asked, *(("case", "show", each) for each in seeds)):
        said = told(house, who, *words, "--json")
        if said.code != 77:
            assert "seed" not in json.dumps(said.document).lower()
            assert "olga" not in json.dumps(said.document)
    if who != "oda":  # An operator reads the journal, and judges nothing.
        assert told(house, who, "journal", "show").code == 77
    assert len(seeds) == 2


def test_a_bad_line_is_told_in_one_line(house: Household, tmp_path: Path) -> None:
    """Which file and line, and exit 65; no case more than before."""
    before = told(house, "olga", "case", "list", "--json").document["states"]

    said = told(house, "olga", "accuracy", "seed", known(tmp_path, SEEDS + "x,tcp,1,cc\n"))

    assert (said.code, said.out) == (65, "")
    assert "known.csv, line 4: " in said.err
    assert len(said.err.splitlines()) == 1
    assert told(house, "olga", "case", "list", "--json").document["states"] == before


def test_a_decided_seed_is_told_to_whoever_decided(house: Household, tmp_path: Path) -> None:
    """In words and in the document; then it is in the report."""
    told(house, "olga", "accuracy", "seed", known(tmp_path))
    seeds = [
        each["case"]
        for each in told(house, "anna", "case", "list", "--json").document["cases"]
        if each["port"] == 8_443
    ]

    words = ("--reason", "a cloud")
    first = told(house, "anna", "case", "reject", seeds[0], *words, "--json")
    second = told(house, "anna", "case", "reject", seeds[1], *words)

    assert first.document["was_seed"] is True
    assert f"Case {seeds[1]} was there to measure its reviewers." in second.out
    (one, both) = told(house, "anna", "accuracy", "--json").document["reviewers"]
    assert (one["reviewer"], both["reviewer"]) == ("reviewer 1", "all reviewers")
    assert (one["true_cases"], one["true_found"], one["false_refused"]) == (1, 0, 1)
    text = told(house, "anna", "accuracy").out
    assert "reviewer 1 on seeded cases: 0 of 1 true ones found" in text


def test_visibility_is_shown_and_proposed(house: Household) -> None:
    """What was fitted, and for how long entries hold with it."""
    shown = told(house, "anna", "accuracy", "visibility")
    proposed = told(house, "anna", "accuracy", "visibility", "--propose", "--json").document

    assert shown.code == 0
    assert "31 servers were seen again after a day between; on 62 of the 248 days" in shown.out
    assert "the register says 0.100." in shown.out
    assert "  seen once: 7 days now, " in shown.out
    assert "Proposed" not in shown.out
    assert proposed["fitted"]["visibility"] == pytest.approx(0.25, abs=0.03)
    assert proposed["requests"] == [1, 2]
    assert {each["history"] for each in proposed["held"]} == {"seen once", "seen daily for 14 days"}


def test_without_enough_sightings_visibility_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 75, with what is wanted."""
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: NOW_MS)

    said = hinomi("accuracy", "visibility", home=house.folder)

    assert said.code == 75
    assert "not enough to fit visibility to: 0 servers" in said.err
