"""Seeds; what every database keeps of runs and seeds is in tests/contracts."""

from hinomi.model.case import Finding
from hinomi.store.caseruns import Seed


def test_reviewers_do_not_know_a_new_seed() -> None:
    """Until somebody says when they were told."""
    seed = Seed(case_id=1, truth=Finding.CC, made_ms=1, made_by="ana")

    assert seed.revealed_ms is None
