"""What people do with a case: nobody alone, nothing unsaid, nothing on a case that moved on."""

import pytest

from docket import (
    SERVER,
    At,
    acts,
    bodies,
    case_of,
    end,
    found,
    require_no_address,
    run,
    seen,
    service,
    stated,
    tell,
)
from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern.matrix import Purpose
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Method
from hinomi.services.cases import keep
from hinomi.services.casework import Decided, decide, note
from hinomi.services.home import Home
from hinomi.services.publishing import withdraw
from hinomi.services.weighing import Assessor
from household import DAY_MS

SAID = f"its samples report to {SERVER}"
KEPT = "its samples report to [address]"
DEDICATED = ServiceClass.DEDICATED


def says(home: Home, finding: Finding = Finding.CC, **more: object) -> Decided:
    """Let whoever acts give a verdict on case 1."""
    return decide(home, 1, finding, SAID, **({"service_class": DEDICATED} | more))  # type: ignore[arg-type]


def test_an_analyst_and_a_reviewer_make_it_listable(at: At) -> None:
    """Each step has its person, its version and its line of the journal; publication is asked."""
    house = at(CaseState.CANDIDATE)
    begun = len(house.entries())

    first = says(house.act_as("anna"))
    second = says(house.act_as("rita"))

    assert (first.step, first.missing, first.request) == (Step.CORROBORATE, (), None)
    assert (first.case.state, first.case.version) == (CaseState.CORROBORATED, 3)
    assert first.case.is_urgent  # For a reviewer.
    assert (second.step, second.case.state) == (Step.CLEAR, CaseState.LISTABLE)
    assert second.request == 1
    assert not second.case.is_urgent
    assert acts(house, since=begun) == [
        ("case decide", "decide"), ("case decide", "decide"), ("approvals", "ask"),
    ]  # fmt: skip
    with house.home().casebook() as casebook:
        history = casebook.cases.history(1)
        verdicts = casebook.cases.verdicts(1)
    assert [(each.step, each.by) for each in history[1:]] == [
        (Step.TAKE, "anna"), (Step.CORROBORATE, "anna"), (Step.CLEAR, "rita"),
    ]  # fmt: skip
    assert [each.entry for each in history[1:]] == [begun, begun, begun + 1]
    assert [(each.by, each.reason) for each in verdicts] == [
        ("anna", KEPT),
        ("rita", KEPT),
    ]


def test_the_journal_has_the_reason_and_no_address(at: At) -> None:
    """The case book keeps the words as they were said; what is public of them is masked."""
    house = at(CaseState.CANDIDATE)
    begun = len(house.entries())
    note(house.act_as("anna"), 1, SAID)
    says(house.home())
    says(house.act_as("rita"))

    told = bodies(house, since=begun)

    assert [each.get("reason") for each in told[1:]] == ["its samples report to [address]"] * 3
    assert told[1] == told[1] | {
        "case": 1, "episode": 1, "version": 1, "person": "anna", "finding": "cc",
        "class": "dedicated", "lifted": [], "step": "corroborate",
        "register": house.home().register.version,
    }  # fmt: skip
    require_no_address(house)


def test_the_same_person_never_clears(at: At) -> None:
    """A reviewer who corroborated is told so, however often they say it."""
    house = at(CaseState.CANDIDATE)
    says(house.act_as("alan"))

    again = says(house.act_as("alan"))

    assert (again.step, [each.code for each in again.missing]) == (Step.WEIGH, ["same-person"])
    assert (again.case.state, again.request) == (CaseState.CORROBORATED, None)
    assert says(house.act_as("rita")).step is Step.CLEAR


def test_a_second_analyst_does_not_clear(at: At) -> None:
    """It takes a reviewer; the word is written down."""
    house = at(CaseState.CANDIDATE)
    says(house.act_as("rita"))

    second = says(house.act_as("anna"))

    assert [each.code for each in second.missing] == ["no-reviewer"]
    with house.home().casebook() as casebook:
        assert [each.by for each in casebook.cases.verdicts(1)] == ["rita", "anna"]


