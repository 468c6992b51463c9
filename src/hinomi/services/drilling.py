"""
Drills: known truth in one's own traffic.

Synthetic botnets are laid over the real window, in memory and in the scratch folder of the
run alone, and the unchanged detector judges both together. Nothing of the overlay reaches
the lake, a list or a listing; numbers are kept, without any address.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.bench.drillplan import PACES, PlannedBotnet, parse_sizes, plan_rounds
from hinomi.bench.overlay import LineTemplates, Overlay, lay
from hinomi.detect.beacon import MEANINGFUL
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.judge import Judgement
from hinomi.detect.limits import limits_of
from hinomi.detect.orient import SERVICE, in_bucket
from hinomi.detect.passes import Extent, Progress, extent
from hinomi.detect.presence import NO_TCP, presence
from hinomi.engine.duckdb import buckets_for
from hinomi.errors import Unavailable
from hinomi.govern.parameters import Register
from hinomi.model.address import V4_PREFIX, Address
from hinomi.model.flow import CONVERSATIONS, Direction
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.protocol import Protocol
from hinomi.model.window import Window
from hinomi.services.detecting import Opened, judge_opened, opening
from hinomi.services.drillresult import Drill, Round, cell_document, cells_of, pace_limit, plan_hash
from hinomi.services.drillspace import free_addresses
from hinomi.services.drillwatch import watch
from hinomi.services.engines import EngineKind
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.models import model_in_use
from hinomi.services.modelwatch import model_used
from hinomi.store.drills import DrillRecord

_TARGETS: Final = 20_000  # Addresses that bots scan: many against the few that are sampled.
_BUCKETS_AT_ONCE: Final = 16  # Of records from which lines are chosen.


def run_drill(
    home: Home,
    window: Window,
    *,
    rounds: int | None = None,
    seed: int | None = None,
    tell: Progress = lambda _: None,
    engine_kind: EngineKind = EngineKind.DUCKDB,
) -> Drill:
    """
    Drill detection on the records of *window*.

    Args:
        home: Where they lie.
        window: Which records; open sides mean everything.
        rounds: So many detections at most; as registered where None.
        seed: Of all chance; another one at every drill where None.
        tell: Told the share of the work that is done, 0..1.
        engine_kind: What computes.

    Raises:
        NotPermitted: If no mandate permits it.
        Unavailable: If the window has too few lines to play bots, if its routers carry
            240.0.0.0/4, or if memory or disk do not suffice.
    """
    seed = home.clock() if seed is None else seed
    rng = np.random.default_rng(seed)
    register, kept = home.register, model_in_use(home)
    with opening(home, window, Operation.DRILL, engine_kind=engine_kind) as opened:
        found = extent(opened.engine, opened.records)  # Without any overlay.
        lines, population = _lines(opened, found.rows, rng)
        plan = _plan(register, rounds, population, len(lines), rng)
        done, judged = [], None
        for number, botnets in enumerate(plan):
            overlay = _overlay(opened, botnets, lines, register, rng)
            laid = _laid(opened, overlay)
            judged = judge_opened(home, laid, _share_of(tell, number, len(plan)), kept=kept)
            done.append(_compare(judged, overlay, register))
            opened.engine.drop(
                [path for part in judged.survey.parts for path in (part.records, part.pairs)]
            )
        if judged is None:
            raise AssertionError("a plan has rounds")
        drill = _summarise(home, window, done, found, (population, seed))
    drill = replace(drill, model=model_used(kept, judged))
    _keep(home, drill)
    tell(1.0)
    return drill


def _share_of(tell: Progress, number: int, rounds: int) -> Progress:
    """Tell the share of one round as a share of all."""
    return lambda share: tell((number + share) / rounds)


def _lines(opened: Opened, rows: int, rng: np.random.Generator) -> tuple[LineTemplates, int]:
    """Fetch lines that may play bots, chosen by nothing but being there, and count all."""
    engine, records = opened.engine, opened.records
    parts = max(1, buckets_for(rows) // _BUCKETS_AT_ONCE)
    # A line's pseudonym is evenly spread: one bucket of lines is a fair sample of them.
    mine = in_bucket(records, "line", int(rng.integers(parts)), parts)
    # In one order whatever the engine's: else the same seed would choose other lines.
    found = engine.fetch(presence(mine)).sort_by(
        [("line_hi", "ascending"), ("line_lo", "ascending")]
    )
    lines = LineTemplates(
        hi=ints(found, "line_hi"),
        lo=ints(found, "line_lo"),
        net=ints(found, "line_net"),
        first_ms=ints(found, "first_ms"),
        last_ms=ints(found, "last_ms"),
        exporter=ints(found, "exporter"),
        interval=ints(found, "interval"),
        scaled=ints(found, "scaled"),
        ingress=np.column_stack([ints(found, "ingress_out"), ints(found, "ingress_in")]),
        flagged=(ints(found, "flags") >= 0) | (ints(found, "flags") == NO_TCP),
    )
    return lines, len(lines) * parts


def _plan(
    register: Register,
    rounds: int | None,
    population: int,
    available: int,
    rng: np.random.Generator,
) -> list[list[PlannedBotnet]]:
    sizes = parse_sizes(str(register.parameters["drill.sizes"].value))
    budget = min(int(register.number("drill.lines_share") * population), available)
    plan = plan_rounds(
        sizes,
        register.integer("drill.botnets"),
        rounds=rounds or register.integer("drill.rounds"),
        budget=budget,
        shares=(register.number("drill.scanning_share"), register.number("drill.listed_share")),
        rng=rng,
    )
    if not plan:
        raise Unavailable(
            f"the window has {population:,} lines that could play bots, of which {budget:,} may: "
            f"fewer than the smallest botnet of {sizes[0]}; take a longer window, or raise "
            "drill.lines_share in the register"
        )
    return plan


def _overlay(
    opened: Opened,
    botnets: list[PlannedBotnet],
    lines: LineTemplates,
    register: Register,
    rng: np.random.Generator,
) -> Overlay:
    met = opened.engine.fetch(opened.records.select("direction").distinct())
    return lay(
        botnets,
        lines,
        free_addresses(opened, 2 * len(botnets) + _TARGETS, rng),
        scan_pps=register.number("drill.scan_pps"),
        directions=frozenset(Direction(each) for each in ints(met, "direction").tolist()),
        rng=rng,
    )


def _laid(opened: Opened, overlay: Overlay) -> Opened:
    """Lay the overlay over the records, and its listed servers over the lists: both in memory."""
    names = CONVERSATIONS.names
    above = opened.engine.keep_table(overlay.records).select(*names)
    twins = [
        ListEntry(base=Address(0, V4_PREFIX | each.twin), proto=int(Protocol.TCP), port=each.port)
        for each in overlay.planted
        if each.twin is not None
    ]
    known = [*opened.lists.get(ListKind.KNOWN_CC, ()), *twins]
    return replace(
        opened,
        records=opened.records.select(*names).union(above),
        lists={**opened.lists, ListKind.KNOWN_CC: known},
    )


def _compare(judged: Judgement, overlay: Overlay, register: Register) -> Round:
    """Look the drill's servers up among the services, and count who else is above."""
    table = judged.survey.services
    above = judged.probability() >= register.number("drill.probability_min")
    ours = [(each.server, each.port) for each in overlay.planted]
    twins = [(each.twin, each.port) for each in overlay.planted if each.twin is not None]
    places = positions(_keys([*ours, *twins]), keys(table, SERVICE))
    hit = np.append(above, False)[places]  # -1, not met at all, takes the last.
    rest = above.copy()
    rest[places[places >= 0]] = False
    remotes = np.unique(ints(overlay.records, "remote_lo"))
    synthetic = np.isin(ints(table, "remote_lo"), remotes) & (ints(table, "remote_hi") == 0)
    synthetic &= ints(table, "remote_own") == 0
    return Round(
        overlay=overlay,
        found=tuple(hit[: len(ours)].tolist()),
        confirmed=int(hit[len(ours) :].sum()),
        others=int((rest & ~synthetic & ~judged.listed).sum()),
        wrong=int((rest & synthetic).sum()),
    )


