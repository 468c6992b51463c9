"""What enough lines stand behind may leave, and a single line changes nothing of it."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from hinomi.model.address import parse_address
from hinomi.model.statement import Endpoint, Statement
from hinomi.share.submission import render_submission
from hinomi.share.threshold import Backed, Gathered, gather

LEAST = 5


def finding(last: int, lines: int) -> Backed:
    """Give a finding behind which so many lines stand."""
    endpoint = Endpoint(parse_address(f"203.0.113.{last}"), 6, 443)
    return Backed(Statement(endpoint=endpoint), lines)


def gathered(counts: list[int], batch_least: int) -> Gathered:
    """Gather one finding for each count."""
    found = [finding(last, lines) for last, lines in enumerate(counts)]
    return gather(found, lines_least=LEAST, batch_least=batch_least)


def sent(counts: list[int], batch_least: int) -> bytes:
    """Give the bytes that would leave."""
    return render_submission(gathered(counts, batch_least).statements, 20_000, 1)


def test_what_too_few_lines_stand_behind_stays() -> None:
    """Exactly enough are enough, and counted."""
    found = gathered([0, 4, 5, 6, 900], batch_least=1)

    assert [each.endpoint.address.lo & 0xFF for each in found.statements] == [2, 3, 4]
    assert found.facts == {
        "submitted": 3, "below_lines_least": 2, "at_lines_least": 1, "below_batch_least": 0,
    }  # fmt: skip


def test_too_few_findings_stay_together() -> None:
    """A batch of one would tell when it was found."""
    found = gathered([9, 9, 9, 1], batch_least=4)

    assert (found.statements, found.short, found.below) == ((), 3, 1)
    assert len(gathered([9, 9, 9, 9], batch_least=4).statements) == 4


def test_a_server_that_stands_twice_counts_once() -> None:
    """With the more lines of the two, in whichever order."""
    few, many = finding(1, 2), finding(1, 8)

    for pair in ((few, many), (many, few)):
        found = gather(pair, lines_least=LEAST, batch_least=1)
        assert (len(found.statements), found.below) == (1, 0)


@given(
    counts=st.lists(st.integers(0, 12), max_size=30),
    met=st.lists(st.booleans(), min_size=30, max_size=30),
    batch_least=st.integers(0, 8),
)
def test_a_single_line_changes_no_byte(
    counts: list[int], met: list[bool], batch_least: int
) -> None:
    """
    Whatever servers it met, unless with it the count of one of them is exactly the least.

    Those are counted: nothing else can tell of the line, and who reads the journal sees how many.
    """
    with_line = [count + does for count, does in zip(counts, met, strict=False)]
    at = [does and count == LEAST for count, does in zip(with_line, met, strict=False)]

    if any(at):
        event("exactly at the least")
        assert gathered(with_line, batch_least).at_least >= sum(at)
    else:
        assert sent(with_line, batch_least) == sent(counts, batch_least)


@given(counts=st.lists(st.integers(0, 12), max_size=20), batch_least=st.integers(0, 8))
def test_every_finding_is_accounted_for(counts: list[int], batch_least: int) -> None:
    """Sent, too few lines, or too few findings: one of the three."""
    found = gathered(counts, batch_least)

    assert len(found.statements) + found.below + found.short == len(counts)
    assert found.at_least == counts.count(LEAST)


@given(st.permutations([finding(last, last) for last in range(12)]))
def test_the_order_of_findings_does_not_show(found: list[Backed]) -> None:
    """They leave in the order of their addresses."""
    other = gather([replace(each) for each in found], lines_least=LEAST, batch_least=1)

    assert other == gathered(list(range(12)), batch_least=1)
