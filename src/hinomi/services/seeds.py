"""
Cases whose truth is known beforehand: they measure the reviewers, and are never listed.

A seed is a service whose truth somebody knows, in the evidence of a closed case of the same truth.
Whoever judges cases sees nothing that tells it from others, until it is decided.
"""

from hinomi.model.case import Case
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Note


def reveal(home: Home, casebook: CaseBook, case: Case) -> bool:
    """Tell the reviewers of a closed case that it was a seed, and whether it was; journalled."""
    seed = casebook.runs.seed(case.id)
    if seed is None or seed.revealed_ms is not None:
        return False
    facts = {"act": "reveal", "case": case.id, "truth": seed.truth.value}
    record(home.journal(), Operation.SEED, home.mandate(Operation.CASES), facts)
    casebook.runs.reveal_seed(case.id, home.clock())
    words = f"This case was there to measure its reviewers. Its truth was known: {seed.truth}."
    casebook.cases.add_note(case.id, Note(by="run", at_ms=home.clock(), words=words))
    return True
