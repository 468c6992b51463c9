"""Seeds: told from no other case until they are decided, and never anything to anybody after."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checkedcases import chance, flow, honeypot, listed, opened, rejected, server
from docket import NOW_MS, OWN, At, acts, bodies, case_of, end, run, tell
from hinomi.cli.casetext import case_document, file_document
from hinomi.errors import Conflict, MalformedDocument, NotFound, NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.model.case import Case, CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Method
from hinomi.model.service import Service
from hinomi.services.accuracy import accuracy
from hinomi.services.casefile import case_file, list_cases
from hinomi.services.cases import look_again
from hinomi.services.casework import decide
from hinomi.services.home import Home
from hinomi.services.lending import loans
from hinomi.services.listings import export_listings, show_listings
from hinomi.services.publishing import approve
from hinomi.services.seeds import Sowing, sow
from hinomi.services.sources import sources_of
from hinomi.store.cases import CaseStore
from household import DAY_MS, Household

TODAY = NOW_MS // DAY_MS
KINDS = (Finding.CC, Finding.NOT_CC)
DEDICATED = ServiceClass.DEDICATED


def answered(house: Household, count: int = 3) -> Home:
    """Fill a home with answered cases of either kind; give it to the privacy officer."""
    home = house.act_as("olga")
    with home.casebook() as book:
        for number in range(count):
            for place, finish in ((number, listed), (number + 50, rejected)):
                case = opened(book, server(place), NOW_MS - 9 * DAY_MS, 0.85 + number / 30)
                book.evidence.add([honeypot(server(place), TODAY - 10)], NOW_MS)
                malware = honeypot(server(place), TODAY - 9)
                said = replace(malware, method=Method.MALWARE, source="sandbox")
                book.evidence.add([said], NOW_MS)
                finish(book, case)
    return home


def file_of(folder: Path, *rows: str) -> Path:
    """Write services down whose truth is known."""
    path = folder / "known.csv"
    path.write_text("\n".join(("address,protocol,port,truth", *rows)) + "\n", "utf-8")
    return path


def sown(home: Home, *rows: str, seed: int = 1) -> Sowing:
    """Sow services."""
    return sow(home, file_of(home.folder.parent, *rows), chance(seed))


SIX = [f"203.0.113.{100 + each},tcp,8443,{KINDS[each % 2]}" for each in range(6)]


def cases_of(home: Home) -> dict[Service, Case]:
    """Give all cases by service."""
    found, _ = list_cases(home, most=1_000)
    return {each.service: each for each in found}


def shape(value: Any) -> Any:
    """Tell a document's keys and kinds of values, whatever the values are."""
    if isinstance(value, Mapping):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(each), sort_keys=True) for each in value})
    return type(value).__name__


def documents(home: Home, case: Case) -> list[dict[str, Any]]:
    """Give what `case list` and `case show` say of a case as JSON."""
    return [case_document(case), file_document(case_file(home, case.id))]


@pytest.mark.parametrize("seed", range(2))
def test_nothing_tells_a_seed_from_a_case_that_a_run_opened(at: At, seed: int) -> None:
    """The same keys, the same kinds of values, the same codes, words and sources."""
    house = at()
    home = answered(house)
    real = [server(150 + each) for each in range(6)]
    for each in real:
        tell(home, honeypot(each, TODAY - 1), replace(
            honeypot(each, TODAY), method=Method.MALWARE, source="sandbox",
        ))  # fmt: skip
    run(house.home(), *(flow(each, TODAY, 0.85 + each.address.lo % 6 / 50) for each in real))
    sown(home, *SIX, seed=seed)
    found = cases_of(home)
    seeds = [case for each, case in found.items() if each.port == 8_443]
    others = [found[each] for each in real]

    for case in seeds:
        like, told = documents(home, others[0]), documents(home, case)
        assert shape(told) == shape(like)
        for name in ("state", "class", "methods", "urgent", "episode", "version", "holds"):
            assert told[0][name] == like[0][name]
        (event,), (other,) = told[1]["history"], like[1]["history"]
        for name in ("step", "by", "entry", "register", "before", "after"):
            assert event[name] == other[name]
        assert {each["code"] for each in event["reasons"]} == {
            each["code"] for each in other["reasons"]
        }
        kinds = [(each["method"], each["source"], each["grade"]) for each in told[1]["evidence"]]
        assert sorted(kinds) == sorted(
            (each["method"], each["source"], each["grade"]) for each in like[1]["evidence"]
        )
    words = json.dumps([documents(home, each) for each in seeds])
    assert "seed" not in words.lower()
    assert "olga" not in words


