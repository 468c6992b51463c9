"""Answered cases for tests, with defaults."""

from typing import Any

import numpy as np
from scipy import special

from hinomi.model.case import Finding
from hinomi.model.evidence import Method
from hinomi.verify.precision import Answer

HOUR_MS = 3_600_000
CHECKED = frozenset({Method.FLOW, Method.HONEYPOT})


def answer(**given: Any) -> Answer:
    """Give a checked C&C server, but for what is *given*."""
    usual: dict[str, Any] = {
        "case": 1,
        "probability": 0.9,
        "detectors": ("enriched",),
        "month": "2026-11",
        "outcome": Finding.CC,
        "methods": CHECKED,
        "opened_ms": 0,
    }
    return Answer(**(usual | given))


def answers_of(right: int, wrong: int, **given: Any) -> list[Answer]:
    """Give as many right and wrong answers."""
    kinds = [Finding.CC] * right + [Finding.NOT_CC] * wrong
    return [answer(case=case, outcome=kind, **given) for case, kind in enumerate(kinds)]


def stated(count: int, *, shift: float = 0.0, slope: float = 1.0, seed: int = 1) -> list[Answer]:
    """Give answers whose true log-odds are *shift* + *slope* times what is stated."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(0.0, 2.5, count)
    true = rng.random(count) < special.expit(shift + slope * raw)
    return [
        answer(
            case=case,
            probability=round(float(special.expit(raw[case])), 6),
            outcome=Finding.CC if true[case] else Finding.NOT_CC,
        )
        for case in range(count)
    ]
