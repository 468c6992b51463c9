"""What all baselines share: what is true, what is shown, in which order."""

import numpy as np
import pyarrow as pa

from builders import remote, services_table
from hinomi.bench.baselines.interface import Observed, fan_in, named, ranked
from hinomi.detect.columns import floats, ints
from hinomi.detect.orient import SERVICE
from hinomi.model.listed import ListKind
from surveys import CC, CC_PORT, LOADER, LOADER_PORT, entry, row_of

THREE = services_table(
    {**remote("198.51.100.3")}, {**remote("198.51.100.2")}, {**remote("198.51.100.1")}
)


def test_the_highest_score_comes_first_and_nothing_speaks_for_zero() -> None:
    """Services without a positive score are left out."""
    table = ranked(THREE, np.array([1.0, 0.0, 3.0]), {})

    assert table.column_names == [*SERVICE, "score"]
    assert table.column("score").to_pylist() == [3.0, 1.0]


def test_equal_scores_are_ordered_by_address() -> None:
    """The order does not depend on the order of the survey."""
    table = ranked(THREE, np.ones(3), {})

    assert (np.diff(ints(table, "remote_lo")) > 0).all()


def test_what_a_list_calls_harmless_is_not_shown() -> None:
    """Benign services, research scanners and sinkholes; a listed C&C stays."""
    for kind, shown in (
        (ListKind.BENIGN, 2),
        (ListKind.SCANNERS, 2),
        (ListKind.SINKHOLES, 2),
        (ListKind.KNOWN_CC, 3),
    ):
        table = ranked(THREE, np.ones(3), {kind: [entry("198.51.100.2")]})

        assert table.num_rows == shown, kind


def test_named_asks_the_kinds_that_are_given() -> None:
    """A list of another kind says nothing."""
    lists = {ListKind.BENIGN: [entry("198.51.100.2")]}

    assert named(THREE, lists, [ListKind.BENIGN]).tolist() == [False, True, False]
    assert not named(THREE, lists, [ListKind.KNOWN_CC]).any()


def test_the_truth_is_looked_up_by_service(network: Observed) -> None:
    """Of the loader the truth says that it is no C&C; of the rest it says nothing."""
    (place,) = np.flatnonzero(network.cc())

    assert place == row_of(network.survey, CC, CC_PORT)
    assert network.detectable().tolist() == network.cc().tolist()


def test_fan_in_counts_the_marked_clients(network: Observed) -> None:
    """Lines 1 to 3 are bots; a line does not count on the port that is its own exception."""
    lines = pa.table({"line_hi": [1, 1, 1], "line_lo": [1, 2, 3]})
    cc, loader = (row_of(network.survey, *end) for end in ((CC, CC_PORT), (LOADER, LOADER_PORT)))

    counted = fan_in(network.engine, network.survey, lines)
    apart = fan_in(network.engine, network.survey, lines, np.array([CC_PORT, CC_PORT, 1]))

    assert counted[[cc, loader]].tolist() == [3, 3]
    assert apart[[cc, loader]].tolist() == [1, 3]
    assert (counted <= floats(network.survey.services, "clients")).all()