def test_no_seed_is_the_image_of_its_lender(at: At) -> None:
    """Digests, probabilities and counts: whoever compares all cases finds none twice."""
    home = answered(at(), 1)
    sown(home, *SIX)
    with home.casebook() as book:
        lenders = [each for place in (0, 50) for each in book.evidence.of(server(place))]
        lent = [each for told in book.runs.lent().values() for each in told]

    assert len(lent) == 3 * len(SIX)
    references = [each.reference for each in (*lenders, *lent) if each.reference]
    assert len(set(references)) == len(lent) + len({each.reference for each in lenders})
    said = [each.strength for each in (*lenders[-1:], *lent) if each.method is Method.FLOW]
    assert len(set(said)) == len(said)


def test_numbers_do_not_follow_the_file(at: At) -> None:
    """Else the first half of them would be the true ones."""
    home = answered(at())
    rows = [f"203.0.113.{each},tcp,8443,{KINDS[each >= 110]}" for each in range(100, 120)]
    sown(home, *rows)

    places = [each.address.lo for each, _ in sorted(cases_of(home).items(), key=lambda kv: kv[1].id)
              if each.port == 8_443]  # fmt: skip

    assert places != sorted(places)


def test_the_journal_says_who_sowed_how_many_and_nothing_else(at: At) -> None:
    """Neither which cases, nor which services."""
    house = at()
    home = answered(house)
    begun = len(house.entries())

    assert sown(home, *SIX) == Sowing(cases=6, skipped=0)
    assert sown(home, *SIX[:2], "203.0.113.99,udp,53,cc") == Sowing(cases=1, skipped=2)

    told = bodies(house, since=begun)
    assert [(each["stage"], each["services"], each.get("opened")) for each in told] == [
        ("begins", 6, None), ("done", 6, 6), ("begins", 3, None), ("done", 3, 1),
    ]  # fmt: skip
    assert {each["person"] for each in told} == {"olga"}
    assert "203.0.113" not in json.dumps(told)


BAD = {
    "no header": ("203.0.113.1,tcp,443,cc", 1, "header"),
    "empty": ("", 1, "header"),
    "truth": ("HEAD\n203.0.113.1,tcp,443,cc\n203.0.113.2,tcp,443,maybe", 3, "cc or not-cc"),
    "unsure": ("HEAD\n203.0.113.1,tcp,443,unsure", 2, "cc or not-cc"),
    "few fields": ("HEAD\n203.0.113.1,tcp,443", 2, "has 3 fields"),
    "many fields": ("HEAD\n203.0.113.1,tcp,443,cc,x", 2, "has 5 fields"),
    "address": ("HEAD\nexample.net,tcp,443,cc", 2, "no service"),
    "network": ("HEAD\n203.0.113.0/24,tcp,443,cc", 2, "no service"),
    "protocol": ("HEAD\n203.0.113.1,tpc,443,cc", 2, "no service"),
    "port": ("HEAD\n203.0.113.1,tcp,65536,cc", 2, "no service"),
    "no port": ("HEAD\n203.0.113.1,tcp,,cc", 2, "no service"),
    "odd digits": ("HEAD\n203.0.113.1,tcp,4_43,cc", 2, "no service"),
    "loopback": ("HEAD\n127.0.0.1,tcp,443,cc", 2, "no server"),
    "twice": ("HEAD\n203.0.113.1,tcp,443,cc\n\n203.0.113.1,TCP,443,not-cc", 4, "line 2 again"),
    "own": (f"HEAD\n203.0.113.1,tcp,443,cc\n{OWN},tcp,443,cc", 3, "own network"),
    "open quote": ('HEAD\n203.0.113.1,tcp,443,"cc', 2, "no CSV"),
}


