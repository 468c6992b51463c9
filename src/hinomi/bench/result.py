"""What one method reached on one world, as it is kept in a file and put in the table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.calibration import RARER, Calibration, calibrate, shift_odds
from hinomi.bench.detectability import Server
from hinomi.bench.score import CC, Matched, Score
from hinomi.errors import MalformedDocument, NotFound
from hinomi.store.durable import replace_durably

ALL: Final = "all"
UNKNOWN: Final = "unknown"
SHIFTED: Final = "-shifted"
"""Added to the names of calibrations whose probabilities were moved to a tenth of the prior."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a method took of the machine."""

    cpu_s: float
    peak_mib: float  # Of the whole process while the method ran.
    records: int
    beyond_survey: bool  # Counted on top of the survey, which all methods need.


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One method on one world."""

    method: str
    source: str  # Whose idea it is.
    world: str
    interval: int  # N of 1-in-N; 0 unknown.
    days: float
    services: int  # Met in the window.
    sought: int  # R: detectable unknown C&Cs.
    score: Score
    cost: Cost
    calibration: dict[str, Calibration] = field(default_factory=dict)
    """By ALL or UNKNOWN services, plain and SHIFTED; empty where there are no probabilities."""

    servers: list[Server] = field(default_factory=list)
    delays_h: list[float | None] = field(default_factory=list)
    """Hours from the fifth sampled line to p >= 0.5, a C&C each; null: not within the window."""


def calibrations(matched: Matched, *, met: int, unjudged: float) -> dict[str, Calibration]:
    """
    Hold all probabilities against the truth, those of services never judged too.

    Args:
        matched: A ranking beside the truth.
        met: Services met in the window, judged or not.
        unjudged: What is stated for a service that was never judged: the run's base rate.

    Returns:
        By name as in `Result.calibration`; empty where the method gives no probabilities.

    Notes:
        A C&C that was sampled and not judged is counted among the never judged.
    """
    if matched.probability is None:
        return {}
    truth = matched.truth
    missed = np.ones(truth.num_rows, dtype=np.bool_)
    missed[matched.row[matched.row >= 0]] = False
    missed &= _ccs(truth) & _sampled(truth)
    known = np.asarray(truth.column("known").to_numpy(), dtype=np.bool_)
    rest = max(met - matched.probability.size - int(missed.sum()), 0)
    found = {}
    for name, judged, absent in (
        (ALL, np.ones(matched.known.size, np.bool_), missed),
        (UNKNOWN, ~matched.known, missed & ~known),
    ):
        stated = np.append(matched.probability[judged], [unjudged, unjudged])
        is_cc = np.append(matched.right[judged], [True, False])
        weight = np.append(np.ones(int(judged.sum())), [float(absent.sum()), float(rest)])
        found[name] = calibrate(stated, is_cc, weight)
        found[name + SHIFTED] = calibrate(shift_odds(stated, RARER), is_cc, weight)
    return found


def servers_of(matched: Matched, score: Score, *, days: float, interval: int) -> list[Server]:
    """Tell of each unknown first-tier C&C whose members are stated whether it was found."""
    found = set(score.found)
    return [
        Server(
            members=row["members"],
            packets_a_day=row["packets_a_day"],
            days=days,
            interval=interval,
            detectable=row["detectable"],
            found=place in found,
        )
        for place, row in enumerate(matched.truth.to_pylist())
        if row["label"] == CC and row["tier"] == 1 and not row["known"] and row["members"]
    ]


def write_results(results: Sequence[Result], path: Path) -> None:
    """
    Keep results in a file that `read_results` takes.

    Raises:
        Unavailable: If the disk refuses.
    """
    replace_durably(path, msgspec.json.format(msgspec.json.encode(list(results))))


def read_results(path: Path) -> list[Result]:
    """
    Read results that `write_results` kept.

    Raises:
        NotFound: If the file cannot be read.
        MalformedDocument: If it holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Result])
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a world or a file of results") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument("holds no results of `hinomi bench run`", str(path)) from error


def _ccs(truth: pa.Table) -> NDArray[np.bool_]:
    return np.array([label == CC for label in truth.column("label").to_pylist()], np.bool_)


def _sampled(truth: pa.Table) -> NDArray[np.bool_]:
    """Tell which services were sampled at all, as far as the truth states it."""
    columns = (truth.column(name).to_pylist() for name in ("detectable", "clients"))
    rows = zip(*columns, strict=True)
    return np.array([detectable or (clients or 0) > 0 for detectable, clients in rows], np.bool_)
