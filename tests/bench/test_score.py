"""A ranking is measured by rules that are the same for every method."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.ranking import SCHEMA
from hinomi.bench.score import Score, Share, average_precision, match, score
from hinomi.bench.worldfiles import TRUTH

CC = {"label": "cc", "tier": 1, "detectable": True}


def _truth(*rows: dict[str, object]) -> pa.Table:
    """Describe what is true: rows named n1, n2, ... in their order."""
    plain = {"protocol": "tcp", "port": 443, "family": "", "tier": None, "label": "web"}
    plain |= {"known": False, "detectable": False, "clients": None}
    told = [plain | {"address": f"n{place}"} | row for place, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(told, schema=TRUTH)


def _ranking(*rows: tuple[str, float], known: tuple[str, ...] = ()) -> pa.Table:
    return pa.table(
        {
            "address": [address for address, _ in rows],
            "protocol": ["tcp"] * len(rows),
            "port": pa.array([443] * len(rows), pa.int32()),
            "probability": pa.array([chance for _, chance in rows], pa.float64()),
            "score": pa.array([chance for _, chance in rows], pa.float64()),
            "known": pa.array([address in known for address, _ in rows], pa.bool_()),
            "tier": pa.nulls(len(rows), pa.int8()),
        },
        schema=SCHEMA,
    )


def _score(ranking: pa.Table, truth: pa.Table, days: float = 30.0) -> Score:
    return score(match(ranking, truth), days=days)


def test_a_perfect_ranking_scores_one() -> None:
    """All that is wanted comes first, and with certainty."""
    truth = _truth(CC, CC, {"label": "dns"})
    figures = _score(_ranking(("n1", 0.99), ("n2", 0.95), ("n3", 0.01)), truth).figures

    assert figures["average_precision"] == figures["r_precision"] == 1
    assert figures["recall_100"] == figures["present_90"] == figures["right_90"] == 1
    assert figures["false_a_month_50"] == 0
    assert figures["precision_20"] == pytest.approx(2 / 20)


def test_known_ccs_are_taken_out_first() -> None:
    """A listed C&C on top neither helps nor harms, whatever the method calls it."""
    truth = _truth(CC | {"known": True}, {"label": "web"}, CC)
    with_known = _score(_ranking(("n1", 0.99), ("n2", 0.8), ("n3", 0.7)), truth)
    without = _score(_ranking(("n2", 0.8), ("n3", 0.7)), truth)

    assert with_known.curve == without.curve == [(1.0, 0.5)]
    assert with_known.figures["average_precision"] == 0.5


def test_a_listed_service_of_which_the_truth_says_nothing_is_known() -> None:
    """A dead entry of the list is no find and no mistake."""
    ranking = _ranking(("n9", 0.9), ("n1", 0.8), known=("n9",))

    assert _score(ranking, _truth(CC)).figures["average_precision"] == 1
    assert _score(ranking, _truth(CC)).figures["false_a_month_50"] == 0


def test_an_undetectable_cc_is_right_and_asked_for_by_nobody() -> None:
    """Found, it does not push precision down; not found, it lowers no recall."""
    truth = _truth(CC | {"detectable": False}, CC, CC | {"detectable": False})
    found = _score(_ranking(("n1", 0.9), ("n2", 0.8)), truth)
    figures = found.figures

    assert found.found == [0, 1]
    assert figures["average_precision"] == figures["recall_100"] == 1
    assert figures["precision_20"] == pytest.approx(2 / 20)


@pytest.mark.parametrize("label", ["loader", "sinkhole", "dead-cc", "vendor-cloud"])
def test_other_parts_of_a_botnet_are_wrong_and_named(label: str) -> None:
    """A loader is no C&C: it counts as a mistake, and the list of mistakes says which."""
    found = _score(_ranking(("n1", 0.95), ("n2", 0.9)), _truth({"label": label}, CC), days=15)

    assert found.figures["average_precision"] == 0.5
    assert found.figures["false_a_month_90"] == 2
    assert found.traps == {label: 1}


def test_background_in_the_list_is_called_unnamed() -> None:
    """Services of which the truth says nothing are wrong like any."""
    assert _score(_ranking(("n7", 0.9), ("n8", 0.8)), _truth(CC)).traps == {"unnamed": 2}


def test_another_port_of_a_cc_is_another_service() -> None:
    """Address, protocol and port together name a service."""
    assert _score(_ranking(("n1", 0.9)), _truth(CC | {"port": 8080})).figures["recall_100"] == 0


def test_recall_is_told_by_family_size_and_tier() -> None:
    """Each group by itself; the upper tier has a figure of its own."""
    truth = _truth(
        CC | {"family": "moth", "clients": 7},
        CC | {"family": "moth", "clients": 30},
        CC | {"family": "wasp", "clients": 400, "tier": 2},
    )
    found = _score(_ranking(("n1", 0.9), ("n3", 0.2)), truth)

    assert found.groups["family"] == {"moth": Share(1, 2), "wasp": Share(1, 1)}
    assert found.groups["size"] == {
        "5-9": Share(1, 1), "20-49": Share(0, 1), "200+": Share(1, 1),
    }  # fmt: skip
    assert found.groups["tier"] == {"1": Share(1, 2), "2": Share(1, 1)}
    assert found.figures["upper_tier_recall_100"] == 1


def test_known_ccs_are_confirmed_where_alive_and_detectable() -> None:
    """Dead ones and those hardly sampled are not asked for."""
    known = CC | {"known": True}
    truth = _truth(known, known, known | {"detectable": False}, known | {"label": "dead-cc"})
    ranking = _ranking(("n1", 0.9), ("n2", 0.4), ("n3", 0.1), known=("n1", "n2", "n3"))

    assert _score(ranking, truth).figures["known_confirmed"] == 0.5


def test_a_method_without_probabilities_has_no_such_figures() -> None:
    """What would need a probability is left open, not counted as nothing."""
    ranking = _ranking(("n1", 9.0), ("n2", 8.0))
    bare = ranking.set_column(3, "probability", pa.nulls(2, pa.float64()))
    figures = _score(bare, _truth(CC, {})).figures

    assert figures["average_precision"] == 1
    assert figures["right_90"] is None
    assert figures["known_confirmed"] is None


def test_a_world_without_unknown_ccs_has_no_recall() -> None:
    """Nothing to find is not the same as nothing found."""
    figures = _score(_ranking(("n1", 0.9)), _truth({"label": "web"})).figures

    assert figures["recall_100"] is None
    assert figures["average_precision"] is None
    assert figures["false_a_month_50"] == 1


def test_a_service_named_twice_is_refused() -> None:
    """A method could else fill the list with one find."""
    with pytest.raises(ValueError, match="once"):
        match(_ranking(("n1", 0.9), ("n1", 0.8)), _truth(CC))


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
def test_average_precision_is_the_mean_of_precisions_at_the_finds(
    hits: list[bool], missed: int
) -> None:
    """As the definition says, one find at a time; what is missed adds nothing."""
    right = np.array(hits, np.bool_)
    sought = int(right.sum()) + missed
    at = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]

    found = average_precision(right, right, sought)

    assert found == (pytest.approx(sum(at) / sought) if sought else None)


@given(st.permutations(range(12)))
def test_a_wanted_one_moved_up_never_lowers_the_average(order: list[int]) -> None:
    """Better rankings score better."""
    right = np.isin(np.array(order), [0, 1, 2, 3])
    before = average_precision(right, right, 4)
    assert before is not None
    for place in np.flatnonzero(right[1:] & ~right[:-1]).tolist():
        better = right.copy()
        better[[place, place + 1]] = better[[place + 1, place]]
        after = average_precision(better, better, 4)
        assert after is not None
        assert after > before
