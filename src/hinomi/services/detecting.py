"""Detection over a home: its lake, its lists and its register in, explained candidates out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from hinomi.detect import passes
from hinomi.detect.background import Background
from hinomi.detect.beacon import MEANINGFUL
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.drift import Drift
from hinomi.detect.judge import Judgement, judge, worth_judging
from hinomi.detect.limits import limits_of
from hinomi.detect.orient import SERVICE
from hinomi.detect.passes import Progress
from hinomi.detect.reasons import Sources, reasons_for
from hinomi.errors import NotFound
from hinomi.govern.minimise import view_of
from hinomi.model.address import Address
from hinomi.model.context import TableStatement
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.service import Candidate, Service
from hinomi.model.window import Window
from hinomi.services.context import background_of
from hinomi.services.engines import EngineKind, open_engine
from hinomi.services.home import Home, require_one_period
from hinomi.services.mandates import Operation, record
from hinomi.services.models import KeptModel, model_asked, model_in_use
from hinomi.services.modelwatch import drift_of, model_used, warn_of_drift
from hinomi.services.scratch import scratch_folder
from hinomi.store.lists import Listed

HOUR_MS: Final = 3_600_000
SCRATCH: Final = "scratch-"

SHOWN: Final = 50
"""So many candidates are shown unless somebody asks for more or fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What one run found."""

    window: Window
    limits: dict[str, object]
    candidates: tuple[Candidate, ...]  # Most probable first.
    register_version: str
    timeline: dict[Service, dict[int, int]] = field(default_factory=dict)
    """Records per hour (ms since the Unix epoch, start of the hour) of each candidate."""

    suspects: dict[str, int] = field(default_factory=dict)
    """Suspected lines by kind of evidence."""

    model: dict[str, object] = field(default_factory=dict)
    """Name and digest of the model in use, and whether it spoke of this window."""

    drift: Drift | None = None  # None where the model did not speak.
    context: tuple[TableStatement, ...] = ()  # The tables that stood before the window.


def run_detection(
    home: Home,
    window: Window,
    *,
    top: int,
    tell: Progress = lambda _: None,
    engine_kind: EngineKind = EngineKind.DUCKDB,
    judge_with: "Judge | None" = None,
    with_timeline: bool = True,
    asked: Sequence[ListEntry] = (),
    look: "Callable[[Opened, Judgement], None] | None" = None,
) -> Detection:
    """
    Detect C&C candidates among the conversation records of *window*.

    Args:
        home: Where they lie.
        window: Which records; open sides mean everything.
        top: So many candidates at most.
        tell: Told the share of the work that is done, 0..1.
        engine_kind: What computes.
        judge_with: Judges; `judge_opened` where None.
        with_timeline: Whether to count each candidate's records by hour.
        asked: Names services to judge whatever they are.
        look: Shown everything that was judged, before it is forgotten.

    Raises:
        NotPermitted: If no mandate permits it.
        ConfigError: If the model that the register names is not the one in the home.
        Unavailable: If memory or disk do not suffice, or the engine is not there.
    """
    kept = model_in_use(home)
    with opening(home, window, Operation.DETECT, engine_kind=engine_kind) as opened:
        judged = (judge_with or judge_opened)(home, opened, tell, asked, kept=kept)
        if look is not None:
            look(opened, judged)
        chosen = ranked(judged)[:top]
        candidates = tuple(candidate_of(judged, int(row), window, opened.sources) for row in chosen)
        detection = Detection(
            window=window,
            limits=limits_in(home, judged),
            candidates=candidates,
            register_version=home.register.version,
            timeline=_timeline(opened, judged, chosen) if with_timeline else {},
            suspects=judged.kinds,
            model=model_used(kept, judged),
            drift=drift_of(home, judged),
            context=judged.context,
        )
    _note(home, detection)
    warn_of_drift(detection.model, detection.drift)
    tell(1.0)
    return detection


def _note(home: Home, found: Detection) -> None:
    """Write down what came of a run, in numbers."""
    facts = {
        "stage": "done",
        "window": found.window.render(),
        "register": found.register_version,
        "candidates": len(found.candidates),
        "known": sum(each.known for each in found.candidates),
        "sampling_interval": found.limits["sampling_interval"],
    }
    record(home.journal(), Operation.DETECT, home.mandate(Operation.DETECT), facts)


@contextmanager
def judging(
    home: Home,
    window: Window,
    operation: Operation,
    tell: Progress,
    asked: Sequence[ListEntry] = (),
    *,
    engine_kind: EngineKind = EngineKind.DUCKDB,
    with_model: bool = True,
    kept: KeptModel | None = None,
) -> Iterator[tuple[passes.Engine, Judgement, Sources]]:
    """Run both passes under a mandate of their own, in a scratch folder that goes afterwards."""
    with opening(home, window, operation, engine_kind=engine_kind) as opened:
        judged = judge_opened(home, opened, tell, asked, with_model=with_model, kept=kept)
        yield opened.engine, judged, opened.sources


@dataclass(frozen=True, slots=True)
class Opened:
    """The records of a window and the lists, before anything is judged."""

    engine: Any
    records: Any  # Conversation records of the window, as the engine's table.
    lists: Mapping[ListKind, Sequence[ListEntry]]
    sources: Sources
    window: Window = field(default_factory=Window)
    background: Background | None = None  # What was known before the window, if anything.


class Judge(Protocol):
    """Judges what was opened; `judge_opened` is one, `incremental.judge_in_parts` another."""

    def __call__(
        self,
        home: Home,
        opened: Opened,
        tell: Progress,
        asked: Sequence[ListEntry] = (),
        *,
        with_model: bool = True,
        kept: KeptModel | None = None,
    ) -> Judgement:
        """Run both passes."""


@contextmanager
def opening(
    home: Home,
    window: Window,
    operation: Operation,
    *,
    engine_kind: EngineKind = EngineKind.DUCKDB,
    told: Mapping[str, object] | None = None,
) -> Iterator[Opened]:
    """
    Open the records of *window* under a mandate, with a scratch folder that goes afterwards.

    Args:
        home: Where they lie.
        window: Which records.
        operation: What for.
        engine_kind: What computes.
        told: What else the journal is told.
    """
    mandate = home.mandate(operation)
    facts = {"window": window.render(), "register": home.register.version, **(told or {})}
    record(home.journal(), operation, mandate, facts)
    files = home.lake().files(window, mandate)
    with home.casebook() as casebook:
        require_one_period(home, casebook)
        listed = {kind: casebook.lists.entries(kind) for kind in ListKind}
    lists = {kind: [each.entry for each in rows] for kind, rows in listed.items()}
    sources = {kind: [_source(each) for each in rows] for kind, rows in listed.items()}
    with (
        scratch_folder(home.folder, SCRATCH) as folder,
        open_engine(engine_kind, folder, home.config.engine) as engine,
    ):
        records = engine.table(files, CONVERSATIONS).select(*view_of(operation.word).columns)
        if window.since_ms is not None:
            records = records.filter(records.ts_ms >= window.since_ms)
        if window.until_ms is not None:
            records = records.filter(records.ts_ms < window.until_ms)
        yield Opened(engine, records, lists, sources, window, background_of(home, window))


def judge_opened(
    home: Home,
    opened: Opened,
    tell: Progress,
    asked: Sequence[ListEntry] = (),
    *,
    with_model: bool = True,
    kept: KeptModel | None = None,
) -> Judgement:
    """Run both passes over what was opened."""
    survey = survey_opened(home, opened, tell, asked)
    chosen = model_asked(home, kept, with_model=with_model)
    judged = judge(
        opened.engine, survey, opened.lists, home.register, chosen, before=opened.background
    )
    tell(0.95)
    return judged


def survey_opened(
    home: Home, opened: Opened, tell: Progress, asked: Sequence[ListEntry] = ()
) -> passes.Survey:
    """Run the first pass over what was opened."""
    engine, records = opened.engine, opened.records
    found = passes.extent(engine, records)
    return passes.survey(
        engine,
        records,
        found,
        buckets=engine.buckets(found.rows),
        register=home.register,
        tell=tell,
        choose=worth_judging(found, opened.lists, asked),
    )


def _source(listed: Listed) -> str:
    label = listed.entry.label
    return f"{listed.source} ({label})" if label else listed.source


def ranked(judged: Judgement) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Order the services that anything speaks for, most probable first."""
    total = judged.ledger.total()
    worth = np.flatnonzero((total > 0) | judged.listed)
    # Equal scores keep an order that does not depend on buckets: by address and port.
    table = judged.survey.services
    columns = [ints(table, name)[worth] for name in reversed(SERVICE)]
    return worth[np.lexsort((*columns, -total[worth]))]


