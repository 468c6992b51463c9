"""
Why one service is held to be a C&C server, and why another is not.

A model shares its evidence among reasons by how a service differs from an ordinary one. That
tells why a service is suspected; of one that is not held to be a C&C server it tells little,
since an ordinary service lacks the same. There the question is what it lacks of a C&C server:
whatever is nearer to an ordinary service than to the likely C&Cs of the window is measured
from them. What is told on both sides still sums to the evidence.

Source:
    Contrastive explanation: Miller (2019), Artificial Intelligence 267:1, section 2.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from scipy import special

from hinomi.detect.catalogue import REASONS
from hinomi.detect.judge import Judgement
from hinomi.detect.limits import SEEN_LINES
from hinomi.detect.model import ORDINARY

_LEAST: Final = 3
"""So many likely C&Cs at least, to say what is typical of them."""

_MOST: Final = 64
"""So many are looked at; more change nothing that is read."""

_ONE_IN_FOUR: Final = 25.0
"""Percent of them that show less: what only some C&Cs have, no other needs to have."""

_NEARER: Final = 0.5
_DOWNLOAD_BYTES: Final = 600.0
"""Mean answer from which packets are told as those of a download: half a full one."""


def typical(judged: Judgement) -> Mapping[str, float]:
    """
    Tell what each reason weighs at least on three in four of the likely C&Cs of the window.

    Args:
        judged: The judgement; it keeps what was found.

    Returns:
        Log-odds by reason, `ORDINARY` left out; empty where no model spoke, or where fewer
        than three services are likely C&Cs by its evidence alone, whatever lists say.
    """
    if judged.typical is None:
        judged.typical = _typical(judged)
    return judged.typical


def _typical(judged: Judgement) -> dict[str, float]:
    view = judged.view
    if view is None:
        return {}
    likely = view.evidence + special.logit(judged.prior) >= 0
    rows = np.flatnonzero(likely & judged.observed.several)
    if rows.size < _LEAST:
        return {}
    chosen = rows[:: -(-rows.size // _MOST)]
    parts = [view.model.contributions(view.columns, int(row)) for row in chosen]
    codes = {code for each in parts for code in each} - {ORDINARY}
    return {
        code: float(np.percentile([each[code] for each in parts], _ONE_IN_FOUR))
        for code in sorted(codes)
    }


def lacking(parts: Mapping[str, float], usual: Mapping[str, float]) -> dict[str, float]:
    """
    Tell what a service that is not held to be a C&C server lacks of one.

    Args:
        parts: What the model says of it by reason, measured from an ordinary service, whose
            own evidence stands under `ORDINARY`.
        usual: `typical`.

    Returns:
        The same reasons with the same sum. What is nearer to an ordinary service than to a
        likely C&C is measured from the latter, and `ORDINARY` is where the sum then begins.
    """
    told = dict(parts)
    for code, weight in parts.items():
        full = usual.get(code, 0.0)
        if code != ORDINARY and full > 0 and weight < _NEARER * full:
            told[code] = weight - full
            told[ORDINARY] = told.get(ORDINARY, 0.0) + full
    return told


def turned(code: str, weight: float, numbers: Mapping[str, Any]) -> str:
    """
    Name the reason whose words fit the side it is on.

    Args:
        code: What the model's evidence rests on.
        weight: Its log-odds.
        numbers: Those that the words name, as measured.
    """
    if weight >= 0:
        by_finds = 2 * numbers["suspects"] < numbers["joint_share"] * numbers["clients"]
        return "joint" if code == "enriched" and by_finds else code
    if code == "persistence" and 2 * numbers["returned"] < numbers["several"]:
        return "momentary"
    if code == "size" and numbers["size_in"] > _DOWNLOAD_BYTES:
        return "transfer"
    if code == "knocking" and numbers["probing_share"] + numbers["silent"] > 0:
        return "probed"
    if code == "popularity" and numbers["clients"] < SEEN_LINES:
        return "few"
    return f"not-{code}" if f"not-{code}" in REASONS else code
