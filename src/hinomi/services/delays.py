"""
How long after the fifth sampled line a C&C server is found.

Detection is run over windows that begin where the world does and end a step later each
time, from partial results, as a scheduler runs it (`hinomi detect --hourly`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.score import CC, LIKELY
from hinomi.bench.truth import MIN_CLIENTS
from hinomi.detect import passes
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.judge import Judgement
from hinomi.detect.orient import SERVICE
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import parse_service_address
from hinomi.model.window import Window
from hinomi.services.detecting import SHOWN, judging, opening
from hinomi.services.incremental import judge_in_parts
from hinomi.services.laboratory import Laboratory, Tell
from hinomi.services.mandates import Operation

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Delays:
    """
    How long each C&C waited, hours; None where it was not found at all.

    From the first packet of the fifth line that spoke with it to the end of the first window
    in which it was found, at least 0.
    """

    shown: list[float | None]  # Among the `SHOWN` candidates.
    likely: list[float | None]  # With a probability of a half.


def measure_delays(laboratory: Laboratory, tell: Tell, *, every_h: int) -> Delays:
    """
    Measure how long each detectable unknown first-tier C&C waits to be found.

    Args:
        laboratory: The world, taken in.
        tell: Is told each window as it begins.
        every_h: Hours between two runs.

    Returns:
        One delay a C&C; those that fewer than five lines spoke with are left out.
    """
    sought = _sought(laboratory.truth)
    with judging(laboratory.home, Window(), Operation.DETECT, lambda _: None) as (engine, whole, _):
        fifth_ms = _fifth_lines(engine, whole, sought)
        table = whole.survey.services
        bounds = (ints(table, "first_ms"), ints(table, "last_ms"))
    counted = np.flatnonzero(fifth_ms >= 0)
    if counted.size == 0:
        return Delays([], [])
    waiting = keys(sought.take(pa.array(counted)), SERVICE)
    shown_ms, likely_ms = (np.full(counted.size, -1, dtype=np.int64) for _ in range(2))
    step_ms = every_h * HOUR_MS
    end_ms = int(bounds[0].min()) // HOUR_MS * HOUR_MS
    while end_ms <= int(bounds[1].max()) and (likely_ms < 0).any():
        end_ms += step_ms
        if end_ms < int(fifth_ms[counted][likely_ms < 0].min()):
            continue  # Nobody to be found yet.
        tell(f"window of {(end_ms - int(bounds[0].min())) / HOUR_MS:.0f} h")
        window = Window(None, end_ms)
        with opening(laboratory.home, window, Operation.DETECT) as opened:
            judged = judge_in_parts(laboratory.home, opened, lambda _: None)
            shown, likely = _found(judged, waiting)
            shown_ms[(shown_ms < 0) & shown] = end_ms
            likely_ms[(likely_ms < 0) & likely] = end_ms
    return Delays(*(_hours(each, fifth_ms[counted]) for each in (shown_ms, likely_ms)))


def _hours(found_ms: NDArray[np.int64], fifth_ms: NDArray[np.int64]) -> list[float | None]:
    hours = np.maximum(found_ms - fifth_ms, 0) / HOUR_MS
    return [
        float(delay) if found >= 0 else None
        for delay, found in zip(hours, found_ms.tolist(), strict=True)
    ]


def service_columns(truth: pa.Table) -> pa.Table:
    """Name the services of a truth by the columns `orient.SERVICE`."""
    named = [parse_service_address(text) for text in truth.column("address").to_pylist()]
    return pa.table(
        {
            "remote_hi": pa.array([address.hi for address, _ in named], pa.int64()),
            "remote_lo": pa.array([address.lo for address, _ in named], pa.int64()),
            "remote_own": pa.array([int(own) for _, own in named], pa.int64()),
            "proto": pa.array(
                [parse_protocol(text) for text in truth.column("protocol").to_pylist()], pa.int64()
            ),
            "remote_port": truth.column("port").cast(pa.int64()),
        }
    )


def _sought(truth: pa.Table) -> pa.Table:
    rows = [
        row["label"] == CC and row["tier"] == 1 and row["detectable"] and not row["known"]
        for row in truth.to_pylist()
    ]
    return service_columns(truth.filter(pa.array(rows, pa.bool_())))


def _fifth_lines(engine: passes.Engine, judged: Judgement, sought: pa.Table) -> NDArray[np.int64]:
    """Tell when the fifth line spoke with each service first, -1 if fewer did."""
    found = np.full(sought.num_rows, -1, dtype=np.int64)
    held = positions(keys(sought, SERVICE), keys(judged.survey.services, SERVICE))
    chosen = judged.survey.services.take(pa.array(held[held >= 0]))
    met = passes.lines_of_services(engine, judged.survey.parts, chosen)
    service = positions(keys(met, SERVICE), keys(sought, SERVICE))
    first_ms = ints(met, "first_ms")
    for place in np.unique(service).tolist():
        times = np.sort(first_ms[service == place])
        if times.size >= MIN_CLIENTS:
            found[place] = times[MIN_CLIENTS - 1]
    return found


def _found(
    judged: Judgement, waiting: NDArray[np.void]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which services are among the candidates shown, and which are likely."""
    place = positions(waiting, keys(judged.survey.services, SERVICE))
    probability = judged.probability()
    shown = np.zeros(probability.size + 1, dtype=bool)  # -1 takes the last.
    shown[np.argsort(-probability, kind="stable")[:SHOWN]] = True
    return shown[place], np.append(probability, 0.0)[place] >= LIKELY