def candidate_of(judged: Judgement, row: int, window: Window, sources: Sources) -> Candidate:
    """Tell what was judged of one row of the services."""
    table = judged.survey.services
    tier = int(judged.tier[row])
    return Candidate(
        service=service_of(table, row),
        window=window,
        probability=round(float(judged.probability()[row]), 6),
        known=bool(judged.listed[row]),
        tier=tier or None,
        clients=int(ints(table, "clients")[row]),
        suspects=int(judged.suspects[row]),
        reasons=reasons_for(judged, row, sources),
    )


def service_of(table: pa.Table, row: int) -> Service:
    """Read the service in one row of a table that has the columns of `SERVICE`."""
    values = table.slice(row, 1).to_pylist()[0]
    return Service(
        Address(values["remote_hi"], values["remote_lo"]),
        values["proto"],
        values["remote_port"],
        own=values["remote_own"] == 1,
    )


def row_of(judged: Judgement, service: Service) -> int:
    """
    Find the row of *service* among the services that were judged.

    Raises:
        NotFound: If no record of the lake has it as a service.
    """
    wanted = pa.table(
        {
            "remote_hi": [service.address.hi],
            "remote_lo": [service.address.lo],
            "remote_own": [int(service.own)],
            "proto": [service.proto],
            "remote_port": [service.port],
        }
    )
    row = int(positions(keys(wanted, SERVICE), keys(judged.survey.services, SERVICE))[0])
    if row < 0:
        raise NotFound(f"no record of the lake has {service} as a service")
    return row


def limits_in(home: Home, judged: Judgement) -> dict[str, object]:
    """Tell what a run could not have seen."""
    extent = judged.survey.extent
    return limits_of(
        extent.interval,
        extent.hours,
        beacon_spoke=0 < extent.densest <= MEANINGFUL,
        flagless_share=extent.flagless_share,
        flagless_most=home.register.number("learned.flagless_most"),
    ).render()


def _timeline(
    opened: Opened, judged: Judgement, chosen: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> dict[Service, dict[int, int]]:
    table = judged.survey.services.take(pa.array(chosen))
    if all(part.kept for part in judged.survey.parts):
        hours, _ = passes.details(opened.engine, judged.survey.parts, table)
    else:
        hours = passes.hours_of(opened.engine, opened.records, table)
    timeline: dict[Service, dict[int, int]] = {
        service_of(table, row): {} for row in range(table.num_rows)
    }
    for row in range(hours.num_rows):
        at = hours["hour"][row].as_py() * HOUR_MS
        timeline[service_of(hours, row)][at] = hours["records"][row].as_py()
    return timeline
