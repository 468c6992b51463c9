"""Whoever decided a case that was there to measure them is told so, once it is closed."""

from hinomi.model.case import Case
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Note


def reveal(home: Home, casebook: CaseBook, case: Case) -> bool:
    """
    Tell the reviewers of a closed case that it was a seed, and which; journalled.

    What it was shown with is destroyed.
    """
    seed = casebook.runs.seed(case)
    if seed is None or seed.revealed_ms is not None:
        return False
    facts = {"act": "reveal", "case": case.id, "truth": seed.truth.value}
    record(home.journal(), Operation.SEED, home.mandate(Operation.CASES), facts)
    casebook.runs.reveal_seed(case.id, home.clock())
    words = (
        f"This case was there to measure its reviewers. Its truth was known: {seed.truth}. What "
        "it was shown with was another service's, and is gone."
    )
    casebook.cases.add_note(case.id, Note(by="run", at_ms=home.clock(), words=words))
    return True