@pytest.mark.parametrize(("text", "line", "words"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_its_line_and_nothing_is_done(
    at: At, text: str, line: int, words: str
) -> None:
    """Not the good lines before it either."""
    house = at()
    home = answered(house, 1)
    before = cases_of(home)
    path = home.folder.parent / "bad.csv"
    path.write_text(text.replace("HEAD", "address,protocol,port,truth"), "utf-8")
    begun = len(house.entries())

    with pytest.raises(MalformedDocument, match=f"bad.csv, line {line}: .*{words}") as refused:
        sow(home, path)

    assert "203.0.113" not in str(refused.value)
    assert cases_of(home) == before
    assert acts(house, since=begun) == [("case show", "list")]


def test_a_file_that_cannot_be_read_is_not_found(at: At, tmp_path: Path) -> None:
    """Nor one that is no text."""
    home = answered(at(), 1)
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path, tmp_path / "none.csv", tmp_path / "x.csv"):
        with pytest.raises(NotFound, match="cannot be read as text"):
            sow(home, path)


def test_without_an_answered_case_of_each_truth_nothing_is_sown(at: At) -> None:
    """Neither those that there would be a lender for."""
    home = at().act_as("olga")
    with home.casebook() as book:
        listed(book, opened(book, server(1), NOW_MS))

    with pytest.raises(NotFound, match="no answered case that came to not-cc"):
        sown(home, *SIX)

    assert list(cases_of(home)) == [server(1)]


def test_a_case_that_somebody_opened_meanwhile_stops_all_of_them(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is sown whole or not at all."""
    home = answered(at(), 1)
    tell(home, flow(server(100, 8_443), TODAY))
    run(home, flow(server(100, 8_443), TODAY))
    before = cases_of(home)
    monkeypatch.setattr(CaseStore, "find", lambda *_: None)  # As it was a moment ago.

    with pytest.raises(Conflict):
        sown(home, *SIX)

    assert cases_of(home) == before


def test_without_its_purpose_nothing_is_sown(at: At) -> None:
    """The matrix refuses."""
    house = at()
    home = answered(house, 1)
    end(house, Purpose.DETECT_CC)

    with pytest.raises(NotPermitted):
        sown(home, *SIX)

    assert len(cases_of_book(home)) == 2


def cases_of_book(home: Home) -> list[Case]:
    """Give all cases without asking for leave."""
    with home.casebook() as book:
        return [*book.cases.page(most=1_000)]


ONE = server(100, 8_443)


def one_seed(house: Household, truth: Finding) -> int:
    """Sow one service, and give the number of its case."""
    home = answered(house, 2)
    sown(home, f"203.0.113.100,tcp,8443,{truth}")
    return cases_of(home)[ONE].id


def way_to_the_end(house: Household, number: int) -> None:
    """Let three people take it for a C&C server and let it out."""
    for who in ("anna", "rita"):
        decide(house.act_as(who), number, Finding.CC, "reports", service_class=DEDICATED)
    assert case_of(house.home(), number).state is CaseState.LISTABLE
    assert approve(house.act_as("olga"), number).listing is None


@pytest.mark.parametrize("truth", KINDS)
def test_a_seed_ends_in_place_of_being_listed(at: At, truth: Finding) -> None:
    """Whatever it is; no listing leaves, nobody was right or wrong by it but its reviewers."""
    house = at()
    number = one_seed(house, truth)
    listings = show_listings(house.act_as("anna"))
    before = accuracy(house.home())

    way_to_the_end(house, number)

    home = house.act_as("anna")
    assert case_of(home, number).state is CaseState.REJECTED
    assert show_listings(home) == export_listings(home) == listings
    after = accuracy(home)
    assert after.precision == before.precision
    assert after.agreement == before.agreement
    found = [(each.true_found, each.false_refused, each.false_cases) for each in after.skills]
    right = (1, 0, 0) if truth is Finding.CC else (0, 0, 1)
    assert found == [right, right, tuple(2 * each for each in right)]
    with home.casebook() as book:
        assert book.evidence.outcomes() == {}


def test_a_rejected_seed_is_revealed_with_the_decision(at: At) -> None:
    """In a note, in the journal and by the command; what it was shown with is gone."""
    house = at()
    number = one_seed(house, Finding.CC)
    begun = len(house.entries())

    decided = decide(house.act_as("anna"), number, Finding.NOT_CC, "a cloud")

    assert decided.was_seed
    file = case_file(house.home(), number)
    assert "Its truth was known: cc" in file.notes[-1].words
    assert file.assessment.evidence == ()
    assert [each.step for each in file.history] == [Step.OPEN, Step.REJECT]
    assert bodies(house, since=begun)[1] == bodies(house, since=begun)[1] | {
        "operation": "accuracy seed", "act": "reveal", "case": number, "truth": "cc",
    }  # fmt: skip
    with house.home().casebook() as book:
        (seed,) = book.runs.seeds()
        assert seed.revealed_ms == NOW_MS
    with closing(sqlite3.connect(house.folder / "casebook.sqlite")) as raw:
        assert raw.execute("SELECT lent FROM case_seeds").fetchall() == [("[]",)]
    with house.home().casebook() as book:
        assert book.runs.lent() == {}
        assert book.evidence.outcomes() == {}


@pytest.mark.parametrize("finding", [Finding.CC, Finding.UNSURE])
def test_before_it_is_decided_nobody_is_told(at: At, finding: Finding) -> None:
    """A first verdict of an analyst does not end it."""
    house = at()
    number = one_seed(house, Finding.CC)
    begun = len(house.entries())

    decided = decide(house.act_as("anna"), number, finding, "x", service_class=DEDICATED)

    assert not decided.was_seed
    assert case_file(house.home(), number).notes == ()
    assert accuracy(house.home()).skills == ()
    assert ("accuracy seed", "reveal") not in acts(house, since=begun)


def test_what_a_seed_is_shown_with_is_no_evidence_of_its_service(at: At) -> None:
    """No source said it, no case opens by it, no other seed borrows it."""
    house = at()
    home = answered(house, 1)
    before = sources_of(house.act_as("anna"))
    sown(house.act_as("olga"), "203.0.113.100,tcp,8443,cc")

    assert sources_of(house.act_as("anna")) == before
    with home.casebook() as book:
        assert book.evidence.of(ONE) == ()
        assert ONE not in book.evidence.agreeing("honeypots", 0, 99)
        assert book.evidence.affected("honeypots", 0) == (1, 2)
        assert all(
            each.service != ONE
            for some in loans(book).values() for loan in some for each in loan.evidence
        )  # fmt: skip


def test_an_ended_seed_says_nothing_of_lists(at: At) -> None:
    """A known server ends rejected: that a list has it is no mistake of the list's."""
    house = at()
    number = one_seed(house, Finding.CC)
    decide(house.act_as("anna"), number, Finding.NOT_CC, "a cloud")
    with house.home().casebook() as book:
        rejected(book, opened(book, server(200), NOW_MS))
        wrong = book.listed.rejected()

    assert ONE.address not in wrong
    assert server(200).address in wrong


@pytest.mark.parametrize("is_decided", [True, False])
def test_a_seed_whose_service_is_really_found_begins_a_case_of_its_own(
    at: At, *, is_decided: bool
) -> None:
    """On its own evidence alone; it may be listed, and measures detection."""
    house = at()
    number = one_seed(house, Finding.CC)
    if is_decided:
        decide(house.act_as("anna"), number, Finding.NOT_CC, "a cloud")
    else:
        house.later(200 * DAY_MS)
        look_again(house.act_as("anna"))
        assert case_of(house.home(), number).state is CaseState.EXPIRED
    home, today = house.act_as("anna"), house.clock() // DAY_MS
    real = [flow(ONE, today, 0.8), honeypot(ONE, today)]
    tell(home, real[1], replace(real[1], method=Method.MALWARE, source="sandbox"))

    run(home, real[0])

    case = case_of(home, number)
    assert (case.state, case.episode) == (CaseState.CANDIDATE, 2)
    assert {each.reference for each in case_file(home, number).assessment.evidence} == {
        each.reference for each in real
    }
    for who in ("anna", "rita"):
        decide(house.act_as(who), number, Finding.CC, "reports", service_class=DEDICATED)
    assert approve(house.act_as("olga"), number).listing is not None
    assert ONE.address in {each.address for each in show_listings(house.act_as("anna"))}
    assert accuracy(house.home()).precision.whole.right == 3


def test_an_ended_seed_does_not_come_back_by_itself(at: At) -> None:
    """Nothing was found at its service: there is nothing to return on."""
    house = at()
    number = one_seed(house, Finding.CC)
    decide(house.act_as("anna"), number, Finding.NOT_CC, "a cloud")
    home = house.act_as("anna")

    run(home, flow(server(210), TODAY))
    look_again(home)

    assert case_of(home, number).state is CaseState.REJECTED


def test_real_evidence_on_a_seed_stays_when_the_seed_ends(at: At) -> None:
    """What a source really says of its service while it is open is nobody's loan."""
    house = at()
    number = one_seed(house, Finding.CC)
    said = honeypot(ONE, TODAY, Claim.SINKHOLE)
    tell(house.home(), said)
    decide(house.act_as("anna"), number, Finding.NOT_CC, "a sinkhole")

    assert case_file(house.home(), number).assessment.evidence == (said,)


def test_who_waits_for_cases_is_paged_for_a_seed_as_well(at: At, tmp_path: Path) -> None:
    """A case that nobody was paged for would be one."""
    house = at()
    told = tmp_path / "paged"
    config = house.folder / "config.toml"
    program = tmp_path / "page"
    program.write_text(f'#!/bin/sh\necho "$@" >> {told}\n', "utf-8")
    program.chmod(0o755)
    text = config.read_text("utf-8").replace("\npage = []\n", f'\npage = ["{program}"]\n')
    config.write_text(text, "utf-8")
    number = one_seed(house, Finding.CC)

    assert case_of(house.home(), number).is_urgent
    assert told.read_text("utf-8").split() == [str(number)]
