"""From the ledger to the reasons of one service, with the numbers behind each."""

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from hinomi.detect.catalogue import HABITS
from hinomi.detect.explain import Values, order, reason
from hinomi.detect.habits import Habit
from hinomi.detect.judge import Judgement
from hinomi.model.listed import ListKind
from hinomi.model.service import Reason

Sources = Mapping[ListKind, Sequence[str]]
"""The source and label of each list entry, in the order in which `judge` got them."""

_SPEAK: Final = {
    "listed": (ListKind.KNOWN_CC,),
    "sinkhole": (ListKind.SINKHOLES, ListKind.KNOWN_CC),  # Some C&C lists mark them.
    "benign": (ListKind.BENIGN, ListKind.SCANNERS),
}
"""The kinds of lists on which each reason rests."""

_WORTH_SAYING = 0.05


def reasons_for(judged: Judgement, index: int, sources: Sources) -> tuple[Reason, ...]:
    """
    Give the reasons of one service, strongest first.

    Args:
        judged: The judgement of the window.
        index: Row of the service in the survey.
        sources: Who made the lists.
    """
    said = []
    facts = _facts(judged, index)
    for code, column in judged.ledger.terms.items():
        weight = float(column[index])
        if code == "behaviour":
            if index in judged.habits:
                said.extend(_habit(judged.habits[index], weight, facts))
        elif abs(weight) >= _WORTH_SAYING:
            said.append(
                reason(code, weight, {**facts, "source": _source(judged, index, sources, code)})
            )
    said.append(reason("base-rate", 0.0, {"one_in": 1.0 / judged.prior}))
    return order(said)


def _facts(judged: Judgement, index: int) -> Values:
    row = judged.survey.services.slice(index, 1).to_pylist()[0]
    lines = max(len(judged.survey.talking), 1)
    return {
        "clients": row["clients"],
        "silent": row["silent"],
        "size_in": row["bytes_in"] / max(row["packets_in"], 1),
        "several": row["several"],
        "returned": row["returned"],
        "packets_in": row["packets_in"],
        "packets_out": row["packets_out"],
        "port": row["remote_port"],
        "suspects": int(judged.suspects[index]),
        "fronts": int(judged.fronts[index]),
        "expected": float(judged.expected[index]),
        "effect": float(judged.enrichment.effect[index]),
        "p_value": float(judged.enrichment.chance[index]),
        "fdr": float(judged.enrichment.rate[index]),
        "share": row["clients"] / lines,
    }


def _source(judged: Judgement, index: int, sources: Sources, code: str) -> str:
    for kind in _SPEAK.get(code, ()):
        place = int(judged.on[kind][index])
        if place >= 0:
            return str(sources[kind][place])
    return ""


def _habit(habit: Habit, weight: float, facts: Values) -> list[Reason]:
    """Share the bounded weight among the reasons it was summed from."""
    rhythm, setting = habit.rhythm, habit.setting
    numbers: Values = {
        **facts,
        "contacts": rhythm.contacts,
        "failed": rhythm.failed,
        "period_s": rhythm.period_ms / 1000,
        "regularity": rhythm.regularity,
        "span_s": rhythm.span_ms / 1000,
        "line_span_s": setting.line_span_ms / 1000,
        "sameness": rhythm.sameness,
        "answer_bytes": rhythm.answer_bytes,
        "bytes_per_contact": rhythm.bytes_per_contact,
        "siblings": setting.siblings,
        "shared_with": setting.shared_with,
        "habit": HABITS[setting.habit].en,
        "habit_ja": HABITS[setting.habit].ja,
    }
    scale = weight / habit.total if habit.total else 0.0
    return [
        reason(code, term * scale, numbers)
        for code, term in habit.terms.items()
        if abs(term * scale) >= _WORTH_SAYING
    ]


def measures_of(services: pa.Table, index: int) -> dict[str, int]:
    """Give the measures of one service, without its address."""
    row = services.slice(index, 1).to_pylist()[0]
    hidden = {"remote_hi", "remote_lo", "remote_own", "remote_port", "proto"}
    return {name: int(value) for name, value in row.items() if name not in hidden}
