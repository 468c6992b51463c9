"""Who is told that a case was a seed, and when."""

from casesteps import NOW_MS, opened, opening, said, service
from docket import At
from hinomi.model.case import Finding
from hinomi.services.unmasking import reveal
from hinomi.store.caseruns import Sown


def test_a_seed_is_told_once_and_journalled(at: At) -> None:
    """With a note at the case, and what it was shown with is gone."""
    home = at(None).home()
    about = service()
    sown = Sown(change=opening(about), truth=Finding.CC, by="olga", lent=(said(about),))
    with home.casebook() as casebook:
        (case,) = casebook.runs.sow([sown])

        assert reveal(home, casebook, case)
        assert not reveal(home, casebook, case)

        (note,) = casebook.cases.notes(case.id)
        assert "Its truth was known: cc" in note.words
        assert not any(casebook.runs.lent().values())
    *_, entry = home.journal().entries()
    assert (entry["operation"], entry["act"], entry["case"]) == ("accuracy seed", "reveal", case.id)


def test_of_other_cases_nothing_is_told(at: At) -> None:
    """As of nearly all."""
    home = at(None).home()
    with home.casebook() as casebook:
        case = opened(casebook, service(port=80))

        assert not reveal(home, casebook, case)
        assert casebook.cases.notes(case.id) == ()
        assert case.opened_ms == NOW_MS
