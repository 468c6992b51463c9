"""
Lines that take part in floods, told apart from those whose addresses are forged.

Forged sources are spread evenly over addresses; a bot that really floods is sampled many
times over. So a line counts only if it struck more often than sources drawn at random
would have it (R15).
"""

from typing import Final

import numpy as np
import pyarrow as pa
from scipy import stats

from hinomi.detect.columns import floats, keys
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.suspects import false_discovery_rates
from hinomi.govern.parameters import Register

_LEAST: Final = 2
"""One packet proves nothing: any address can be written on it."""


def attackers(blows: pa.Table, lines: int, register: Register) -> pa.Table:
    """
    Choose the lines that struck a flooded host more often than forged sources explain.

    Args:
        blows: Rows of `measures.blows`, of all parts.
        lines: Lines that really spoke with some service: so many sources a forger can hit.
        register: Gives ``suspects.fdr``.

    Returns:
        Columns `LINE`, distinct.

    Notes:
        A Poisson test of each line's blows on one host against the host's blows spread
        evenly over all lines, with false discovery control over every line and host: the
        lines that struck nobody were tried too.
    """
    count = floats(blows, "blows")
    hosts, victim = np.unique(keys(blows, SERVICE), return_inverse=True)
    evenly = np.bincount(victim, weights=count) / max(lines, 1)
    chance = stats.poisson.sf(count - 1, np.maximum(evenly[victim], 1e-6))
    tests = hosts.size * max(lines, 1)
    real = false_discovery_rates(chance, tests) <= register.number("suspects.fdr")
    chosen = blows.filter(pa.array(real & (count >= _LEAST))).select(LINE)
    _, first = np.unique(keys(chosen, LINE), return_index=True)
    return chosen.take(pa.array(np.sort(first)))
