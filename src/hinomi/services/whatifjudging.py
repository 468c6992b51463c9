"""One detection on a lesser subset, laid beside that of the present setting."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hinomi.bench.score import CC, LIKELY, SURE, match, score
from hinomi.detect import withheld
from hinomi.detect.columns import keys, positions
from hinomi.detect.judge import Judgement
from hinomi.detect.orient import SERVICE
from hinomi.detect.passes import Progress
from hinomi.detect.withheld import NO_PORT, Withheld
from hinomi.govern.lesser import thin
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.window import Window
from hinomi.services.benching import rank_judged
from hinomi.services.delays import service_columns
from hinomi.services.detecting import SCRATCH, SHOWN, Opened, opening, ranked
from hinomi.services.home import Home
from hinomi.services.incremental import judge_at_once, last_days
from hinomi.services.mandates import Operation
from hinomi.services.models import KeptModel
from hinomi.services.modelwatch import drift_of
from hinomi.services.scratch import scratch_folder
from hinomi.services.whatifresult import Axis, Figures, Kept, Setting
from hinomi.store.durable import on_disk
from hinomi.store.sealing import Seal, SealedFile

TRUTHS: Final = (
    "average_precision", "recall_100", "precision_50", "present_90", "right_90",
    "known_confirmed",
)  # fmt: skip
"""Figures against the truth (`score.FIGURES`) that a what-if keeps."""

_HOURS_A_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Found:
    """What a detection finds: services, columns `SERVICE`."""

    unlisted: pa.Table  # At 0.9 or more, on no list.
    listed: pa.Table  # The same, on a list of known C&Cs.
    top: pa.Table  # The first fifty.


@dataclass(frozen=True, slots=True)
class Judged:
    """One detection: its figures, what it found, and what it was made from."""

    figures: Figures
    found: Found
    asked: Found  # What a lesser setting is asked for: of these, where a truth is known, the right.
    held: Mapping[str, int]  # The row of `withheld.held`.


@dataclass(frozen=True, slots=True)
class Bench:
    """What all detections of one what-if share."""

    home: Home
    window: Window
    kept: KeptModel
    truth: pa.Table | None = None  # `worldfiles.TRUTH`, named as detection names services.


def judge_setting(
    bench: Bench,
    setting: Setting,
    *,
    seed: int,
    tell: Progress,
    beside: Judged | None = None,
) -> Judged:
    """
    Detect as `hinomi detect` does, on what *setting* leaves of the window.

    Args:
        bench: What all detections share.
        setting: What is held.
        seed: Of the drawing of packets; nothing else is left to chance.
        tell: Told the progress.
        beside: The present setting; None: this is it.

    Raises:
        NotPermitted: If no mandate permits it.
        Unavailable: If memory or disk do not suffice.
    """
    home, window = bench.home, window_of(bench.window, setting)
    told: dict[str, object] = {"setting": setting.words}
    if setting.axis is Axis.SAMPLING:
        told["seed"] = seed
    with (
        opening(home, window, Operation.WHAT_IF, told=told) as opened,
        _lesser(bench, opened, setting, seed, beside) as left,
    ):
        held = left.engine.fetch(withheld.held(left.records)).to_pylist()[0]
        lines = left.engine.fetch(withheld.lines(left.records)).to_pylist()[0]["lines"]
        judged = judge_at_once(home, left, tell, kept=bench.kept)
    truth = bench.truth
    if truth is not None and setting.value == Withheld.PORTS:
        truth = without_ports(truth)
    found = _found(judged)
    asked = beside.asked if beside is not None else _right(found, truth)
    drift = drift_of(home, judged)
    sure = judged.probability() >= SURE
    expected = judged.probability()[sure]
    figures = Figures(
        records=held["records"],
        lines=lines,
        packets=held["packets"],
        octets=held["octets"],
        hours=held["hours"],
        sampling_interval=0 if held["unknown"] else held["sparsest"],
        single_packet=held["single"] / held["records"] if held["records"] else None,
        sure=int(sure.sum()),
        expected_right=float(expected.mean()) if expected.size else None,
        confirmed=int((judged.listed & (judged.probability() >= LIKELY)).sum()),
        fresh=_fresh(judged, sure, beside, setting, truth),
        before=int(sure.sum()) if beside is None else beside.figures.sure,
        **_still(asked, judged, sure, setting),
        model_spoke=judged.view is not None,
        knows_interval=drift is not None and drift.knows_interval,
        truth=None if truth is None else _against(judged, truth),
    )
    return Judged(figures, found, asked, held)


def window_of(window: Window, setting: Setting) -> Window:
    """Give the part of *window* that a setting leaves."""
    if setting.axis is not Axis.DAYS or window.until_ms is None:
        return window
    return last_days(window.until_ms, int(setting.value))


def without_ports(truth: pa.Table) -> pa.Table:
    """
    Give a truth in which a service is an address and a protocol.

    An address with a C&C server is one, and known if that is; of others the first row stands.
    """
    rows = sorted(truth.to_pylist(), key=lambda row: (row["label"] != CC, not row["known"]))
    first = {(row["address"], row["protocol"]): row | {"port": NO_PORT} for row in reversed(rows)}
    return pa.Table.from_pylist(list(first.values()), schema=truth.schema)


@contextmanager
def _lesser(
    bench: Bench, opened: Opened, setting: Setting, seed: int, beside: Judged | None
) -> Iterator[Opened]:
    """Leave of what was opened what *setting* leaves; thinned records go afterwards."""
    if setting.axis is Axis.WITHOUT and beside is not None:
        what = Withheld(str(setting.value))
        records = withheld.withhold(opened.records, what, beside.held)
        lists = _without_ports(opened.lists) if what is Withheld.PORTS else opened.lists
        yield replace(opened, records=records, lists=lists)
        return
    if setting.axis is not Axis.SAMPLING:
        yield opened
        return
    home = bench.home
    with scratch_folder(home.folder, SCRATCH) as folder:
        # Whatever becomes of this run, nobody reads them after it.
        thinned = SealedFile(folder / "thinned.parquet", Seal.fleeting())
        with on_disk(folder):
            _write_thinned(home, opened.window, thinned, int(setting.value), seed)
        yield replace(opened, records=opened.engine.table([thinned], CONVERSATIONS))


def _write_thinned(home: Home, window: Window, file: SealedFile, interval: int, seed: int) -> None:
    """Thin the records of a window batch by batch."""
    mandate = home.mandate(Operation.WHAT_IF)
    sealing = None if file.seal is None else file.seal.writing()
    with pq.ParquetWriter(
        file.path, CONVERSATIONS, compression="lz4", encryption_properties=sealing
    ) as writer:
        for batch in home.lake().scan(window, mandate):
            left = thin(batch, interval, seed)
            if left.num_rows:
                writer.write_batch(pa.record_batch(left.columns, schema=CONVERSATIONS))


def _without_ports(
    lists: Mapping[ListKind, Sequence[ListEntry]],
) -> dict[ListKind, list[ListEntry]]:
    return {kind: [replace(each, port=None) for each in rows] for kind, rows in lists.items()}


def _found(judged: Judgement) -> Found:
    table = judged.survey.services.select(SERVICE)
    sure = judged.probability() >= SURE
    return Found(
        unlisted=table.filter(pa.array(sure & ~judged.listed)),
        listed=table.filter(pa.array(sure & judged.listed)),
        top=table.take(pa.array(ranked(judged)[:SHOWN])),
    )


def _right(found: Found, truth: pa.Table | None) -> Found:
    """Keep the candidates that are C&C servers: that a wrong one is gone is no loss."""
    if truth is None:
        return found
    among = _servers(truth)

    def kept(table: pa.Table) -> pa.Table:
        return table.filter(pa.array(positions(keys(table, SERVICE), among) >= 0))

    return replace(found, unlisted=kept(found.unlisted), listed=kept(found.listed))


def _servers(truth: pa.Table) -> NDArray[np.void]:
    """Give the keys of the C&C servers of a truth, each once."""
    right = truth.filter(pa.array([label == CC for label in truth.column("label").to_pylist()]))
    return np.unique(keys(service_columns(right), SERVICE))


def _still(
    asked: Found, judged: Judgement, sure: NDArray[np.bool_], setting: Setting
) -> dict[str, Kept]:
    """Count the candidates of the present setting that are candidates here."""
    table = judged.survey.services
    first = np.zeros(table.num_rows, bool)
    first[ranked(judged)[:SHOWN]] = True
    groups = (("unlisted", asked.unlisted, sure), ("listed", asked.listed, sure))
    return {
        name: Kept(int(_at(wanted, table, setting, here).sum()), wanted.num_rows)
        for name, wanted, here in (*groups, ("top", asked.top, first))
    }


def _fresh(
    judged: Judgement,
    sure: NDArray[np.bool_],
    beside: Judged | None,
    setting: Setting,
    truth: pa.Table | None,
) -> int:
    """Count the candidates that the present setting did not have, but for those that are right."""
    if beside is None:
        return 0
    here = keys(judged.survey.services.select(SERVICE).filter(pa.array(sure)), SERVICE)
    before = pa.concat_tables([beside.found.unlisted, beside.found.listed])
    met = keys(_named(before, setting), SERVICE)
    if truth is not None:
        met = np.concatenate([met, _servers(truth)])
    return int((positions(here, np.unique(met)) < 0).sum())


def _at(
    wanted: pa.Table, table: pa.Table, setting: Setting, here: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    place = positions(keys(_named(wanted, setting), SERVICE), keys(table, SERVICE))
    return np.asarray(np.append(here, False)[place], dtype=bool)  # -1 takes the last.


def _named(services: pa.Table, setting: Setting) -> pa.Table:
    """Name services as detection does under *setting*."""
    if setting.value != Withheld.PORTS:
        return services
    place = services.schema.get_field_index("remote_port")
    none = pa.array(np.full(services.num_rows, NO_PORT), services.schema.field(place).type)
    return services.set_column(place, "remote_port", none)


def _against(judged: Judgement, truth: pa.Table) -> dict[str, float | None]:
    matched = match(rank_judged(judged), truth)
    days = max(judged.survey.extent.hours, 1) / _HOURS_A_DAY
    figures = score(matched, days=days).figures
    return {name: figures[name] for name in TRUTHS}
