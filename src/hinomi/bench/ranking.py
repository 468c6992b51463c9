"""
What every method hands to the scorer: all services it judged, most probable first.

Baselines and hinomi are scored by the same code because they say their findings in this
one form.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import floats, ints
from hinomi.model.address import Address
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Service

Ranking: TypeAlias = pa.Table
"""Rows of SCHEMA. The order of the rows is the rank: equal probabilities are no tie."""

SCHEMA: Final = pa.schema(
    [
        ("address", pa.string()),  # Text form, or `own:` and the hex digits of a pseudonym.
        ("protocol", pa.string()),  # Lower-case IANA name.
        ("port", pa.int32()),
        ("probability", pa.float64()),  # 0..1; null throughout where a method gives none.
        ("score", pa.float64()),  # What it ranks by, no unit, descending.
        ("known", pa.bool_()),  # Stands on the known-C&C list that the method was given.
        ("tier", pa.int8()),  # 1, 2 or null.
    ]
)


def make_ranking(
    services: pa.Table,
    score: NDArray[np.float64],
    known: NDArray[np.bool_],
    *,
    probability: NDArray[np.float64] | None = None,
    tier: NDArray[np.int64] | None = None,
) -> Ranking:
    """
    Bring a method's findings into the form in which they are scored.

    Args:
        services: Columns `orient.SERVICE`, one row a service, shape (n,) as all that follows.
            Those of which a method holds nothing may be left out.
        score: What it ranks by, the higher the more suspicious. Equal scores are put in
            order of address, protocol and port.
        known: Stands on the known-C&C list.
        probability: Of each to be a C&C, 0..1; it leads where it and the score differ. Left
            out: the method gives none.
        tier: 1, 2, or 0 undecided; left out: undecided.

    Raises:
        ValueError: If a probability is none (the caller's bug).
    """
    if probability is not None and not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("a probability lies in 0..1")
    leading = score if probability is None else probability
    names = ("remote_port", "proto", "remote_lo", "remote_hi", "remote_own")
    order = np.lexsort((*(ints(services, name) for name in names), -score, -leading))
    ranked = services.take(pa.array(order))
    tiers = np.zeros(order.size, np.int64) if tier is None else tier[order]
    chances = pa.nulls(order.size, pa.float64())
    columns: Mapping[str, pa.Array] = {
        "address": pa.array(_addresses(ranked), pa.string()),
        "protocol": pa.array(_protocols(ints(ranked, "proto")), pa.string()),
        "port": pa.array(ints(ranked, "remote_port").astype(np.int32)),
        "probability": chances if probability is None else pa.array(probability[order]),
        "score": pa.array(score[order]),
        "known": pa.array(known[order]),
        "tier": pa.array(tiers.astype(np.int8), mask=tiers == 0),
    }
    return pa.table(columns, schema=SCHEMA)


def require_ranking(ranking: Ranking) -> None:
    """
    Check that a method keeps to the form.

    Raises:
        ValueError: If columns, their types or the order of the rows are wrong.
    """
    if ranking.schema != SCHEMA:
        raise ValueError(f"a ranking has the columns {', '.join(SCHEMA.names)}")
    leading = floats(ranking, "probability" if has_probability(ranking) else "score")
    if not (np.diff(leading) <= 0).all():
        raise ValueError("a ranking descends")


def has_probability(ranking: Ranking) -> bool:
    """Tell whether the method states probabilities, not an order alone; an empty list does not."""
    return bool(ranking.num_rows > 0 and ranking.column("probability").null_count == 0)


def _addresses(services: pa.Table) -> list[str]:
    names = ("remote_hi", "remote_lo", "remote_own")
    columns = [services.column(name).to_pylist() for name in names]
    return [
        Service(Address(hi, lo), 0, 0, own=bool(own)).render_address()
        for hi, lo, own in zip(*columns, strict=True)
    ]


def _protocols(numbers: NDArray[np.int64]) -> list[str]:
    names = {number: render_protocol(number) for number in np.unique(numbers).tolist()}
    return [names[number] for number in numbers.tolist()]
