"""
Detection from partial results: each day, and each hour of the running day, is read once.

The window is cut into whole days, whole hours and ragged ends. What is finished is kept for
the next run (`store.partials`), under a key that names all that it depends on.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hinomi.detect import partials
from hinomi.detect.beacon import MEANINGFUL
from hinomi.detect.judge import Judgement, judge, worth_judging
from hinomi.detect.model import Model
from hinomi.detect.partials import Facts, Unit
from hinomi.detect.passes import Progress
from hinomi.govern.mandate import Mandate
from hinomi.govern.minimise import view_of
from hinomi.model.flow import CONVERSATIONS, SCHEMA_VERSION
from hinomi.model.listed import ListEntry
from hinomi.model.window import Window
from hinomi.services.detecting import Opened, judge_opened
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.models import KeptModel, model_asked
from hinomi.store.flowfile import HOUR_MS
from hinomi.store.lake import LocalLake
from hinomi.store.sealing import SealedFile

DAY_MS: Final = 24 * HOUR_MS
MAKING_TAKES: Final = 0.5
"""Share of the progress that making units is told as."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a window that becomes one unit."""

    window: Window
    since_ms: int
    until_ms: int
    stays: bool  # Whether it is finished, so that its unit is worth keeping.


def sliding_window(home: Home, until_ms: int | None = None) -> Window:
    """
    Give the window of hourly detection: the registered days, up to the last full hour.

    Args:
        home: Its register says how many days.
        until_ms: Stands for the present time.
    """
    end_ms = (home.clock() if until_ms is None else until_ms) // HOUR_MS * HOUR_MS
    return last_days(end_ms, home.register.integer("detect.window_days"))