def _keys(services: list[tuple[int, int]]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    count = len(services)
    table = pa.table(
        {
            "remote_hi": pa.array([0] * count, pa.int64()),
            "remote_lo": pa.array([V4_PREFIX | address for address, _ in services], pa.int64()),
            "remote_own": pa.array([0] * count, pa.int64()),
            "proto": pa.array([int(Protocol.TCP)] * count, pa.int64()),
            "remote_port": pa.array([port for _, port in services], pa.int64()),
        }
    )
    return keys(table, SERVICE)


def _summarise(
    home: Home,
    window: Window,
    done: list[Round],
    met: Extent,
    chosen: tuple[int, int],
) -> Drill:
    """Add the rounds up; *chosen* are the lines that might have played bots, and the seed."""
    register = home.register
    population, seed = chosen
    cells = cells_of(done)
    limits = limits_of(
        met.interval,
        met.hours,
        beacon_spoke=0 < met.densest <= MEANINGFUL,
        flagless_share=met.flagless_share,
        flagless_most=register.number("learned.flagless_most"),
    )
    botnets = sum(cell.botnets for cell in cells)
    twins = sum(each.twin is not None for rnd in done for each in rnd.overlay.planted)
    now = DrillRecord(
        ran_ms=home.clock(),
        plan=plan_hash(register),
        register=register.version,
        sampling_interval=met.interval,
        hours=met.hours,
        lines=population,
        rounds=len(done),
        botnets=botnets,
        found=sum(cell.found for cell in cells),
        possible=sum(cell.possible for cell in cells),
        listed=twins,
        confirmed=sum(rnd.confirmed for rnd in done),
        others=max(rnd.others for rnd in done),
        wrong=sum(rnd.wrong for rnd in done),
        alarm=False,
        cells=tuple(cell_document(cell) for cell in cells),
    )
    with home.casebook() as casebook:
        watched = watch(now, casebook.drills.all(), register)
    shown = now.found + now.wrong + sum(rnd.others for rnd in done)
    wanted = len(PACES) * register.integer("drill.botnets")
    wanted *= len(parse_sizes(str(register.parameters["drill.sizes"].value)))
    return Drill(
        window=window,
        record=replace(now, alarm=watched.alarm),
        watched=watched,
        cells=cells,
        pace_limits=tuple(pace_limit(pace.name, cells, limits.smallest) for pace in PACES),
        limits=limits.render(),
        model={},
        played=sum(rnd.overlay.lines for rnd in done),
        left_out=wanted - botnets,
        precision_least=now.found / shown if shown else None,
        seed=seed,
    )


def _keep(home: Home, drill: Drill) -> None:
    """Keep the numbers, and say in the journal what was done."""
    with home.casebook() as casebook:
        casebook.drills.add(drill.record)
    kept = drill.record
    record(
        home.journal(),
        Operation.DRILL,
        home.mandate(Operation.DRILL),
        {
            "window": drill.window.render(),
            "register": kept.register,
            "stage": "done",
            "rounds": kept.rounds,
            "botnets": kept.botnets,
            "lines": drill.played,
            "found": kept.found,
            "alarm": kept.alarm,
        },
    )
