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
from hinomi.bench.score import CC, Fact, Matched, Score, count_alive, facts_of
from hinomi.errors import MalformedDocument, NotFound
from hinomi.store.durable import replace_durably

KEPT_ROWS: Final = 3_000
"""So much of a ranking without probabilities is kept: nothing behind it is near a half."""

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
class ScoredRows:
    """The head of a ranking whose method states no probabilities: what they can be lent by."""

    scores: list[float]  # Descending.
    facts: list[int]  # As `score.facts_of` gives them.
    alive: int
    missed: tuple[int, int]  # As `missed_ccs` counts them.


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

    rows: ScoredRows | None = None
    """Of a method that states no probabilities."""

    servers: list[Server] = field(default_factory=list)
    delays_h: list[float | None] = field(default_factory=list)
    """Hours from the fifth sampled line until shown, a C&C each; null: not within the window."""

    likely_h: list[float | None] = field(default_factory=list)
    """The same until p >= 0.5."""


def drawn_world(result: Result) -> str:
    """Name the world behind a result: samples of one are named after it, with a stroke."""
    return result.world.partition("/")[0]


def calibrations(
    probability: NDArray[np.float64],
    facts: NDArray[np.int64],
    missed: tuple[int, int],
    *,
    met: int,
    unjudged: float,
) -> dict[str, Calibration]:
    """
    Hold all probabilities against the truth, those of services never judged too.

    Args:
        probability: Of each service that was judged, shape (n,).
        facts: Of the same, as `score.facts_of` gives them.
        missed: What `missed_ccs` counted.
        met: Services met in the window, judged or not.
        unjudged: What is stated for a service that was never judged: the base rate.

    Returns:
        By name as in `Result.calibration`.
    """
    is_cc, known = (facts & Fact.RIGHT) != 0, (facts & Fact.KNOWN) != 0
    rest = max(met - probability.size - missed[0], 0)
    found = {}
    for name, judged, absent in (
        (ALL, np.ones(facts.size, np.bool_), missed[0]),
        (UNKNOWN, ~known, missed[1]),
    ):
        stated = np.append(probability[judged], [unjudged, unjudged])
        true = np.append(is_cc[judged], [True, False])
        weight = np.append(np.ones(int(judged.sum())), [float(absent), float(rest)])
        found[name] = calibrate(stated, true, weight)
        found[name + SHIFTED] = calibrate(shift_odds(stated, RARER), true, weight)
    return found


def missed_ccs(matched: Matched) -> tuple[int, int]:
    """Count the C&Cs that were sampled and are not in the ranking: all, and the unknown."""
    truth = matched.truth
    missed = np.ones(truth.num_rows, dtype=np.bool_)
    missed[matched.row[matched.row >= 0]] = False
    missed &= _ccs(truth) & _sampled(truth)
    known = np.asarray(truth.column("known").to_numpy(), dtype=np.bool_)
    return int(missed.sum()), int((missed & ~known).sum())


def scored_rows(
    matched: Matched, scores: NDArray[np.float64], missed: tuple[int, int]
) -> ScoredRows:
    """Keep the head of a ranking by scores; C&Cs behind it count as missed."""
    facts = facts_of(matched)
    behind = facts[KEPT_ROWS:]
    right = (behind & Fact.RIGHT) != 0
    unknown = right & ((behind & Fact.KNOWN) == 0)
    return ScoredRows(
        scores=scores[:KEPT_ROWS].tolist(),
        facts=facts[:KEPT_ROWS].tolist(),
        alive=count_alive(matched),
        missed=(missed[0] + int(right.sum()), missed[1] + int(unknown.sum())),
    )


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
