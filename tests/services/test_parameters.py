"""A parameter changes by two persons, through the journal, or by one who says that they are."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.govern.approvals import State
from hinomi.govern.parameters import (
    Parameter,
    default_register,
    read_register,
    render_register,
)
from hinomi.govern.roles import Role
from hinomi.services.approvals import approve, request_of
from hinomi.services.parameters import (
    REVIEW_AFTER,
    Reasons,
    adopt,
    carry_out,
    overdue,
    parameter_of,
    propose,
    require_unchanged,
    restore,
)
from hinomi.services.people import today
from hinomi.services.register import REGISTER
from household import DAY_MS, Household
from terminal import hinomi, make_home

FDR = "suspects.fdr"
WHY = Reasons(considerations=" Half as many wrong ones. ", evidence="200 checked by the desk.")


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home with an analyst, a reviewer and an auditor."""
    house = Household(tmp_path / "home", monkeypatch)
    house.add("anna", Role.ANALYST)
    house.add("rita", Role.REVIEWER)
    house.add("erik", Role.AUDITOR)
    return house


@pytest.fixture(name="lone")
def one_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home as `init` makes it."""
    return Household(tmp_path / "lone", monkeypatch)


def test_a_proposal_changes_nothing_until_another_approves(house: Household) -> None:
    """Then value, reasons, both names and the review date stand in the register."""
    home = house.act_as("anna")
    before = home.register
    proposed = propose(home, FDR, "0.005", WHY)
    assert (proposed.approval, proposed.version) == (None, None)
    assert house.home(governing=False).register == before

    approve(house.act_as("rita"), proposed.request)
    done = carry_out(house.home(), proposed.request)

    now = house.home(governing=False)
    entry = parameter_of(now, FDR)
    assert (entry.value, entry.considerations) == (0.005, "Half as many wrong ones.")
    assert (entry.decided_by, entry.approved_by) == ("Anna (anna)", "Rita (rita)")
    assert entry.evidence == "200 checked by the desk."
    assert entry.alternatives == before.parameters[FDR].alternatives
    assert entry.review == today(now) + REVIEW_AFTER
    told = house.entries()[-1]
    assert told["changed"] == {FDR: [0.01, 0.005]}
    assert (told["register_before"], told["register"]) == (before.version, done.version)
    assert (told["person"], told["approved_by"]) == ("anna", ["rita"])
    assert told["four_eyes"] is True


def test_nobody_carries_out_what_nobody_approved(house: Household) -> None:
    """The register stays."""
    proposed = propose(house.act_as("anna"), FDR, "0.005", WHY)

    with pytest.raises(NotPermitted, match="is open"):
        carry_out(house.home(), proposed.request)

    assert house.home().register.number(FDR) == 0.01


def test_where_nobody_else_could_approve_it_is_in_force_at_once(lone: Household) -> None:
    """And the journal says that four eyes were impossible."""
    proposed = propose(lone.home(), FDR, "0.005", WHY)

    assert proposed.version == lone.home().register.version
    assert parameter_of(lone.home(), FDR).approved_by == ""
    assert lone.entries()[-1]["four_eyes"] is False


def test_in_an_emergency_it_is_in_force_at_once(house: Household) -> None:
    """It stands on the list of what another person has to review."""
    proposed = propose(house.act_as("anna"), FDR, "0.005", WHY, emergency="thousands are wrong")

    home = house.home(governing=False)
    assert home.register.number(FDR) == 0.005
    assert request_of(home, proposed.request).awaits_review
    told = house.entries()[-1]
    assert (told["break_glass"], told["four_eyes"]) == (True, False)


def test_a_proposal_about_an_older_value_is_a_conflict(house: Household) -> None:
    """Whoever approves has to see what is there now."""
    first = propose(house.act_as("anna"), FDR, "0.005", WHY).request
    second = propose(house.home(), FDR, "0.002", WHY).request
    for number in (first, second):
        approve(house.act_as("rita"), number)
    carry_out(house.home(), first)

    with pytest.raises(Conflict, match=r"is 0\.005 by now"):
        carry_out(house.home(), second)

    assert request_of(house.home(), second).state is State.APPROVED
    with pytest.raises(Conflict, match=r"was proposed when it was 0\.01"):
        require_unchanged(house.home(), request_of(house.home(), second))


@pytest.mark.parametrize(
    ("name", "value", "reasons", "said"),
    [
        (FDR, "many", WHY, "is a number, not 'many'"),
        (FDR, "1.5", WHY, "above 1"),
        (FDR, "nan", WHY, "is no number"),
        ("drill.rounds", "2.5", WHY, "is a whole number"),
        ("known.benign_weight", "4.0", WHY, "wrong sign"),
        (FDR, "0.005", Reasons(considerations=" "), "needs its --considerations"),
        (
            FDR,
            "0.005",
            Reasons(considerations="x", review=dt.date(2020, 1, 1)),
            "not in the future",
        ),
    ],
)
def test_a_proposal_that_cannot_be_meant_is_refused(
    house: Household, name: str, value: str, reasons: Reasons, said: str
) -> None:
    """One line, and nobody is asked to approve it."""
    before = len(house.entries())
    with pytest.raises(UsageError, match=said):
        propose(house.act_as("anna"), name, value, reasons)

    assert len(house.entries()) == before


def test_a_parameter_that_nobody_registered_is_not_found(house: Household) -> None:
    """Exit 66, and how to see all."""
    with pytest.raises(NotFound, match=r"no parameter suspects\.luck"):
        propose(house.act_as("anna"), "suspects.luck", "1", WHY)


def test_a_proposal_that_changes_nothing_is_none(lone: Household) -> None:
    """But to confirm a value with a later review date is a change."""
    now = parameter_of(lone.home(), FDR)
    same = Reasons(considerations=now.considerations, review=now.review)
    with pytest.raises(UsageError, match="says all of that already"):
        propose(lone.home(), FDR, "0.01", same)

    later = Reasons(considerations=now.considerations, review=now.review + REVIEW_AFTER)
    propose(lone.home(), FDR, "0.01", later)

    assert parameter_of(lone.home(), FDR).review == now.review + REVIEW_AFTER


def test_who_may_not_propose_is_refused(house: Household) -> None:
    """The auditor reads."""
    with pytest.raises(NotPermitted, match="erik may not ask for a parameter-change"):
        propose(house.act_as("erik"), FDR, "0.005", WHY)


def test_review_dates_that_have_passed_are_known(lone: Household) -> None:
    """From the day after."""
    assert overdue(lone.home()) == []
    lone.now_ms = int(dt.datetime(2027, 11, 22, 23, 59, tzinfo=dt.UTC).timestamp() * 1000)
    assert overdue(lone.home()) == []
    lone.later(DAY_MS)

    assert FDR in overdue(lone.home())


def test_adopting_brings_an_older_register_up(lone: Household) -> None:
    """New parameters come in, unknown ones go, decided ones stay; journalled with what changed."""
    propose(lone.home(), "enrich.fdr", "0.03", WHY)
    shipped = default_register()
    older = lone.home().register.without(FDR)
    older = older.with_parameter("suspects.luck", shipped.parameters[FDR])
    (lone.folder / REGISTER).write_text(render_register(older), "utf-8")
    lone.age()

    after, changed = adopt(lone.home())

    assert changed == {FDR: [None, 0.01], "suspects.luck": [0.01, None]}
    assert lone.home(governing=False).register == after
    assert after.number("enrich.fdr") == 0.03
    told = lone.entries()[-1]
    assert (told["act"], told["changed"]) == ("adopt", changed)
    with pytest.raises(Conflict, match="nothing to adopt"):
        adopt(lone.home())


def test_adopting_takes_the_reasons_that_ship_with_a_shipped_value(lone: Household) -> None:
    """A register of before evidence was kept gets it; what somebody decided keeps its own."""
    home = lone.home()
    older = home.register
    for name in (FDR, "enrich.fdr"):
        bare = parameter_of(home, name)
        decided_by = "the board" if name == "enrich.fdr" else bare.decided_by
        older = older.with_parameter(name, _without_evidence(bare, decided_by))
    (lone.folder / REGISTER).write_text(render_register(older), "utf-8")
    lone.age()

    after, _ = adopt(lone.home())

    assert after.parameters[FDR] == default_register().parameters[FDR]
    assert after.parameters["enrich.fdr"].evidence == ""


def test_restoring_is_journalled_with_who(lone: Household) -> None:
    """And drops what was written past the register."""
    path = lone.folder / REGISTER
    edited = read_register(path).with_value(FDR, 0.5, decided_by="somebody")
    path.write_text(render_register(edited), "utf-8")

    assert restore(lone.home()) == [FDR]

    last = lone.entries()[-1]
    assert (last["act"], last["dropped"]) == ("restore", [FDR])
    assert last["person"]
    assert lone.home(governing=False).register.number(FDR) == 0.01


def _without_evidence(parameter: Parameter, decided_by: str) -> Parameter:
    return msgspec.structs.replace(parameter, evidence="", alternatives="", decided_by=decided_by)


@pytest.mark.parametrize(
    ("name", "value"), [("detect.window_days", "40"), ("retention.flow_records_days", "3")]
)
def test_a_value_that_does_not_fit_the_others_is_not_proposed(
    tmp_path: Path, name: str, value: str
) -> None:
    """Neither by two people nor by broken glass; the home works on."""
    home = make_home(tmp_path / "home")
    words = ("parameters", "propose", name, value, "--considerations", "why")

    for more in ((), ("--break-glass", "quick")):
        said = hinomi(*words, *more, home=home)
        assert said.code == 64, said.err
        assert "would be deleted" in said.err
    assert hinomi("detect", home=home).code == 0


@pytest.mark.parametrize("text", [None, "x = ["])
def test_a_register_that_is_gone_or_broken_is_put_back(tmp_path: Path, text: str | None) -> None:
    """The message of every other command names the command that mends it."""
    home = make_home(tmp_path / "home", sampling=10_000)
    path = home / "register.toml"
    before = path.read_bytes()
    path.unlink()
    if text is not None:
        path.write_text(text, "utf-8")

    said = hinomi("detect", home=home)
    assert said.code == 78
    assert "parameters restore" in said.err
    assert hinomi("parameters", "restore", home=home).code == 0
    assert path.read_bytes() == before
    assert hinomi("detect", home=home).code == 0
