"""Evidence in, all of a file or nothing; cases weighed anew, and opened where methods agree."""

from dataclasses import replace
from pathlib import Path

import pytest

from docket import (
    OTHER,
    OWN,
    SERVER,
    At,
    acts,
    bodies,
    case_of,
    end,
    own_line,
    require_no_address,
    run,
    seen,
    service,
    stated,
    tell,
)
from hinomi.errors import MalformedDocument, NotFound, NotPermitted, UsageError
from hinomi.govern.matrix import Purpose
from hinomi.model.address import parse_address
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.services.casework import decide
from hinomi.services.evidencing import Brought, Taken, add_finding, grade_source, import_evidence
from hinomi.services.home import Home
from hinomi.services.listings import export_listings, render_csv
from hinomi.verify.reliability import Grade
from household import DAY_MS, Household

SANDBOX = Brought(source="sandbox")


def samples(folder: Path, *addresses: str, bad: str = "") -> Path:
    """Write results of malware analysis: one sample reports to each address."""
    rows = [f"{number:064x},{each},443,tcp,cc" for number, each in enumerate(addresses, start=1)]
    path = folder / "samples.csv"
    text = "\n".join(["sample,address,port,protocol,verdict", *rows, *([bad] if bad else [])])
    path.write_text(text + "\n", "utf-8")
    return path


def kept(home: Home, of: str = SERVER) -> list[Evidence]:
    """Give what the case book holds on a service."""
    with home.casebook() as casebook:
        return list(casebook.evidence.of(service(of)))


def finding(house: Household, claim: Claim = Claim.CC, of: str = SERVER, ago: int = 0) -> Evidence:
    """Give what a person says of a service."""
    return stated(house, Method.ANALYST, claim, ago=ago, source="person", service=service(of))


def test_a_file_is_kept_and_told_of(at: At, tmp_path: Path) -> None:
    """Counts go into the journal, before and after; no address does."""
    house = at()
    begun = len(house.entries())

    taken = import_evidence(house.act_as("oda"), samples(tmp_path, SERVER, OTHER), SANDBOX)

    assert taken == Taken(
        format="malware-csv", statements=2, new=2, claims={"cc": 2}, ignored={}, malformed=0,
        opened=(), settled=(),
    )  # fmt: skip
    assert [each.claim for each in kept(house.home())] == [Claim.CC]
    first, last = bodies(house, since=begun)
    assert (first["act"], first["stage"], first["source"], first["file"]) == (
        "import", "begins", "sandbox", "samples.csv",
    )  # fmt: skip
    assert (last["stage"], last["statements"], last["new"], last["format"]) == (
        "done", 2, 2, "malware-csv",
    )  # fmt: skip
    require_no_address(house)


def test_the_same_file_again_is_nothing_new(at: At, tmp_path: Path) -> None:
    """Whoever brings it, and under whatever name of the file."""
    home = at().home()
    import_evidence(home, samples(tmp_path, SERVER), SANDBOX)

    again = import_evidence(home, samples(tmp_path, SERVER), SANDBOX)

    assert (again.statements, again.new) == (1, 0)
    assert len(kept(home)) == 1


def test_a_bad_line_keeps_the_whole_file_out(at: At, tmp_path: Path) -> None:
    """Nothing is stored of the good ones either, unless they were asked for."""
    house = at()
    home, begun = house.home(), len(house.entries())
    path = samples(tmp_path, SERVER, bad="xyz,not an address,443,tcp,cc")

    with pytest.raises(MalformedDocument, match=r"samples\.csv"):
        import_evidence(home, path, SANDBOX)

    assert kept(home) == []
    assert acts(house, since=begun) == [("case evidence", "import")]
    good = import_evidence(home, path, Brought(source="sandbox", keep_good=True))
    assert (good.statements, good.malformed, len(kept(home))) == (1, 1, 1)


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        (Brought(source=" "), UsageError),
        (Brought(source="x", format_name="cowrie"), MalformedDocument),
        (Brought(source="x", claim=Claim.MOVED), UsageError),
        (Brought(source="x", method=Method.DARKNET), UsageError),
        (Brought(source="x", day=10**6), UsageError),
    ],
)
def test_what_does_not_fit_is_refused(
    at: At, tmp_path: Path, how: Brought, fault: type[Exception]
) -> None:
    """Source, format, claim, method, and a day that has not come."""
    home = at().home()

    with pytest.raises(fault):
        import_evidence(home, samples(tmp_path, SERVER), how)

    assert kept(home) == []