def test_what_one_method_found_stays_under_review(at: At) -> None:
    """The analyst's verdict is kept, and what is missing is told in both languages."""
    house = at()
    run(house.home(), seen(house))

    decided = says(house.act_as("anna"))

    assert (decided.step, decided.case.state) == (Step.WEIGH, CaseState.UNDER_REVIEW)
    assert [each.code for each in decided.missing] == ["too-few-methods"]
    with house.home().casebook() as casebook:
        last = casebook.cases.history(1)[-1]
    assert last.reasons[0] == decided.missing[0]
    assert all(each.text and each.text_ja for each in decided.missing)


@pytest.mark.parametrize("kind", [each for each in ServiceClass if not each.is_listable])
def test_what_is_not_listable_ends_rejected(at: At, kind: ServiceClass) -> None:
    """A shared host is a C&C server for its bots, and would hurt everybody else on it."""
    decided = says(at(CaseState.CORROBORATED).act_as("rita"), service_class=kind)

    if kind is ServiceClass.UNKNOWN:
        assert decided.step is Step.CLEAR  # As the analyst left it.
    else:
        assert (decided.case.state, decided.case.service_class) == (CaseState.REJECTED, kind)
        assert [each.code for each in decided.missing] == ["class"]


def test_an_analyst_rejects_a_candidate_and_a_reviewer_the_rest(at: At) -> None:
    """Whoever looks first may throw it out; what others agreed on takes a reviewer."""
    assert says(at(CaseState.CANDIDATE).act_as("anna"), Finding.NOT_CC).step is Step.REJECT

    house = at(CaseState.LISTABLE, "other")
    assert says(house.act_as("anna"), Finding.NOT_CC).case.state is CaseState.LISTABLE
    assert says(house.act_as("alan"), Finding.NOT_CC).case.state is CaseState.REJECTED


@pytest.mark.parametrize("stage", [CaseState.CANDIDATE, CaseState.LISTABLE])
def test_a_case_that_moved_on_is_looked_at_again(at: At, stage: CaseState) -> None:
    """Whoever decides on an older version is refused, and nothing is written."""
    house = at(stage)
    before = case_of(house.home())
    home, begun = house.act_as("rita"), len(house.entries())

    for version in (before.version - 1, before.version + 1):
        with pytest.raises(Conflict, match="look again"):
            says(home, version=version)

    assert case_of(home) == before
    assert len(house.entries()) == begun
    assert says(home, version=before.version).case.version > before.version


def closed(at: At, state: CaseState) -> Home:
    """Give a home with a closed case, as a reviewer."""
    house = at(CaseState.CANDIDATE if state is CaseState.REJECTED else CaseState.LISTED)
    if state is CaseState.REJECTED:
        says(house.act_as("rita"), Finding.NOT_CC)
    elif state is CaseState.WITHDRAWN:
        withdraw(house.act_as("rita"), 1, "wrong")
    else:
        house.later(100 * DAY_MS)
        keep(house.home(), found(house.home()))
    assert case_of(house.home()).state is state
    return house.act_as("rita")


@pytest.mark.parametrize("state", [CaseState.EXPIRED, CaseState.REJECTED, CaseState.WITHDRAWN])
def test_nothing_is_decided_on_a_closed_case(at: At, state: CaseState) -> None:
    """A new episode is another matter; notes are welcome at any time."""
    home = closed(at, state)
    before = case_of(home)

    for finding in Finding:
        with pytest.raises(Conflict, match=f"case 1 is {state}"):
            says(home, finding)

    note(home, 1, "the provider wrote back")
    assert case_of(home) == before


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_whoever_says_nothing_is_refused(at: At, blank: str) -> None:
    """A verdict without a reason helps nobody who looks later; neither does an empty note."""
    house = at(CaseState.CANDIDATE)
    home, begun = house.act_as("anna"), len(house.entries())

    with pytest.raises(UsageError, match="reason is blank"):
        decide(home, 1, Finding.CC, blank)
    with pytest.raises(UsageError, match="note is blank"):
        note(home, 1, blank)

    assert len(house.entries()) == begun


