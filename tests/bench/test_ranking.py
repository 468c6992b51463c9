"""Every method's findings take one form, in which the order of the rows is the rank."""

import numpy as np
import pyarrow as pa
import pytest

from hinomi.bench.ranking import SCHEMA, has_probability, make_ranking, require_ranking
from hinomi.model.address import parse_address

NEVER = np.zeros(3, np.bool_)


def _services(*ends: tuple[str, int, int, int]) -> pa.Table:
    addresses = [parse_address(address) for address, _, _, _ in ends]
    return pa.table(
        {
            "remote_hi": [address.hi for address in addresses],
            "remote_lo": [address.lo for address in addresses],
            "remote_own": [own for _, _, _, own in ends],
            "proto": [proto for _, proto, _, _ in ends],
            "remote_port": [port for _, _, port, _ in ends],
        }
    )


THREE = _services(
    ("192.0.2.9", 6, 443, 0), ("192.0.2.1", 17, 53, 0), ("2001:db8::1", 6, 443, 1)
)  # fmt: skip


def test_the_most_probable_comes_first() -> None:
    """Rows descend; each keeps what was said of it."""
    given = np.array([0.1, 0.9, 0.5])
    made = make_ranking(
        THREE,
        given,
        np.array([True, False, False]),
        probability=given,
        tier=np.array([0, 1, 2]),
    )

    assert made.schema == SCHEMA
    assert made.column("probability").to_pylist() == [0.9, 0.5, 0.1]
    assert made.column("address").to_pylist()[0] == "192.0.2.1"
    assert made.column("protocol").to_pylist() == ["udp", "tcp", "tcp"]
    assert made.column("tier").to_pylist() == [1, 2, None]
    assert made.column("known").to_pylist() == [False, False, True]
    require_ranking(made)


def test_an_own_service_is_named_by_its_pseudonym() -> None:
    """What is inside the own network is shown as everywhere: never in plain."""
    made = make_ranking(THREE, np.array([0.1, 0.2, 0.9]), NEVER)

    assert made.column("address")[0].as_py() == "own:20010db8000000000000000000000001"


def test_equal_scores_are_put_in_order_of_address_and_port() -> None:
    """The order of the rows that came in decides nothing."""
    given = np.array([0.5, 0.5, 0.5])
    one = make_ranking(THREE, given, NEVER)
    other = make_ranking(THREE.take(pa.array([2, 1, 0])), given, NEVER)

    assert one.equals(other)


def test_a_score_orders_where_probabilities_saturate() -> None:
    """Three certainties are still first, second and third."""
    made = make_ranking(THREE, np.array([30.0, 50.0, 40.0]), NEVER, probability=np.ones(3))

    assert made.column("port").to_pylist() == [53, 443, 443]
    assert made.column("address")[2].as_py() == "192.0.2.9"


def test_where_probability_and_score_differ_probability_leads() -> None:
    """The list is the one an analyst sees: by probability."""
    made = make_ranking(
        THREE, np.array([3.0, 2.0, 1.0]), NEVER, probability=np.array([0.1, 0.2, 0.3])
    )

    assert made.column("score").to_pylist() == [1.0, 2.0, 3.0]
    require_ranking(made)


def test_a_method_may_rank_without_probabilities() -> None:
    """A baseline has a score of its own unit and nothing else."""
    made = make_ranking(THREE, np.array([7.0, 9.0, 8.0]), NEVER)

    assert not has_probability(made)
    assert not has_probability(made.slice(0, 0))
    assert made.column("score").to_pylist() == [9.0, 8.0, 7.0]
    require_ranking(made)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    """A score is not called a probability."""
    with pytest.raises(ValueError, match=r"0\.\.1"):
        make_ranking(THREE, np.ones(3), NEVER, probability=np.array([0.1, wrong, 0.2]))


def test_a_ranking_out_of_order_is_refused() -> None:
    """The scorer takes the rows as they come, so a wrong order must not pass."""
    made = make_ranking(THREE, np.array([0.1, 0.9, 0.5]), NEVER)

    with pytest.raises(ValueError, match="descends"):
        require_ranking(made.take(pa.array([2, 1, 0])))


def test_a_ranking_of_other_columns_is_refused() -> None:
    """A missing column is named with those there have to be."""
    made = make_ranking(THREE, np.array([0.1, 0.9, 0.5]), NEVER)

    with pytest.raises(ValueError, match="address, protocol"):
        require_ranking(made.drop_columns(["tier"]))