def test_a_file_that_is_not_there_is_not_found(at: At, tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(NotFound):
        import_evidence(at().home(), tmp_path / "missing", SANDBOX)


def test_names_are_journalled_without_addresses(at: At, tmp_path: Path) -> None:
    """That of the source and that of the file: both are the operator's words."""
    house = at()
    path = samples(tmp_path, OTHER).rename(tmp_path / f"{SERVER}.csv")

    import_evidence(house.home(), path, Brought(source=f"trap {SERVER}"))

    assert {each.source for each in kept(house.home(), OTHER)} == {f"trap {SERVER}"}
    require_no_address(house)


def test_what_is_inside_the_own_network_is_kept_by_its_pseudonym(at: At, tmp_path: Path) -> None:
    """Whoever states it, in a file or in person."""
    house = at()
    home = house.act_as("anna")

    import_evidence(home, samples(tmp_path, OWN), SANDBOX)
    add_finding(home, finding(house, of=OWN), "seized")

    assert kept(home, OWN) == []
    with home.casebook() as casebook:
        mine = stated(house).service
        line = casebook.evidence.of(type(mine)(own_line(home), mine.proto, mine.port, own=True))
    assert [each.method for each in line] == [Method.MALWARE, Method.ANALYST]
    assert all(each.service.address != parse_address(OWN) for each in line)
    require_no_address(house, OWN)


def test_where_two_methods_agree_a_case_is_opened(at: At, tmp_path: Path) -> None:
    """Whoever was first, and only then; a person is waited for at once."""
    house = at()
    home = house.home()
    tell(home, stated(house))

    taken = import_evidence(home, samples(tmp_path, SERVER, OTHER), SANDBOX)

    (case,) = taken.opened
    assert (case.service, case.methods, case.is_urgent) == (service(), 2, True)
    assert bodies(house)[-1]["opened"] == 1
    again = import_evidence(home, samples(tmp_path, SERVER, OTHER), SANDBOX)
    assert (again.opened, again.settled) == ((), ())


def test_cases_that_it_speaks_of_are_weighed_anew(at: At, tmp_path: Path) -> None:
    """One of one method becomes urgent when another method speaks; others are left alone."""
    house = at()
    run(house.home(), seen(house), seen(house, of=service(OTHER)))

    taken = import_evidence(house.home(), samples(tmp_path, SERVER), SANDBOX)

    (settled,) = taken.settled
    assert (settled.case.id, settled.step, settled.is_paged) == (1, Step.WEIGH, True)
    assert case_of(house.home(), 2).version == 1


def test_what_was_closed_returns_when_methods_agree_anew(at: At, tmp_path: Path) -> None:
    """Found since, by others than flow: another episode; what stood there before does not."""
    house = at(CaseState.CANDIDATE)
    decide(house.act_as("rita"), 1, Finding.NOT_CC, "cleaned up")
    home = house.act_as("anna")
    assert add_finding(home, finding(house), "still there").opened == ()
    house.later(3 * DAY_MS)
    tell(house.home(), stated(house))

    (case,) = import_evidence(house.home(), samples(tmp_path, SERVER), SANDBOX).opened

    assert (case.id, case.episode, case.state) == (1, 2, CaseState.CANDIDATE)


def test_a_persons_finding_is_theirs(at: At) -> None:
    """Their name is the source; the words are kept with it, and never leave the house."""
    house = at(CaseState.LISTED)
    home, begun = house.act_as("anna"), len(house.entries())
    words = f"seized by the police, panel at {OTHER}"

    taken = add_finding(home, finding(house), f"  {words} ")

    assert (taken.new, taken.claims) == (1, {"cc": 1})
    (mine,) = [each for each in kept(home) if each.method is Method.ANALYST]
    assert (mine.source, mine.facts["words"]) == (
        "person:anna",
        words.replace(OTHER, "[address]"),
    )
    assert acts(house, since=begun) == [("case evidence", "add")] * 2
    require_no_address(house)
    assert "police" not in render_csv(export_listings(home), 1)
    assert "police" not in str(bodies(house, since=begun))


@pytest.mark.parametrize("words", ["", "  "])
def test_a_finding_without_a_word_is_refused(at: At, words: str) -> None:
    """Nor is one of a day that has not come: neither can be weighed."""
    house = at()
    home = house.act_as("anna")

    with pytest.raises(UsageError, match="how you know"):
        add_finding(home, finding(house), words)
    with pytest.raises(UsageError, match="future"):
        add_finding(home, finding(house, ago=-1), "seen it coming")
    with pytest.raises(UsageError, match="1970"):
        add_finding(home, replace(finding(house), observed_day=-1), "seen long ago")

    assert kept(home) == []


@pytest.mark.parametrize("nowhere", ["127.0.0.1", "255.255.255.255", "224.0.0.1", "::1"])
def test_nobody_finds_a_server_where_no_network_leads(at: At, nowhere: str) -> None:
    """As files of evidence are read: it is refused, and nothing is kept."""
    house = at()
    home = house.act_as("anna")

    with pytest.raises(UsageError, match="no network"):
        add_finding(home, replace(finding(house), service=service(nowhere)), "seen it")

    assert kept(home, nowhere) == []


def test_two_people_are_one_method(at: At) -> None:
    """However many say so, people alone make nothing listable."""
    house = at()
    run(house.home(), seen(house, 0.3))
    for name in ("anna", "alan"):
        add_finding(house.act_as(name), finding(house), "I know it")

    assert case_of(house.home()).methods == 1


def test_a_source_is_what_was_said_of_it_last(at: At) -> None:
    """By whom, and when; the journal has each word."""
    house = at()
    home, begun = house.act_as("anna"), len(house.entries())

    grade_source(home, " traps ", Method.HONEYPOT, Grade.B)
    last = grade_source(home, "traps", Method.HONEYPOT, Grade.D, f" house of {SERVER} ")

    with home.casebook() as casebook:
        assert casebook.evidence.sources() == {"traps": last}
    assert (last.by, last.grade, last.family) == ("anna", "D", f"house of {SERVER}")
    assert [each["grade"] for each in bodies(house, since=begun)] == ["B", "D"]
    require_no_address(house)


def test_a_grade_decides_what_a_statement_is_worth(at: At, tmp_path: Path) -> None:
    """Two methods suffice or do not, as their sources are trusted."""
    house = at()
    home = house.act_as("anna")
    for name, method in (("honeypot", Method.HONEYPOT), ("sandbox", Method.MALWARE)):
        grade_source(home, name, method, Grade.D)
    tell(home, stated(house))

    assert import_evidence(home, samples(tmp_path, SERVER), SANDBOX).opened == ()

    grade_source(home, "honeypot", Method.HONEYPOT, Grade.A)
    grade_source(home, "sandbox", Method.MALWARE, Grade.A)
    house.later(DAY_MS)
    assert len(import_evidence(house.home(), samples(tmp_path, SERVER), SANDBOX).opened) == 1


def test_a_family_of_two_methods_agrees_with_nobody(at: At, tmp_path: Path) -> None:
    """A sandbox that is fed by that honeypot says what the honeypot says."""
    house = at()
    home = house.act_as("anna")
    grade_source(home, "honeypot", Method.HONEYPOT, Grade.A, "one house")
    grade_source(home, "sandbox", Method.MALWARE, Grade.A, "one house")
    tell(home, stated(house))

    assert import_evidence(home, samples(tmp_path, SERVER), SANDBOX).opened == ()


@pytest.mark.parametrize("name", ["", " "])
def test_a_source_without_a_name_is_refused(at: At, name: str) -> None:
    """Nobody could be asked."""
    with pytest.raises(UsageError, match="needs a name"):
        grade_source(at().act_as("anna"), name, Method.LIST, Grade.A)


def test_without_its_purpose_nothing_is_taken_in(at: At, tmp_path: Path) -> None:
    """Neither files nor findings nor grades; each refusal is in the journal."""
    house = at()
    end(house, Purpose.DETECT_CC)
    home, begun = house.act_as("anna"), len(house.entries())

    with pytest.raises(NotPermitted):
        import_evidence(home, samples(tmp_path, SERVER), SANDBOX)
    with pytest.raises(NotPermitted):
        add_finding(home, finding(house), "seized")
    with pytest.raises(NotPermitted):
        grade_source(home, "traps", Method.HONEYPOT, Grade.A)

    assert acts(house, since=begun) == [("refused", None)] * 3
    assert kept(home) == []


def test_a_contrary_finding_holds_and_asks_for_a_reviewer(at: At) -> None:
    """Who says that a listed server is shared makes it wait; it stays listed until withdrawn."""
    house = at(CaseState.LISTED)

    taken = add_finding(house.act_as("anna"), finding(house, Claim.SHARED), "a hundred shops")

    (settled,) = taken.settled
    assert (settled.case.state, settled.is_paged) == (CaseState.LISTED, True)
    assert settled.case.holds == ("said-shared",)
    assert settled.case.service_class is ServiceClass.DEDICATED  # As people said.
