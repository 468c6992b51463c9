"""Episodes of cases, as accuracy reads them: what belongs to which."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from casesteps import NOW_MS, opening, service, stepping, verdict
from checkedcases import listed, opened, rejected, server, stepped
from hinomi.model.case import CaseState, ServiceClass, Step
from hinomi.store.casebook import CaseBook, open_casebook


@pytest.fixture(name="book")
def a_case_book(tmp_path: Path) -> Iterator[CaseBook]:
    """Give an empty case book."""
    with open_casebook(tmp_path / "casebook.sqlite") as book:
        yield book


def test_each_episode_has_its_own_events_verdicts_and_listing(book: CaseBook) -> None:
    """In the order of cases and episodes; what is between beginning and end is left out."""
    first = rejected(book, opened(book, server(1), NOW_MS), ServiceClass.LOADER)
    again = book.cases.change(stepping(first, Step.RETURN))
    listed(book, stepped(book, again, Step.WEIGH), was_contacted=False)
    opened(book, server(2), NOW_MS)

    one, two, other = book.episodes(0)

    assert [(each.case.service, each.number) for each in (one, two, other)] == [
        (server(1), 1), (server(1), 2), (server(2), 1),
    ]  # fmt: skip
    assert [each.step for each in one.events] == [Step.OPEN, Step.REJECT]
    assert [each.step for each in two.events] == [Step.RETURN, Step.LIST]
    assert [each.by for each in one.verdicts] == ["anna"]
    assert [each.by for each in two.verdicts] == ["anna", "rita"]
    assert (one.was_contacted, two.was_contacted, other.was_contacted) == (None, False, None)
    assert (one.is_rejected, two.is_rejected) == (True, False)
    assert (one.service_class, other.service_class) == (ServiceClass.LOADER, ServiceClass.UNKNOWN)
    assert one.case.state is two.case.state is CaseState.LISTED  # As it is now.


def test_those_count_that_began_since(book: CaseBook) -> None:
    """A later episode of an old case does, without the earlier one; the moment itself does."""
    old = rejected(book, opened(book, server(1), NOW_MS - 1_000))
    change = stepping(old, Step.RETURN)
    book.cases.change(
        replace(
            change,
            after=replace(change.after, changed_ms=NOW_MS),
            event=replace(change.event, at_ms=NOW_MS),
        )
    )
    book.cases.open(opening(service(), opened_ms=NOW_MS - 1, changed_ms=NOW_MS - 1))

    assert [(each.case.id, each.number) for each in book.episodes(NOW_MS)] == [(1, 2)]
    assert book.episodes(NOW_MS + 1) == ()


def test_the_last_of_several_steps_is_the_one_that_counts(book: CaseBook) -> None:
    """None where it took none of them."""
    case = stepped(book, listed(book, opened(book, server(1), NOW_MS)), Step.EXPIRE)
    (found,) = book.episodes(0)

    expired = found.event(Step.LIST, Step.EXPIRE)
    assert expired is not None
    assert (expired.step, expired.after) == (Step.EXPIRE, case.state)
    assert found.event(Step.WITHDRAW) is None


def test_an_episode_that_ended_as_no_listing_was_withdrawn_not_rejected(book: CaseBook) -> None:
    """Only a rejection is one."""
    case = listed(book, opened(book, server(1), NOW_MS))
    stepped(book, case, Step.WITHDRAW, "rita", verdict=verdict(case, "rita"))

    (found,) = book.episodes(0)

    assert not found.is_rejected