def test_an_unknown_case_is_not_found(at: At) -> None:
    """By its number; nothing is journalled of what does not exist."""
    house = at(CaseState.CANDIDATE)
    home, begun = house.act_as("anna"), len(house.entries())

    with pytest.raises(NotFound, match="no case has the number 99"):
        decide(home, 99, Finding.CC, SAID)
    with pytest.raises(NotFound):
        note(home, 99, SAID)

    assert len(house.entries()) == begun


def held(at: At, *claims: tuple[Method, Claim]) -> At:
    """Give a corroborated case that something holds."""

    def give(stage: CaseState | None = None, name: str = "home") -> object:
        house = at(stage or CaseState.CORROBORATED, name)
        tell(house.home(), *(stated(house, how, claim, source="x") for how, claim in claims))
        return house

    return give  # type: ignore[return-value]


def test_a_reviewer_lifts_what_a_reviewer_may(at: At) -> None:
    """With the verdict that clears it; the journal and the verdict name what was lifted."""
    house = held(at, (Method.LIST, Claim.BENIGN))()
    begun = len(house.entries())

    without = says(house.act_as("rita"))
    lifted = says(house.home(), lifted=["said-benign"])

    assert [each.code for each in without.missing] == ["said-benign"]
    assert without.case.state is CaseState.CORROBORATED
    assert (lifted.step, lifted.case.holds) == (Step.CLEAR, ("said-benign",))
    assert [each["lifted"] for each in bodies(house, since=begun)[:2]] == [[], ["said-benign"]]
    with house.home().casebook() as casebook:
        assert casebook.cases.verdicts(1)[-1].lifted == ("said-benign",)


def test_who_is_no_reviewer_lifts_nothing(at: At) -> None:
    """Else a case would come to its reviewer with nothing left that holds it."""
    house = held(at, (Method.LIST, Claim.BENIGN))(CaseState.CANDIDATE)
    before = case_of(house.home())

    with pytest.raises(NotPermitted, match="anna is no reviewer: a reviewer lifts holds"):
        says(house.act_as("anna"), lifted=["said-benign"])

    assert case_of(house.home()) == before


@pytest.mark.parametrize("code", ["crowd", "", "said-benign "])
def test_a_code_that_is_no_hold_of_the_case_is_refused(at: At, code: str) -> None:
    """A slip of the pen is not to lift something later; what holds it is named."""
    house = held(at, (Method.LIST, Claim.BENIGN))()

    with pytest.raises(UsageError, match="it has said-benign"):
        says(house.act_as("rita"), lifted=[code])


def test_what_nobody_may_lift_is_not_lifted(at: At) -> None:
    """A person's own finding that it is a sinkhole is final; the refusal says what it is."""
    house = held(at, (Method.ANALYST, Claim.SINKHOLE))()
    begun = len(house.entries())

    with pytest.raises(NotPermitted, match="not to be lifted by a person"):
        says(house.act_as("rita"), lifted=["said-sinkhole"])

    assert case_of(house.home()).state is CaseState.CORROBORATED
    assert len(house.entries()) == begun


def test_without_its_purpose_nothing_is_decided(at: At) -> None:
    """The matrix refuses; the refusal is in the journal, and the case stands where it stood."""
    house = at(CaseState.CANDIDATE)
    end(house, Purpose.DETECT_CC)
    home, before = house.act_as("anna"), case_of(house.home())

    for act in (says, lambda home: note(home, 1, SAID)):
        begun = len(house.entries())
        with pytest.raises(NotPermitted):
            act(home)
        assert acts(house, since=begun) == [("refused", None)]

    assert case_of(home) == before
    with home.casebook() as casebook:
        assert casebook.cases.notes(1) == ()


