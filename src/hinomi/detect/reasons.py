"""From the ledger to the reasons of one service, with the numbers behind each."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from hinomi.detect.background import FORMERLY, NEIGHBOURS
from hinomi.detect.catalogue import HABITS
from hinomi.detect.contrast import lacking, turned, typical
from hinomi.detect.explain import Values, order, reason
from hinomi.detect.features import Columns
from hinomi.detect.habits import Habit
from hinomi.detect.judge import Judgement
from hinomi.detect.learned import LISTED_WEIGHT
from hinomi.detect.model import ORDINARY
from hinomi.detect.passes import Survey
from hinomi.detect.surroundings import context_reasons
from hinomi.model.address import Address
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
_ADDRESS: Final = ("remote_hi", "remote_lo")


def reasons_for(judged: Judgement, index: int, sources: Sources) -> tuple[Reason, ...]:
    """
    Give the reasons of one service, strongest first.

    Args:
        judged: The judgement of the window.
        index: Row of the service in the survey.
        sources: Who made the lists.
    """
    said = []
    ordinary = 0.0
    facts = _facts(judged, index)
    for code, column in judged.ledger.terms.items():
        weight = float(column[index])
        if code == "learned":
            parts = _learned(judged, index, weight)
            ordinary = parts.pop(ORDINARY, 0.0)
            said.extend(_told(judged, index, facts, parts))
        elif code == "behaviour":
            if index in judged.habits:
                said.extend(_habit(judged.habits[index], weight, facts))
        elif code in (NEIGHBOURS, FORMERLY):
            said.extend(_known_before(judged, index, code, facts))
        elif abs(weight) >= _WORTH_SAYING:
            said.append(
                reason(code, weight, {**facts, "source": _source(judged, index, sources, code)})
            )
    if abs(moved := judged.correction(index)) >= _WORTH_SAYING:
        numbers = {"shift": judged.taught.shift, "slope": judged.taught.slope}
        said.append(reason("checked-answers", moved, numbers))
    said.append(reason("base-rate", ordinary, {"one_in": 1.0 / judged.prior}))
    return order(said)


def _is_likely(judged: Judgement, index: int) -> bool:
    """Tell whether a service is held to be a C&C server rather than not."""
    total = sum(float(column[index]) for column in judged.ledger.terms.values())
    log_odds = total + math.log(judged.prior / (1.0 - judged.prior))
    return judged.taught.shift + judged.taught.slope * log_odds >= 0


def _known_before(judged: Judgement, index: int, code: str, facts: Values) -> list[Reason]:
    """Put into words what was known before the window, where that was looked up."""
    looked, weight = judged.looked, float(judged.ledger.terms[code][index])
    place = None if looked is None else looked.place(index)
    if looked is None or place is None or abs(weight) < _WORTH_SAYING:
        return []
    if code == NEIGHBOURS:
        hi, lo = (judged.survey.services[name][index].as_py() for name in _ADDRESS)
        return context_reasons(looked.columns, place, Address(hi, lo), {code: weight})
    former = looked.background.former[int(looked.former[place])]
    return [reason(code, weight, {**facts, "source": former.source, "until": former.until})]


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
        "telling": int(judged.observed.pooled.telling[index]),
        "before": int(judged.observed.pooled.before[index]),
        "expected": float(judged.expected[index]),
        "weighed": float(judged.observed.pooled.seen["credited"][index]),
        "effect": float(judged.enrichment.effect[index]),
        "p_value": float(judged.enrichment.chance[index]),
        "fdr": float(judged.enrichment.rate[index]),
        "share": row["clients"] / lines,
        "lasted_h": (row["last_ms"] - row["first_ms"]) / 3_600_000,
    }


def _source(judged: Judgement, index: int, sources: Sources, code: str) -> str:
    for kind in _SPEAK.get(code, ()):
        place = int(judged.on[kind][index])
        if place >= 0:
            return str(sources[kind][place])
    return ""


def _learned(judged: Judgement, index: int, weight: float) -> dict[str, float]:
    """Share what the model says, as weighed, among the evidence that it rests on."""
    view = judged.view
    if view is None:
        return {}
    if not judged.observed.several[index]:
        return {"knocking": weight} if judged.listed[index] else {}
    parts: Mapping[str, float] = view.model.contributions(view.columns, index)
    if not _is_likely(judged, index):
        parts = lacking(parts, typical(judged))
    if not judged.listed[index]:
        return dict(parts)
    scale = LISTED_WEIGHT if judged.observed.exact[index] else 1.0
    weighed = {code: scale * part for code, part in parts.items()}
    # What listed C&Cs show as a rule is where the sum begins, and what bounds cut off.
    weighed[ORDINARY] = weighed.get(ORDINARY, 0.0) + weight - sum(weighed.values())
    return weighed


def _told(judged: Judgement, index: int, facts: Values, parts: Mapping[str, float]) -> list[Reason]:
    """Put what the model says into words."""
    if judged.view is None or not parts:
        return []
    numbers = {**facts, **_seen_by_model(judged.survey, judged.view.columns, index)}
    told: dict[str, float] = {}
    for part, weight in parts.items():
        code = turned(part, weight, numbers)
        told[code] = told.get(code, 0.0) + weight
    return [
        reason(code, weight, numbers)
        for code, weight in told.items()
        if abs(weight) >= _WORTH_SAYING
    ]


def _seen_by_model(survey: Survey, columns: Columns, index: int) -> Values:
    """Turn a service's columns back into numbers that a person can check."""
    row = survey.services.slice(index, 1).to_pylist()[0]
    seen = {name: float(column[index]) for name, column in columns.items()}
    kind = HABITS[int(seen["habit"])]
    relatives = max(math.exp(seen["port_best"]) - 0.01, 0.0) + seen["address_finds"]
    if not row["remote_own"]:
        relatives += max(math.exp(seen["net_finds"]) - 0.01, 0.0)
    return {
        "mesh_share": seen["mesh_share"],
        "activity": math.exp(seen["activity"]),
        "probing_share": seen["probing_share"],
        "refused": row["refused"],
        "joint_share": seen["joint_share"],
        "find_share": seen["find_share"],
        "find_ratio": math.exp(seen["find_ratio"]),
        "explained": seen["explained"],
        "unexplained_share": seen["unexplained_share"],
        "relatives": relatives,
        "alike_rank": -math.expm1(-seen["alike_rank"]),
        "size_out": row["bytes_out"] / max(row["packets_out"], 1),
        "size_in": row["bytes_in"] / max(row["packets_in"], 1),
        "opens": row["opens"] / max(row["flagged"], 1),
        "pushes": row["pushes"] / max(row["flagged"], 1),
        "night": row["night"] / max(row["records"], 1),
        "habit": kind.en,
        "habit_ja": kind.ja,
        "port_services": round(math.exp(seen["port_services"]) * len(survey.services)),
        "address_ports": round(math.exp(seen["address_ports"])),
        "address_clients": round(math.expm1(seen["address_clients"])),
    }


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