def last_days(end_ms: int, days: int) -> Window:
    """Give the window of the last *days* of UTC up to *end_ms*, the running one included."""
    # The last moment inside says which day is running: at midnight, the one just over.
    return Window((end_ms - 1) // DAY_MS * DAY_MS - (days - 1) * DAY_MS, end_ms)


def judge_in_parts(
    home: Home,
    opened: Opened,
    tell: Progress,
    asked: Sequence[ListEntry] = (),
    *,
    with_model: bool = True,
    kept: KeptModel | None = None,
) -> Judgement:
    """
    Judge as `detecting.judge_opened` does, from partial results where they can stand in.

    Notes:
        A window with densely sampled records is read whole: there single contacts speak
        (`beacon.MEANINGFUL`), which partial results do not hold.
    """
    units = units_of(home, opened, lambda share: tell(MAKING_TAKES * share))
    if not units:
        return judge_opened(home, opened, tell, asked, with_model=with_model, kept=kept)
    chosen = model_asked(home, kept, with_model=with_model)
    return _judged(home, opened, units, tell, asked=asked, model=chosen)


def judge_at_once(
    home: Home,
    opened: Opened,
    tell: Progress,
    asked: Sequence[ListEntry] = (),
    *,
    with_model: bool = True,
    kept: KeptModel | None = None,
) -> Judgement:
    """
    Judge as `detecting.judge_opened` does, with less work: from one unit, which is not kept.

    Notes:
        A unit holds no records: a densely sampled window is read whole, and so is one that
        is longer than the times of a unit reach (`partials.MOST_MS`).
    """
    engine = opened.engine
    found = partials.facts_of(engine, opened.records)
    if found.rows == 0 or _is_dense(found) or found.last_ms - found.first_ms > partials.MOST_MS:
        return judge_opened(home, opened, tell, asked, with_model=with_model, kept=kept)
    buckets = engine.buckets(found.rows)
    unit = partials.make(engine, opened.records, home.register, buckets=buckets, found=found)
    tell(MAKING_TAKES)
    chosen = model_asked(home, kept, with_model=with_model)
    return _judged(home, opened, [unit], tell, asked=asked, model=chosen)


def _judged(
    home: Home,
    opened: Opened,
    units: Sequence[Unit],
    tell: Progress,
    *,
    asked: Sequence[ListEntry],
    model: Model | None,
) -> Judgement:
    """Put units together and judge."""
    extent = partials.extent_of([unit.facts for unit in units])
    survey = partials.survey(
        opened.engine,
        units,
        buckets=opened.engine.buckets(extent.rows),
        tell=lambda share: tell(MAKING_TAKES + (1 - MAKING_TAKES) * share),
        choose=worth_judging(extent, opened.lists, asked),
    )
    judged = judge(
        opened.engine, survey, opened.lists, home.register, model, before=opened.background
    )
    tell(0.95)
    return judged


def _is_dense(found: Facts) -> bool:
    return 0 < found.densest <= MEANINGFUL


def units_of(home: Home, opened: Opened, tell: Progress) -> list[Unit]:
    """Find or make the units of the window; none where it is empty or densely sampled."""
    maker = _Maker(
        home,
        opened.engine,
        home.lake(),
        to_read=home.mandate(Operation.DETECT),
        to_keep=home.mandate(Operation.PARTIALS),
    )
    statistics = maker.lake.statistics()
    if statistics.first_ms is None or statistics.last_ms is None:
        return []
    slices = cut(opened.window, statistics.first_ms, statistics.last_ms, home.clock())
    done: list[tuple[Slice, str, Unit]] = []
    for number, each in enumerate(slices):
        # An hour is made in view of the day before it, and is stale with it.
        near = [] if _is_day(each) else [d for d in done if d[0].until_ms > each.since_ms - DAY_MS]
        key = maker.key(each, [key for _, key, _ in near])
        unit = maker.unit(each, key, [unit for _, _, unit in near])
        if unit is not None:
            if _is_dense(unit.facts):
                return []
            done.append((each, key, unit))
        tell((number + 1) / len(slices))
    return [unit for _, _, unit in done]


def cut(window: Window, first_ms: int, last_ms: int, now_ms: int) -> list[Slice]:
    """
    Cut a window into whole days, whole hours and ragged ends, in order of time.

    Args:
        window: What to cut; an open side ends with the records.
        first_ms: Start of the first record there is.
        last_ms: Start of the last one.
        now_ms: The present: what has not ended by then is not finished.
    """
    least, most = first_ms // DAY_MS * DAY_MS, (last_ms // DAY_MS + 1) * DAY_MS
    since_ms = least if window.since_ms is None else max(window.since_ms, least)
    until_ms = most if window.until_ms is None else min(window.until_ms, most)
    return list(_slices(since_ms, until_ms, now_ms))


def _slices(since_ms: int, until_ms: int, now_ms: int) -> Iterator[Slice]:
    at_ms = since_ms
    while at_ms < until_ms:
        day_ends = at_ms + DAY_MS
        if at_ms % DAY_MS == 0 and day_ends <= min(until_ms, now_ms):
            end_ms, stays = day_ends, True
        else:
            hour_ends = (at_ms // HOUR_MS + 1) * HOUR_MS
            end_ms = min(hour_ends, until_ms)
            stays = at_ms % HOUR_MS == 0 and end_ms == hour_ends and hour_ends <= now_ms
        yield Slice(Window(at_ms, end_ms), at_ms, end_ms, stays)
        at_ms = end_ms


def _is_day(each: Slice) -> bool:
    return each.until_ms - each.since_ms == DAY_MS


@dataclass(frozen=True, slots=True)
class _Maker:
    """Finds units, or makes them."""

    home: Home
    engine: Any
    lake: LocalLake
    to_read: Mandate
    to_keep: Mandate

    def key(self, each: Slice, before: Sequence[str]) -> str:
        """Name all that a unit depends on: rows, pseudonyms, parameters, program, units before."""
        parameters = self.home.register.parameters
        depends = {
            "rows": self.lake.digest(each.window, self.to_read),
            "schema": SCHEMA_VERSION,
            "version": partials.VERSION,
            "key_period": self.home.key_period,
            "parameters": {name: parameters[name].value for name in partials.SHAPED_BY},
            "before": list(before),
        }
        return hashlib.sha256(msgspec.json.encode(depends, order="sorted")).hexdigest()

    def unit(self, each: Slice, key: str, before: Sequence[Unit]) -> Unit | None:
        """Find the unit of a slice, or make it; None where no record lies in it."""
        store = self.home.partials()
        found = store.find(each.window, key, self.to_read) if each.stays else None
        if found is None:
            seal = self.lake.earliest(each.window, self.to_keep)
            files = self.lake.files(each.window, self.to_read)
            if seal is None or not files:
                return None
            unit = self._made(files, each, before)
            if not each.stays:
                return unit
            said = msgspec.json.encode({"parts": unit.parts, "facts": unit.facts})
            found = store.keep(each.window, key, said, unit.files, self.to_keep, seal=seal)
            what = {"window": each.window.render(), "records": unit.facts.rows}
            record(self.home.journal(), Operation.PARTIALS, self.to_keep, {"act": "keep", **what})
        kept = msgspec.json.decode(found.facts)
        return Unit(msgspec.convert(kept["facts"], Facts), kept["parts"], found.tables)

    def _made(self, files: Sequence[SealedFile], each: Slice, before: Sequence[Unit]) -> Unit:
        seen = view_of(Operation.DETECT.word).columns
        records = self.engine.table(files, CONVERSATIONS).select(*seen)
        inside = records.filter((records.ts_ms >= each.since_ms) & (records.ts_ms < each.until_ms))
        found = partials.facts_of(self.engine, inside)
        return partials.make(
            self.engine,
            inside,
            self.home.register,
            buckets=self.engine.buckets(found.rows),
            before=before,
            found=found,
        )
