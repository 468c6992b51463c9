"""The table shows every method on every world, and says by which rules."""

from hinomi.bench.result import Result
from hinomi.bench.score import FIGURES
from hinomi.bench.table import render_table
from results import result


def _line(text: str, start: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def _table(*results: Result) -> str:
    return render_table(results)


def test_every_figure_has_a_line_and_every_method_a_column() -> None:
    """Means over worlds with their intervals; what a method does not have is a dash."""
    text = _table(
        result(average_precision=0.8),
        result(world="w2", average_precision=0.9),
        result("odd-ports", average_precision=0.2, right_90=None),
        result("odd-ports", world="w2", average_precision=0.2, right_90=None),
    )

    assert all(words in text for words in FIGURES.values())
    assert _line(text, "average precision") == ["**0.850 ± 0.635**", "0.200 ± 0.000"]
    assert _line(text, "right of what is shown at p >= 0.9") == ["0.500 ± 0.000", "-"]
    assert "| w1 | 500,000 | 7.0 | 10,000 | 5,000 | 12 |" in text


def test_means_over_different_worlds_are_not_held_against_each_other() -> None:
    """Each column tells its worlds, a line says that they differ, and nothing is best."""
    text = _table(result(average_precision=0.8), result("other", world="w2", average_precision=0.2))

    assert _line(text, "worlds") == ["1", "1"]
    assert _line(text, "average precision") == ["0.800", "0.200"]
    assert "Not all methods ran on all worlds" in text
    even = _table(result(), result("other"), result(world="w2"), result("other", world="w2"))
    assert _line(even, "worlds") == ["2", "2"]
    assert "Not all methods" not in even


def test_a_mean_tells_of_how_many_worlds_it_is_where_some_had_nothing_to_measure() -> None:
    """It is not held against a mean over all of them."""
    text = _table(
        result(right_90=0.9),
        result(world="w2", right_90=None),
        result("other", right_90=0.1),
        result("other", world="w2", right_90=0.1),
    )

    assert _line(text, FIGURES["right_90"]) == ["0.900 (1 of 2)", "0.100 ± 0.000"]


def test_samples_of_a_world_are_no_worlds() -> None:
    """They are told beside it."""
    text = _table(*(result(world=name) for name in ("w1/2#1", "w1/2#2", "w2/2#1")))

    assert _line(text, "worlds") == ["2 (3 samples)"]


def test_of_false_servers_the_fewest_are_best() -> None:
    """All else is the better the more."""
    text = _table(result(false_a_month_90=0.5), result("other", false_a_month_90=20.0))

    assert _line(text, FIGURES["false_a_month_90"]) == ["**0.500**", "20.0"]


def test_probabilities_are_shown_of_methods_that_state_them() -> None:
    """Losses beside the base rate's, at the prior and at a tenth, and the bands."""
    text = _table(result(), result("odd-ports"))

    assert text.count("| hinomi | all |") == text.count("| hinomi | unknown |") == 3
    assert "a tenth, probabilities moved to it" in text
    assert "| hinomi | 0.5 to 0.7 | as it is | 1 | 0.60 | 1.00" in text
    assert "| odd-ports | all |" not in text
    assert "## Probabilities" not in _table(result("odd-ports"))


def test_groups_are_pooled_in_their_order() -> None:
    """Sizes by number; the first method's shares carry an interval."""
    text = _table(result(), result(world="w2"), result("odd-ports"))
    sizes = [line for line in text.splitlines() if line.startswith(("| 5-9", "| 50-199"))]

    assert [line.split("|")[1].strip() for line in sizes] == ["5-9", "50-199"]
    assert _line(text, "moth") == ["2 of 4 (0.15 to 0.85)", "1 of 2"]


def test_what_was_found_stands_beside_what_was_possible() -> None:
    """By size and pace, of the first method."""
    text = _table(result())

    assert "| hinomi | 60 s | 7 | 10,000 | 20 to 39 | 1 of 1 | 1 of 1 | 1.00 |" in text
    assert "| hinomi | hourly | 7 | 10,000 | 5 to 9 | 0 of 2 | 1 of 2 | 0.0" in text


def test_traps_and_costs_are_told() -> None:
    """Wrong ones by label, CPU time for a million records, baselines on top of the survey."""
    text = _table(result(), result("odd-ports"))

    assert _line(text, "loader") == ["2.0", "2.0"]
    assert _line(text, "CPU s a million records") == ["4.000", "4.000 more"]


def test_delays_are_shown_where_they_were_measured() -> None:
    """Half of them reached; of those the middle one."""
    made = result()
    made.delays_h.extend([1.5, None, 3.5, None, 2.5])

    assert "| hinomi | among those shown | 3 of 5 | 2.5 |" in _table(made)
    assert "Hours from" not in _table(result())


def test_pictures_are_shown_by_name() -> None:
    """As files beside the table."""
    text = render_table([result()], {"Reliability": "reliability.png"})

    assert text.endswith("![Reliability](reliability.png)\n")
