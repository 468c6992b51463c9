"""
Proportionality in numbers: detection run again as if less had been collected.

Every subset is smaller than what is held, is made in the scratch folder of the run, and goes
with it. What stays is numbers: a document under its digest, which parameters cite and which
anyone who may run detection can work out again.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa

from hinomi.bench.worldfiles import read_truth
from hinomi.clock import render_time
from hinomi.detect.passes import Progress
from hinomi.detect.withheld import Withheld
from hinomi.errors import Conflict, NotFound, NotPermitted, UsageError
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.context import background_of
from hinomi.services.home import Home
from hinomi.services.incremental import last_days, sliding_window
from hinomi.services.laboratory import rename_own
from hinomi.services.mandates import Operation, record
from hinomi.services.models import KeptModel, model_in_use
from hinomi.services.whatifjudging import Bench, Judged, judge_setting
from hinomi.services.whatifresult import (
    KIND,
    REFERENCE,
    Asked,
    Axis,
    Basis,
    Cell,
    Run,
    Setting,
    WhatIf,
    changes,
    decode,
    differences,
    encode,
)
from hinomi.store.flowfile import HOUR_MS

SAMPLING: Final = (20_000, 50_000)
DAYS: Final = (7, 3, 1)
WITHOUT: Final = tuple(each.value for each in Withheld)
SEEDS: Final = 3
"""Drawings of each sparser sampling."""

_LAKE: Final = "lake"
_TRUTH: Final = "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """An earlier what-if, worked out again."""

    digest: str
    earlier: WhatIf
    journalled: bool  # The journal of the home names it.
    changed: tuple[str, ...]  # What it rests on that is another now.
    differences: tuple[str, ...] | None  # None: the records are others, nothing can be compared.

    @property
    def agrees(self) -> bool | None:
        """Tell whether all figures are the same; None where that cannot be said."""
        return None if self.differences is None else not self.differences


def asked_window(home: Home, since_ms: int | None = None, until_ms: int | None = None) -> Window:
    """
    Give the window of a what-if: the registered days, up to the last full hour with records.

    Args:
        home: Its register says how many days.
        since_ms: Begins it elsewhere.
        until_ms: Ends it elsewhere.

    Raises:
        NotFound: If the lake is empty.
        UsageError: If it would end before it begins.
    """
    last_ms = home.lake().statistics().last_ms
    if last_ms is None:
        raise NotFound("the lake is empty: import or collect flow records first")
    end_ms = until_ms
    if end_ms is None:
        end_ms = min(home.clock() // HOUR_MS * HOUR_MS, (last_ms // HOUR_MS + 1) * HOUR_MS)
    begin_ms = sliding_window(home, end_ms).since_ms if since_ms is None else since_ms
    if begin_ms is None or begin_ms >= end_ms:
        raise UsageError("the window ends before it begins: --since is no earlier than its end")
    return Window(begin_ms, end_ms)


def run_what_if(
    home: Home, asked: Asked, *, truth: Path | None = None, tell: Progress = lambda _: None
) -> WhatIf:
    """
    Detect on the window as it is held, and on what each lesser setting leaves of it.

    Args:
        home: Where the records lie.
        asked: The window and the settings.
        truth: The truth.csv of a made-up world; in a laboratory alone.
        tell: Told the share of the work that is done, 0..1.

    Raises:
        NotFound: If the window holds no record, or *truth* is not there.
        NotPermitted: If a truth is brought to a home that is no laboratory.
        Conflict: If records came or went meanwhile.
        Unavailable: If memory or disk do not suffice.
    """
    known = None if truth is None else _known(home, truth)
    kept = model_in_use(home)
    basis = _basis(home, asked, kept, truth)
    bench = Bench(home, asked.window, kept, known)
    plan = list(_settings(asked))
    steps = 1 + sum(asked.seeds if each.axis is Axis.SAMPLING else 1 for each in plan)
    told = _Steps(tell, steps)
    present = judge_setting(bench, Setting(Axis.PRESENT), seed=asked.seed, tell=told.step())
    if present.figures.records == 0:
        raise NotFound("the window holds no record; name another with --since and --until")
    result = WhatIf(
        made=render_time(home.clock()),
        asked=asked,
        basis=basis,
        present=Cell(setting=Setting(Axis.PRESENT), runs=(Run(None, present.figures),)),
        cells=tuple(_cell(bench, each, asked, present, told) for each in plan),
    )
    if _lake_digest(home, asked.window) != basis.lake:
        raise Conflict(
            "records of the window came or went while it was looked at; take a window that is "
            "over (--until), or try again"
        )
    tell(1.0)
    return result


def keep_what_if(home: Home, result: WhatIf) -> str:
    """
    Keep a what-if as evidence, and say so in the journal.

    Returns:
        Its digest; parameters cite `what-if:` and this.

    Raises:
        Unavailable: If the disk refuses.
    """
    digest = home.evidence().keep(encode(result))
    facts = {
        "act": "keep",
        "evidence": f"{REFERENCE}{digest}",
        "window": result.asked.window.render(),
        "seed": result.asked.seed,
        "settings": len(result.cells),
        **msgspec.to_builtins(result.basis),
    }
    record(home.journal(), Operation.WHAT_IF, home.mandate(Operation.WHAT_IF), facts)
    return digest


def repeat_what_if(
    home: Home, said: str, *, truth: Path | None = None, tell: Progress = lambda _: None
) -> Again:
    """
    Work an earlier what-if out again, with the same seed on the same window.

    Args:
        home: Where it is kept.
        said: Its digest or the beginning of it, with or without `what-if:`.
        truth: The truth that it was measured against, where it was.
        tell: Told the share of the work that is done, 0..1.

    Raises:
        NotFound: If there is none.
        MalformedDocument: If it was altered, or is of another version of hinomi.
        UsageError: If it was measured against a truth and *truth* is none or another.
        As `run_what_if`.
    """
    digest, content = home.evidence().find(said.removeprefix(REFERENCE))
    earlier = decode(content, f"{KIND}:{digest}")
    basis = _basis(home, earlier.asked, model_in_use(home), truth)
    changed = changes(earlier.basis, basis)
    if _TRUTH in changed:
        raise UsageError(
            "it was measured against a truth: give the same file with --truth"
            if earlier.basis.truth
            else "it was measured without a truth: leave out --truth"
        )
    found: list[str] | None = None
    if _LAKE not in changed:
        found = differences(earlier, run_what_if(home, earlier.asked, truth=truth, tell=tell))
    reference = f"{REFERENCE}{digest}"
    journalled = any(
        entry.get("act") == "keep" and entry.get("evidence") == reference
        for entry in home.journal().entries()
    )
    again = Again(
        digest=digest,
        earlier=earlier,
        journalled=journalled,
        changed=tuple(changed),
        differences=None if found is None else tuple(found),
    )
    facts = {
        "act": "again",
        "evidence": reference,
        "agrees": again.agrees,
        "changed": changed,
        "differences": len(again.differences or ()),
    }
    record(home.journal(), Operation.WHAT_IF, home.mandate(Operation.WHAT_IF), facts)
    return again


def _settings(asked: Asked) -> Iterator[Setting]:
    yield from (Setting(Axis.SAMPLING, each) for each in sorted(set(asked.sampling)))
    yield from (Setting(Axis.DAYS, each) for each in sorted(set(asked.days), reverse=True))
    yield from (Setting(Axis.WITHOUT, each) for each in dict.fromkeys(asked.without))


def _cell(bench: Bench, setting: Setting, asked: Asked, present: Judged, told: "_Steps") -> Cell:
    """Run one setting, as often as it has drawings."""
    drawings = asked.seeds if setting.axis is Axis.SAMPLING else 1
    skipped = _reason_to_skip(setting, asked, present)
    runs = []
    for number in range(drawings):
        step = told.step()
        if skipped:
            continue
        seed = asked.seed + number
        judged = judge_setting(bench, setting, seed=seed, tell=step, beside=present)
        runs.append(Run(seed if setting.axis is Axis.SAMPLING else None, judged.figures))
    return Cell(setting=setting, runs=tuple(runs), skipped=skipped)


def _reason_to_skip(setting: Setting, asked: Asked, present: Judged) -> str:
    """Say why a setting is none that is less than the present one; empty where it is."""
    held = present.held
    if setting.axis is Axis.SAMPLING:
        if held["unknown"]:
            return f"{held['unknown']:,} records state no sampling interval: they cannot be thinned"
        if int(setting.value) < held["sparsest"]:
            return f"some records are sampled at 1 in {held['sparsest']:,}, more sparsely"
        if int(setting.value) == held["densest"]:
            return "all records are sampled so already"
    if setting.axis is Axis.DAYS:
        begins_ms = last_days(asked.until_ms, int(setting.value)).since_ms
        if begins_ms is None or begins_ms <= max(asked.since_ms, held["first_ms"]):
            return "the window holds no more days"
    return ""


def _known(home: Home, truth: Path) -> pa.Table:
    """Read a truth and name its services as detection does."""
    try:
        return rename_own(home, read_truth(truth))
    except OSError as error:
        raise NotFound(
            f"{truth}: {error.strerror}; name the truth.csv of a made-up world"
        ) from error
    except NotPermitted as error:
        mandate = home.mandate(Operation.WHAT_IF)
        facts = {"outcome": "refused", "reason": str(error)}
        record(home.journal(), Operation.WHAT_IF, mandate, facts)
        raise


def _basis(home: Home, asked: Asked, kept: KeptModel, truth: Path | None) -> Basis:
    with home.casebook() as casebook:
        listed = [[each.entry for each in casebook.lists.entries(kind)] for kind in ListKind]
    before = background_of(home, asked.window)
    return Basis(
        hinomi=metadata.version("hinomi"),
        lake=_lake_digest(home, asked.window),
        register=home.register.version,
        model=kept.digest,
        key_period=home.key_period,
        lists=_digest(listed),
        context=_digest(
            [] if before is None else [[each.statement for each in before.tables], before.former]
        ),
        truth="" if truth is None else hashlib.sha256(truth.read_bytes()).hexdigest(),
    )


def _lake_digest(home: Home, window: Window) -> str:
    return home.lake().digest(window, home.mandate(Operation.WHAT_IF))


def _digest(said: Sequence[object]) -> str:
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


class _Steps:
    """Tells the share of each step as a share of all."""

    def __init__(self, tell: Progress, steps: int) -> None:
        self._tell, self._steps, self._begun = tell, steps, 0

    def step(self) -> Callable[[float], None]:
        """Begin the next step."""
        number = self._begun
        self._begun += 1
        return lambda share: self._tell((number + share) / self._steps)
