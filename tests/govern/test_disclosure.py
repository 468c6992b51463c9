"""Only sums over many lines leave, whatever a program says."""

import json
import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import NotPermitted
from hinomi.govern import disclosure
from hinomi.govern.disclosure import Rules, Tally, draw_noise, read_rows
from hinomi.govern.program import Declaration

RULES = Rules(least_lines=20, epsilon=1.0, delta=1e-6)
PLAIN = Declaration(labels=("port",), measures={}, rows_a_line=1)
SUMMED = Declaration(labels=("port",), measures={"bytes": 100}, rows_a_line=2)


def silent(scale: float) -> int:
    """Draw no noise."""
    return 0


def said(*rows: object) -> bytes:
    """Give what a program says of one line."""
    return json.dumps(rows).encode()


@given(
    lines=st.lists(st.lists(st.integers(0, 5), max_size=2), max_size=120),
    seed=st.integers(0, 2**32),
    least=st.integers(2, 40),
)
def test_no_row_is_ever_over_fewer_lines(lines: list[list[int]], seed: int, least: int) -> None:
    """Counted here, line by line, whatever the noise says in favour of a row."""
    tally = Tally(SUMMED, Rules(least_lines=least, epsilon=50.0, delta=0.4))
    for labels in lines:
        tally.add(said(*([[label], [1]] for label in labels)))

    draws = iter(range(seed, seed + 10_000))
    shown = tally.disclose(lambda _: next(draws) % 300).rows

    counted = Counter(label for labels in lines for label in set(labels))
    assert all(counted[int(row[0])] >= least for row in shown)


def test_a_row_needs_what_is_registered_and_the_margin_of_the_noise() -> None:
    """One line fewer, and it is dropped and counted as dropped."""
    least = RULES.least_shown(PLAIN)
    assert least > RULES.least_lines
    for lines, rows, dropped in ((least, 1, 0), (least - 1, 0, 1)):
        tally = Tally(PLAIN, RULES)
        for _ in range(lines):
            tally.add(said([["443"], []]))

        disclosed = tally.disclose(silent)

        assert (len(disclosed.rows), disclosed.suppressed) == (rows, dropped)


def test_what_one_line_adds_is_bounded() -> None:
    """A line that claims a million counts as the declared most, a negative one as nothing."""
    tally = Tally(SUMMED, RULES)
    for _ in range(300):
        tally.add(said([[80], [1]]))
    tally.add(said([[80], [1_000_000]]))
    tally.add(said([[80], [-1_000_000]]))

    assert tally.disclose(silent).rows == ((80, 302, 400),)


def test_a_line_that_says_a_label_twice_is_one_line() -> None:
    """What it adds is summed first, then bounded."""
    tally = Tally(SUMMED, RULES)
    for _ in range(300):
        tally.add(said([[80], [60]], [[80], [60]]))

    assert tally.disclose(silent).rows == ((80, 300, 30_000),)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{}",
        b"[[]]",
        b"[" * 100_000,
        b"\xff",
        said([[80], []]),
        said([[80, 81], [1]]),
        said([[80], [1, 2]]),
        said([[80], [1.5]]),
        said([[None], [1]]),
        said([[True], [1]]),
        said([[[80]], [1]]),
        said([[2**60], [1]]),
        said([[80], [2**60]]),
        said([["a" * 41], [1]]),
        said([["a\nb"], [1]]),
        said([["é"], [1]]),
        said([["a,b"], [1]]),
        said([[80], [1]], [[81], [1]], [[82], [1]]),
        b"[[[80],[" + b"9" * 5000 + b"]]]",
    ],
)
def test_what_was_not_declared_counts_nowhere(wrong: bytes) -> None:
    """Labels of many letters or odd ones, other numbers of columns or rows: a failed line."""
    assert read_rows(wrong, SUMMED) is None

    tally = Tally(SUMMED, RULES)
    for answer in (wrong, None):
        tally.add(answer)

    assert tally.disclose(silent).failed == 2


def test_labels_that_group_nothing_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that gives each line a label of its own fills no memory."""
    monkeypatch.setattr(disclosure, "DISTINCT_MOST", 100)
    tally = Tally(PLAIN, RULES)

    for line in range(100):
        tally.add(said([[line], []]))

    with pytest.raises(NotPermitted, match="different rows"):
        tally.add(said([[100], []]))


def test_rows_come_in_an_order_that_lines_do_not_decide() -> None:
    """By lines, then by label; the same however the lines came."""
    lines = [said([["b"], []])] * 60 + [said([[7], []])] * 60 + [said([["a"], []])] * 70
    tables = []
    for order in (lines, lines[::-1]):
        tally = Tally(PLAIN, RULES)
        for line in order:
            tally.add(line)
        tables.append(tally.disclose(silent))

    assert tables[0] == tables[1]
    assert [row[0] for row in tables[0].rows] == ["a", 7, "b"]


def test_noise_has_the_spread_that_is_asked_for() -> None:
    """Two-sided geometric: mean 0, and a mean distance of about the scale."""
    drawn = [draw_noise(10.0) for _ in range(20_000)]

    assert abs(statistics.fmean(drawn)) < 1
    assert 9 < statistics.fmean(map(abs, drawn)) < 11


def test_every_number_that_leaves_carries_noise() -> None:
    """Lines, each measure, and the two tallies: each drawn for itself, by its own weight."""
    tally = Tally(SUMMED, RULES)
    for _ in range(300):
        tally.add(said([[80], [50]]))
    scales = []

    def note(scale: float) -> int:
        scales.append(scale)
        return 7

    disclosed = tally.disclose(note)

    lines = RULES.scale(SUMMED)
    assert lines == 2 * 3 / 1.0  # Rows a line, times what shares the loss, by epsilon.
    assert scales == [lines, lines * 100, lines * 2, lines * 2]
    assert disclosed.rows == ((80, 307, 15_007),)
    assert (disclosed.suppressed, disclosed.failed) == (7, 7)


def test_a_line_more_or_less_shifts_no_chance_by_more_than_registered() -> None:
    """The ratio of the chances of each number of lines, with one line and without, is bounded."""
    drawn = Counter(draw_noise(RULES.scale(PLAIN)) for _ in range(200_000))

    common = [n for n in drawn if min(drawn[n], drawn[n - 1]) > 2_000]
    assert len(common) > 5
    for number in common:  # Lines share the loss with the tallies: half of it is theirs.
        assert 1 / 1.85 < drawn[number] / drawn[number - 1] < 1.85


@pytest.mark.parametrize("wrong", [(1, 1.0, 1e-6), (20, 0.0, 1e-6), (20, 1.0, 0.0)])
def test_rules_that_protect_nobody_are_refused(wrong: tuple[int, float, float]) -> None:
    """A crowd of one, no loss that noise could bound, no chance."""
    with pytest.raises(ValueError, match="crowd"):
        Rules(least_lines=wrong[0], epsilon=wrong[1], delta=wrong[2])
