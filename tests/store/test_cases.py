"""Changes of cases; what every database does with them is in tests/contracts."""

from dataclasses import replace
from pathlib import Path

import pytest

from casesteps import listing, opening, service, stepping
from hinomi.model.case import ServiceClass, Step
from hinomi.store.casebook import open_casebook
from hinomi.store.cases import MOST_SHOWN, Change


def test_a_change_goes_from_one_version_to_the_next() -> None:
    """It names the case after it; where it began is one less."""
    case = replace(opening().after, id=7)
    change = stepping(case, Step.TAKE, "ana")

    assert (change.after.version, change.event.version) == (2, 2)
    assert (change.verdict, change.listing) == (None, None)
    assert change.event.before is case.state


@pytest.mark.parametrize("kind", [each for each in ServiceClass if not each.is_listable])
def test_a_change_cannot_let_out_what_is_no_listing(kind: ServiceClass) -> None:
    """The listing that would go with it does not exist, whatever else the server is."""
    case = opening().after

    with pytest.raises(ValueError, match="is no listing"):
        Change(
            after=case,
            event=opening().event,
            listing=replace(listing(case), service_class=kind),
        )


def test_a_page_is_bounded(tmp_path: Path) -> None:
    """One question does not read the whole case book, whatever is asked for."""
    with open_casebook(tmp_path / "casebook.sqlite") as book:
        for port in range(MOST_SHOWN + 1):
            book.cases.open(opening(service(port=port)))

        assert len(book.cases.page(most=MOST_SHOWN + 1)) == MOST_SHOWN