def test_publication_is_asked_for_once(at: At) -> None:
    """Two reviewers who say the same do not make two requests."""
    house = at(CaseState.LISTABLE)

    again, other = says(house.act_as("rita")), says(house.act_as("alan"))

    assert (again.step, again.request, other.request) == (Step.WEIGH, 1, 1)
    assert [word for _, word in acts(house)].count("ask") == 1


def test_publication_is_asked_for_again_when_nobody_approved_in_time(at: At) -> None:
    """A request ends; whoever still means it asks anew."""
    house = at(CaseState.LISTABLE)
    house.later(house.home().register.integer("approvals.open_ms"))
    tell(house.home(), *(stated(house, how) for how in (Method.HONEYPOT, Method.MALWARE)))

    assert says(house.act_as("rita")).request == 2


def test_an_analyst_asks_for_no_publication_by_agreeing(at: At) -> None:
    """What a reviewer did not ask for is not asked for in passing."""
    house = at(CaseState.LISTABLE)
    house.later(house.home().register.integer("approvals.open_ms"))
    tell(house.home(), *(stated(house, how) for how in (Method.HONEYPOT, Method.MALWARE)))

    assert says(house.act_as("anna")).request is None


@pytest.mark.parametrize(
    ("finding", "kind", "waits"),
    [
        (Finding.NOT_CC, DEDICATED, True),
        (Finding.CC, ServiceClass.SHARED, True),
        (Finding.CC, DEDICATED, False),
        (Finding.UNSURE, DEDICATED, False),
    ],
)
def test_who_contradicts_what_is_listed_makes_it_wait_for_a_person(
    at: At, finding: Finding, kind: ServiceClass, *, waits: bool
) -> None:
    """It stays listed until a reviewer withdraws it; the next run does not forget the word."""
    house = at(CaseState.LISTED)

    decided = says(house.act_as("anna"), finding, service_class=kind)
    run(house.home(), seen(house))

    assert (decided.step, decided.case.state) == (Step.WEIGH, CaseState.LISTED)
    assert decided.case.is_urgent is waits
    assert case_of(house.home()).is_urgent is waits


def test_a_rejection_answers_for_the_sources_and_a_doubt_does_not(at: At) -> None:
    """Whoever said C&C of what two others and a person call a cloud was wrong."""
    house = at(CaseState.CANDIDATE)
    home = house.act_as("anna")
    contrary = [(Method.LIST, "clouds"), (Method.SIGHTING, "neighbour")]
    tell(home, *(stated(house, how, Claim.BENIGN, source=name) for how, name in contrary))
    says(home, Finding.UNSURE)
    with home.casebook() as casebook:
        assert casebook.evidence.outcomes() == {}

    says(home, Finding.NOT_CC)

    with home.casebook() as casebook:
        told = casebook.evidence.outcomes()
    assert told["honeypot"] == (Method.HONEYPOT, 0, 1)
    assert told["malware-analysis"] == (Method.MALWARE, 0, 1)
    assert "hinomi detect" not in told


def test_the_class_that_nobody_names_stays_as_it_stands(at: At) -> None:
    """A verdict without a class leaves the one that was suggested or said."""
    house = at()
    tell(house.home(), stated(house, claim=Claim.COMPROMISED), stated(house, Method.MALWARE))
    run(house.home(), seen(house))

    decided = says(house.act_as("anna"), service_class=ServiceClass.UNKNOWN)

    assert decided.case.service_class is ServiceClass.COMPROMISED
    assert decided.case.service == service()


def test_who_decides_is_no_method_of_the_case(at: At) -> None:
    """What an analyst says for it counts as long as somebody else decides."""
    house = at(CaseState.CANDIDATE)
    home = house.act_as("anna")
    with home.casebook() as casebook:
        assessor = Assessor(home, casebook)
        about = case_of(home).service
        tell(home, stated(house, Method.ANALYST, source="person:anna"))
        heard = assessor.assess(about).weighing.methods

        assert assessor.assess(about, deciders={"anna"}).weighing.methods == heard - 1
        assert assessor.assess(about, deciders={"alan"}).weighing.methods == heard
