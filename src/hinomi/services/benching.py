"""The benchmark: each method on a world, scored by the same code."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinomi.bench.baselines.catalogue import BASELINES
from hinomi.bench.baselines.interface import Baseline, Observed
from hinomi.bench.plots import draw_plots
from hinomi.bench.ranking import Ranking, make_ranking
from hinomi.bench.result import (
    Cost,
    Result,
    calibrations,
    missed_ccs,
    scored_rows,
    servers_of,
    write_results,
)
from hinomi.bench.score import CC, facts_of, match, score
from hinomi.bench.table import render_table
from hinomi.bench.worldfiles import find_world
from hinomi.clock import Clock, wall_clock
from hinomi.detect import known
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.judge import Judgement
from hinomi.detect.observe import Lists
from hinomi.detect.orient import SERVICE
from hinomi.errors import NotFound
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.delays import measure_delays, service_columns
from hinomi.services.detecting import judging
from hinomi.services.home import Home
from hinomi.services.laboratory import Laboratory, Tell, Thinning, open_laboratory
from hinomi.services.mandates import Operation
from hinomi.store.durable import on_disk, replace_durably

HINOMI: Final = "hinomi"
EVERY: Final = "all"
_MIB: Final = 1024


def method_names() -> tuple[str, ...]:
    """Name what can be measured: hinomi, then the baselines."""
    return (HINOMI, *(each.name for each in BASELINES))


def run_bench(
    folder: Path,
    tell: Tell,
    *,
    method: str = EVERY,
    thinning: Thinning | None = None,
    every_h: int | None = None,
    with_context: bool = True,
    clock: Clock = wall_clock,
) -> list[Result]:
    """
    Measure methods on the world in *folder*.

    Args:
        folder: As `worldfiles.find_world` takes it.
        tell: Is told each step as it begins.
        method: One of `method_names`, or EVERY.
        thinning: How to sample the world again first.
        every_h: Also run hinomi over windows that grow by so many hours, for the delays.
        with_context: Let detection know the context that the world has.
        clock: What time it is.

    Returns:
        One result a method, hinomi's first.

    Raises:
        NotFound: If there is no world, or no such method.
        MalformedDocument: If a file of the world cannot be read.
        Unavailable: If memory or disk do not suffice.
    """
    world = find_world(folder)
    chosen = [each for each in BASELINES if method in (EVERY, each.name)]
    if not chosen and method not in (EVERY, HINOMI):
        raise NotFound(f"no method {method}; there are {', '.join(method_names())}")
    thinned = thinning is not None and thinning.factor > 1
    name = f"{world.name}/{thinning.factor}#{thinning.seed}" if thinned and thinning else world.name
    with open_laboratory(
        world, tell, thinning=thinning, with_context=with_context, clock=clock
    ) as laboratory:
        tell(f"{name}: {HINOMI}")
        asked = method in (EVERY, HINOMI)
        results = _measure(laboratory, name, tell, chosen, with_hinomi=asked)
        if every_h is not None and asked:
            delays = measure_delays(laboratory, tell, every_h=every_h)
            results[0].delays_h.extend(delays.shown)
            results[0].likely_h.extend(delays.likely)
        return results


def write_table(results: Sequence[Result], folder: Path) -> None:
    """
    Write the table, its pictures and the results themselves into *folder*.

    Raises:
        Unavailable: If the disk refuses, or the library that draws is not installed.
    """
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        plots = draw_plots(results, folder)
    write_results(results, folder / "results.json")
    replace_durably(folder / "table.md", render_table(results, plots).encode())


@contextmanager
def observe(folder: Path, tell: Tell) -> Iterator[Observed]:
    """
    Give a world as detection gets it, with its truth: to tune a baseline, or to train one.

    Raises:
        As `run_bench`.
    """
    with open_laboratory(find_world(folder), tell) as laboratory:
        home = laboratory.home
        with judging(home, Window(), Operation.DETECT, lambda _: None) as (engine, judged, _):
            truth = laboratory.truth
            is_cc = [label == CC for label in truth.column("label").to_pylist()]
            facts = {"cc": is_cc, "detectable": truth.column("detectable").to_pylist()}
            named = service_columns(truth)
            for name, values in facts.items():
                named = named.append_column(name, pa.array(values).cast(pa.int64()))
            yield Observed(
                engine=engine,
                survey=judged.survey,
                lists=_current_lists(home),
                register=home.register,
                truth=named,
            )


@dataclass(frozen=True, slots=True)
class _Run:
    """What all results of one run share."""

    records: int
    truth: pa.Table
    world: str
    judged: Judgement

    def result(self, method: tuple[str, str], ranking: Ranking, cost: Cost) -> Result:
        extent = self.judged.survey.extent
        days = max(extent.hours, 1) / 24
        matched = match(ranking, self.truth)
        measured = score(matched, days=days)
        missed = missed_ccs(matched)
        return Result(
            method=method[0],
            source=method[1],
            world=self.world,
            interval=extent.interval,
            days=days,
            services=self.judged.survey.met,
            sought=int(matched.sought.sum()),
            score=measured,
            cost=cost,
            calibration={}
            if matched.probability is None
            else calibrations(
                matched.probability,
                facts_of(matched),
                missed,
                met=self.judged.survey.met,
                unjudged=self.judged.prior,
            ),
            rows=scored_rows(matched, floats(ranking, "score"), missed)
            if matched.probability is None
            else None,
            servers=servers_of(matched, measured, days=days, interval=extent.interval),
        )


def _measure(
    laboratory: Laboratory,
    world: str,
    tell: Tell,
    baselines: Sequence[Baseline],
    *,
    with_hinomi: bool,
) -> list[Result]:
    home, results = laboratory.home, []
    lists = _current_lists(home)
    meter = _Meter()
    with judging(home, Window(), Operation.DETECT, lambda _: None) as (engine, judged, _):
        cost = meter.read(laboratory.records, beyond_survey=False)
        truth = state_clients(laboratory.truth, judged.survey.services)
        run = _Run(laboratory.records, truth, world, judged)
        if with_hinomi:
            own = (HINOMI, "this program")
            results.append(run.result(own, rank_judged(judged), cost))
        for each in baselines:
            tell(f"{world}: {each.name}")
            meter = _Meter()
            table = each.rank(engine, judged.survey, lists, home.register)
            cost = meter.read(laboratory.records, beyond_survey=True)
            ranking = rank_scored(table, lists)
            results.append(run.result((each.name, each.source), ranking, cost))
    return results


def state_clients(truth: pa.Table, services: pa.Table) -> pa.Table:
    """State the clients that the survey counted, where the truth of a world does not."""
    place = positions(keys(service_columns(truth), SERVICE), keys(services, SERVICE))
    counted = np.where(place >= 0, ints(services, "clients")[place], 0) if len(services) else place
    stated = truth.column("clients").combine_chunks()
    filled = pc.coalesce(stated, pa.array(counted.astype(np.int32)))
    return truth.set_column(truth.schema.get_field_index("clients"), "clients", filled)


def rank_judged(judged: Judgement) -> Ranking:
    """Rank every service that detection judged, listed as candidates or not."""
    return make_ranking(
        judged.survey.services,
        judged.ledger.total(),
        judged.listed,
        probability=judged.probability(),
        tier=judged.tier,
    )


def rank_scored(table: pa.Table, lists: Lists) -> Ranking:
    """Rank what a baseline found: it has scores and no probabilities."""
    on_list = known.match(table, lists.get(ListKind.KNOWN_CC, ())) >= 0
    return make_ranking(table, floats(table, "score"), np.asarray(on_list, dtype=np.bool_))


def _current_lists(home: Home) -> Lists:
    with home.casebook() as casebook:
        return {
            kind: [listed.entry for listed in casebook.lists.entries(kind)] for kind in ListKind
        }


class _Meter:
    """Measures CPU time and the peak of memory from when it was made."""

    def __init__(self) -> None:
        # Linux forgets the peak so far when a 5 is written here (proc(5)); else it stays.
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._cpu_s = time.process_time()

    def read(self, records: int, *, beyond_survey: bool) -> Cost:
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        peak = next(line for line in status if line.startswith("VmHWM:"))
        return Cost(
            cpu_s=time.process_time() - self._cpu_s,
            peak_mib=int(peak.split()[1]) / _MIB,
            records=records,
            beyond_survey=beyond_survey,
        )
