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
        ("probability", pa.float64()),  # 0..1; of a baseline its score, brought to 0..1.
        ("known", pa.bool_()),  # Stands on the known-C&C list that the method was given.
        ("tier", pa.int8()),  # 1, 2 or null.
    ]
)


def make_ranking(
    services: pa.Table,
    probability: NDArray[np.float64],
    known: NDArray[np.bool_],
    tier: NDArray[np.int64] | None = None,
    *,
    score: NDArray[np.float64] | None = None,
) -> Ranking:
    """
    Bring a method's findings into the form in which they are scored.

    Args:
        services: Columns `orient.SERVICE`, one row a service, shape (n,) as all that follows.
        probability: Of each to be a C&C, 0..1. Services of which a method holds nothing may
            be left out of all arguments; they count by the base rate.
        known: Stands on the known-C&C list.
        tier: 1, 2, or 0 undecided; left out: undecided.
        score: Orders the rows, where probabilities saturate; left out: the probability.
            Equal scores are put in order of address, protocol and port.

    Raises:
        ValueError: If a probability is none (the caller's bug).
    """
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("a probability lies in 0..1")
    leading = probability if score is None else score
    names = ("remote_port", "proto", "remote_lo", "remote_hi", "remote_own")
    order = np.lexsort((*(ints(services, name) for name in names), -leading))
    ranked = services.take(pa.array(order))
    tiers = np.zeros(order.size, np.int64) if tier is None else tier[order]
    columns: Mapping[str, pa.Array] = {
        "address": pa.array(_addresses(ranked), pa.string()),
        "protocol": pa.array(_protocols(ints(ranked, "proto")), pa.string()),
        "port": pa.array(ints(ranked, "remote_port").astype(np.int32)),
        "probability": pa.array(probability[order]),
        "known": pa.array(known[order]),
        "tier": pa.array(tiers.astype(np.int8), mask=tiers == 0),
    }
    return pa.table(columns, schema=SCHEMA)


def require_ranking(ranking: Ranking) -> None:
    """
    Check that a method keeps to the form.

    Raises:
        ValueError: If columns, their types or the order of probabilities are wrong.
    """
    if ranking.schema != SCHEMA:
        raise ValueError(f"a ranking has the columns {', '.join(SCHEMA.names)}")
    probability = floats(ranking, "probability")
    if (np.diff(probability) > 0).any():
        raise ValueError("a ranking descends by probability")


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
